"""The board: the room in memory, the file that outlives it, and the word that something has changed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from . import views
from .refusal import Refusal
from .reports import Course, Report
from .room import Learner, Room
from .store import Change, Forget, Put, Store, Write

__all__ = ["Board"]


class Board:
    """Everything that both kinds of board do, on one event loop.

    `version` grows with each change; `clock` gives seconds since 1970.
    """

    def __init__(self, store: Store, course: Course, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._room: Room = store.room()
        self.course = course
        self.clock = clock
        self.version = 0

    async def join(self, key: str, name: object) -> str:
        """Somebody joins; the name as it will be shown.  Raises `Refusal`."""
        before = self._room.learners.get(key)
        learner = self._room.join(key, name, self.clock())
        try:
            await self._written(Put(key, learner.name, learner.joined))
        except Refusal:
            self._room.leave(key)
            self._put_back(before)
            raise
        return learner.name

    async def report(self, key: str, report: Report) -> None:
        """A report; returns when it is on the disk.  Raises `Refusal`."""
        await self._written(Write(key, self._room.report(key, report, self.clock())))

    async def leave(self, key: str) -> None:
        """Somebody leaves, or had left; returns when nothing of them is left on the disk.  Raises `Refusal`."""
        if key not in self._room.learners:
            return  # their program asks again where it got no answer
        learner = self._room.leave(key)
        try:
            await self._written(Forget(key))
        except Refusal:
            self._put_back(learner)
            raise

    def check_known(self, key: str) -> None:
        """Raises `Refusal`, 401, where nobody has joined with this key."""
        self._room.known(key)

    def shared(self) -> dict[str, Any]:
        """What everybody may see."""
        return views.shared(self._room, self.course, self.clock())

    def instructors(self) -> dict[str, Any]:
        """What the instructor alone may see."""
        return views.instructors(self._room, self.course, self.clock())

    def _put_back(self, learner: Learner | None) -> None:
        if learner is not None:
            self._room.join(learner.key, learner.name, learner.joined).rows = learner.rows

    async def _written(self, change: Change) -> None:
        self.version += 1
        try:
            await self._store.change(change)
        except sqlite3.Error as error:
            raise Refusal(
                503, f"The board could not write it down ({error}). Nothing is lost: it is sent again."
            ) from error
