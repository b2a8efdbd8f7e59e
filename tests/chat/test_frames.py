"""Cuts do not matter; a wrong length is refused from its four bytes alone, after the frames before it."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.chat.frames import Frames, framed
from labsupport.chat.refusal import Refusal

UNTIMED = settings(deadline=None)
BODIES = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


def taken(frames: Frames, *pieces: bytes) -> list[bytes]:
    return [body for piece in pieces for body in frames.receive(piece)]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(bounds)]


@UNTIMED
@given(BODIES, st.lists(st.integers(0, 500), max_size=8))
def test_cuts_do_not_matter(bodies: list[bytes], places: list[int]) -> None:
    stream = b"".join(map(framed, bodies))
    frames = Frames(4096)
    assert taken(frames, *cut(stream, places)) == bodies
    assert len(frames) == 0


@pytest.mark.parametrize("length", [0, 4097, 2**31, 2**32 - 1])
def test_a_wrong_length_is_refused_at_once_and_for_ever(length: int) -> None:
    frames = Frames(4096)
    stream = frames.receive(framed(b"{}") + struct.pack("!I", length))
    assert next(stream) == b"{}"
    with pytest.raises(Refusal, match=f"from 1 to 4096 bytes, not {length}") as refused:
        next(stream)
    assert refused.value.code == "bad-frame"
    with pytest.raises(Refusal):
        taken(frames, framed(b"{}"))


def test_the_longest() -> None:
    assert taken(Frames(4096), framed(b"x" * 4096)) == [b"x" * 4096]
    for size in (0, 4097):
        with pytest.raises(ValueError, match="from 1 to 4096 bytes"):
            framed(b"x" * size)


def test_who_stops_in_the_middle_loses_nothing() -> None:
    frames = Frames(4096)
    assert next(frames.receive(framed(b"1") + framed(b"2"))) == b"1"
    assert taken(frames, framed(b"3")) == [b"2", b"3"]


def test_what_is_kept_is_what_came() -> None:
    frames = Frames(4096)
    taken(frames, framed(b"x" * 4096)[:-1])
    assert len(frames) == 4 + 4095
