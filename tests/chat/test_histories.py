"""The protocol without sockets, through thousands of histories: no exception, and what the model foretells."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labsupport.chat.frames import Frames
from labsupport.chat.limits import Limits
from labsupport.chat.messages import Joined, Left, Members, Said, encode, from_server
from labsupport.chat.room import Room
from labsupport.chat.session import Session
from tests.chat.histories import ACCOUNTS, NAMES, OFTEN, Line, World, frame

#: So many, a tenth on a second Python; LOOPBACK_HISTORIES=1000000 for a night.
HISTORIES = int(os.environ.get("LOOPBACK_HISTORIES", "1000" if "LOOPBACK_ONCE" in os.environ else "10000"))
MANY = settings(deadline=None, max_examples=HISTORIES, suppress_health_check=list(HealthCheck), database=None)


@MANY
@given(st.binary(min_size=8, max_size=40))
def test_what_strangers_do_has_the_outcome_of_the_specification(history: bytes) -> None:
    World().live(history)


@pytest.mark.parametrize("act", range(len(OFTEN)))
def test_each_act_alone_and_after_a_login(act: int) -> None:
    World().live(bytes([act, 0]))
    World().live(bytes([0, 0, 0, 2, act, 0, 12, 0, 12, 2]))


@settings(MANY, max_examples=HISTORIES // 10)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_answered_by_one_error_at_most(one: bytes, other: bytes) -> None:
    line = Line(Room(), 0.0)
    for piece in (one, other):
        line.session.receive(piece, 1.0)
        line.read()
    assert [kind for kind, *_ in line.heard] in ([], ["error"])
    assert line.session.over == bool(line.heard)


SMALL = Limits(queue=600, burst=1000)


@settings(MANY, max_examples=HISTORIES // 10)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=40))
def test_who_does_not_read_is_cut_off_and_the_others_hear_all(acts: list[tuple[int, int]]) -> None:
    """Three are in; each act: somebody says a line, and somebody reads.  Nothing grows, nobody misses a line."""
    room = Room(SMALL)
    lines = [Line(room, 0.0) for _ in NAMES[1:]]
    for name, line in zip(NAMES[1:], lines, strict=True):
        line.session.receive(frame({"type": "hello", "versions": [1]}), 0.0)
        line.read()
        line.session.receive(frame({"type": "login", "name": name, "proof": line.proof(name)}), 0.0)
    for speaker, reader in acts:
        lines[speaker].session.receive(frame({"type": "say", "text": "x" * 40}), 0.0)
        lines[reader].read()
        assert all(line.session.waiting <= SMALL.queue for line in lines)
    for line in lines:
        line.read()
    cut = {name for name, line in zip(NAMES[1:], lines, strict=True) if line.session.cut}
    assert room.counts.refused["too-slow"] == len(cut)
    news = {
        name: [what for what in line.heard if what[0] in ("said", "left")]
        for name, line in zip(NAMES[1:], lines, strict=True)
        if name not in cut
    }
    for name, some in news.items():
        assert [what[1] for what in some if what[0] == "said"] == list(range(1, room.counts.lines + 1))
        assert {what[1] for what in some if what[0] == "left"} == cut
        assert all(some == others for others in news.values()), f"{name} heard another order"


def test_a_line_is_heard_before_the_news_that_it_was_too_much_for_somebody() -> None:
    room = Room(Limits(queue=200))

    class Listener:
        def __init__(self, name: str, most: int) -> None:
            self.name, self.most, self.heard = name, most, list[object]()

        def tell(self, data: bytes) -> None:
            if len(self.heard) >= self.most:
                room.leave(self, "too-slow")
            else:
                self.heard += map(from_server, Frames(4096).receive(data))

    people = [Listener("Ana", 99), Listener("Bo", 4), Listener("Chi", 5), Listener("Zoë", 99)]
    for person in people:
        room.enter(person)
    for _ in range(3):
        room.say(people[0], "x")
    ana, bo, chi, zoe = (person.heard for person in people)
    assert zoe[2:] == ana[5:] == [
        Said(1, "Ana", "x"),
        Left("Bo", "too-slow"),
        Said(2, "Ana", "x"),
        Left("Chi", "too-slow"),
        Said(3, "Ana", "x"),
    ]  # fmt: skip
    assert bo[-1] == Joined("Zoë")
    assert chi[-1] == Left("Bo", "too-slow")


def test_a_full_house_is_listed_in_frames_that_are_not_too_long() -> None:
    room = Room()
    names = [f"{number:03}".ljust(64, "x") for number in range(room.limits.members)]
    room.members = {name: Session(room, ACCOUNTS, 0.0) for name in names[:-1]}
    last = Session(room, ACCOUNTS, 0.0)
    last.name = names[-1]
    room.enter(last)
    last_line = b"".join(iter(last.take, b""))
    messages = [from_server(body) for body in Frames(4096).receive(last_line)]
    parts = [message for message in messages if isinstance(message, Members)]
    assert [name for part in parts for name in part.names] == names
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]
    assert len(parts) > 1
    short = Room()
    short.members = {str(number): Session(short, ACCOUNTS, 0.0) for number in range(255)}
    for part in parts:
        assert len(encode(part)) <= 4100
