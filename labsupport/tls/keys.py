"""From the secrets in a key log to the keys of TLS 1.3, and records opened with them.

A sender changes keys on its way: the handshake, application data, each KeyUpdate.  A reader who follows the
protocol's state can say when.  This one need not: the tag of a record fits one key and no other, so a record that the
current key does not open is tried with the others.  That holds after a broken byte too, where the state is lost.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from .parts import Sender

__all__ = ["TAG", "Keys", "Opened", "Secret", "expand_label", "keylog_text", "read_keylog"]

#: Bytes of the tag of each cipher of TLS 1.3 that we open.
TAG: Final = 16
NONCE: Final = 12

#: Whose secret a line of a key log is, and for what (RFC 9850, section 2.1): a sender uses them in this order.
_LABELS: Final[dict[Sender, tuple[str, ...]]] = {
    "client": ("CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0"),
    "server": ("SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"),
}
#: A line of a key log: label, the client's random, secret (RFC 9850, section 2).
_LINE: Final = re.compile(r"([A-Z][A-Z0-9_]+) ([0-9a-fA-F]{64}) ((?:[0-9a-fA-F]{2})+)\s*")

#: By the length of a secret, that of the hash: the AEADs that go with it, and the lengths of their keys.
#: (RFC 9846, appendix B.4; the suites with AES-CCM are not opened.)
_AEADS: Final = {32: ((AESGCM, 16), (ChaCha20Poly1305, 32)), 48: ((AESGCM, 32),)}
_HASHES: Final = {32: SHA256, 48: SHA384}


@dataclass(frozen=True, slots=True)
class Secret:
    """A traffic secret of a key log.

    - `label`: its name there, such as "CLIENT_TRAFFIC_SECRET_0".
    - `data`: 32 or 48 bytes, as long as the hash of the cipher suite.
    """

    label: str
    data: bytes

    def next(self) -> Secret:
        """The one after a KeyUpdate (RFC 9846, section 7.2)."""
        name, _, number = self.label.rpartition("_")
        return Secret(f"{name}_{int(number) + 1}", expand_label(self.data, "traffic upd", len(self.data)))


@dataclass(frozen=True, slots=True)
class Opened:
    """A record that a key has opened.

    - `data`: the TLSInnerPlaintext: content, content type, padding.
    - `label`: that of the secret.
    - `number`: its sequence number under that secret.
    """

    data: bytes
    label: str
    number: int


def expand_label(secret: bytes, label: str, length: int) -> bytes:
    """HKDF-Expand-Label(secret, label, "", length) of RFC 9846, section 7.1."""
    name = f"tls13 {label}".encode("ascii")
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    return HKDFExpand(_HASHES[len(secret)](), length, info).derive(secret)


def keylog_text(keylog: str | os.PathLike[str]) -> str:
    """The text of a key log (RFC 9850), checked.

    - `keylog`: it, or the path of its file (a `Path`, so that it cannot be taken for text).  "" is one without secrets.

    Raises:
        TypeError: neither.
        ValueError: a text without any secret.
        OSError: a file that cannot be read.
    """
    if isinstance(keylog, os.PathLike):
        return Path(keylog).read_text("utf-8", "replace")
    if not isinstance(keylog, str):
        raise TypeError(f"a key log is its text, or a pathlib.Path of its file, and not {type(keylog).__name__}")
    if keylog.strip() and not keylog.lstrip().startswith("#") and not read_keylog(keylog):
        raise ValueError(
            'this text is no key log, whose lines are "LABEL random secret"; pass a file as pathlib.Path(filename)'
        )
    return keylog


def read_keylog(text: str) -> dict[str, list[bytes]]:
    """The secrets of a key log, by label: each once, and of several connections all of them.

    What is no line of one is passed over.
    """
    found: dict[str, list[bytes]] = {}
    for label, _random, secret in (line.groups() for line in map(_LINE.fullmatch, text.splitlines()) if line):
        secrets = found.setdefault(label, [])
        if (data := bytes.fromhex(secret)) not in secrets:
            secrets.append(data)
    return found


class Keys:
    """What opens the records of one sender, in their order.

    A key log may have secrets of several connections, and of a handshake with a broken byte in a hello even two
    of each kind, because the two ends then derive different ones.
    """

    def __init__(self, sender: Sender, keylog: dict[str, list[bytes]]) -> None:
        secrets = [Secret(label, data) for label in _LABELS[sender] for data in keylog.get(label, ())]
        self._rest = [key for secret in secrets for key in _keys(secret)]
        self._key: _Key | None = None
        #: Whether there is any.
        self.any = bool(self._rest)

    def open(self, header: bytes, sealed: bytes) -> Opened | None:
        """Open the next record: its 5 bytes of header and what follows them.  None: no key of ours does."""
        if self._key is not None and (opened := self._key.open(header, sealed)):
            return opened
        for key in self._others():
            if opened := key.open(header, sealed):
                self._rest = [other for other in self._rest if other.secret != key.secret]
                self._key = key
                return opened
            key.number = 0  # it has not begun to count
        return None

    def _others(self) -> Iterator[_Key]:
        yield from self._rest
        if self._key is not None and "_TRAFFIC_SECRET_" in self._key.secret.label:
            yield from _keys(self._key.secret.next())


class _Key:
    """A key with its record number."""

    def __init__(self, secret: Secret, aead: type[AESGCM | ChaCha20Poly1305], length: int) -> None:
        self.secret = secret
        self.number = 0
        # RFC 9846, section 7.3
        self._iv = int.from_bytes(expand_label(secret.data, "iv", NONCE), "big")
        self._aead = aead(expand_label(secret.data, "key", length))

    def open(self, header: bytes, sealed: bytes) -> Opened | None:
        """Open the next record, which counts also where it cannot be opened."""
        number, self.number = self.number, self.number + 1
        nonce = (self._iv ^ number).to_bytes(NONCE, "big")  # RFC 9846, section 5.3
        try:
            return Opened(self._aead.decrypt(nonce, sealed, header), self.secret.label, number)
        except (InvalidTag, ValueError):  # ValueError: shorter than a tag
            return None


def _keys(secret: Secret) -> list[_Key]:
    """The keys that a secret may be for: which of them, the first record tells."""
    return [_Key(secret, aead, length) for aead, length in _AEADS.get(len(secret.data), ())]
