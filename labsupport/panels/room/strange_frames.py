"""What a client must not send, and a stranger's may: each as the bytes that go out."""

from __future__ import annotations

import json
from typing import Final

from labsupport.chat.frames import framed

__all__ = ["STRANGE"]


def _frame(**fields: object) -> bytes:
    return framed(json.dumps(fields, ensure_ascii=False).encode())


#: By what the menu calls it, in the order of the specification's errors.
STRANGE: Final[dict[str, bytes]] = {
    "a line that clears a terminal": _frame(type="say", text="\x1b[2J\x1b[31mhéllo"),
    "a line that runs backwards": _frame(type="say", text="héllo \u202eolleh"),
    "a line of 1,001 bytes": _frame(type="say", text="x" * 1001),
    "a line that is a number": _frame(type="say", text=42),
    "an unknown message": _frame(type="dance", steps=3),
    "a second hello": _frame(type="hello", versions=[1]),
    "half a character": framed(b'{"type":"say","text":"\xe4\xbd"}'),
    "30 pings at once": _frame(type="ping") * 30,
    "a frame of 4,097 bytes": framed(b"x" * 4097, 5000),
}
