"""Deadlines to the second, what is cut off, and what is asked for before anything is known."""

from __future__ import annotations

import pytest

from labsupport.chat.frames import Frames
from labsupport.chat.limits import Bucket, Limits
from labsupport.chat.messages import Left, from_server
from labsupport.chat.refusal import Refusal
from labsupport.chat.room import Room
from labsupport.chat.session import Session, State
from tests.chat.histories import ACCOUNTS, Line, frame

PONG = b'{"type":"pong"}'


def inside(now: float, room: Room | None = None) -> Line:
    line = Line(room or Room(), now - 5)
    line.session.receive(frame({"type": "hello", "versions": [1]}), now - 1)
    line.read()
    line.session.receive(frame({"type": "login", "name": "Zoë", "proof": line.proof("Zoë")}), now)
    line.read()
    line.heard.clear()
    return line


def heard(line: Line) -> list[object]:
    line.read()
    found: list[object] = [*line.heard]
    line.heard.clear()
    return found


def test_the_login_has_four_seconds_whatever_it_does() -> None:
    session = Session(Room(), ACCOUNTS, 100.0)
    assert session.deadline == 104.0
    session.receive(b"\0\0", 102.0)
    session.receive(frame({"type": "hello", "versions": [1]})[2:], 103.0)
    assert session.deadline == 104.0
    session.due(103.9)
    assert session.state is State.LOGIN
    session.due(104.0)
    assert (session.state.value, session.why, session.deadline) == ("over", "login-timeout", 106.0)


def test_a_version_may_come_twice_and_in_any_order() -> None:
    session = Session(Room(), ACCOUNTS, 100.0)
    session.receive(frame({"type": "hello", "versions": [7, 1, 7, 1]}), 100.0)
    assert session.state is State.LOGIN


def test_who_is_in_has_ninety_seconds_from_each_whole_frame() -> None:
    line = inside(100.0)
    assert line.session.deadline == 190.0
    line.session.receive(frame({"type": "ping"}), 150.0)
    line.session.receive(frame({"type": "ping"})[:-1], 170.0)  # not whole
    assert line.session.deadline == 240.0
    line.session.due(239.9)
    assert heard(line) == [("pong",)]
    line.session.due(240.0)
    assert heard(line) == [("error", "idle")]


def test_what_is_over_is_cut_after_two_seconds() -> None:
    line = inside(100.0)
    line.session.receive(frame({"type": "bye"}), 150.0)
    assert line.session.deadline == 152.0
    line.session.due(151.9)
    assert not line.session.cut
    assert heard(line) == [("bye",)]
    line.session.due(152.0)
    assert line.session.cut


def test_who_does_not_read_is_cut_off_at_the_byte() -> None:
    room = Room(Limits(queue=200, burst=1000))
    sizes = [150, 50, 1]
    line = inside(100.0, room)
    woken = []
    line.session._wake = lambda: woken.append(line.session.cut)
    for size in sizes:
        line.session.tell(b"x" * size)
    assert (line.session.why, line.session.waiting, line.session.take()) == ("too-slow", 0, b"")
    assert woken == [False, False, True]
    assert room.members == {}


def test_frames_are_taken_whole_and_in_order() -> None:
    line = inside(100.0)
    for number in b"123":
        line.session.tell(bytes([number]) * 10)
    assert line.session.take(25) == b"1" * 10 + b"2" * 10
    assert line.session.take(5) == b"3" * 10
    assert line.session.take() == b""


def test_what_comes_after_the_end_is_not_looked_at() -> None:
    line = inside(100.0)
    line.session.receive(frame({"type": "bye"}) + frame({"type": "ping"}) + b"\0\0\0\0", 101.0)
    line.session.receive(b"\0\0\0\0", 101.0)
    line.session.refuse(Refusal("stopping"), 101.0)
    assert heard(line) == [("bye",)]


def test_each_connection_has_its_own_challenge() -> None:
    lines = [Line(Room(), 0.0) for _ in range(3)]
    for line in lines:
        line.session.receive(frame({"type": "hello", "versions": [1]}), 0.0)
        line.read()
    assert len({line.challenge for line in lines}) == 3


def test_the_queue_counts_frames_with_their_length_and_a_full_one_holds_all_of_it() -> None:
    line = inside(100.0, Room(Limits(queue=10 * len(frame(PONG)))))
    line.session.receive(frame({"type": "ping"}) * 10, 101.0)
    assert line.session.waiting == 10 * (4 + len(PONG))
    line.session.receive(frame({"type": "ping"}), 101.0)
    assert (line.session.why, line.session.cut) == ("too-slow", True)


def test_a_name_is_free_and_the_others_are_told_as_soon_as_the_last_message_waits() -> None:
    room = Room()
    line = inside(100.0, room)
    others: list[object] = []
    room.enter(Listener(others))
    line.session.receive(frame({"type": "bye"}), 101.0)
    assert line.session.waiting  # it has not been taken
    assert others[-1] == Left("Zoë", "bye")
    assert list(room.members) == ["Ana"]


class Listener:
    """Somebody who is in."""

    name = "Ana"

    def __init__(self, found: list[object]) -> None:
        self._found = found

    def tell(self, data: bytes) -> None:
        self._found += map(from_server, Frames(4096).receive(data))


@pytest.mark.parametrize("name", ["Zoë", "\x1b[2J" * 10])
def test_what_is_noted_is_harmless(name: str) -> None:
    noted: list[str] = []
    session = Session(Room(note=noted.append), ACCOUNTS, 0.0, label="127.0.0.1 port 5")
    session.receive(frame({"type": "hello", "versions": [1]}), 0.0)
    session.receive(frame({"type": "login", "name": name, "proof": "00" * 32}), 0.0)
    assert len(noted) == 1
    assert noted[0].isprintable()
    assert len(noted[0]) < 300


def test_a_bucket() -> None:
    bucket = Bucket(2, 1.0, 0.0)
    assert [bucket.take(0.0), bucket.take(0.0), bucket.take(0.0)] == [True, True, False]
    assert bucket.wait(0.25) == 0.75
    assert not bucket.take(0.99)
    assert bucket.take(1.0)
    assert [bucket.take(100.0), bucket.take(100.0), bucket.take(100.0)] == [True, True, False]
    assert not bucket.take(50.0)  # a clock that went back gives nothing
