from __future__ import annotations

import pytest

from labsupport.pictures import Picture
from labsupport.pictures.ladder.layout import Layout, lay_out, lay_out_both
from labsupport.pictures.svg import fragment
from tests.pictures.partings import PARTINGS
from tests.pictures.reading import parsed
from tests.pictures.stories import told
from tests.scrambler import scrambled


def _said(picture: Picture, kind: str) -> list[tuple[str, str]]:
    story = lay_out(picture).story
    return [(story.lanes[label.lane].title, label.text) for label in story.labels if label.kind == kind]


def _sizes(layout: Layout, rows: int) -> list[float]:
    """Widths and heights of all that is drawn, page by page."""
    wrap = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'.format
    pages = [fragment(layout, first, first + rows) for first in range(0, len(layout.rows), rows)]
    elements = [element for page in pages for element in parsed(wrap(page)).iter()]
    return [float(element.get(name, "1")) for element in elements for name in ("width", "height")]


@pytest.mark.parametrize("name", list(PARTINGS))
def test_a_parting_is_drawn_the_same_on_every_run(name: str) -> None:
    first = told(PARTINGS[name])
    for seed in range(4):
        with scrambled(seed):
            again = told(PARTINGS[name])
        assert again.text() == first.text()
        assert again.svg() == first.svg()


@pytest.mark.parametrize("name", list(PARTINGS))
def test_nothing_is_less_than_nothing_wide_or_high(name: str) -> None:
    for layout in lay_out_both(told(PARTINGS[name])):
        for rows in (1, 3, 1000):
            assert min(_sizes(layout, rows)) > 0


def test_bytes_that_a_reset_throws_away_are_not_said_to_come_after_it() -> None:
    picture = told(PARTINGS["reset_with_an_echo_on_its_way"])
    assert ("client", "2 is never read: thrown away") in _said(picture, "note")
    assert [wire.lost for wire in lay_out(picture).story.wires if wire.number == 2] == ["closed"]


def test_of_a_send_that_failed_nothing_is_on_its_way() -> None:
    picture = told(PARTINGS["reset_and_then_sent_to"])
    story = lay_out(picture).story
    assert not [wire for wire in story.wires if wire.kind == "data"]
    assert [label.trouble for label in story.labels if label.trouble] == ["ConnectionResetError"]


def test_of_two_closes_that_nothing_orders_neither_is_said_to_be_the_first() -> None:
    picture = told(PARTINGS["two_closes"])
    states = [text for _, text in _said(picture, "state")]
    assert states.count("FIN-WAIT or LAST-ACK") == 2
    assert not {"TIME-WAIT", "LAST-ACK", "CLOSE-WAIT", "CLOSED"} & set(states)
    assert "nobody knows which end stays in TIME-WAIT" in picture.text()
    assert "nobody knows which end stays in TIME-WAIT" in picture.svg()
