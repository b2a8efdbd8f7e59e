"""The authorities and the certificates of the checks: made when they are first asked for, and then kept.

The course's authority is the one that a learner's code is told of.  `stranger` is another: good in itself, and named by
nobody, unless a program trusts all that its system trusts.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from typing import Final, ParamSpec, TypeVar

from labsupport import tls

__all__ = [
    "ELSEWHERE",
    "HOST",
    "authority",
    "client_side",
    "expired",
    "fingerprint",
    "forged",
    "issued",
    "member",
    "server_side",
    "stranger",
    "system_trusts",
]

#: The host that is meant, and another customer of the same authority.
HOST: Final = "bank.kisumu.example"
ELSEWHERE: Final = "shop.osaka.example"


_P = ParamSpec("_P")
_R = TypeVar("_R")
_making: Final = threading.RLock()


def _once(make: Callable[_P, _R]) -> Callable[_P, _R]:
    """What is made once, also when a learner's thread and a script ask for it at the same time."""
    kept = cache(make)

    @wraps(make)
    def given(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with _making:
            return kept(*args, **kwargs)  # type: ignore[arg-type]  # what is asked for by has a hash

    return given


# --- authorities and certificates ------------------------------------------------------------


@_once
def authority() -> tls.Authority:
    """The one whose file the learner's code is given."""
    return tls.Authority("Loopback")


@_once
def stranger() -> tls.Authority:
    """Another one."""
    return tls.Authority("Somebody Else")


@_once
def issued(host: str = HOST, number: int = 1) -> tls.Certificate:  # noqa: ARG001  which one to make, or to find
    """A good certificate for a server, by the course's authority; each `number` is another."""
    return authority().issue(host)


@_once
def expired() -> tls.Certificate:
    """The same for `HOST`, and its time is over."""
    now = datetime.now(UTC)
    return authority().issue(HOST, not_before=now - timedelta(days=30), not_after=now - timedelta(days=1))


@_once
def forged() -> tls.Certificate:
    """A certificate for `HOST` that somebody has signed for themselves."""
    return issued().altered("itself", key=issued(number=2).key)


@_once
def member(name: str, *, by_a_stranger: bool = False) -> tls.Certificate:
    """A certificate for a client."""
    return (stranger() if by_a_stranger else authority()).issue_client(name)


def fingerprint(certificate: tls.Certificate) -> str:
    """The SHA-256 of its DER form, as 64 hexadecimal digits."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.pem)).hexdigest()


# --- contexts of the other side --------------------------------------------------------------


def server_side(
    certificate: tls.Certificate, *, asks: bool = False, at_most: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    """A server's context; with `asks`, it wants a client's certificate of the course's authority.

    It sends no session tickets: what a client has not read when it closes would make that close a reset.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.load_into(context)
    context.num_tickets = 0
    if asks:
        context.load_verify_locations(cadata=authority().pem)
        context.verify_mode = ssl.CERT_REQUIRED
    if at_most is not None:
        context.maximum_version = at_most
    return context


def client_side(certificate: tls.Certificate | None = None, *, at_most: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A client's context, properly set; `certificate` is what it shows of its own."""
    context = authority().client_context(certificate)
    if at_most is not None:
        context.maximum_version = at_most
    return context


@contextlib.contextmanager
def system_trusts(other: tls.Authority) -> Iterator[None]:
    """In this block, `other` is an authority that this system trusts, for whoever loads its defaults.

    OpenSSL reads SSL_CERT_FILE in that moment (see `ssl.get_default_verify_paths`).
    """
    name = ssl.get_default_verify_paths().openssl_cafile_env
    before = os.environ.get(name)
    os.environ[name] = other.file
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
