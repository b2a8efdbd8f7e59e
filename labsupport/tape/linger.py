"""SO_LINGER, on for no time: with it close() sends a RST, and what is not yet sent is thrown away (socket(7))."""

from __future__ import annotations

import struct
import sys
from typing import Final

__all__ = ["RESETS"]

#: The value of the option, a `struct linger`: two ints, and on Windows two shorts.
RESETS: Final = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
