"""The board's one file: SQLite, readable by its owner alone, with one writer that commits in groups.

What came while the disk was busy with the last commit is the next group, so that 300 changes a second are a few dozen
commits.  A change is confirmed when its commit is on the disk (a write-ahead log with `synchronous=FULL`), so nothing
that was confirmed is lost, whenever the process is killed.  What is deleted is overwritten (`secure_delete`), and the
log is emptied after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .reports import Report
from .room import Room, Row

__all__ = ["Change", "Forget", "Put", "Store", "Write"]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS learner (key TEXT PRIMARY KEY, name TEXT NOT NULL, joined REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS done (
    key TEXT NOT NULL REFERENCES learner ON DELETE CASCADE, exercise TEXT NOT NULL, status TEXT NOT NULL, mistake TEXT,
    tries INTEGER NOT NULL, at REAL NOT NULL, same INTEGER NOT NULL, passed INTEGER NOT NULL,
    PRIMARY KEY (key, exercise)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_PUT_LEARNER: Final = """
INSERT INTO learner VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET name = excluded.name, joined = excluded.joined
"""
_EMPTY_THE_LOG: Final = "PRAGMA wal_checkpoint(TRUNCATE)"


@dataclass(frozen=True)
class Put:
    """A learner who has joined or has another name."""

    key: str
    name: str
    joined: float

    def make(self, file: sqlite3.Connection) -> None:
        """Write it."""
        file.execute(_PUT_LEARNER, (self.key, self.name, self.joined))


@dataclass(frozen=True)
class Write:
    """What is known now of a learner and an exercise."""

    key: str
    row: Row

    def make(self, file: sqlite3.Connection) -> None:
        """Write it."""
        row, report = self.row, self.row.report
        values = (self.key, report.exercise, report.status, report.mistake, report.tries, row.at, row.same, row.passed)
        file.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


@dataclass(frozen=True)
class Forget:
    """A learner who has left."""

    key: str

    def make(self, file: sqlite3.Connection) -> None:
        """Delete the learner and, by the cascade, what was known."""
        file.execute("DELETE FROM learner WHERE key = ?", (self.key,))


Change = Put | Write | Forget


class Store:
    """The file at `path`, made where there is none.  `change` belongs to one event loop; the rest runs without one.

    Raises:
        OSError: it cannot be made or opened, or another board has it open.
        sqlite3.DatabaseError: it is no file of a board.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its log the rights of the file
        path.chmod(0o600)
        self._file = _opened(path)
        self._waiting: list[tuple[Change, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._full_log = False

    async def change(self, change: Change) -> None:
        """Write it; returns when it is on the disk.  Raises `sqlite3.Error` where it could not be written."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                await self._commit([change for change, _ in group])
            except sqlite3.Error as error:
                _settle([done for _, done in group], error)
            else:
                _settle([done for _, done in group], None)

    async def _commit(self, changes: list[Change]) -> None:
        """All of them, or none.  Only what waits for the disk is done in another thread.

        A thread for all of it would fight with this one for the interpreter at each statement, up to 5 ms each time.
        """
        try:
            self._file.execute("BEGIN IMMEDIATE")
            for change in changes:
                change.make(self._file)
            await asyncio.to_thread(self._file.execute, "COMMIT")
        except sqlite3.Error:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise
        self._full_log |= any(isinstance(change, Forget) for change in changes)
        if self._full_log:
            with contextlib.suppress(sqlite3.Error):  # the change itself is done; the next commit tries this again
                await asyncio.to_thread(self._file.execute, _EMPTY_THE_LOG)
                self._full_log = False

    def keep(self, name: str, value: str) -> None:
        """Write something of the board's own; returns when it is on the disk."""
        self._file.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))

    def kept(self) -> dict[str, str]:
        """What `keep` wrote."""
        return dict(self._file.execute("SELECT name, value FROM kept"))

    def wipe(self) -> None:
        """Delete everything: learners, the code, the key; returns when it is gone from the disk."""
        for table in ("done", "learner", "kept"):
            self._file.execute(f"DELETE FROM {table}")  # noqa: S608  our own names
        self._file.execute(_EMPTY_THE_LOG)

    def room(self) -> Room:
        """Everybody in the file."""
        room = Room()
        for key, name, joined in self._file.execute("SELECT key, name, joined FROM learner ORDER BY joined"):
            room.join(key, name, joined)
        columns = "key, at, same, passed, exercise, status, mistake, tries"
        for key, at, same, passed, *report in self._file.execute(f"SELECT {columns} FROM done"):  # noqa: S608  ours
            room.learners[key].rows[report[0]] = Row(Report(*report), at, same, bool(passed))
        return room

    def close(self) -> None:
        """Close the file; after the loop has ended."""
        self._file.close()


def _settle(waiting: list[asyncio.Future[None]], error: sqlite3.Error | None) -> None:
    for done in waiting:
        if done.done():
            continue  # whoever asked has gone
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _opened(path: Path) -> sqlite3.Connection:
    """A connection that another thread may use, while this one does not."""
    file = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1)
    try:
        # EXCLUSIVE: the index of the log needs no shared memory, and a second board on one file is refused.
        file.execute("PRAGMA locking_mode=EXCLUSIVE")
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA synchronous=FULL")
        file.execute("PRAGMA secure_delete=ON")
        file.execute("PRAGMA foreign_keys=ON")
        file.executescript(_TABLES)
        file.execute(_EMPTY_THE_LOG)
    except sqlite3.OperationalError as error:
        file.close()
        raise OSError(f"the board's file {path} cannot be used: {error}. Perhaps another board has it open.") from error
    return file
