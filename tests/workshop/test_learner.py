"""The learner's side: nothing before joining, exactly what `sent()` shows afterwards, and nothing on the tape."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from labsupport import progress, watch, workshop
from labsupport.workshop import membership, post
from labsupport.workshop.asking import panel
from labsupport.workshop.membership import Membership
from labsupport.workshop.reports import Report
from labsupport.workshop.wire import BoardError
from tests.leftovers import until
from tests.workshop.doing import reports, wrong
from tests.workshop.running import Running


def test_nothing_is_sent_and_no_thread_is_there_before_joining(posted: post.Post) -> None:
    before = threading.active_count()
    wrong()
    assert threading.active_count() == before
    assert "not joined" in repr(workshop.sent())
    assert "nothing to leave" in workshop.leave()


def test_what_was_done_and_what_is_done_is_sent_and_shown(board: Running, posted: post.Post) -> None:
    wrong()
    progress.record_prediction("two-sends", "b'hello'", right=True, reason="my own words")
    workshop.join(board.address, board.code, name="Zanele")
    assert reports() == [("echo_server", "failed", "accepts_once", 1)]
    wrong()
    until(lambda: len(reports()) == 2)
    progress.record_verdict("echo_server", "passed")
    until(lambda: len(reports()) == 3)
    assert reports()[1:] == [("echo_server", "failed", "accepts_once", 2), ("echo_server", "passed", None, 3)]
    assert "my own words" not in repr(workshop.sent())
    assert "Zanele" in repr(workshop.sent())


def test_two_quick_checks_are_two_tries(board: Running, posted: post.Post, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop.join(board.address, board.code, name="Quick")
    heard: list[progress.Recorded] = []
    stop = progress.listen(heard.append)
    wrong()
    wrong()
    stop()
    until(lambda: len(heard) == 2)
    given: list[int] = []
    monkeypatch.setattr(posted, "give", lambda *reports: given.extend(report.tries for report in reports))
    for recorded in heard:
        post._heard(recorded)
    assert given == [1, 2]


def test_what_goes_wrong_in_sending_is_said_and_the_next_report_tries_again(
    board: Running, posted: post.Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.join(board.address, board.code, name="Unlucky")
    made = Membership.read()
    assert made is not None
    dataclasses.replace(made, authority="no certificate").write()
    wrong()
    until(lambda: "Nothing can be sent" in repr(workshop.sent()))
    made.write()
    wrong()
    assert posted.idle(10)
    assert [tries for *_, tries in reports()] == [1, 2]
    assert "Nothing can be sent" not in repr(workshop.sent())


def test_its_sockets_are_not_on_the_tape(board: Running, posted: post.Post) -> None:
    with watch() as tape:
        workshop.join(board.address, board.code, name="Unseen")
        wrong()
        until(lambda: len(reports()) == 1)
    assert tape.calls() == []


def test_another_kernel_of_the_learner_reports_too(board: Running, posted: post.Post, tmp_path: Path) -> None:
    workshop.join(board.address, board.code, name="Two notebooks")
    source = (
        "from labsupport import progress, workshop\n"
        "progress.record_verdict('recv_exactly', 'passed')\n"
        "while not workshop.sent().reports: pass\n"
    )
    subprocess.run([sys.executable, "-c", source], check=True, timeout=60, env=os.environ)
    assert reports() == [("recv_exactly", "passed", None, 1)]


def test_what_was_joined_is_its_owners_alone(board: Running, posted: post.Post) -> None:
    workshop.join(board.address, board.code, name="Private")
    file = progress.home() / membership.MEMBERSHIP
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    made = Membership.read()
    assert made is not None
    assert made.secret not in repr(workshop.sent())


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"code": "0" * 24}, ssl.SSLCertVerificationError, "not the one that this code belongs to"),
        ({"code": "7QF2"}, ValueError, "24 letters and digits"),
        ({"address": "the board"}, ValueError, "form of 192.0.2.7:8790"),
        ({"name": "<b>"}, ValueError, "letters, digits"),
    ],
)
def test_what_cannot_be_joined_is_said_and_nothing_sent(
    board: Running, posted: post.Post, change: dict[str, str], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        workshop.join(**({"address": board.address, "code": board.code, "name": "Ana"} | change))
    assert Membership.read() is None


def test_a_code_with_another_secret_is_the_boards_to_refuse(board: Running, posted: post.Post) -> None:
    with pytest.raises(BoardError, match="not the code"):
        workshop.join(board.address, board.code[:-1] + ("0" if board.code[-1] != "0" else "1"), name="Ana")


def test_who_answers_and_is_no_board_is_said(posted: post.Post) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        workshop.join(f"127.0.0.1:{port}", "0" * 24, name="Ana")


def test_while_the_board_is_away_reports_wait(tmp_path: Path, posted: post.Post) -> None:
    with Running(tmp_path / "board.sqlite") as away:
        workshop.join(away.address, away.code, name="Patient")
        away.kill()
        wrong()
        until(lambda: "does not answer" in repr(workshop.sent()))
        wrong("returns_a_piece")
        away.start()
        assert posted.idle(30)
        assert [report[2:] for report in reports()] == [("accepts_once", 1), ("returns_a_piece", 2)]
        assert "does not answer" not in repr(workshop.sent())
        workshop.leave()


def test_what_waits_is_bounded(posted: post.Post) -> None:
    Membership("https://127.0.0.1:1/", "Far away", "", "x").write()
    for tries in range(1000):
        posted.give(Report("echo_server", "failed", None, tries + 1))
    assert posted.dropped >= 700
    (progress.home() / membership.MEMBERSHIP).unlink()
    assert posted.idle(30)


def test_a_board_that_has_forgotten_us_is_said(board: Running, posted: post.Post) -> None:
    workshop.join(board.address, board.code, name="Forgotten")
    made = Membership.read()
    assert made is not None
    with contextlib.closing(made.line()) as line:
        line.post("leave", b"{}", made.authorization)
    wrong()
    until(lambda: "does not know you" in repr(workshop.sent()))
    assert Membership.read() is None


def test_the_panel_says_what_is_sent_before_it_joins(board: Running, posted: post.Post) -> None:
    shown = panel()
    assert "What is sent" in shown.children[0].value
    assert "nothing is sent" in shown.said
    shown.address.value, shown.code.value, shown.name.value = board.address, board.code, "<b>"
    shown.join.click()
    until(lambda: "letters, digits" in shown.said)
    assert not shown.joined
    shown.name.value = "By panel"
    shown.join.click()
    until(lambda: shown.joined)
    assert "By panel" in shown.said
    shown.leave.click()
    until(lambda: not shown.joined)
    assert "deleted" in shown.said
    assert json.loads(json.dumps(repr(shown)))
    shown.close()
