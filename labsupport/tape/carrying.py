"""Events that carry bytes, of which the tape may have to forget the end."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

__all__ = ["KEPT_BYTES", "Carrying", "Shelf"]

#: Of the bytes of one event, so many are kept; `Call.length` is always the true number.
KEPT_BYTES: Final = 4096

#: The bytes of the newest large events, at least `KEPT_BYTES` of each, after the event's `order`.
Shelf = Collection[tuple[int, bytes]]


class Carrying:
    """What `Record.keep` gives its bytes to.

    `head`: all of them, or of many the beginning; `shelf`: where more of them lie until newer ones take their place,
    else None.  Two attributes, so that to forget takes no step at all.
    """

    __slots__ = ("head", "shelf")

    order: int
    head: bytes | None
    shelf: Shelf | None

    @property
    def data(self) -> bytes | None:
        """The bytes that went out or came in, as many as the tape still has; None for an event that carries none."""
        return self.head if self.shelf is None else self._found or self.head

    @data.setter
    def data(self, data: bytes | None) -> None:
        self.head, self.shelf = data, None

    @property
    def forgotten(self) -> bool:
        """The tape was too full to keep more than the beginning of them."""
        return self.shelf is not None and self._found is None

    @property
    def _found(self) -> bytes | None:
        every = tuple(self.shelf or ())  # a copy: other threads write
        return next((data[:KEPT_BYTES] for order, data in every if order == self.order), None)
