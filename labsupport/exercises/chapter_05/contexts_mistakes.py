"""What goes wrong in contexts, and the facts by which it shows."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Facts, Mistake, Outcome

__all__ = ["MISTAKES", "STARTER", "WORD", "written"]

#: What the client says to the bank.
WORD: Final = "blåbær"

_FRAME: Final = '''\
import socket
import ssl
from types import SimpleNamespace


def connect(address, host, cafile):
    """A TLS socket, connected to the server at this address, which must be `host`."""
    {client}
    sock = socket.create_connection(address, timeout=5)
    return context.wrap_socket(sock, server_hostname=host)


def server_context(certfile, cafile):
    """The context of the server itself; `certfile` holds its certificate and its key."""
    {server}


tls_contexts = SimpleNamespace(connect=connect, server_context=server_context)
'''
#: The bodies of a right answer.
_CLIENT: Final = """\
context = ssl.create_default_context(cafile=cafile)
context.minimum_version = ssl.TLSVersion.TLSv1_3
"""
_SERVER: Final = """\
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=cafile)
context.minimum_version = ssl.TLSVersion.TLSv1_3
context.verify_mode = ssl.CERT_REQUIRED
context.load_cert_chain(certfile)
return context
"""


def written(client: str = _CLIENT, server: str = _SERVER) -> str:
    """A whole answer, from the lines that make each context."""
    client, server = (body.strip().replace("\n", "\n    ") for body in (client, server))
    return _FRAME.format(client=client, server=server)


STARTER: Final = written(
    client="raise NotImplementedError  # make the client's `context`",
    server="raise NotImplementedError  # make the server's context, and return it",
)


# --- the signs of mistakes -------------------------------------------------------------------
# `noted` has "met": who is on the other side; "heard": whether that one got the password, or was served by the server;
# "context": how the learner's context was set.


def _let_in(outcome: Outcome, met: str) -> bool:
    return outcome.noted.get("met") == met and bool(outcome.noted.get("heard"))


def _asked_before(outcome: Outcome) -> bool:
    """Whether there was a connection before the one with the password."""
    return len(outcome.calls("connect", "connect_ex")) > 1


def _reads_along(outcome: Outcome, *, modern: bool) -> Facts | None:
    """The one in the middle has read the password, and the context never verified anybody."""
    if not _let_in(outcome, "middle") or _asked_before(outcome):
        return None
    old = outcome.noted["context"].get("protocol") == ssl.PROTOCOL_TLS
    return {"password": WORD} if old != modern else None


def _verifies_nobody(outcome: Outcome) -> Facts | None:
    return _reads_along(outcome, modern=True)


def _protocol_tls(outcome: Outcome) -> Facts | None:
    return _reads_along(outcome, modern=False)


def _believes_the_stranger(outcome: Outcome) -> Facts | None:
    return {} if _let_in(outcome, "middle") and _asked_before(outcome) else None


def _meets(met: str) -> Callable[[Any], Facts | None]:
    """Somebody was let in who was to be refused."""
    return lambda outcome: {} if _let_in(outcome, met) else None


#: The codes of a good certificate that is for another host, or another address.
_ANOTHER_NAME: Final = (62, 64)


def _knows_no_authority(outcome: Outcome) -> Facts | None:
    error = outcome.error
    refused = isinstance(error, ssl.SSLCertVerificationError) and error.verify_code not in _ANOTHER_NAME
    return {} if refused and outcome.noted.get("met") == "bank" else None


def _wrong_way_round(outcome: Outcome) -> Facts | None:
    """A client's context on the server, or the other way round."""
    told = outcome.raised(ssl.SSLError, "Cannot create a ", " socket with a PROTOCOL_TLS_")
    for_a_host = outcome.noted.get("met") == "member" and outcome.raised(ValueError, "check_hostname")
    return {"error": str(outcome.error).partition(" (_ssl")[0]} if told or for_a_host else None


def _shows_nothing(outcome: Outcome) -> Facts | None:
    bare = outcome.noted.get("met") == "member" and getattr(outcome.error, "reason", "") in _BARE
    return {} if bare and outcome.noted["context"].get("new") else None


def _asks_but_knows_nobody(outcome: Outcome) -> Facts | None:
    refused = isinstance(outcome.error, ssl.SSLCertVerificationError) and outcome.noted.get("met") == "member"
    return {"error": outcome.error.verify_message} if refused else None  # type: ignore[union-attr]


#: What OpenSSL says of a server that has no certificate, by what versions it may speak.
_BARE: Final = ("NO_SUITABLE_SIGNATURE_ALGORITHM", "NO_SHARED_CIPHER", "UNSUPPORTED_PROTOCOL")

# --- the wrong programs ----------------------------------------------------------------------

_NEW: Final = "context.minimum_version = ssl.TLSVersion.TLSv1_3"

MISTAKES: Final = (
    Mistake(
        "verifies_nobody",
        written(
            client=f"""\
context = ssl.create_default_context(cafile=cafile)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
{_NEW}
"""
        ),
        "The connection is encrypted, to whoever answered: in the check that was somebody in the middle, who has read "
        "your password ({password}). Verification is the half of TLS that says who. Give the context your authority "
        "(cafile=...) and leave both settings as create_default_context() made them.",
        _verifies_nobody,
        {"password": WORD},
    ),
    Mistake(
        "protocol_tls",
        written(client=f"context = ssl.SSLContext(ssl.PROTOCOL_TLS)\ncontext.load_verify_locations(cafile)\n{_NEW}"),
        "This context verifies nothing: verify_mode is CERT_NONE and check_hostname is False, so somebody in the "
        "middle has read your password ({password}). That you loaded an authority changes nothing. Use "
        "ssl.create_default_context() (or PROTOCOL_TLS_CLIENT).",
        _protocol_tls,
        {"password": WORD},
    ),
    Mistake(
        "believes_the_stranger",
        written(
            client=f"""\
context = ssl.create_default_context(cafile=cafile)
context.load_verify_locations(cadata=ssl.get_server_certificate(address))
{_NEW}
"""
        ),
        "You asked the stranger for his papers and believed them because they were his: get_server_certificate() "
        "verifies nothing, and the one who answered it was in the middle. The trust must come from somewhere else: a "
        "file that you had before.",
        _believes_the_stranger,
    ),
    Mistake(
        "any_host",
        written(
            client=f"""\
context = ssl.create_default_context(cafile=cafile)
context.check_hostname = False
{_NEW}
"""
        ),
        "You accepted a good certificate for another host: any customer of the same authority can be your server. "
        "Leave check_hostname on and pass server_hostname.",
        _meets("other host"),
    ),
    Mistake(
        "trusts_the_system_too",
        written(client=f"context = ssl.create_default_context()\ncontext.load_verify_locations(cafile)\n{_NEW}"),
        "Your context trusts the course's authority, and besides it all those that your system trusts: one of them "
        "issued the certificate that you accepted. create_default_context() loads the system's authorities unless "
        "cafile= is given there; load_verify_locations() adds to them.",
        _meets("system"),
    ),
    Mistake(
        "knows_no_authority",
        written(client=f"context = ssl.create_default_context()\n{_NEW}"),
        "You refused the bank itself: the certificate is good, and your context does not know the authority that "
        "issued it. Nobody's system knows an authority of our own; say where it is: cafile=cafile.",
        _knows_no_authority,
    ),
    Mistake(
        "an_older_version",
        written(client="context = ssl.create_default_context(cafile=cafile)"),
        "The server spoke TLS 1.2 and you went along; the policy says 1.3 only. Since Python 3.10 a context's default "
        "is 1.2 or newer. Set minimum_version (not maximum_version, and not one of the old OP_NO_... options).",
        _meets("old server"),
    ),
    Mistake(
        "purpose_the_wrong_way_round",
        written(server=_SERVER.replace("CLIENT_AUTH", "SERVER_AUTH")),
        "Python said '{error}'. This is the context of the other end: a Purpose names what the *peer* is verified "
        "for, so Purpose.SERVER_AUTH (the default) is for clients, and Purpose.CLIENT_AUTH for servers.",
        _wrong_way_round,
        {"error": "check_hostname requires server_hostname"},
    ),
    Mistake(
        "shows_nothing",
        written(server=_SERVER.replace("context.load_cert_chain(certfile)\n", "")),
        "Your server has no certificate to show, so there is nothing that a handshake could end with. Its own "
        "certificate and key come in by load_cert_chain(certfile); cafile= is for verifying others.",
        _shows_nothing,
    ),
    Mistake(
        "asks_but_knows_nobody",
        written(server=_SERVER.replace("CLIENT_AUTH, cafile=cafile)", "CLIENT_AUTH)")),
        "Your server asked for a certificate and refused a good one ({error}): it knows no authority. CERT_REQUIRED "
        "says that a certificate must be shown; who may have signed it, a context learns from cafile=cafile, or from "
        "load_verify_locations(cafile).",
        _asks_but_knows_nobody,
        {"error": "self-signed certificate in certificate chain"},
    ),
    Mistake(
        "names_but_does_not_ask",
        written(server=_SERVER.replace("context.verify_mode = ssl.CERT_REQUIRED\n", "")),
        "You named the authority but never asked for a certificate: a client without one was let in. Set verify_mode "
        "= ssl.CERT_REQUIRED. (CERT_OPTIONAL asks, and lets those in who have none.)",
        _meets("nobody"),
    ),
    Mistake(
        "an_older_client",
        written(server=_SERVER.replace(f"{_NEW}\n", "")),
        "A client that speaks no more than TLS 1.2 was let in; the policy says 1.3 only, on both ends. Set "
        "minimum_version on the server's context too: a context knows nothing of the other one.",
        _meets("old client"),
    ),
)
