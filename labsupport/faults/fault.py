"""What all faults have in common: how they are asked, what they are called, and how they check their settings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from typing import ClassVar

from .piece import Piece
from .place import Place

__all__ = ["Fault"]


@dataclass(frozen=True)
class Fault:
    """Something that a link does to the traffic that it carries.

    A fault is a frozen dataclass with one method, `meet`.  It holds settings only: what it remembers of a connection
    lies in the `Place`.
    """

    #: Why it is not for streams (for datagrams), as a sentence; "" where it is.
    not_for_streams: ClassVar[str] = ""
    not_for_datagrams: ClassVar[str] = ""

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """Yield what becomes of `piece`, in order: itself, later or changed or in parts, twice, or nothing."""
        raise NotImplementedError

    def __str__(self) -> str:
        """Its settings as a person reads them: "Latency 0.1, jitter 0.05"."""
        words = [type(self).__name__]
        for number, one in enumerate(fields(self)):
            value = getattr(self, one.name)
            if number == 0:
                words[0] += f" {value}"
            elif one.default is MISSING or value != one.default:
                words.append(f"{one.name} {value}")
        return ", ".join(words)

    # --- for __post_init__: each raises an error of one sentence ---

    def check_probability(self, name: str) -> None:
        """The setting called `name` is a number from 0 to 1."""
        value = self._number(name)
        if not 0 <= value <= 1:
            raise ValueError(f"{self!r}: a probability lies between 0 (never) and 1 (always), and {name} is {value}")

    def check_seconds(self, name: str) -> None:
        """The setting called `name` is a number of seconds, 0 or more."""
        value = self._number(name)
        if not 0 <= value < math.inf:
            raise ValueError(f"{self!r}: a time is 0 seconds or more, and not endless, and {name} is {value}")

    def check_count(self, name: str, least: int = 0) -> None:
        """The setting called `name` is a whole number, `least` or more."""
        value = getattr(self, name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{self!r}: {name} is a whole number, and got {value!r} ({type(value).__name__})")
        if value < least:
            raise ValueError(f"{self!r}: {name} is a whole number, {least} or more, and is {value}")

    def _number(self, name: str) -> float:
        value: object = getattr(self, name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError(f"{self!r}: {name} is a number, and got {value!r} ({type(value).__name__})")
        return value
