"""Pictures of TLS: what the programs said, and what somebody on the way sees of it."""

from __future__ import annotations

import pytest

from labsupport.pictures import Picture
from labsupport.pictures.ladder.layout import Layout, lay_out
from labsupport.pictures.legend import entries
from tests.pictures.reading import parsed, sizes, texts
from tests.pictures.secure import SECURE
from tests.pictures.stories import told
from tests.pictures.test_canonical import _drawn, _shuffled
from tests.scrambler import scrambled


def drawn(name: str) -> tuple[Picture, Layout]:
    picture = told(SECURE[name])
    return picture, lay_out(picture)


def notes(layout: Layout, *, left: bool) -> list[str]:
    lanes = layout.story.lanes
    return [label.text for label in layout.story.labels if label.kind == "note" and lanes[label.lane].left == left]


@pytest.mark.parametrize("name", SECURE)
def test_a_stored_picture_is_the_same_on_every_run(name: str) -> None:
    first = told(SECURE[name])
    for seed in range(3):
        with scrambled(seed):
            again = told(SECURE[name])
        assert again.text() == first.text()
        assert (again.svg(), again.alt()) == (first.svg(), first.alt())
    for seed in range(5):
        assert _drawn(_shuffled(first, seed)) == _drawn(first)


@pytest.mark.parametrize("name", SECURE)
def test_it_is_well_formed_and_readable(name: str) -> None:
    picture, _ = drawn(name)
    for width in (None, 400, 1400):
        svg = picture.svg(width)
        parsed(svg)
        assert min(sizes(svg)) >= 12
    assert max(map(len, picture.text().splitlines())) <= 100


@pytest.mark.parametrize("name", SECURE)
def test_nothing_is_uncertain(name: str) -> None:
    picture, _ = drawn(name)
    assert "Not certain" not in picture.text()


def test_what_is_on_the_wire_stands_below_what_was_said() -> None:
    picture, layout = drawn("through_a_link")
    assert notes(layout, left=True) == [
        "on the wire: ClientHello, then encrypted records",
        "1 on the wire: 1 record, 28 bytes",  # a header of 5, 6 of é and its friends, the type, a tag of 16
        "close_notify on the wire: 1 record, 24 bytes",
    ]
    assert notes(layout, left=False) == [
        "on the wire: ServerHello, then encrypted records",
        "2 on the wire: 1 record, 28 bytes",
        "close_notify on the wire: 1 record, 24 bytes",
    ]
    lines = picture.text().splitlines()
    (said,) = [number for number, line in enumerate(lines) if "sendall 6 B (TLS) 1 “héllo”" in line]
    assert "(1 on the wire: 1 record, 28 bytes)" in lines[said + 1]
    assert "1 on the wire: 1 record," in " ".join(texts(picture.svg(800)))


def test_without_a_link_nobody_saw_the_wire() -> None:
    picture, _ = drawn("without_a_link")
    assert "on the wire" not in picture.text()
    assert "sendall 6 B (TLS)" in picture.text()


def test_tls_12_has_more_in_clear() -> None:
    _, layout = drawn("tls_12")
    assert notes(layout, left=True)[0] == "on the wire: ClientHello, ClientKeyExchange, then encrypted records"
    said = notes(layout, left=False)[0]
    assert said.startswith("on the wire: ServerHello, Certificate, ServerKeyExchange, ServerHelloDone, ")
    assert said.endswith(", then encrypted records")


def test_close_notify_is_an_arrow_and_no_kernels() -> None:
    picture, layout = drawn("through_a_link")
    alerts = [wire for wire in layout.story.wires if wire.kind == "alert"]
    assert [(wire.start, wire.lane, wire.text) for wire in alerts] == [(0, 1, "alert"), (1, 0, "alert")]
    lines = picture.text().splitlines()
    (end,) = [number for number, line in enumerate(lines) if "b'' (TLS)" in line]
    assert [line for line in lines[:end] if "─── alert ───>" in line]
    assert not [line for line in lines[:end] if "FIN" in line]
    assert ("alert", "TLS says that no more comes (close_notify)") in list(entries(layout))
    assert "ends TLS with close_notify" in picture.alt()


def test_a_delay_is_a_slope() -> None:
    _, layout = drawn("late")
    assert [(wire.kind, wire.number) for wire in layout.sloping][:2] == [("data", 1), ("alert", 0)]


def test_many_records() -> None:
    _, layout = drawn("two_records")
    assert "1 on the wire: 2 records, 20,044 bytes" in notes(layout, left=True)


def test_a_record_that_was_cut_is_lost_as_a_whole() -> None:
    picture, layout = drawn("cut")
    (data,) = [wire for wire in layout.story.wires if wire.kind == "data"]
    assert data.lost == "link"
    assert "1 lost: Limit " in picture.text()
    assert "recv() = b'' (TLS)" in picture.text()
    assert ("cross", "lost") in list(entries(layout))


def test_a_silenced_record() -> None:
    _, layout = drawn("silenced")
    (said,) = notes(layout, left=False)[1:]
    assert said.startswith("1 silenced by the link: Blackhole ")


def test_a_flipped_bit_comes_before_the_error() -> None:
    _, layout = drawn("flipped")
    labels = layout.story.labels
    (sent,) = [label for label in labels if label.chips]
    failed = [(layout.story.lanes[label.lane].left, label.trouble) for label in labels if label.trouble]
    assert failed == [(False, "SSLError"), (True, "SSLError")]  # in the order of their rows
    assert sent.row < next(label.row for label in labels if label.trouble)


def test_a_client_that_does_not_trust_says_why_in_clear() -> None:
    _, layout = drawn("not_trusted")
    assert notes(layout, left=True) == ["on the wire: ClientHello, alert unknown_ca"]
