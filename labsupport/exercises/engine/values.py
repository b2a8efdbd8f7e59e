"""Values, calls and errors as a learner reads them: short, and the same on every run."""

from __future__ import annotations

import re
import socket
from typing import Final

from labsupport.exercises.peers import shown
from labsupport.tape.events import Call, text_of

from .case import Having

__all__ = ["call_text", "error_text", "printed", "same", "value_text"]

_BYTE_OPS: Final = frozenset({"send", "sendall", "sendmsg", "sendto", "write"})


def same(result: object, expected: object) -> bool:
    """Equal, and bytes for bytes: a bytearray will do, a str or a True for 1 will not."""
    if isinstance(expected, Having):
        return expected.fits(result)
    if isinstance(expected, bytes):
        return isinstance(result, bytes | bytearray | memoryview) and bytes(result) == expected
    return type(result) is type(expected) and bool(result == expected)


def value_text(value: object) -> str:
    """A value as a learner reads it, never longer than a line or two."""
    if isinstance(value, bytes):
        return shown(value)
    if isinstance(value, socket.socket):
        return "a socket"  # its ports differ from run to run
    try:
        text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))  # an address in memory differs from run to run
    except Exception as error:  # noqa: BLE001  somebody's __repr__
        return f"a {type(value).__name__} whose repr() raises {type(error).__name__}"
    return text if len(text) <= 120 else f"{text[:120]}…"


def call_text(call: Call) -> str:
    """A call as it stands in a program: ``recv(1024)``."""
    if call.op in _BYTE_OPS and call.asked:
        return f"{call.op}({shown(call.data or b'')})"
    if call.op.startswith("connect"):
        return f"{call.op}(address)"
    return f"{call.op}({', '.join(str(int(each)) for each in call.asked if isinstance(each, int))})"


def printed(text: str) -> str:
    """What the learner's code printed; of a traceback only its last line, for the rest is not the same on every run."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith(("Exception in thread ", "Traceback (most recent call last)")):
            inside = True
        elif not inside or (line and not line[0].isspace()):
            inside = False
            kept.append(line)
    whole = "\n".join(kept)
    return whole if len(whole) <= 1000 else f"{whole[:1000]}…"


def error_text(error: BaseException | None) -> str:
    """An error as Python's last line shows it."""
    text = text_of(error) if error is not None else ""
    text = re.sub(r"<socket\.socket [^>]*>( \(FD \d+\))?", "<a socket>", text)  # its numbers differ from run to run
    kind = type(error)
    name = f"{kind.__module__}.{kind.__name__}" if kind.__name__ == "error" else kind.__name__  # struct.error
    return f"{name}: {text}" if text else name
