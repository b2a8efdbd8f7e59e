"""A transcript as a story: who sent which messages, what could be read of them, and how it ended.

The same on every run: names and their order, and of the fields those that are the same with each version of OpenSSL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from labsupport.pictures.ladder.words import fit
from labsupport.tape.tls import CHANGE_CIPHER_SPEC, CONTENT_TYPES
from labsupport.tls.parts import SEALED_HANDSHAKE, Flight, Part, Sender

from .endings import failure, refusal
from .messages import Found, broken, field, found
from .model import Message, Shown, Story, Turn
from .words import FIELDS, MESSAGES, title, words

__all__ = ["Handshake", "tell"]

_LONGEST: Final = 40


class Handshake(Protocol):
    """What a picture needs of a transcript: its flights, and what the two ends agreed on, or what went wrong."""

    @property
    def flights(self) -> Sequence[Flight]:
        """What each end sent before it had to wait for the other."""
        ...

    @property
    def version(self) -> str:
        """The version that the server chose, such as "TLS 1.3"; "" for none."""
        ...

    @property
    def cipher(self) -> str:
        """The cipher suite that it chose; "" for none."""
        ...

    @property
    def alpn(self) -> str:
        """The application protocol that it chose; "" for none."""
        ...

    @property
    def error(self) -> str:
        """What each end raised; "" for nothing."""
        ...


def tell(transcript: Handshake) -> Story:
    """The story of a transcript; TypeError for what is none."""
    if not hasattr(transcript, "flights"):
        raise TypeError(f"this shows what tls.handshake(...) or tls.transcribe(...) gives, and not {transcript!r}")
    version = transcript.version
    turns = tuple(_turn(number, flight, version) for number, flight in enumerate(transcript.flights, 1))
    turns = tuple(turn for turn in turns if turn.messages)
    turns, refused = refusal(turns, transcript.error)
    secret = [(k, m) for k, turn in enumerate(turns) for m, one in enumerate(turn.messages) if one.secret]
    failed = bool(refused or transcript.error)
    ending = refused or failure(turns) if failed else _agreed(transcript)
    return Story(version or "TLS", turns, secret[0] if secret else None, ending, failed)


def _turn(number: int, flight: Flight, version: str) -> Turn:
    return Turn(number, flight.sender, tuple(_message(one, flight.sender, version) for one in found(flight)))


def _message(one: Found, sender: Sender, version: str) -> Message:
    alert = _alert(one)
    return Message(
        name=_name(one),
        says=f"the {sender} {words(alert)}" if alert else _says(one, sender, version),
        secret=one.secret,
        fields=tuple(_fields(one)),
        wrong=_wrong(one),
        alert=alert,
        paths=tuple(path for path, _ in one.parts),
    )


def _name(one: Found) -> str:
    """In TLS 1.2 one handshake message is encrypted, the one behind change_cipher_spec (RFC 5246, section 7.3)."""
    return "Finished" if one.name == SEALED_HANDSHAKE else one.name


def _says(one: Found, sender: Sender, version: str) -> str:
    if one.name == CONTENT_TYPES[CHANGE_CIPHER_SPEC] and version == "TLS 1.3":
        return "means nothing; for old devices on the way"
    if one.error:
        return ""
    if one.name == "Certificate" and _empty(one):
        return f"the {sender} has no certificate"
    said = MESSAGES.get(_name(one), "").format(who=sender)
    hello = one.name in ("ClientHello", "ServerHello")
    return f"{said}, and a key share" if hello and field(one, "key_share") else said


def _empty(certificate: Found) -> bool:
    listed = field(certificate, "certificate_list")
    return listed is not None and len(listed[1].parts) <= 1  # its length, and no entry


def _fields(one: Found) -> Iterator[Shown]:
    for name, with_value in FIELDS.get(one.name, {}).items():
        if here := field(one, name):
            path, part = here
            yield Shown(title(name), fit(part.value, _LONGEST) if with_value else "", path)


def _alert(one: Found) -> str:
    """The name of the alert that it is, "" where it is none or cannot be read."""
    said = field(one, "description") if one.name == "alert" else None
    return said[1].value if said is not None else ""


def _wrong(one: Found) -> str:
    where = next(filter(None, (broken(part) for _, part in one.parts)), None)
    return _mishap(where) if where is not None else _short(one.error)


def _mishap(part: Part) -> str:
    """What is wrong, without figures: they may be of this run alone."""
    return _short(part.error) or f"something is wrong in its {part.label}"


def _short(error: str) -> str:
    """The sentence up to its reasons; "" where it has figures."""
    head = error.partition(": ")[0].rstrip(".")
    return "" if re.search(r"\d", head) else head


def _agreed(transcript: Handshake) -> str:
    said = [transcript.version, transcript.cipher, f"ALPN {transcript.alpn}" if transcript.alpn else ""]
    return f"Agreed: {', '.join(filter(None, said))}." if any(said) else "Nothing was agreed on."
