"""TLS under a `Peer`: the same lines, `says` and `hears`, are said under cover once the two have shaken hands.

    bank = stage.accept("the bank")
    shakes_hands(bank, context)    # Unmet, if the learner's side refuses
    bank.hears(b"hello")

The peer stays what it was; only its socket becomes a TLS socket.  What a hostile one does besides, its plain lines do:
`leaves()` ends the connection without a close_notify, as close() in Python always does, so it is also the cut that
somebody on the way can make; `resets()` is a reset.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final

from labsupport.tape.lives import PlainSSL
from labsupport.tape.watched import Plain

from .stream import PATIENCE, Peer, Unmet

__all__ = ["HANDSHAKE", "answers_the_hello", "attempts", "shakes_hands", "throws_away"]

#: What is awaited, as sentences have it.
HANDSHAKE: Final = "a TLS handshake"


def attempts(peer: Peer, context: ssl.SSLContext, host: str | None = None) -> bool:
    """Shake hands, as a server or, with `host`, as a client: whether both sides wanted to, as far as this one knows.

    In TLS 1.3 the client's handshake ends first: what a server thinks of the client's certificate, its peer learns
    when it reads (RFC 9846, appendix F.1.2).  `Unmet` where nothing comes.
    """
    return _refused(peer, context, host) is None


def shakes_hands(peer: Peer, context: ssl.SSLContext, host: str | None = None) -> None:
    """The same, with `Unmet` where the learner's side does not want to."""
    if (why := _refused(peer, context, host)) is not None:
        raise Unmet(peer.name, HANDSHAKE, why)


def answers_the_hello(peer: Peer, context: ssl.SSLContext) -> None:
    """A server's part of the handshake up to where it waits for the client; unseen, for its call comes later.

    Of TLS 1.3 the client's part is then complete, whatever the server will think of its certificate.  `attempts` goes
    on from there.
    """
    _lay(peer, context, None)
    peer.awaits = HANDSHAKE
    if not select.select([peer.sock], [], [], PATIENCE)[0]:
        raise Unmet(peer.name, HANDSHAKE, "nothing")
    timeout = Plain.gettimeout(peer.sock)
    Plain.settimeout(peer.sock, 0)
    # Else the client may be so quick that its answer is there when this call looks for more.
    with _held_back(peer.sock), contextlib.suppress(OSError):  # what is wrong, the next call will say
        PlainSSL.do_handshake(_tls(peer))
    Plain.settimeout(peer.sock, timeout)
    _met(peer)


@contextlib.contextmanager
def _held_back(sock: Any) -> Iterator[None]:
    """What is sent in this block goes out at its end, or after 200 ms (tcp(7), TCP_CORK); not so on every system."""
    if _CORK is None:
        yield
        return
    Plain.setsockopt(sock, socket.IPPROTO_TCP, _CORK, 1)
    try:
        yield
    finally:
        Plain.setsockopt(sock, socket.IPPROTO_TCP, _CORK, 0)


#: TCP_NOPUSH is the same of macOS and the BSDs.
_CORK: Final[int | None] = getattr(socket, "TCP_CORK", getattr(socket, "TCP_NOPUSH", None))


def throws_away(peer: Peer) -> None:
    """Take what has come, unseen: a close before that would be a reset.  For a peer that only closes after it."""
    Plain.settimeout(peer.sock, 0)
    with contextlib.suppress(OSError):
        while Plain.recv(peer.sock, 4096):
            pass


def _refused(peer: Peer, context: ssl.SSLContext, host: str | None) -> str | None:
    """Shake hands: why that did not come about, or None."""
    _lay(peer, context, host)
    peer.awaits = HANDSHAKE
    try:
        _tls(peer).do_handshake()
    except TimeoutError:
        raise Unmet(peer.name, HANDSHAKE, "nothing") from None
    except (OSError, ValueError) as error:
        return _why(error)
    finally:
        _met(peer)
    return None


def _lay(peer: Peer, context: ssl.SSLContext, host: str | None) -> None:
    if not isinstance(peer.sock, PlainSSL):
        peer.sock = context.wrap_socket(
            peer.sock, server_side=host is None, server_hostname=host, do_handshake_on_connect=False
        )


def _tls(peer: Peer) -> Any:
    assert isinstance(peer.sock, PlainSSL)
    return peer.sock


def _met(peer: Peer) -> None:
    peer.awaits = ""
    peer.steps += 1


def _why(error: Exception) -> str:
    """What came instead of a handshake, the same on every Python: without the place in its C code."""
    reason = getattr(error, "reason", None)
    if isinstance(error, ConnectionError):
        return "a reset"
    if isinstance(error, ssl.SSLEOFError):
        return "the end"
    if isinstance(reason, str) and "_ALERT_" in reason:
        return f"an alert: {reason.partition('_ALERT_')[2].replace('_', ' ').lower()}"
    return str(reason or type(error).__name__).replace("_", " ").lower()
