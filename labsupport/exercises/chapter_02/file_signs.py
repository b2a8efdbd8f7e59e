"""Facts by which mistakes with a file on a socket show.

Each sign is called as the mistake is, of which it is the sign, or nearly so.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

from labsupport.exercises.engine import Facts, Outcome
from labsupport.tape.streams import SENDING

from .file_program import CHANGED, ENORMOUS, FILE, OLD, SECOND, Held, framed

__all__ = [
    "hexadecimal",
    "hides_an_end",
    "leaves_the_checksum",
    "leaves_the_part",
    "makes_room_for_all",
    "no_comparison",
    "one_recv",
    "reads_text",
    "renames_too_early",
    "send_for_sendall",
    "sums_something_else",
    "takes_too_much",
    "writes_into_the_target",
]

#: The ends that a file may come to too early, by what is to be raised.
_ENDS: Final[dict[type[BaseException] | None, str]] = {
    EOFError: "The peer finished",
    ConnectionError: "The connection broke",
    TimeoutError: "The peer fell silent",
}


def _sent(outcome: Outcome) -> bytes:
    return b"".join(call.data or b"" for call in outcome.calls(*SENDING) if call.error is None)


def _held(outcome: Outcome) -> tuple[bytes | None, bytes | None]:
    """What is in the file, and what was to be there, where that was looked at; else None and None."""
    there = outcome.result.data if isinstance(outcome.result, Held) else None
    return there, outcome.returns.data if isinstance(outcome.returns, Held) else None


def reads_text(outcome: Outcome) -> Facts | None:
    """An error that only files of text give."""
    wrong = outcome.raised(UnicodeDecodeError) or outcome.raised(TypeError, "must be str, not bytes")
    return {"error": type(outcome.error).__name__} if wrong else None


def hexadecimal(outcome: Outcome) -> Facts | None:
    """The digits of the checksum went out."""
    hexed = hashlib.sha256(FILE).hexdigest().encode()
    return {} if outcome.unmet is not None and _sent(outcome).endswith(hexed[:30]) | (hexed in _sent(outcome)) else None


def sums_something_else(outcome: Outcome) -> Facts | None:
    """All is as it should be but the last 32 bytes."""
    sent = _sent(outcome)
    right = framed(sent[8:-32])
    if outcome.unmet is None or len(sent) != len(right) or sent[:8] != right[:8] or sent == right:
        return None
    return {"got": sent[-32:].hex(), "right": right[-32:].hex()}


def send_for_sendall(outcome: Outcome) -> Facts | None:
    """send() was called, and something is missing."""
    sends = outcome.calls("send")
    if outcome.unmet is None or not sends or outcome.calls("sendall", "sendfile"):
        return None
    return {"k": max(call.length or 0 for call in sends)} if "only" in outcome.unmet.got else None


def takes_too_much(outcome: Outcome) -> Facts | None:
    """One call took the end of this file, and the beginning of the next."""
    size = len(framed(FILE))
    ends = [call.offset + (call.length or 0) for call in outcome.receives if call.offset < size]
    over = max(ends, default=0) - size
    there, right = _held(outcome)
    wrong = outcome.ended and right in (FILE, SECOND) and there != right and leaves_the_checksum(outcome) is None
    return {"k": over} if over > 0 and wrong else None


def one_recv(outcome: Outcome) -> Facts | None:
    """As much as was missing was asked for once, and a part came."""
    there, right = _held(outcome)
    if right != FILE or there == FILE or takes_too_much(outcome) is not None:
        return None
    asked = [call.asked[0] if call.asked and isinstance(call.asked[0], int) else 0 for call in outcome.receives]
    for number, call in enumerate(outcome.receives[:-1]):
        k = call.length or 0
        if asked[number] == len(FILE) and 0 < k < len(FILE) and asked[number + 1] != len(FILE) - k:
            return {"k": k, "n": len(FILE)}
    return None


def writes_into_the_target(outcome: Outcome) -> Facts | None:
    """Nothing, or a part of a file, is where the old one was."""
    there, right = _held(outcome)
    spoilt = right == OLD != there and (there is None or len(there) < len(FILE))
    return {"title": outcome.case.title, "old": OLD, "new": outcome.result} if spoilt else None


def renames_too_early(outcome: Outcome) -> Facts | None:
    """The changed file is where the old one was."""
    return {"old": OLD} if _held(outcome) == (CHANGED, OLD) else None


def no_comparison(outcome: Outcome) -> Facts | None:
    """No ValueError, where the file was changed."""
    unsaid = outcome.raises is ValueError and outcome.ended and outcome.error is None
    return {} if unsaid else None


def hides_an_end(outcome: Outcome) -> Facts | None:
    """recv_file() came back, where the peer had finished, broken off or fallen silent."""
    kind = outcome.raises
    hidden = outcome.ended and outcome.error is None and isinstance(outcome.result, Held)
    return {"what": _ENDS[kind], "error": kind.__name__} if kind is not None and kind in _ENDS and hidden else None


def leaves_the_part(outcome: Outcome) -> Facts | None:
    """Something lies beside the old file."""
    right, there = outcome.returns, outcome.result
    if not isinstance(right, list) or not isinstance(there, list) or outcome.raises is not None:
        return None
    more = [name for name in there if name not in right]
    return {"name": more[0]} if more else None


def makes_room_for_all(outcome: Outcome) -> Facts | None:
    """There was no memory for the length that was announced."""
    meant = outcome.received.startswith(struct.pack("!Q", ENORMOUS))
    return {"n": ENORMOUS} if meant and (outcome.raised(MemoryError) or outcome.raised(OverflowError)) else None


def leaves_the_checksum(outcome: Outcome) -> Facts | None:
    """A length was read where the checksum stood."""
    there, right = _held(outcome)
    end = 8 + len(FILE)
    on_it = any(call.offset == end and call.asked and call.asked[0] == 8 for call in outcome.receives)
    return {} if right == SECOND != there and on_it else None
