"""What was said in a TLS connection, flight by flight, every byte with its meaning."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from .keys import Keys, keylog_text, read_keylog
from .listing import listing
from .parts import Flight, Part, Sender, named
from .pieces import piece
from .records import Record, read_records, version_of
from .turns import turns

__all__ = ["Transcript", "transcribe", "transcript_of"]

#: The versions whose messages and records look like those of TLS 1.2.
_BEFORE: Final = frozenset({"TLS 1.2", "TLS 1.1", "TLS 1.0", "SSL 3.0"})

Said = Sequence[tuple[Sender, bytes]]


@dataclass(frozen=True, repr=False)
class Transcript:
    """A TLS connection, byte by byte.

    - `flights`: what each end sent before it had to wait for the other, in order.  The `.parts` of a flight cover
      its `.data` without gap or overlap, and so do the parts of each part.
    - `error`: what each end raised ("client: SSLCertVerificationError CERTIFICATE_VERIFY_FAILED: ..."), or ""; ""
      also where the bytes alone are known.
    - `keylog`: the key log that opened it, as text.
    - `session`: what the client can resume with `tls.handshake(..., session=...)`, or None.
    """

    flights: tuple[Flight, ...]
    error: str = ""
    keylog: str = ""
    session: ssl.SSLSession | None = None

    @property
    def version(self) -> str:
        """The version that the server has chosen, such as "TLS 1.3"; "" where it has chosen none."""
        return version_of(self.bytes_down)

    @property
    def cipher(self) -> str:
        """The cipher suite that the server has chosen, by its name at IANA; "" where it has chosen none."""
        return next((part.value for part in self._server("cipher_suite")), "")

    @property
    def alpn(self) -> str:
        """The application protocol that the server has chosen ("http/1.1"); "" where none was, or it is encrypted."""
        chosen = self._server("application_layer_protocol_negotiation")
        return next((name.value for part in chosen for name in named(part.parts, "ProtocolName")), "")

    @property
    def resumed(self) -> bool:
        """Whether the server went on with an earlier session: it then shows no certificate."""
        if self.version == "TLS 1.3":
            return any(self._server("pre_shared_key"))
        return any(self._server("ServerHello")) and not any(self._server("ServerHelloDone"))

    @property
    def bytes_up(self) -> bytes:
        """All that the client sent."""
        return b"".join(flight.data for flight in self.flights if flight.sender == "client")

    @property
    def bytes_down(self) -> bytes:
        """All that the server sent."""
        return b"".join(flight.data for flight in self.flights if flight.sender == "server")

    def text(self, depth: int | None = None) -> str:
        """The transcript as text, `depth` levels of parts deep (None: all of them); TypeError for no number."""
        if not isinstance(depth, int | None):
            raise TypeError(f"depth is how many levels of parts are shown, such as 2, or None for all, not {depth!r}")
        return listing(self.flights, self.error, depth)

    def _server(self, label: str) -> Iterator[Part]:
        for flight in self.flights:
            if flight.sender == "server":
                yield from named(flight.parts, label)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        said = "; ".join(f"{flight.sender}: {flight.name}" for flight in self.flights)
        return f"<transcript: {said or 'nothing was sent'}{'; failed' if self.error else ''}>"


def transcribe(bytes_up: bytes, bytes_down: bytes, keylog: str | os.PathLike[str] = "") -> Transcript:
    """Read one TLS connection from the bytes that went each way, such as `link.bytes_up` and `link.bytes_down`.

        print(tls.transcribe(link.bytes_up, link.bytes_down))                       # what an eavesdropper reads
        print(tls.transcribe(link.bytes_up, link.bytes_down, pathlib.Path(keys)))   # what the owner of the keys does

    - `bytes_up`: what the client sent, from its first byte on; `bytes_down`: what the server sent.
    - `keylog`: the text of a key log, or the path of its file (what `context.keylog_filename` was set to).

    Two streams do not say which byte of one came before which of the other.  Those of the handshake are put in the
    order of the protocol; what came after it is one flight of the client, then one of the server.

    Raises:
        TypeError: something that is no bytes; a key log that is neither text nor a path.
        ValueError: a text that is no key log.
        OSError: a key log that cannot be read.
    """
    streams = {"client": _checked(bytes_up, "bytes_up"), "server": _checked(bytes_down, "bytes_down")}
    text = keylog_text(keylog)
    records = _records(streams["client"], streams["server"], text)
    said: list[tuple[Sender, bytes]] = []
    at = {"client": 0, "server": 0}
    for sender, end in turns(records["client"], records["server"]):
        said.append((sender, streams[sender][at[sender] : end]))
        at[sender] = end
    return Transcript(_flights(said, records), "", text)


def transcript_of(said: Said, keylog: str, error: str, session: ssl.SSLSession | None) -> Transcript:
    """The transcript of a run: who said which bytes, in order."""
    up, down = (b"".join(data for who, data in said if who == sender) for sender in ("client", "server"))
    return Transcript(_flights(said, _records(up, down, keylog)), error, keylog, session)


def _records(up: bytes, down: bytes, keylog: str) -> dict[Sender, list[Record]]:
    secrets, version = read_keylog(keylog), "TLS 1.2" if version_of(down) in _BEFORE else "TLS 1.3"
    return {
        "client": read_records(up, "client", version, Keys("client", secrets)),
        "server": read_records(down, "server", version, Keys("server", secrets)),
    }


def _flights(said: Said, records: dict[Sender, list[Record]]) -> tuple[Flight, ...]:
    """The records of each end, cut where its flights end: a record with a wrong length may reach into the next."""
    flights: list[Flight] = []
    at: dict[Sender, int] = {"client": 0, "server": 0}
    for sender, data in said:
        low, at[sender] = at[sender], at[sender] + len(data)
        here = [one for one in records[sender] if one.part.start < at[sender] and one.part.end > low]
        parts = tuple(piece(record.part, low, at[sender], -low) for record in here)
        names = (name for record in here if record.part.start >= low for name in record.names)
        flights.append(Flight(sender, data, parts, ", ".join(name for name, _ in groupby(names)) or "no message"))
    return tuple(flights)


def _checked(data: object, name: str) -> bytes:
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"{name} is the bytes that went this way, such as link.{name}, and not {type(data).__name__}")
    return bytes(data)
