"""What goes wrong in a client that shows a certificate, and the facts by which it shows."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Facts, Mistake, Outcome

__all__ = ["MISTAKES", "NAME", "STARTER", "WELCOME", "written"]

#: What the client says, and what the server answers whom it lets in.
NAME: Final = "Nadia"
WELCOME: Final = "ようこそ, Nadia"

STARTER: Final = '''\
import socket
import ssl


def mutual_login(address, host, cafile, certfile, name):
    """Say your name (bytes) and return the server's greeting.

    PermissionError: the server has refused us, in whatever way.
    ssl.SSLCertVerificationError: we have refused the server.
    """
    context = ssl.create_default_context(cafile=cafile)
    context.load_cert_chain(certfile)  # what we show of ourselves: certificate and key
    with socket.create_connection(address, timeout=5) as sock:
        raise NotImplementedError
'''

_BODY: Final = """\
try:
    with context.wrap_socket(sock, server_hostname=host) as tls:
        tls.sendall(name)
        greeting = tls.recv(1024)
except ssl.SSLCertVerificationError:
    raise  # it is we who refuse
except (ssl.SSLError, ConnectionError) as error:
    raise PermissionError("the server refused us") from error
if not greeting:
    raise PermissionError("the server hung up without a word")
return greeting
"""


def written(body: str = _BODY) -> str:
    """A whole answer, from the lines of the gap."""
    return STARTER.replace("raise NotImplementedError", body.strip().replace("\n", "\n        "))


# --- the signs of mistakes -------------------------------------------------------------------
# `noted` has "met": how the server refuses, or "friend".


def _answered(outcome: Outcome) -> bool:
    """A result, and no error."""
    return outcome.ended and outcome.error is None


def _meets(outcome: Outcome, *met: str) -> bool:
    return outcome.noted.get("met") in met


def _thinks_it_is_in(outcome: Outcome) -> Facts | None:
    """Success before any read and any word."""
    done = _answered(outcome) and not outcome.receives and not outcome.sends
    shaken = [call for call in outcome.calls("do_handshake", "connect") if call.error is None]
    return {} if done and shaken and _meets(outcome, "alert") else None


def _send_is_no_answer(outcome: Outcome) -> Facts | None:
    done = _answered(outcome) and not outcome.receives and bool(outcome.sends)
    return {} if done and _meets(outcome, "alert") else None


def _escapes(kind: type[BaseException], *met: str) -> Callable[[Any], Facts | None]:
    """An error of this kind came through, where the server had refused so."""

    def sign(outcome: Outcome) -> Facts | None:
        through = isinstance(outcome.error, kind) and _meets(outcome, *met) and bool(outcome.receives)
        return {"error": str(outcome.error).partition(" (_ssl")[0]} if through else None

    return sign


def _only_the_read(outcome: Outcome) -> Facts | None:
    """The refusal came in the handshake, and went through."""
    early = isinstance(outcome.error, ssl.SSLError) and not isinstance(outcome.error, ssl.SSLCertVerificationError)
    return (
        {} if early and _meets(outcome, "early") and outcome.failed(ssl.SSLError, "do_handshake", "connect") else None
    )


def _only_alerts(outcome: Outcome) -> Facts | None:
    return {} if isinstance(outcome.error, ConnectionError) and _meets(outcome, "reset") else None


def _takes_the_end(outcome: Outcome) -> Facts | None:
    """The end was read, and something was returned, perhaps b''."""
    ends = [call for call in outcome.receives if call.length == 0 and call.error is None and not call.open]
    return {"result": outcome.result} if _answered(outcome) and ends and _meets(outcome, "silence") else None


def _blames_the_server(outcome: Outcome) -> Facts | None:
    return {} if isinstance(outcome.error, PermissionError) and _meets(outcome, "other host") else None


def _shows_nothing(outcome: Outcome) -> Facts | None:
    """The friend's server has refused: no certificate was shown."""
    return {} if _meets(outcome, "friend") and outcome.noted.get("refused") else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "thinks_it_is_in",
        written("""\
tls = context.wrap_socket(sock, server_hostname=host)
return "logged in"
"""),
        "wrap_socket() returned, and yet the server has refused you: in TLS 1.3 the client finishes first, and the "
        "refusal comes with your first read. Wait for the server's first answer.",
        _thinks_it_is_in,
    ),
    Mistake(
        "send_is_no_answer",
        written("""\
try:
    with context.wrap_socket(sock, server_hostname=host) as tls:
        tls.sendall(name)
        return b"welcome"
except ssl.SSLCertVerificationError:
    raise
except (ssl.SSLError, ConnectionError) as error:
    raise PermissionError from error
"""),
        "sendall() returned, and the server has refused you: your bytes went to the kernel, and nobody has read them. "
        "After a refusal a write may succeed or fail, by luck; the first read tells. Wait for the server's answer.",
        _send_is_no_answer,
    ),
    Mistake(
        "only_broken_connections",
        written(_BODY.replace("(ssl.SSLError, ConnectionError)", "ConnectionError")),
        "The server said why it refused, in an alert, and that is an ssl.SSLError, which is no ConnectionError: "
        "'{error}' went through. Both are ways to be refused.",
        _escapes(ssl.SSLError, "alert"),
        {"error": "[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca"},
    ),
    Mistake(
        "only_the_read",
        written("""\
with context.wrap_socket(sock, server_hostname=host) as tls:
    tls.sendall(name)
    try:
        greeting = tls.recv(1024)
    except (ssl.SSLError, ConnectionError) as error:
        raise PermissionError from error
    if not greeting:
        raise PermissionError("no greeting")
    return greeting
"""),
        "This server speaks TLS 1.2, in which the server finishes last: its refusal comes in wrap_socket(), before any "
        "read, and went through. Put the handshake and the first read into one try.",
        _only_the_read,
    ),
    Mistake(
        "only_alerts",
        written(_BODY.replace("(ssl.SSLError, ConnectionError)", "ssl.SSLError")),
        "This server refused without a reason: it reset the connection when it had seen your certificate. That is a "
        "ConnectionResetError and no ssl.SSLError, and it went through. Both are ways to be refused.",
        _only_alerts,
    ),
    Mistake(
        "takes_the_end_for_a_greeting",
        written(
            _BODY.replace('if not greeting:\n    raise PermissionError("the server hung up without a word")\n', "")
        ),
        "recv() gave b'': the server hung up without a word, and you returned {result!r} as if it had let you in. A "
        "greeting has at least one byte; the end is a refusal too.",
        _takes_the_end,
        {"result": b""},
    ),
    Mistake(
        "blames_the_server",
        written(_BODY.replace("except ssl.SSLCertVerificationError:\n    raise  # it is we who refuse\n", "")),
        "Here it was you who refused: the server's certificate is for another host. SSLCertVerificationError is an "
        "ssl.SSLError too, so your except clause caught it and said 'refused us'. Whoever reads that looks at the "
        "wrong certificate. Let it through, before the others.",
        _blames_the_server,
    ),
    Mistake(
        "shows_nothing",
        written().replace(
            "    context.load_cert_chain(certfile)  # what we show of ourselves: certificate and key\n", ""
        ),
        "The server asked for your certificate, and you had none to show: its answer to that is a refusal. "
        "load_cert_chain(certfile) gives a context what it shows.",
        _shows_nothing,
    ),
)
