from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.pictures import Picture
from labsupport.pictures.ladder.layout import Layout, lay_out, lay_out_both
from labsupport.pictures.ladder.plot import Plot
from labsupport.tape.events import Call
from labsupport.tape.excerpt import Excerpt
from tests.pictures.histories import Script
from tests.pictures.strategies import scripts


@given(scripts(), st.integers(0, 999))
@settings(deadline=None, max_examples=60)
def test_what_comes_before_stands_above(script: Script, seed: int) -> None:
    excerpt = Excerpt(script.events(seed))
    exchange = excerpt.exchange
    plot = Plot(excerpt.events, exchange)
    for arrow in exchange.arrows:
        if arrow.source is not None and arrow.target is not None:
            assert plot.begin[arrow.source] < plot.end[arrow.target]
    for one in exchange.connections:
        if one.connect is not None and one.accept is not None:
            assert plot.begin[one.connect] < plot.made[one] < plot.end[one.accept]
    for control in exchange.controls:
        if control.kind in ("FIN", "RST") and control.cause is not None and control.effect is not None:
            assert plot.begin[control.cause] < plot.end[control.effect]


@given(scripts(), st.integers(0, 999))
@settings(deadline=None, max_examples=60)
def test_the_calls_of_a_program_stand_in_their_order(script: Script, seed: int) -> None:
    excerpt = Excerpt(script.events(seed))
    plot = Plot(excerpt.events, excerpt.exchange)
    last: dict[object, int] = {}
    for event in excerpt.events:
        if isinstance(event, Call):
            assert plot.begin[event] > last.get(event.program, -1)
            last[event.program] = plot.end.get(event, plot.begin[event])


@given(scripts(), st.integers(0, 999))
@settings(deadline=None, max_examples=60)
def test_no_two_labels_of_a_column_overlap_and_none_leaves_its_row(script: Script, seed: int) -> None:
    for layout in lay_out_both(Excerpt(script.events(seed))):
        boxes = defaultdict(list)
        for label in layout.story.labels:
            if label.kind == "head" and layout.signed(label.lane):
                continue
            shape, y = layout.boxes[label.index], layout.anchors[label.index]
            boxes[layout.places[label.lane].column].append((y - shape.up, y + shape.down))
            row = layout.rows[label.row]
            assert row.top <= y - shape.up
            assert y + shape.down <= row.top + row.height
            assert shape.width <= layout.places[label.lane].room or label.kind in ("state", "note")
        for column in boxes.values():
            column.sort()
            assert all(low >= high for (_, high), (low, _) in pairwise(column))


@given(scripts(), st.integers(0, 999), st.integers(0, 999))
@settings(deadline=None, max_examples=60)
def test_the_picture_is_the_same_whichever_program_was_first(script: Script, one: int, other: int) -> None:
    pictures = []
    for seed in (one, other):
        picture = Picture(script.events(seed))
        pictures.append((picture.svg(), picture.text(), picture.alt()))
    assert pictures[0] == pictures[1]


@given(scripts(), st.integers(0, 999))
@settings(deadline=None, max_examples=40)
def test_both_widths_have_rows_of_one_height(script: Script, seed: int) -> None:
    wide, narrow = lay_out_both(Excerpt(script.events(seed)))
    assert [(row.top, row.height) for row in wide.rows] == [(row.top, row.height) for row in narrow.rows]
    assert wide.height == narrow.height


def _echo() -> Script:
    script = Script()
    near, far = script.connect(script.main)
    send = script.send(script.main, near, b"hello")
    script.recv(script.server, far, b"hello", send)
    back = script.send(script.server, far, b"HELLO")
    script.recv(script.main, near, b"HELLO", back)
    return script


@pytest.mark.parametrize("narrow", [False, True])
def test_a_recv_that_is_early_waits_and_one_that_is_late_does_not(narrow: bool) -> None:
    layout = lay_out(Excerpt(_echo().events(1)), narrow=narrow)
    waits = {(wait.begin.text, wait.end.text if wait.end else "") for wait in layout.waits}
    assert ("recv(1024) …", "… = 5 B") in waits  # the client's: the answer is not yet there
    assert any(label.text == "recv(1024) = 5 B" for label in layout.story.labels)  # the server's: accept() was later


def test_bytes_wait_from_the_send_to_the_recv_that_took_them() -> None:
    layout: Layout = lay_out(Excerpt(_echo().events(1)))
    band = layout.bands[0]
    assert band.begin.text == "sendall 5 B"
    assert band.end is not None
    assert band.end.text == "recv(1024) = 5 B"
    assert [chip.text for chip in band.end.chips] == ["hello"]


def test_a_recv_that_timed_out_stands_above_the_bytes_that_came_later() -> None:
    script = Script()
    near, far = script.connect(script.main)
    ask = script.send(script.main, near, b"?")
    timed_out = script.fails(script.main, near, "recv", TimeoutError("timed out"))
    script.recv(script.server, far, b"?", ask)
    late = script.send(script.server, far, b"late")
    assert timed_out.end is not None
    late.begin.after.append(timed_out.end)  # it slept; no call tells why
    script.recv(script.main, near, b"late", late)
    excerpt = Excerpt(script.events(3))
    plot = Plot(excerpt.events, excerpt.exchange)
    assert plot.end[timed_out.event] < plot.begin[late.event]


def test_of_many_conversations_the_first_are_drawn_and_the_picture_says_so() -> None:
    script = Script()
    for _ in range(7):
        script.connect(script.main)
    picture = Picture(script.events(1))
    assert "3 more conversations are not drawn here." in picture.text()
    assert "3 more conversations are not drawn here." in picture.svg()


def test_what_the_tape_lost_is_said() -> None:
    assert "The oldest 12 calls are no longer on the tape." in Picture(_echo().events(1), 12).text()
    assert "The oldest 1 call is no longer on the tape." in Picture(_echo().events(1), 1).svg()
