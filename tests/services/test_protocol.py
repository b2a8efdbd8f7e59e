"""Cuts do not matter, nothing is lost or invented, and a client costs no more than it may."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.services.protocol import CHUNK, LONGEST, Talk, answer

#: Bytes in which newlines, long lines and what is not UTF-8 are frequent.
PIECES = st.sampled_from(
    [b"\n", b"h\xc3\xa9llo", "你好".encode(), b"\xc3", b"\xff", b"\r", b"", b"x" * (LONGEST - 1), b"y" * CHUNK]
)
UNTIMED = settings(deadline=None)  # other processes take their time
STREAMS = st.lists(PIECES | st.binary(max_size=30), max_size=20).map(b"".join)


def said(*pieces: bytes) -> bytes:
    talk = Talk()
    return b"".join(talk.answers(piece) for piece in pieces)


@UNTIMED
@given(STREAMS, st.data())
def test_cuts_do_not_matter(stream: bytes, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    bounds = [0, *places, len(stream)]
    assert said(*(stream[a:b] for a, b in itertools.pairwise(bounds))) == said(stream)


@UNTIMED
@given(STREAMS)
def test_each_line_has_its_answer_in_order(stream: bytes) -> None:
    *lines, _ = stream.split(b"\n")
    assert said(stream) == b"".join(answer(line) for line in lines)
    assert said(stream).count(b"\n") == len(lines)
    assert said(*(stream[at : at + 1] for at in range(len(stream)))) == said(stream)


@UNTIMED
@given(st.lists(STREAMS, max_size=10))
def test_no_more_than_a_line_is_kept(pieces: list[bytes]) -> None:
    talk = Talk()
    for piece in pieces:
        talk.answers(piece)
        assert len(talk._rest) <= LONGEST + 1


@UNTIMED
@given(st.binary(max_size=LONGEST + 10) | st.text(max_size=LONGEST).map(str.encode))
def test_an_answer_is_at_most_nine_times_as_long(line: bytes) -> None:
    assert len(answer(line)) <= 9 * (len(line) + 1)
    assert answer(line).endswith(b"\n")


def test_what_is_answered() -> None:
    assert said("héllo\n你好\n\n".encode()).decode() == "6 HÉLLO\n6 你好\n0 \n"
    assert said("Straße\n".encode()) == b"7 STRASSE\n"
    assert said(b"no newline") == b""


def test_a_line_may_have_a_thousand_bytes_and_no_more() -> None:
    longest = b"a" * LONGEST
    assert said(longest + b"\n") == b"1000 " + longest.upper() + b"\n"
    assert said(longest + b"a\n") == b"error: too long\n"
    assert said(longest, b"a" * 10_000, b"\nping\n") == b"error: too long\n4 PING\n"


def test_what_is_not_utf_8_is_said_and_the_talk_goes_on() -> None:
    assert said("é".encode()[:1] + b"\nping\n") == b"error: not UTF-8\n4 PING\n"
    assert said("é".encode()[:1], "é\n".encode()[1:]) == "2 É\n".encode()
