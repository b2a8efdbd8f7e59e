"""One good client: it comes, logs in where that is asked for, asks one question, takes the answer and goes."""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import time
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from .speech import Speech, Tls

if TYPE_CHECKING:  # what they are, for mypy, which takes no class from a variable
    from socket import socket as Plain  # noqa: N812
    from ssl import SSLSocket as PlainSSL
else:
    from labsupport.tape.lives import Plain, PlainSSL

__all__ = ["ANSWERED", "OUTCOMES", "PATIENCE", "connected", "context_for", "log_in", "visit"]

#: Seconds that a good client waits for its answer, from connect() on.
PATIENCE: Final = 1.0
#: What may come of a visit: the answer; no connection, or an end where the answer should be; a reset; nothing in time.
OUTCOMES: Final = ("answered", "refused", "reset", "unanswered")
ANSWERED: Final = "answered"
#: What comes instead of the answer is read no further than this.
_MOST: Final = 2**20


def _acknowledge_at_once(sock: socket.socket) -> None:
    """Else a server without TCP_NODELAY waits 40 ms for an ACK, now and then: that is chapter 06, and no attack.

    The kernel may go back to delayed ACKs at any time, see TCP_QUICKACK in tcp(7).
    """
    if hasattr(socket, "TCP_QUICKACK"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class _Prompt(Plain):
    """A socket that acknowledges at once what it waits for."""

    def recv(self, *given: int) -> bytes:
        _acknowledge_at_once(self)
        return super().recv(*given)


class _PromptTls(PlainSSL):
    """The same under TLS."""

    def recv(self, *given: int) -> bytes:
        _acknowledge_at_once(self)
        return super().recv(*given)


def visit(address: tuple[str, int], speech: Speech) -> tuple[float, str]:
    """Seconds from connect() to the whole answer, and what came of it: one of `OUTCOMES`."""
    begun = time.monotonic()
    try:
        with connected(address, speech.tls) as sock:
            sock.settimeout(max(0.001, begun + PATIENCE - time.monotonic()))
            log_in(speech, sock)
            outcome = _asked(sock, speech, begun + PATIENCE)
    except TimeoutError:
        outcome = "unanswered"
    except ConnectionRefusedError:
        outcome = "refused"
    except (ConnectionError, ssl.SSLError):
        outcome = "reset"
    except OSError:  # there is no port, or no descriptor, left for it
        outcome = "refused"
    return time.monotonic() - begun, outcome


def _asked(sock: socket.socket, speech: Speech, deadline: float) -> str:
    sock.sendall(speech.question)
    heard = b""
    while speech.answer not in heard:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        sock.settimeout(left)
        data = sock.recv(65536)
        if not data or len(heard) > _MOST:
            return "refused"
        heard += data
    return ANSWERED


@contextlib.contextmanager
def connected(
    address: tuple[str, int],
    tls: Tls | None,
    *,
    source: str = "",
    keeps: int | None = None,
) -> Iterator[socket.socket]:
    """A connection, under TLS where there is TLS; each of its calls has `PATIENCE`.  It is not on the tape.

    - `source`: the address that it comes from, "": any.
    - `keeps`: what its kernel keeps of what it does not read (SO_RCVBUF), None: as the system has it.
    """
    with _Prompt(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as sock:
        sock.settimeout(PATIENCE)
        if keeps is not None:  # before the connection: a window that was offered cannot be taken back
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, keeps)
        if source:
            sock.bind((source, 0))
        sock.connect(address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _acknowledge_at_once(sock)
        if tls is None:
            yield sock
            return
        with context_for(tls).wrap_socket(sock, server_hostname=tls.host) as covered:
            yield covered


@functools.cache
def context_for(tls: Tls) -> ssl.SSLContext:
    """A client's context that trusts whom `tls` says."""
    context = ssl.create_default_context(cadata=tls.pem)
    context.sslsocket_class = _PromptTls
    return context


def log_in(speech: Speech, sock: Any) -> None:
    """Log in as the speech says; where it has no login, there is none."""
    if speech.login:
        module, _, function = speech.login.partition(":")
        getattr(import_module(module), function)(sock, *speech.credentials)
