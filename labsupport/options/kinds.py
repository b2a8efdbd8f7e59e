"""Kinds of values: how the kernel keeps an option, and what Python makes of it.

Most options are a C int.  Each kind says what it takes, reads what getsockopt gives, writes what setsockopt takes,
and shows a value with its unit.  A value that does not fit raises TypeError, ValueError, OverflowError, OSError or
struct.error, whichever comes first: who asks makes one sentence of them all, with what `takes` says.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, Final

__all__ = [
    "BOOL",
    "BYTES",
    "DATA",
    "DOMAIN",
    "ERROR",
    "INT",
    "MICROSECONDS",
    "MILLISECONDS",
    "RATE",
    "SECONDS",
    "TEXT",
    "TYPE",
    "WORD64",
    "Kind",
    "data",
]

#: Bytes that are asked of an option whose length only the kernel knows.
_ROOM: Final = 512


class Kind:
    """A kind of value: a C int that stays an int, unless a subclass says otherwise."""

    #: Bytes to ask getsockopt for; 0 asks for a C int.
    size = 0
    #: Whether its values are bytes that say nothing as they stand.
    opaque = False

    def __init__(self, name: str, takes: str, unit: str = "") -> None:
        self.name = name
        #: What may be set, in words that follow "takes".
        self.takes = takes
        self.unit = unit

    def read(self, raw: Any) -> Any:
        """The Python value of what getsockopt gave."""
        return raw

    def write(self, value: Any) -> int | bytes:
        """What setsockopt takes for this value."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(value)
        if not -(2**31) <= value < 2**31:
            raise OverflowError(value)
        return int(value)

    def shown(self, value: Any) -> str:
        """A value as a learner reads it: "4,096 bytes"."""
        if not isinstance(value, int | float):
            return repr(value)
        unit = "byte" if (self.unit, value) == ("bytes", 1) else self.unit
        return f"{value:,} {unit}".rstrip()


class _Bool(Kind):
    def read(self, raw: Any) -> bool:
        return bool(raw)  # BSD gives back the bit of its own flag, such as 4

    def write(self, value: Any) -> int:
        if value not in (0, 1) or isinstance(value, float):
            raise TypeError(value)
        return int(value)

    def shown(self, value: Any) -> str:
        return str(bool(value))


class _Enum(Kind):
    """A C int that Python has names for."""

    def __init__(self, name: str, members: Callable[[int], Any]) -> None:
        super().__init__(name, "")
        self._members = members

    def read(self, raw: Any) -> Any:
        try:
            return self._members(raw)
        except ValueError:
            return raw

    def shown(self, value: Any) -> str:
        return str(getattr(value, "name", value))


class _Errno(Kind):
    def shown(self, value: Any) -> str:
        return f"{value} ({errno.errorcode[value]})" if value in errno.errorcode else str(value)


class _Word64(Kind):
    """A 64-bit number, of which an older kernel gives 32 bits."""

    size = 8

    def read(self, raw: Any) -> Any:
        return int.from_bytes(raw, sys.byteorder)


class _Rate(_Word64):
    """Bytes a second; all bits set means that there is no limit."""

    def read(self, raw: Any) -> Any:
        number = super().read(raw)
        return float("inf") if number == 2 ** (8 * len(raw)) - 1 else number

    def write(self, value: Any) -> bytes:
        if isinstance(value, bool):
            raise TypeError(value)
        return struct.pack("=Q", 2**64 - 1 if value == float("inf") else value)

    def shown(self, value: Any) -> str:
        return "no limit" if value == float("inf") else super().shown(value)


class _Text(Kind):
    """A name, with a zero byte behind it."""

    size = 128

    def read(self, raw: Any) -> str:
        return str(raw.partition(b"\0")[0].decode("utf-8", "replace"))

    def write(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise TypeError(value)
        return value.encode() + b"\0"


class _Data(Kind):
    """The bytes of a struct that Python has no word for."""

    size = _ROOM
    opaque = True

    def write(self, value: Any) -> bytes:
        return bytes(memoryview(value))

    def shown(self, value: Any) -> str:
        return f"{len(value):,} bytes"


def data(struct_name: str) -> Kind:
    """The kind of a struct that is handed over as bytes."""
    return _Data(struct_name, f"the bytes of a {struct_name}" if struct_name.startswith("struct") else "bytes")


_WHOLE: Final = "a whole number"

BOOL: Final = _Bool("bool", "True or False")
INT: Final = Kind("int", _WHOLE)
BYTES: Final = Kind("bytes", f"{_WHOLE} of bytes", "bytes")
SECONDS: Final = Kind("seconds", f"{_WHOLE} of seconds", "s")
MILLISECONDS: Final = Kind("milliseconds", f"{_WHOLE} of milliseconds", "ms")
MICROSECONDS: Final = Kind("microseconds", f"{_WHOLE} of microseconds", "µs")
TYPE: Final = _Enum("int", socket.SocketKind)
DOMAIN: Final = _Enum("int", socket.AddressFamily)
ERROR: Final = _Errno("int", "")
WORD64: Final = _Word64("int, 64 bits", _WHOLE)
RATE: Final = _Rate("bytes a second", f"{_WHOLE} of bytes a second, or math.inf", "bytes/s")
TEXT: Final = _Text("string", "a name as text")
DATA: Final = data("raw bytes")
