"""The servers that the gallery's panel shows: two with a good certificate, and all the others."""

from __future__ import annotations

import ssl
from typing import Final

from labsupport import tls

__all__ = ["GOOD", "exhibits"]

_TODAY: Final = "a good certificate"
_OLD: Final = "a good certificate, TLS 1.2 at most"
#: The names of those in which nothing is wrong.
GOOD: Final = frozenset({_TODAY, _OLD})


def exhibits() -> dict[str, tls.Animal]:
    """Every server by its name, with new certificates; the authority is theirs alone."""
    authority = tls.Authority()
    today = _good(authority, _TODAY, "Nothing is wrong with it.", "")
    old = _good(
        authority,
        _OLD,
        "Nothing is wrong with it. The server speaks no version of TLS after 1.2.",
        "Ask whoever runs the server to switch TLS 1.3 on. Until then, TLS 1.2 with a good certificate will do.",
    )
    old.server_context.maximum_version = ssl.TLSVersion.TLSv1_2
    return {one.name: one for one in (today, old)} | tls.gallery(authority)


def _good(authority: tls.Authority, name: str, wrong: str, advice: str) -> tls.Animal:
    server, client = authority.server_context("localhost"), authority.client_context()
    return tls.Animal(server, client, "localhost", 0, advice, name, wrong, authority.pem)
