"""The board on its event loop: what it does when the disk does not take what it should, and how it commits."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tornado.web import Application

from labsupport.workshop.board import Board
from labsupport.workshop.live import Live
from labsupport.workshop.refusal import Refusal
from labsupport.workshop.reports import Report, course
from labsupport.workshop.standalone import serve
from labsupport.workshop.store import Change, Store


def wrong(tries: int) -> Report:
    return Report("echo_server", "failed", "accepts_once", tries)


class FullDisk(Store):
    """A store whose disk is full while `full` is set."""

    full = False

    async def change(self, change: Change) -> None:
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        await super().change(change)


def people(board: Board) -> list[tuple[str, int]]:
    return [(one["name"], one["tries"]) for one in board.instructors()["people"]]


async def refused(asked: Awaitable[object]) -> None:
    with pytest.raises(Refusal, match="disk is full") as error:
        await asked
    assert error.value.status == 503


def test_with_a_full_disk_nothing_is_acknowledged_and_later_all_goes_on(tmp_path: Path) -> None:
    store = FullDisk(tmp_path / "board.sqlite")
    board = Board(store, course())

    async def story() -> None:
        await board.join("a", "Ana")
        await board.report("a", wrong(1))
        store.full = True
        await refused(board.join("b", "Bo"))
        await refused(board.join("a", "Another"))
        await refused(board.report("a", wrong(2)))
        await refused(board.leave("a"))
        store.full = False
        assert people(board) == [("Ana", 2)]
        await board.report("a", wrong(2))  # sent again, as it was not acknowledged
        await board.join("b", "Bo")

    asyncio.run(story())
    assert people(Board(store, course())) == people(board) == [("Ana", 2), ("Bo", 0)]
    store.close()


def test_what_comes_at_once_is_committed_in_groups(tmp_path: Path) -> None:
    store = Store(tmp_path / "board.sqlite")
    board = Board(store, course())
    commits: list[str] = []
    store._file.set_trace_callback(lambda said: commits.append(said) if said == "COMMIT" else None)

    async def story() -> None:
        await asyncio.gather(*(board.join(str(number), f"learner {number}") for number in range(200)))
        await asyncio.gather(*(board.report(str(number), wrong(1)) for number in range(200)))

    asyncio.run(story())
    assert 2 <= len(commits) <= 8
    assert len(store.room().learners) == 200
    store.close()


def test_a_page_is_answered_when_there_is_something_newer(tmp_path: Path) -> None:
    store = Store(tmp_path / "board.sqlite")
    board = Board(store, course())

    async def story(after: Callable[[int], Awaitable[str]], live: Live) -> None:
        updating = asyncio.create_task(live.run())
        assert '"learners": 0' in await after(-1)
        waiting = asyncio.ensure_future(after(0))
        await board.join("a", "Ana")
        assert '"learners": 1' in await waiting
        last = asyncio.ensure_future(after(1))
        await asyncio.sleep(0)
        await live.close()
        await last
        updating.cancel()

    async def begin() -> None:
        live = Live(board)
        await story(lambda seen: live.after(seen, Board.shared), live)

    asyncio.run(begin())
    store.close()


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::"])
def test_without_tls_it_listens_on_loopback_alone(address: str) -> None:
    with pytest.raises(ValueError, match="on loopback alone"):
        serve(Application(), (address, 0))
