"""A client socket that is worked by hand: one call at a time, in a thread of its own.

The calls are a program's: one thread makes them all, in the order in which they were asked for, each with a timeout, so
that neither the notebook nor the next call can be stuck behind one.  What is not possible now is refused with a reason
before any socket is touched.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

from labsupport import kernel
from labsupport.panels.parts.outcomes import SAYS, Outcome, as_text, counted, short, why
from labsupport.tape.ending import start_unseen
from labsupport.tape.events import Address
from labsupport.tape.linger import RESETS
from labsupport.tape.watched import Plain, endpoint_of

__all__ = ["ACTIONS", "PATIENCE", "Hand", "to_loopback"]

#: Seconds that each call may take.
PATIENCE: Final = 1.0
#: What a hand can do, in the order of the buttons.
ACTIONS: Final = ("connect", "send", "receive", "half-close", "close", "reset")

_CONNECTABLE: Final = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}


class Hand:
    """One client, and the thread that works it.

    `tell` is called, in the hand's thread, after every change.
    - `busy`: the call that runs, or ""; `outcome`: what came of the last one, or None.
    - `stage`: "not connected", "connected" or "half-closed": what this program has done, not what the kernel says.
    """

    def __init__(self, address: Address, tell: Callable[[], None], name: str | None = None) -> None:
        self._address = address
        self._tell = tell
        self._name = name
        self._asked: queue.SimpleQueue[tuple[str, Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.sock: socket.socket | None = None
        self.ends: tuple[Address, Address] | None = None
        self.busy = ""
        self.stage = "not connected"
        self.outcome: Outcome | None = None
        self.stopped = False

    def reason(self, action: str) -> str:
        """Why this is not possible now; "" when it is."""
        return self.against(action) or (f"{self.busy} has not returned yet" if self.busy else "")

    def against(self, action: str) -> str:
        """What speaks against it apart from a call that runs, which takes a second at most."""
        if self.stopped:
            return "this panel has ended: run its cell again"
        if action == "connect":
            return "" if self.stage == "not connected" else "you are connected: close first"
        if self.stage == "not connected":
            return "connect first"
        if self.stage == "half-closed" and action in ("send", "half-close"):
            return "you have said that you are done sending"
        return ""

    def do(self, action: str, argument: Any = None) -> bool:
        """Have it done by the thread; False, and nothing happens, when there is a `reason` against it."""
        with self._lock:
            if action not in ACTIONS or self.reason(action):
                return False
            self.busy = f"{action}"
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="client by hand", daemon=True)
                start_unseen(self._thread)
            self._asked.put((action, argument))
        self._tell()
        return True

    def stop(self) -> None:
        """Close the socket and end the thread, after the call that runs; safe to call twice."""
        with self._lock:
            self.stopped = True
            self._asked.put(None)

    def wait(self, timeout: float = 5.0) -> bool:
        """Wait until the thread has ended; False when it has not."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    # --- in the hand's thread ---

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            action, argument = asked
            try:
                outcome = getattr(self, f"_{action.replace('-', '_')}")(argument)
            except OSError as error:
                outcome = self._failed(action, error)
            self.outcome, self.busy = outcome, ""
            self._tell()
        if self.sock is not None:
            _drain(self.sock)
        self._let_go()
        self._tell()

    def _let_go(self) -> None:
        sock, self.sock, self.stage = self.sock, None, "not connected"
        if sock is not None:
            sock.close()

    def _connect(self, _: Any) -> Outcome:
        self.busy = "connect()"
        host, port = address = self._address
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        if self._name:
            endpoint_of(sock).label = self._name
        try:
            sock.settimeout(PATIENCE)
            sock.connect(address)
        except OSError:
            sock.close()
            raise
        self.sock, self.stage, self.ends = sock, "connected", (_two(sock.getsockname()), (host, port))
        return Outcome("connect", f"connect({address!r})", "", SAYS["connect"])

    def _send(self, data: bytes) -> Outcome:
        self._socket().sendall(data)
        taken = f"Your kernel has taken {counted(len(data))}. "
        return Outcome("send", f"sendall({short(data)})", "", taken + SAYS["send"])

    def _receive(self, most: int) -> Outcome:
        self.busy = f"recv({most})"
        data = self._socket().recv(most)
        sentence = f"{counted(len(data))}. {as_text(data)}" if data else SAYS["end"]
        return Outcome("receive", f"recv({most})", short(data), sentence)

    def _half_close(self, _: Any) -> Outcome:
        self._socket().shutdown(socket.SHUT_WR)
        self.stage = "half-closed"
        return Outcome("half-close", "shutdown(SHUT_WR)", "", SAYS["half-close"])

    def _close(self, _: Any) -> Outcome:
        unread = kernel.unread(self._socket())
        self._let_go()
        unread_says = f"You had not read {counted(unread or 0)} that had arrived, so {SAYS['unread']}"
        return Outcome("close", "close()", "", unread_says if unread else SAYS["close"])

    def _reset(self, _: Any) -> Outcome:
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
        self._let_go()
        return Outcome("reset", "close() with SO_LINGER 0", "", SAYS["reset"])

    def _socket(self) -> socket.socket:
        if self.sock is None:
            raise OSError("the socket is closed")
        return self.sock

    def _failed(self, action: str, error: OSError) -> Outcome:
        call = {"connect": "connect()", "send": "sendall()", "receive": "recv()", "half-close": "shutdown()"}
        return Outcome(
            action, call.get(action, "close()"), type(error).__name__, why(action, error, PATIENCE), failed=True
        )


def _drain(sock: socket.socket) -> None:
    """Take what has arrived, off the tape: a panel that ends must not reset the learner's server by unread bytes."""
    try:
        Plain.setblocking(sock, False)
        for _ in range(64):
            if not Plain.recv(sock, 65536):
                break
    except OSError:
        pass  # nothing is left, or nobody is there


def to_loopback(address: Any) -> Address:
    """The address with a host inside this machine; TypeError or ValueError, with a sentence, for any other."""
    if not isinstance(address, tuple | list) or len(address) < 2:
        raise TypeError(f"an address is a pair such as ('127.0.0.1', 50007), not {address!r}")
    host, port = address[:2]
    if not isinstance(host, str) or type(port) is not int:
        raise TypeError(f"an address is a text and a number such as ('127.0.0.1', 50007), not {address!r}")
    if not 0 < port < 65536:
        raise ValueError(f"a port is a number from 1 to 65535, and {port} is not")
    host = _CONNECTABLE.get(host, host)
    try:
        inside = ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise ValueError(f"this panel connects only within this machine, to 127.0.0.1 or ::1, and not to {host!r}")
    return host, port


def _two(address: Any) -> Address:
    return address[0], address[1]
