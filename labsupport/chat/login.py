"""Who is it?  Keys, proofs and accounts.

A proof shows that its sender has the key, and holds for one challenge: whoever overhears it has nothing for the next
connection.  Keys are random and made by the server, not chosen by people: so none can be guessed, and no slow function
(scrypt, PBKDF2) has to make guessing slow.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .refusal import Refusal
from .words import check_name

__all__ = ["Accounts", "key_of", "proof"]

_LABEL: Final = b"loopback-chat 1 login:"
_BYTES: Final = 32


def proof(key: bytes, challenge: str, name: str) -> str:
    """What a client sends to log in: HMAC-SHA256 (RFC 2104) with its key, in hex.

    `key` is 32 bytes; `challenge` is as it came, 64 digits of hex.
    """
    return hmac.new(key, _LABEL + bytes.fromhex(challenge) + name.encode(), "sha256").hexdigest()


class Accounts:
    """The accounts of a server: a key of 32 random bytes for each name.

        accounts = Accounts(["Ana", "李雷"])
        accounts.key("Ana")

    Who has a key can log in with it, so they are kept in memory, or in a file that its owner alone can read.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._keys: dict[str, bytes] = {}
        self._nobody = secrets.token_bytes(_BYTES)
        for name in names:
            self.add(name)

    def add(self, name: str) -> bytes:
        """Make an account; its key.

        Raises:
            ValueError: the name is not as described, or an account has it, or one that differs in capitals only.
        """
        try:
            check_name(name)
        except Refusal as refusal:
            raise ValueError(f"{name!r} cannot be the name of an account: {refusal.text}") from None
        for other in self._keys:
            if _folded(other) == _folded(name):
                raise ValueError(f"there is an account {other!r} already; choose another name than {name!r}")
        self._keys[name] = secrets.token_bytes(_BYTES)
        return self._keys[name]

    def key(self, name: str) -> bytes:
        """The key of an account.

        Raises:
            KeyError: there is none of this name.
        """
        return self._keys[name]

    @property
    def names(self) -> list[str]:
        """Whose accounts there are, in the order in which they were made."""
        return list(self._keys)

    def proved(self, name: str, challenge: str, given: str) -> bool:
        """Whether `given` is the proof of this account.  An unknown name takes the same way, to False."""
        right = proof(self._keys.get(name, self._nobody), challenge, name)
        return hmac.compare_digest(right, given) and name in self._keys

    def save(self, path: Path | str) -> None:
        """Write the accounts to a file that its owner alone can read (on Windows: as the folder allows)."""
        path = Path(path)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({name: key.hex() for name, key in self._keys.items()}, file, ensure_ascii=False, indent=1)
            fresh.replace(path)  # never half a file
        except BaseException:
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise

    @classmethod
    def load(cls, path: Path | str) -> Accounts:
        """The accounts of such a file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no file of accounts.
        """
        accounts = cls()
        try:
            found = json.loads(Path(path).read_text("utf-8"))
            for name, key in found.items() if isinstance(found, dict) else [("", found)]:
                accounts.add(name)
                accounts._keys[name] = key_of(key)
        except ValueError as error:
            raise ValueError(f"{path} is no file of accounts: {error}") from error
        return accounts


def _folded(name: str) -> str:
    """What two names that differ in capitals alone have in common."""
    return unicodedata.normalize("NFC", name.casefold())


def key_of(text: object) -> bytes:
    """The key that is written as 64 digits of hex.

    Raises:
        ValueError: it is not.
    """
    key = bytes.fromhex(text) if isinstance(text, str) else b""
    if len(key) != _BYTES:
        raise ValueError(f"a key is {_BYTES} bytes, written as {2 * _BYTES} digits of hex")
    return key
