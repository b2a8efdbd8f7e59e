"""What the pages show, anew at most twice a second, to as many as look.

A page asks for what is newer than what it has, and gets the answer when there is something newer, or after a while.  So
it works through every proxy, also through those that hand on an answer only when it is whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Final

from .board import Board

__all__ = ["Live"]

#: Seconds between two updates, at least.
_PAUSE: Final = 0.5
#: Seconds after which a page is answered although nothing is new: the minutes on it have gone on.
_LONGEST: Final = 10.0


class Live:
    """Waits for changes of the board.  A page that is slow misses some and gets the newest: nothing piles up."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._news = asyncio.Condition()
        self._number = 0
        self._shown = board.version
        self._over = False
        self._made: dict[str, tuple[int, dict[str, Any]]] = {}

    async def run(self) -> None:
        """Look for changes, for ever."""
        while True:
            await asyncio.sleep(_PAUSE)
            if self._board.version != self._shown:
                self._shown = self._board.version
                await self._tell(over=False)

    async def close(self) -> None:
        """Answer every page that waits."""
        await self._tell(over=True)

    async def _tell(self, *, over: bool) -> None:
        async with self._news:
            self._over = over
            self._number += 1
            self._news.notify_all()

    async def after(self, seen: int, view: Callable[[Board], dict[str, Any]]) -> str:
        """As JSON, ``{"number", "state"}``: as soon as it is another than number `seen`, or after 10 s."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST), self._news:
                await self._news.wait_for(lambda: self._over or self._number != seen)
        number, state = self._made.get(view.__name__, (-1, {}))
        if number != self._number or seen in (-1, number):
            number, state = self._made[view.__name__] = (self._number, view(self._board))
        return json.dumps({"number": number, "state": state}, ensure_ascii=False)
