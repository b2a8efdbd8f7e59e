"""What stands in the boxes: a call as a learner would write it, and its bytes as text."""

from __future__ import annotations

import errno
import socket
import unicodedata
from functools import lru_cache
from typing import Any, Final

from labsupport.tape.events import Call, Sync
from labsupport.tape.streams import RECEIVING, SENDING

__all__ = ["ELLIPSIS", "cells", "closing", "count", "fit", "opening", "shown", "trouble", "visible", "whole"]

#: The sign of a call that goes on.
ELLIPSIS: Final = "…"

_IN_PROGRESS: Final = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})
_HOWS: Final = {socket.SHUT_RD: "SHUT_RD", socket.SHUT_WR: "SHUT_WR", socket.SHUT_RDWR: "SHUT_RDWR"}
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def count(length: int | None) -> str:
    """A number of bytes: "11 B", "2,000 B"."""
    return "? B" if length is None else f"{length:,} B"


def whole(event: Call | Sync) -> str:
    """An event that took no time in this picture, in one line."""
    if isinstance(event, Sync):
        return _waited_for(event)
    if event.op in SENDING and event.error is None:
        return f"{event.op} {count(event.length)}"
    came = _came(event)
    return f"{_asked(event)} = {came}" if came else _asked(event)


def opening(event: Call | Sync) -> str:
    """An event where it begins to wait."""
    return f"{whole(event) if isinstance(event, Sync) else _asked(event)} {ELLIPSIS}"


def closing(event: Call | Sync) -> str:
    """An event where it has waited and goes on."""
    if isinstance(event, Sync):
        return f"{ELLIPSIS} timed out" if event.result is False else f"{ELLIPSIS} goes on"
    if event.op in SENDING and event.error is None:
        return f"{ELLIPSIS} {count(event.length)}"
    came = _came(event)
    if event.op.startswith("connect") and not came and event.error is None:
        return f"{ELLIPSIS} connected"
    if event.error is not None:
        return f"{ELLIPSIS} {came}" if came else ELLIPSIS
    return f"{ELLIPSIS} = {came}" if came else f"{ELLIPSIS} done"


def trouble(event: Any) -> str:
    """The name of what the call raised, but for a timeout, which its text says; "" for none."""
    if not isinstance(event, Call) or event.error is None or _timed_out(event) or in_progress(event):
        return ""
    return event.error.type.__name__


def in_progress(call: Call) -> bool:
    """A connect that did not wait: its kernel goes on connecting."""
    if call.error is not None:
        return call.op == "connect" and call.error.errno in _IN_PROGRESS
    return call.op == "connect_ex" and call.result in _IN_PROGRESS


def _timed_out(call: Call) -> bool:
    return call.error is not None and issubclass(call.error.type, TimeoutError) and call.error.errno is None


def _waited_for(sync: Sync) -> str:
    if sync.kind == "join":
        # A name that threading made up counts the threads of this kernel: not the same on every run.
        return f"{sync.name if sync.name.isidentifier() else 'thread'}.join()"
    name = sync.name or "signal"
    return f"{name}.{sync.kind}()" if name.isidentifier() else f"{name}: {sync.kind}()"


def _asked(call: Call) -> str:
    if call.op in RECEIVING and call.asked and isinstance(call.asked[0], int):
        return f"{call.op}({call.asked[0]}{', peek' if call.flags & socket.MSG_PEEK else ''})"
    if call.op == "shutdown" and call.asked:
        return f"shutdown({_HOWS.get(call.asked[0], call.asked[0])})"
    if call.op in SENDING and call.asked and isinstance(call.asked[0], int):
        return f"{call.op} {count(call.asked[0])}"
    return f"{call.op}()"


def _came(call: Call) -> str:
    if in_progress(call):
        return "in progress"
    if call.error is not None:
        return "timed out" if _timed_out(call) else ""
    if call.op in RECEIVING:
        return "b''" if call.length == 0 else count(call.length)
    if call.op == "accept":
        return "connection"
    if call.op == "connect_ex":
        return errno.errorcode.get(call.result, str(call.result)) if call.result else "0"
    return ""


# --- bytes as text ------------------------------------------------------------------------------


def shown(data: bytes, limit: int) -> str:
    """Bytes as text of at most `limit` cells where most of them are text, else as hex."""
    head = data[: 4 * limit + 4]
    text = head.decode("utf-8", "surrogateescape")
    if text.isascii() and text.isprintable() and text == text.strip():
        return text if len(text) <= limit and len(head) == len(data) else text[: limit - 1] + "…"
    odd = sum(1 for character in text if not _plain(character))
    if text and odd * 3 > len(text) and odd > 1:
        return _hex(data, limit)
    pieces = [visible(character) for character in text]
    if pieces and pieces[-1] == " ":
        pieces[-1] = "␣"
    if pieces and pieces[0] == " ":
        pieces[0] = "␣"
    return fit("".join(pieces), limit, more=len(head) < len(data))


def _hex(data: bytes, limit: int) -> str:
    room = max(1, (limit + 1) // 3)
    if len(data) > room:
        room = max(1, (limit - 1) // 3)
    return data[:room].hex(" ") + (" …" if len(data) > room else "")


def _plain(character: str) -> bool:
    return character in _NAMED or (character.isprintable() and not "\udc80" <= character <= "\udcff")


def visible(character: str) -> str:
    """A character as it can be shown: control characters, and bytes that are no text, as escapes."""
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    if character in _NAMED:
        return _NAMED[character]
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"


@lru_cache(4096)
def cells(text: str) -> int:
    """How many columns of a monospaced font the text takes."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Mn":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, limit: int, *, more: bool = False) -> str:
    """The text in at most `limit` cells, with "…" where something is left out."""
    if not more and cells(text) <= limit:
        return text
    kept, used = [], 0
    for character in text:
        used += _width(character)
        if used > limit - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"
