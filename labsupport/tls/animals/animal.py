"""What every animal of the gallery is made of, and what it becomes."""

from __future__ import annotations

import inspect
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from labsupport.tls.certificates import Certificate

__all__ = ["Animal", "Chain", "Definition", "Visit", "animal"]

#: From Python 3.13 on, `create_default_context()` sets VERIFY_X509_STRICT and VERIFY_X509_PARTIAL_CHAIN.
STRICT: Final = sys.version_info >= (3, 13)


@dataclass(frozen=True)
class Animal:
    """A server whose certificate is wrong in one way, and a client that meets it.

    - `server_context`, `client_context`: contexts of their own; the client's is what `create_default_context()` gives.
    - `host`: where the client means to go, for `server_hostname=`.
    - `verify_code`: the `.verify_code` of the error on this Python; 0 where the certificate is accepted.
    - `advice`: what a user should do who is told so.
    - `name`: its name in the gallery.
    - `wrong`: what is wrong, as a sentence.
    - `trusted`: what its client trusts, in PEM, for clients of your own.
    """

    server_context: ssl.SSLContext
    client_context: ssl.SSLContext
    host: str
    verify_code: int
    advice: str
    name: str
    wrong: str
    trusted: str


@dataclass(frozen=True)
class Chain:
    """Three certificates in which everything is right: an animal begins with these.

    - `root`: the authority's own, signed by itself, which clients trust.
    - `intermediate`: another authority's, signed by the root.
    - `server`: for the host "localhost", signed by the root.
    - `stranger`: an authority that no client trusts.
    """

    root: Certificate
    intermediate: Certificate
    server: Certificate
    stranger: Certificate


@dataclass(frozen=True)
class Visit:
    """What an animal's definition returns.

    - `shown`: the server's certificate, and what it sends along.
    - `trusted`: what the client has been told to trust; None for the root that is right.
    - `host`: where the client means to go.
    - `security_level`: OpenSSL's, for the server; None for Python's default.
    """

    shown: Certificate
    trusted: Certificate | None = None
    host: str = "localhost"
    security_level: int | None = None


@dataclass(frozen=True)
class Definition:
    """An animal before it meets an authority; `animal` makes one of a function.

    - `code`, `strict`: the verify code without and with the two flags of Python 3.13.
    """

    name: str
    wrong: str
    code: int
    strict: int
    advice: str
    make: Callable[[Chain], Visit]

    @property
    def verify_code(self) -> int:
        """The verify code on this Python."""
        return self.strict if STRICT else self.code

    def bring(self, chain: Chain) -> Animal:
        """The animal, for this authority."""
        visit = self.make(chain)
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if visit.security_level is not None:
            server.set_ciphers(f"DEFAULT:@SECLEVEL={visit.security_level}")
        visit.shown.load_into(server)
        trusted = (visit.trusted or chain.root).pem
        client = ssl.create_default_context(cadata=trusted)
        return Animal(server, client, visit.host, self.verify_code, self.advice, self.name, self.wrong, trusted)


def animal(
    name: str, code: int, *, strict: int | None = None, advice: str
) -> Callable[[Callable[[Chain], Visit]], Definition]:
    """Make an animal's definition of the function that follows, whose docstring says what is wrong.

    - `code`: the verify code (X509_V_ERR_... in OpenSSL's x509_vfy.h); 0 where it is accepted.
    - `strict`: the verify code from Python 3.13 on, where that is another.
    """

    def define(make: Callable[[Chain], Visit]) -> Definition:
        wrong = " ".join((inspect.getdoc(make) or "").split())
        return Definition(name, wrong, code, code if strict is None else strict, advice, make)

    return define
