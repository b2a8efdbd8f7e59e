"""What goes wrong in a server that speaks TLS, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill
from labsupport.exercises.peers.tls import HANDSHAKE

__all__ = ["MISTAKES", "NAMELESS", "SECONDS", "STARTER", "written"]

#: What a client may take for its handshake.
SECONDS: Final = 1
#: Who shakes hands, and then says no name.
NAMELESS: Final = "Hana"

STARTER: Final = '''\
import socket
import ssl
import threading


def tls_server(certfile):
    """Greet each client over TLS: b'hello ' and its name; then close.  At 127.0.0.1, any port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certfile)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        while True:
            raise NotImplementedError  # one client: accept, and a thread that does the rest
'''

_LOOP: Final = """\
connection, _ = listener.accept()
threading.Thread(target=greet, args=(connection, context), daemon=True).start()
"""
_GREET: Final = """

def greet(connection, context):
    connection.settimeout(1)
    try:
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.sendall(b"hello " + tls.recv(100))
    except OSError:
        pass  # this client is gone, or was none; wrap_socket() has closed what it was given
"""


def written(loop: str = _LOOP, greet: str = _GREET) -> str:
    """A whole answer, from the lines for one client, and what stands below."""
    return fill(STARTER, loop) + greet


# --- the signs of mistakes -------------------------------------------------------------------


def _unanswered(outcome: Outcome) -> bool:
    """Somebody good waits for a handshake."""
    unmet = outcome.unmet
    return unmet is not None and unmet.expected == HANDSHAKE and unmet.got == "nothing"


def _wraps_the_listener(outcome: Outcome) -> Facts | None:
    sealed = any(call.layer == "tls" for call in outcome.calls("accept"))
    return {"who": outcome.unmet.who} if sealed and outcome.unmet is not None and _unanswered(outcome) else None


def _handshake_in_the_loop(outcome: Outcome) -> Facts | None:
    """The program that accepts is the one that shakes hands."""
    accepts = {call.program for call in outcome.calls("accept")}
    shakes = [call for call in outcome.calls("do_handshake") if call.program in accepts]
    sealed = any(call.layer == "tls" for call in outcome.calls("accept"))
    if not shakes or sealed or outcome.unmet is None or not _unanswered(outcome):
        return None
    return {"who": outcome.unmet.who}


def _kept(outcome: Outcome) -> str:
    """The silent client that is still there, or ""."""
    unmet = outcome.unmet
    kept = unmet is not None and unmet.expected == "the end of the connection" and not outcome.ended
    return unmet.who if kept and unmet is not None else ""


def _no_limit(outcome: Outcome) -> Facts | None:
    who = _kept(outcome)
    return {"who": who, "seconds": SECONDS} if who not in ("", NAMELESS) else None


def _no_limit_for_the_name(outcome: Outcome) -> Facts | None:
    return {"who": NAMELESS} if _kept(outcome) == NAMELESS else None


def _limit_on_the_listener(outcome: Outcome) -> Facts | None:
    return {} if outcome.ended and outcome.failed(TimeoutError, "accept") else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "wraps_the_listener",
        STARTER.partition("    with ")[0] + """\
    with socket.create_server(("127.0.0.1", 0)) as plain:
        with context.wrap_socket(plain, server_side=True) as listener:
            while True:
                tls, _ = listener.accept()
                threading.Thread(target=greet, args=(tls,), daemon=True).start()


def greet(tls):
    with tls:
        tls.settimeout(1)
        tls.sendall(b"hello " + tls.recv(100))
""",
        "One client that connects and stays silent has stopped your server, and {who} waits: the handshake runs inside "
        "accept(). Accept the plain socket, set a timeout, and do the handshake in the worker.",
        _wraps_the_listener,
        {"who": "Amara"},
    ),
    Mistake(
        "handshake_in_the_loop",
        written("""\
connection, _ = listener.accept()
connection.settimeout(1)
try:
    tls = context.wrap_socket(connection, server_side=True)
except OSError:
    continue
threading.Thread(target=greet, args=(tls,), daemon=True).start()
""", """

def greet(tls):
    with tls:
        tls.sendall(b"hello " + tls.recv(100))
"""),
        "Your loop shakes hands itself, so that nobody is accepted meanwhile: two silent clients, a timeout each, and "
        "{who} waits. A hundred of them stop the server for as long as they like. The handshake belongs into the "
        "worker too.",
        _handshake_in_the_loop,
        {"who": "Amara"},
    ),
    Mistake(
        "no_limit",
        written(greet=_GREET.replace("    connection.settimeout(1)\n", "")),
        "{who} has connected, says nothing, and is still there: a thread and a socket of your server's, for as long as "
        "{who} likes. An accepted socket has no timeout, whatever its listener has. Set one before the handshake.",
        _no_limit,
        {"who": "Chen", "seconds": SECONDS},
    ),
    Mistake(
        "no_limit_for_the_name",
        written(greet=_GREET.replace("as tls:\n", "as tls:\n            tls.settimeout(None)\n")),
        "{who} has shaken hands, says no name, and is still there: your limit ended with the handshake. A client may "
        "fall silent at any time, so the recv() of its name needs a timeout too.",
        _no_limit_for_the_name,
        {"who": NAMELESS},
    ),
    Mistake(
        "limit_on_the_listener",
        written(_LOOP, _GREET.replace("    connection.settimeout(1)\n", "")).replace(
            "        while True:", "        listener.settimeout(1)\n        while True:"
        ),
        "You set the timeout on the listener: accept() waited for a second, nobody new came, and your server ended. It "
        "is no limit for the handshake, for accepted sockets do not inherit it. Set it on each connection.",
        _limit_on_the_listener,
    ),
)  # fmt: skip
