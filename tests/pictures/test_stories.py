from __future__ import annotations

import sys

import pytest

from labsupport.pictures import Picture
from labsupport.pictures.ladder.layout import lay_out
from tests.pictures.reading import texts
from tests.pictures.stories import STORIES, picture_of
from tests.scrambler import scrambled


def _labels(picture: Picture, kind: str, lane: str) -> list[str]:
    story = lay_out(picture).story
    return [label.text for label in story.labels if label.kind == kind and story.lanes[label.lane].title == lane]


@pytest.mark.parametrize("name", [name for name in STORIES if name != "sent_too_late"])  # its end is a race
def test_a_stored_picture_is_the_same_on_every_run(name: str) -> None:
    first = picture_of(name)
    for seed in range(4):
        with scrambled(seed):
            again = picture_of(name)
        assert again.text() == first.text()
        assert again.svg() == first.svg()


def test_two_sends_wait_together_and_one_recv_takes_both() -> None:
    picture = picture_of("two_sends_one_recv")
    story = lay_out(picture).story
    assert [(band.number, band.length, band.slot) for band in story.bands] == [(1, 6, 0), (2, 5, 1)]
    assert story.bands[0].end is story.bands[1].end is not None
    taker = story.bands[0].end
    assert taker is not None
    assert [chip.name for chip in taker.chips] == ["1", "2"]
    assert [wire.kind for wire in story.wires if wire.kind == "signal"] == ["signal"]
    assert "11 B wait in" in texts(picture.svg(1400))


def test_states_follow_from_the_calls() -> None:
    picture = picture_of("half_close")
    assert _labels(picture, "state", "client") == ["SYN-SENT", "ESTABLISHED", "FIN-WAIT", "TIME-WAIT"]
    assert _labels(picture, "state", "connection") == ["ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"]
    assert _labels(picture, "state", "listener") == ["LISTEN"]


def test_of_two_clients_the_second_is_connected_and_waits_unaccepted() -> None:
    picture = picture_of("one_client_waits")
    story = lay_out(picture).story
    assert [lane.title for lane in story.lanes] == ["maria A", "wei B", "connection A", "connection B", "listener"]
    waiting = story.lanes[3]
    assert waiting.held is None
    assert [band.end for band in story.bands if band.lane == waiting.index] == [None]
    assert "… timed out" in _labels(picture, "call", "wei B")
    assert "not accepted yet" in picture.text()
    assert "the connection is not accepted yet" in picture.alt()


def test_a_close_with_unread_bytes_is_a_reset_and_says_what_was_lost() -> None:
    picture = picture_of("unread_bytes")
    story = lay_out(picture).story
    assert [wire.kind for wire in story.wires if wire.kind in ("FIN", "RST")] == ["RST"]
    assert "21 B of 1 never read: thrown away" in _labels(picture, "note", "connection")
    assert [label.trouble for label in story.labels if label.trouble] == ["ConnectionResetError"]
    said = " ".join(texts(picture.svg(1400)))
    assert "✗ ConnectionResetError" in said


def test_bytes_for_a_closed_connection_end_in_a_cross() -> None:
    picture = picture_of("sent_too_late")
    story = lay_out(picture).story
    assert [wire.lost for wire in story.wires if wire.kind == "data"] == ["closed"]
    assert not story.bands
    assert "1 comes after close(): thrown away" in _labels(picture, "note", "connection")


def test_a_timeout_is_said_and_is_no_error() -> None:
    picture = picture_of("too_early")
    assert "… timed out" in _labels(picture, "call", "client")
    assert not any(label.trouble for label in lay_out(picture).story.labels)


def test_a_connection_nobody_accepted_has_a_lifeline_and_holds_the_bytes() -> None:
    picture = picture_of("not_accepted")
    assert _labels(picture, "note", "connection") == ["not accepted yet: it waits in the listener's queue"]
    assert "Bytes of 1 (17 B) wait in the server's kernel." in picture.text()


def test_a_refusal_comes_from_where_nobody_listens() -> None:
    story = lay_out(picture_of("refused")).story
    reset = next(wire for wire in story.wires if wire.kind == "RST")
    assert story.lanes[reset.start].name == "no listener"
    assert [state.name for state in story.lanes[0].states] == ["SYN-SENT", "CLOSED"]


@pytest.mark.skipif(sys.platform != "linux", reason="a full queue is silent on Linux; elsewhere it may refuse")
def test_a_full_queue_gives_no_answer_though_somebody_listens() -> None:
    story = lay_out(picture_of("full_queue")).story
    assert "no answer" in [lane.name for lane in story.lanes]
    assert "no listener" not in [lane.name for lane in story.lanes]
    assert not [wire for wire in story.wires if wire.kind == "RST"]


def test_datagrams_have_no_handshake_and_no_states_and_a_cut_is_said() -> None:
    picture = picture_of("cut_datagram")
    story = lay_out(picture).story
    assert {wire.kind for wire in story.wires} == {"data"}
    assert not any(lane.states for lane in story.lanes)
    assert "recvfrom(24) = 24 B of 100 B" in _labels(picture, "call", "server")
    assert "the rest is thrown away" in _labels(picture, "note", "server")


def test_a_listener_alone_waits_in_an_open_bar() -> None:
    picture = picture_of("a_listener_alone")
    layout = lay_out(picture)
    assert [wait.end for wait in layout.waits] == [None]
    assert _labels(picture, "note", "listener") == ["still waiting"]
    assert picture.alt() == "The listener is still waiting in accept()."
    assert layout.width == 384


def test_calls_that_would_have_blocked_are_folded() -> None:
    picture = picture_of("non_blocking")
    assert len(picture.calls(op="recv")) >= 4
    assert [text for text in _labels(picture, "call", "connection") if "3 B" in text] == ["recv(10) = 3 B"]
