"""Where a chat is that a learner gives to the panel: who is trusted, and the keys of its accounts."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["context_of", "first_of", "given", "keys_of"]


def given(server: Any, value: Any, *names: str) -> Any:
    """What was given for the first of these names, or what the server has under one of them; else a TypeError."""
    found = [value, *(getattr(server, name, None) for name in names)]
    for one in found:
        if one is not None:
            return one
    raise TypeError(f"panels.chat() also needs {names[0]}= for this server: see its documentation")


def keys_of(accounts: Any) -> Callable[[str], bytes]:
    """What gives the key of a name, and raises a KeyError where there is none; TypeError for what is no accounts."""
    if isinstance(accounts, Mapping):
        return accounts.__getitem__
    if callable(getattr(accounts, "key", None)):
        found: Callable[[str], bytes] = accounts.key
        return found
    raise TypeError(f"accounts is a chat.Accounts, or a dict from names to keys of 32 bytes, not {accounts!r}")


def first_of(accounts: Any) -> list[str]:
    """The first three names that have accounts; ValueError where there are none."""
    names = list(accounts if isinstance(accounts, Mapping) else accounts.names)[:3]
    if not names:
        raise ValueError("there is no account: make some, such as accounts.add('Ana')")
    return names


def context_of(authority: Any) -> Callable[[], ssl.SSLContext]:
    """What makes a client's context that trusts this authority; TypeError for what is none."""
    if callable(getattr(authority, "client_context", None)):
        found: Callable[[], ssl.SSLContext] = authority.client_context
        return found
    if isinstance(authority, ssl.SSLContext):
        return lambda: authority
    if isinstance(authority, str):
        if "BEGIN CERTIFICATE" in authority:
            return lambda: ssl.create_default_context(cadata=authority)
        return lambda: ssl.create_default_context(cafile=authority)
    raise TypeError(f"authority is a tls.Authority, a client's ssl.SSLContext or a certificate, not {authority!r}")
