"""Leaving: nothing is sent from then on, and what could not be deleted is said, and tried again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labsupport import progress, workshop
from labsupport.workshop import membership, post
from labsupport.workshop.asking import panel
from labsupport.workshop.membership import Membership
from labsupport.workshop.wire import BoardError, Line
from tests.workshop.doing import reports, wrong
from tests.workshop.running import Running


def test_leaving_ends_it(board: Running, posted: post.Post) -> None:
    workshop.join(board.address, board.code.lower().replace("-", " "), name="Goes")
    assert "deleted" in workshop.leave()
    wrong()
    assert posted.idle(5)
    assert list(progress.home().glob("workshop*")) == []
    workshop.join(board.address, board.code, name="Goes")  # the name is free again


class AwayError(OSError):
    """A board that is not there."""


@pytest.mark.parametrize("trouble", [AwayError("no answer"), BoardError(503, "the disk is full"), BoardError(401, "?")])
def test_what_could_not_be_deleted_is_said_and_tried_again(
    board: Running, posted: post.Post, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    workshop.join(board.address, board.code, name="Stays for now")

    def fail(self: Line, action: str, body: bytes, authorization: str = "") -> dict[str, Any]:
        raise trouble

    with monkeypatch.context() as patched:
        patched.setattr(Line, "post", fail)
        for _ in range(2):
            with pytest.raises(OSError, match="has not yet deleted"):
                workshop.leave()
        assert "has not yet deleted" in repr(workshop.sent())
        assert not panel().leave.disabled
        wrong()
        assert posted.idle(5)
        assert Membership.read() is None
    assert "has deleted" in workshop.leave()
    assert list(progress.home().glob("workshop*")) == []
    workshop.join(board.address, board.code, name="Stays for now")  # the name is free


def test_joining_again_leaves_first_what_could_not_be_left(
    board: Running, posted: post.Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong()
    workshop.join(board.address, board.code, name="Returns")
    with monkeypatch.context() as patched:
        patched.setattr(Membership, "line", lambda self: Line("https://127.0.0.1:1/", None))
        with pytest.raises(OSError, match="not yet deleted"):
            workshop.leave()
    (progress.home() / "workshop-sent.jsonl").write_text('{"of": "another board"}\n')
    workshop.join(board.address, board.code, name="Returns")
    assert reports() == [("echo_server", "failed", "accepts_once", 1)]


def test_a_name_is_free_again_where_joining_could_not_be_kept(
    board: Running, posted: post.Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="no space"):
            workshop.join(board.address, board.code, name="Kept by nobody")
    assert list(progress.home().glob("joining-*")) == []
    workshop.join(board.address, board.code, name="Kept by nobody")


def test_what_a_board_was_sent_goes_with_it(board: Running, posted: post.Post) -> None:
    wrong()
    workshop.join(board.address, board.code, name="Sends")
    made = Membership.read()
    assert made is not None
    membership.forget(made)
    membership.note_sent(made, b'{"in": "flight"}')
    assert list(progress.home().glob("workshop*")) == []
