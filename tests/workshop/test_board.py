"""The board on its event loop: what it does when the disk does not take what it should, and how it commits."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.web import Application

from labsupport.workshop.board import Board
from labsupport.workshop.code import Door
from labsupport.workshop.live import Live
from labsupport.workshop.refusal import Refusal
from labsupport.workshop.reports import Report, course
from labsupport.workshop.standalone import Gate, applications, serve
from labsupport.workshop.store import Change, Store
from labsupport.workshop.web import Events


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


def test_who_is_gone_from_the_disk_stays_gone_where_the_log_cannot_be_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "board.sqlite")
    board = Board(store, course())

    async def story() -> None:
        await board.join("a", "Quetzalcoatl")
        await board.join("b", "Bo")
        with monkeypatch.context() as patched:
            patched.setattr("labsupport.workshop.store._EMPTY_THE_LOG", "SELECT no FROM such_table")
            await board.leave("a")
        assert people(board) == [("Bo", 0)]
        await board.report("b", wrong(1))  # empties the log too

    asyncio.run(story())
    assert not any(b"Quetzalcoatl" in path.read_bytes() for path in tmp_path.iterdir())
    assert people(Board(store, course())) == [("Bo", 1)]
    store.close()


class Ends:
    """The learners' end and the instructor's, on a loop of the test's own."""

    def __init__(self, store: Store) -> None:
        board = Board(store, course())
        self.gate, self.live = Gate(board, Door("ABCD1234", expires=1e12)), Live(board)
        self.learners, self.own = applications(board, self.gate, self.live, "a certificate")


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    store = Store(tmp_path / "board.sqlite")
    yield Ends(store)
    store.close()


def open_to(application: Application) -> str:
    """Listen; the address."""
    host, port = serve(application, ("127.0.0.1", 0))
    return f"http://{host}:{port}"


async def asked(address: str, **more: Any) -> HTTPResponse:
    return await AsyncHTTPClient(force_instance=True).fetch(address, raise_error=False, follow_redirects=False, **more)


@pytest.mark.parametrize("path", ["/", "/events", "/page.js", "/authority.pem", "/instructor", "/names", "/none"])
def test_no_path_keeps_a_body_that_nobody_wants(ends: Ends, path: str) -> None:
    kept: list[int] = []

    async def story() -> None:
        for application in (ends.learners, ends.own):
            application.settings["log_function"] = lambda handler: kept.append(len(handler.request.body))
            answer = await asked(open_to(application) + path, method="POST", body=b"x" * 1_000_000)
            assert answer.code in (404, 405)

    asyncio.run(story())
    assert kept == [0, 0]


def test_who_looks_at_counts_keeps_the_instructor_from_nothing(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Events, "most", 1)

    async def story() -> None:
        outside, inside = open_to(ends.learners), open_to(ends.own)
        private = await asked(f"{inside}/instructor?token={ends.gate.token}")
        cookie = {"Cookie": private.headers["Set-Cookie"].partition(";")[0]}
        looking = [asyncio.create_task(asked(f"{end}/events?seen=0")) for end in (outside, inside)]
        while not all(end.settings.get("looking") for end in (ends.learners, ends.own)):  # noqa: ASYNC110  tells nobody
            await asyncio.sleep(0)
        assert (await asked(f"{outside}/events")).code == 503
        assert (await asked(f"{inside}/names", headers=cookie)).code == 200
        await ends.live.close()
        assert [(await each).code for each in looking] == [200, 200]

    asyncio.run(story())


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::"])
def test_without_tls_it_listens_on_loopback_alone(address: str) -> None:
    with pytest.raises(ValueError, match="on loopback alone"):
        serve(Application(), (address, 0))
