"""What a client asks of a server's certificate: the contexts that people write, good and bad.

One row of `POLICIES` is all that there is of a policy: the panel's choices, its texts and the tests come from it.  What
the panel shows as code is the body of the function that runs.
"""

from __future__ import annotations

import inspect
import ssl
import sys
import textwrap
import warnings
from collections.abc import Callable
from typing import Final, NamedTuple

__all__ = ["OWN_RULES", "POLICIES", "RULES", "Policy", "checks", "code", "context"]


def _default(trusted: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=trusted)
    return context  # noqa: RET504  what is shown ends before this line


def _any_host(trusted: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=trusted)
    context.check_hostname = False
    return context


def _nothing(trusted: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=trusted)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _of_the_web(trusted: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS)
    context.load_verify_locations(cadata=trusted)
    return context


def _newest(trusted: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=trusted)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def _system(_: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    return context  # noqa: RET504


def _from_3_13(context: ssl.SSLContext) -> None:
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN


def _before_3_13(context: ssl.SSLContext) -> None:
    context.verify_flags &= ~(ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN)


class Policy(NamedTuple):
    """How a client makes its context.

    - `make`: it, for the certificates in PEM that the client trusts.
    - `short`: its name at the head of a column; `asks`: what it asks of a server, as a sentence.
    - `gap`: what it leaves out, "" for nothing; `attacker`: what somebody else can do with that; `repair`: what to
      write instead.
    - `refused`: what a user should do whose server nobody vouches for, as far as this client knows; "": that depends.
    """

    make: Callable[[str], ssl.SSLContext]
    short: str
    asks: str
    gap: str = ""
    attacker: str = ""
    repair: str = ""
    refused: str = ""


_ANYBODY: Final = (
    "Whoever sits between the two can answer in the server's place, with a certificate of their own making, and read "
    "and change everything. The connection is encrypted, to whoever answered."
)

#: The policies, in the order of the choices.
POLICIES: Final = {
    "create_default_context(), trusting the authority": Policy(
        _default, "default", "That an authority it trusts vouches for this host, today, for servers."
    ),
    "create_default_context(), check_hostname = False": Policy(
        _any_host,
        "any host",
        "That an authority it trusts vouches for somebody, today, for servers.",
        "the name was not checked",
        "Whoever has a certificate of the same authority, for whatever host, can answer in this server's place.",
        "Leave check_hostname on, and pass server_hostname.",
    ),
    "create_default_context(), verify_mode = CERT_NONE": Policy(
        _nothing,
        "CERT_NONE",
        "Nothing.",
        "nothing was checked",
        _ANYBODY,
        "Leave verify_mode and check_hostname as they are, and name the authority: create_default_context(cafile=…).",
    ),
    "SSLContext(PROTOCOL_TLS), as the web has it": Policy(
        _of_the_web,
        "PROTOCOL_TLS",
        "Nothing, although it has been told whom to trust: verify_mode is CERT_NONE, and check_hostname is False.",
        "nothing was checked",
        _ANYBODY,
        "Use create_default_context(cafile=…), which checks the certificate and the host.",
    ),
    "create_default_context(), TLS 1.3 only": Policy(
        _newest, "TLS 1.3 only", "The same as the first, and that the server speaks TLS 1.3."
    ),
    "create_default_context(), the system's roots": Policy(
        _system,
        "system roots",
        "That an authority that came with this system vouches for this host. The one of this panel did not.",
        refused="Send nothing: it may be anybody. If you expect a server with an authority of its own, get the "
        "authority's certificate from whoever runs it, not from this connection, and trust that (cafile=…).",
    ),
}

#: What `create_default_context()` sets besides, by the version of Python.
RULES: Final[dict[str, Callable[[ssl.SSLContext], None]]] = {
    "Python 3.13 and newer": _from_3_13,
    "Python 3.12 and older": _before_3_13,
}
#: The rules of the Python that runs.
OWN_RULES: Final = tuple(RULES)[sys.version_info < (3, 13)]


def checks(policy: str) -> bool:
    """Whether it checks certificates at all: only then the rules make a difference."""
    return POLICIES[policy].attacker is not _ANYBODY


def context(policy: str, rules: str, trusted: str) -> ssl.SSLContext:
    """The context of a client with this policy, which trusts these certificates (PEM).

    The rules are for what verifies: where nothing is checked, they change nothing.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PROTOCOL_TLS is, and the web goes on using it
        made = POLICIES[policy].make(trusted)
    if checks(policy):
        RULES[rules](made)
    return made


def code(policy: str, rules: str) -> str:
    """What a learner would write for it, in which `trusted` is the authority's certificate (PEM)."""
    lines = _body(POLICIES[policy].make)[:-1]  # without its return
    return "\n".join([*lines, *(_body(RULES[rules]) if checks(policy) else ())])


def _body(function: Callable[..., object]) -> list[str]:
    _, _, body = inspect.getsource(function).partition(":\n")
    return textwrap.dedent(body).splitlines()
