"""Pictures of what goes through a link."""

from __future__ import annotations

import contextlib
import socket

import pytest

from labsupport.pictures import Picture
from labsupport.pictures.ladder.layout import Layout, lay_out
from labsupport.pictures.ladder.model import Wire
from labsupport.pictures.legend import entries
from labsupport.pictures.svg import fragment
from tests.pictures.links import LINKS
from tests.pictures.reading import parsed, sizes, texts
from tests.pictures.stories import Story, told
from tests.pictures.test_canonical import _drawn, _shuffled
from tests.scrambler import scrambled


def drawn(name: str) -> tuple[Picture, Layout]:
    picture = told(LINKS[name])
    return picture, lay_out(picture)


def wires(layout: Layout, kind: str) -> list[Wire]:
    return [wire for wire in layout.story.wires if wire.kind == kind]


def notes(layout: Layout) -> list[str]:
    return [label.text for label in layout.story.labels if label.kind == "note"]


@pytest.mark.parametrize("name", LINKS)
def test_a_stored_picture_is_the_same_on_every_run(name: str) -> None:
    first = told(LINKS[name])
    for seed in range(3):
        with scrambled(seed):
            again = told(LINKS[name])
        assert again.text() == first.text()
        assert (again.svg(), again.alt()) == (first.svg(), first.alt())
    for seed in range(5):
        assert _drawn(_shuffled(first, seed)) == _drawn(first)


@pytest.mark.parametrize("name", LINKS)
def test_it_is_well_formed_readable_and_of_no_run(name: str) -> None:
    picture, _ = drawn(name)
    for width in (None, 400, 1400):
        svg = picture.svg(width)
        parsed(svg)
        assert min(sizes(svg)) >= 12
        assert "127.0.0.1" not in svg
    assert max(map(len, picture.text().splitlines())) <= 100


@pytest.mark.parametrize("name", LINKS)
def test_it_says_that_a_link_stood_between_and_shows_no_lifeline_for_it(name: str) -> None:
    picture, layout = drawn(name)
    said = "A link stands between (up: "
    assert said in picture.text()
    assert said in " ".join(texts(picture.svg(1400)))
    assert picture.alt().startswith("A link stands between (up: ")
    assert not any("link" in lane.title for lane in layout.story.lanes)


def test_without_a_fault_arrows_are_level() -> None:
    picture, layout = drawn("nothing_wrong")
    assert not layout.sloping
    assert "(up: no fault; down: no fault), and answers TCP's handshake itself." in picture.text()


def test_a_delay_is_a_slope_and_a_fin_waits_behind_the_bytes() -> None:
    _, layout = drawn("latency")
    for wire in (*wires(layout, "data"), *wires(layout, "FIN")):
        assert wire.until is not None
        assert wire.until.row > wire.source.row
        y, until = layout.heights(wire)
        assert until > y
    for band in layout.bands:
        assert band.begin.kind == "mark"
        assert band.end is not None
        assert band.end.row > band.begin.row
    assert not notes(layout)


def test_a_stall_says_that_it_is_simulated() -> None:
    picture, layout = drawn("stall")
    (note,) = notes(layout)
    assert note == "1 stalled, simulated: Stall 1, seconds 0.01, seed 0, draw 1"
    assert "stalls “héllo”, which is simulated" in picture.alt()
    up, down = wires(layout, "data")
    assert up.until is not None
    assert down.until is None


def test_corrupted_bytes_are_said_and_shown_as_they_came() -> None:
    picture, layout = drawn("corrupt")
    assert notes(layout) == ["2 one bit flipped: Corrupt 1, seed 0, draw 1"]
    assert "the link flips a bit of “HéLLO”" in picture.alt()
    sent, got = [c.text for label in layout.story.labels for c in label.chips if c.number == 2]
    assert sent == "HéLLO"
    assert got != sent


def test_each_slice_reaches_a_recv_of_its_own() -> None:
    _, layout = drawn("sliced")
    slices = wires(layout, "data")
    assert [wire.number for wire in slices] == [1, 1, 1]
    assert len({wire.until.row for wire in slices if wire.until}) == 3
    takers = [band.end for band in sorted(layout.bands, key=lambda band: band.begin.row)]
    assert [taker.chips[0].text for taker in takers if taker] == ["hell", "o, w", "orld"]
    for taker, later in zip(takers, slices[1:], strict=False):
        assert taker is not None
        assert later.until is not None
        assert taker.row < later.until.row


def test_a_reset_comes_from_the_link_to_both_ends() -> None:
    picture, layout = drawn("reset")
    resets = wires(layout, "RST")
    assert [wire.by_link for wire in resets] == [True, True]
    assert {wire.lane for wire in resets} == {0, 1}
    assert set(notes(layout)) == {"2 B of 1 lost: Reset 10", "RST from the link: Reset 10"}
    assert texts(picture.svg(1400)).count("RST") == 1
    assert picture.alt().count("the link resets the connection (Reset 10)") == 1
    assert [lane.states[-1].name for lane in layout.story.lanes[:2]] == ["CLOSED", "CLOSED"]


def test_a_limit_ends_the_stream_at_both_ends() -> None:
    _, layout = drawn("limit")
    ends = [wire for wire in wires(layout, "FIN") if wire.by_link]
    assert {wire.lane for wire in ends} == {0, 1}
    assert "FIN from the link: Limit 8" in notes(layout)


def test_a_blackhole_swallows_bytes_and_the_fin_behind_them() -> None:
    picture, layout = drawn("blackhole")
    assert [wire.lost for wire in wires(layout, "data")] == ["", "link"]
    assert sorted((layout.story.lanes[wire.start].kind, wire.lost) for wire in wires(layout, "FIN")) == [
        ("client", "link"),
        ("connection", ""),
    ]
    assert notes(layout) == ["2 silenced by the link: Blackhole 5"]
    assert "───── 2 ─────✗" in picture.text()


def test_a_target_that_is_gone() -> None:
    _, layout = drawn("target_gone")
    assert "no listener" in [lane.name for lane in layout.story.lanes]
    assert notes(layout) == ["the link could not reach its target"]
    (answer,), (fin,) = wires(layout, "SYN+ACK"), [wire for wire in wires(layout, "FIN") if wire.by_link]
    assert answer.by_link
    assert fin.lane == answer.lane == 0


def test_lost_datagrams_end_in_a_cross_with_their_cause() -> None:
    picture, layout = drawn("loss")
    assert [wire.lost for wire in wires(layout, "data")] == ["link", "link", "", ""]
    assert notes(layout) == ["1 lost: Loss 0.5, seed 3, draw 1", "2 lost: Loss 0.5, seed 3, draw 2"]
    assert {band.number for band in layout.bands} == {3, 4}
    assert "lost" in texts(picture.svg(1400))
    assert "the link loses “one” (Loss 0.5, seed 3, draw 1)" in picture.alt()


def test_a_doubled_datagram_is_two_arrows_of_one_number() -> None:
    picture, layout = drawn("duplicate")
    assert [(wire.number, wire.until is None) for wire in wires(layout, "data")] == [
        (1, True), (1, False), (2, True), (2, False),
    ]  # fmt: skip
    assert [band.number for band in layout.bands] == [1, 1, 2, 2]
    assert len({(band.slot, band.begin.row) for band in layout.bands}) == 4
    assert "Bytes of 2 (3 B) wait in the server's kernel." in picture.text()


def test_a_datagram_that_was_overtaken_crosses_the_other() -> None:
    _, layout = drawn("reorder")
    first, second = wires(layout, "data")
    assert first.until is not None
    assert first.source.row < second.source.row
    assert second.last_row < first.last_row
    assert notes(layout) == ["1 held back: Reorder 0.5, seed 2, draw 1"]


def test_a_page_of_the_live_ladder_shows_an_arrow_that_began_on_the_page_before() -> None:
    _, layout = drawn("latency")
    wire = wires(layout, "data")[0]
    assert wire.until is not None
    y, _ = layout.heights(wire)
    assert f"{y:.1f}".removesuffix(".0") in fragment(layout, wire.until.row)
    assert fragment(layout, 0, len(layout.rows)).count('rx="9"') == fragment(layout, wire.until.row).count('rx="9"')


def _stranger(held: contextlib.ExitStack) -> None:
    """A datagram to a socket that is connected to another address."""
    mine, friend, stranger = (held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(3))
    for sock in (mine, friend, stranger):
        sock.bind(("127.0.0.1", 0))
    mine.connect(friend.getsockname())
    stranger.sendto(b"salve", mine.getsockname())


def test_the_legend_says_what_the_crosses_of_this_picture_mean() -> None:
    def crosses(story: Story) -> list[str]:
        return [words for sign, words in entries(lay_out(told(story))) if sign == "cross"]

    assert crosses(LINKS["loss"]) == ["lost"]
    assert crosses(_stranger) == ["refused"]
    assert crosses(LINKS["nothing_wrong"]) == []
