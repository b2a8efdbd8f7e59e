"""Ready-made servers, for cells in which the client is the lesson.

    def shout(connection, address):
        connection.sendall(connection.recv(1024).upper())

    with serve(shout) as server:
        with socket.create_connection(server.address, timeout=2) as client:
            ...

Built on the standard library's `socketserver`, whose source is worth reading.
"""

from __future__ import annotations

import errno
import inspect
import socketserver
import ssl
import sys
import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Final, Self

from labsupport.tape.ending import Stopped, end, wait_unseen
from labsupport.tape.events import Address, clock
from labsupport.tape.mishaps import failed, first, tend
from labsupport.tape.programs import Owner

__all__ = ["Server", "serve"]

#: Seconds that a client may take for its TLS handshake.
HANDSHAKE: Final = 5.0

LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 5.0

#: What accept(2) says when there is no room for another connection in this process or in the system.
_SCARCE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
#: Seconds before it is asked again.
BREATH: Final = 0.05

Handler = Callable[[Any, Address], Any]


class _Work:
    """What a running server needs; it does not hold the `Server` that the learner holds."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None) -> None:
        self.handler = handler
        self.tls = tls
        self.owner = Owner(_name_of(handler))
        tend(self.owner)

    def run(self, kind: Callable[..., socketserver.BaseServer]) -> None:
        """The whole life of the server, in its own thread."""
        try:
            with self.owner.adopt():
                server = kind((LOOPBACK, 0), None)
                server.work = self  # type: ignore[attr-defined]  # both our kinds declare it
                with server:
                    server.serve_forever(poll_interval=None)  # type: ignore[arg-type]  # None: sleep until one comes
        except Stopped:
            pass


class _Serving(socketserver.BaseServer):
    """What our two kinds of `socketserver` have in common."""

    work: _Work

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  socketserver's signature
        """Called by socketserver inside its `except Exception`."""
        error = sys.exc_info()[1]
        assert error is not None
        failed(self.work.owner, error)


class _Streams(_Serving, socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One thread a connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    crowded = False

    def get_request(self) -> Any:
        """Accept a connection.

        Where no descriptor is free, its client stays in the queue and the listener readable: socketserver would ask
        again at once, for ever, and say nothing.
        """
        try:
            request = super().get_request()
        except OSError as error:
            if error.errno in _SCARCE:
                self._say_crowded(error)
                time.sleep(BREATH)
            raise
        self.crowded = False
        return request

    def _say_crowded(self, error: OSError) -> None:
        if not self.crowded:
            self.crowded = True
            said = f"{error.strerror}: clients wait in the queue until sockets or files are closed"
            failed(self.work.owner, OSError(error.errno, said), where="accept() in the server of ")

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection, in its own thread."""
        if self.work.tls is None:
            self.work.handler(request, client_address[:2])
            return
        # Not in accept(): there one client that says nothing would keep all others out.
        request.settimeout(HANDSHAKE)
        with self.work.tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as connection:
            try:
                connection.do_handshake()
            except OSError as error:  # one side's verdict on the other: no mistake in the handler
                failed(self.work.owner, error, show=False)
                return
            connection.settimeout(None)
            self.work.handler(connection, client_address[:2])

    def shutdown_request(self, request: Any) -> None:
        """End the connection, unless the handler has closed it or TLS has taken it over."""
        if request.fileno() != -1:
            super().shutdown_request(request)


class _Datagrams(_Serving, socketserver.UDPServer):
    """One datagram after the other, in the order in which they came."""

    max_packet_size: ClassVar[int] = 65_535

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer one datagram."""
        data, sock = request
        answer = self.work.handler(data, client_address[:2])
        if answer is None:
            return
        if not isinstance(answer, bytes | bytearray | memoryview):
            raise TypeError(
                f"{self.work.owner.name}() returned {answer!r}; a UDP handler returns bytes to send back, or None"
            )
        sock.sendto(answer, client_address)


class Server:
    """A server that runs in the background until `stop()`, the end of its `with`, or nobody holds it any more."""

    def __init__(self, work: _Work, kind: Callable[..., socketserver.BaseServer]) -> None:
        self._work = work
        self._thread = threading.Thread(target=work.run, args=(kind,), name=work.owner.name, daemon=True)
        work.owner.enter(self._thread)
        # Before the start, in which a learner may press the stop button: then nobody else would end it.
        self._finish = weakref.finalize(self, end, [work.owner])
        self._thread.start()
        if not work.owner.address_known.wait(PATIENCE):
            raise OSError(f"no free port was found on {LOOPBACK}: is the machine out of ports or of descriptors?")

    @property
    def address(self) -> Address:
        """`(host, port)`, on loopback."""
        address = self._work.owner.address
        assert address is not None
        return address

    @property
    def output(self) -> str:
        """What the handler has printed so far, in order."""
        return self._work.owner.output

    @property
    def error(self) -> BaseException | None:
        """The first exception of a handler or of a TLS handshake, or None.

        Whoever asks has seen it: it is not shown again.  A handshake's is never shown.
        """
        mishap = first(self._work.owner)
        if mishap is None:
            return None
        mishap.seen = True
        return mishap.error

    def stop(self) -> None:
        """End the server and its handlers and close their sockets; returns within 1 s.  Twice does no harm."""
        end([self._work.owner])
        wait_unseen(self._thread, clock() + 0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self._thread.is_alive() and self._work.owner.halted is None else "stopped"
        return f"<server with handler {self._work.owner.name!r}: {state}>"


def serve(handler: Handler, protocol: str = "tcp", tls: ssl.SSLContext | None = None) -> Server:
    """Start a server on a free loopback port; use it in a `with`, or call its `stop()`.

    - "tcp": `handler(connection, address)` runs in one thread a connection, which is closed
      when it returns.  With `tls`, a server's context, the handshake is done before.
    - "udp": `handler(data, address)` gets one datagram after the other and returns the bytes
      to send back, or None.

    Raises:
        TypeError: the handler cannot be called with two arguments; `tls` is no SSLContext.
        ValueError: no such protocol; TLS over UDP; a context made for clients.
    """
    _check_handler(handler)
    _check_protocol(protocol, tls)
    return Server(_Work(handler, tls), _Streams if protocol == "tcp" else _Datagrams)


def _name_of(handler: Any) -> str:
    return str(getattr(handler, "__name__", type(handler).__name__))


def _check_handler(handler: Any) -> None:
    if not callable(handler):
        raise TypeError(
            f"serve needs a handler that it can call, not {handler!r} ({type(handler).__name__}); "
            "pass a function handler(connection, address)"
        )
    if inspect.iscoroutinefunction(handler) or inspect.isgeneratorfunction(handler):
        raise TypeError(
            f"{_name_of(handler)} is no plain function: serve calls it in a thread; write it with def and without yield"
        )
    try:
        inspect.signature(handler).bind(None, None)
    except TypeError:
        raise TypeError(
            f"{_name_of(handler)} must take two arguments: (connection, address), or for UDP (data, address)"
        ) from None
    except ValueError:
        pass  # a built-in that does not say what it takes


def _check_protocol(protocol: object, tls: object) -> None:
    if protocol not in ("tcp", "udp"):
        raise ValueError(f'the protocol is "tcp" or "udp", not {protocol!r}')
    if tls is None:
        return
    if not isinstance(tls, ssl.SSLContext):
        raise TypeError(f"tls takes an ssl.SSLContext or None, not {tls!r}; authority.server_context(host) makes one")
    if protocol == "udp":
        raise ValueError('TLS needs a stream: use protocol="tcp", or leave tls out')
    if tls.protocol == ssl.PROTOCOL_TLS_CLIENT:
        raise ValueError("this context is made for clients (PROTOCOL_TLS_CLIENT); make it with PROTOCOL_TLS_SERVER")
