"""The same messages by TCP and by UDP: what arrives of each, and what is said of it; no browser needed."""

from __future__ import annotations

import gc
import re
import threading
from collections.abc import Iterator

import pytest
import traitlets

from labsupport import panels
from labsupport.faults import Dice, Duplicate, Latency, Loss, Reorder, Stall
from labsupport.panels.transports import crossing as crossings
from labsupport.panels.transports.arrivals import Arrivals, arrivals, numbers, summary, table
from labsupport.panels.transports.both_protocols import ProtocolsPanel
from labsupport.panels.transports.crossing import MOST, SIZE, STALL, Crossing, Protocol, Way, message
from labsupport.tape.watched import live
from tests.leftovers import until


@pytest.fixture
def panel() -> Iterator[ProtocolsPanel]:
    made = panels.protocols()
    yield made
    made.close()
    made._ticker.wait()
    assert all(crossing.wait() for crossing in made.experiments.values())


def send(panel: ProtocolsPanel) -> dict[str, Arrivals]:
    """Press Send and wait until all is known; what became of the messages."""
    assert panel.send()
    until(lambda: not panel.busy)
    panel._ticker.wait()
    return {protocol: arrivals(crossing) for protocol, crossing in panel.experiments.items()}


def cross(protocol: Protocol, way: Way) -> Arrivals:
    crossing = Crossing(protocol, way)
    crossing.start()
    assert crossing.wait()
    assert crossing.trouble == ""
    return arrivals(crossing)


def hits(p: float, way: Way) -> list[int]:
    """The numbers that the first fault of the link is to meet, by its dice alone."""
    dice = Dice(way.seed)
    return [number for number in range(way.count) if dice.draw(number + 1) < p]


# --- the link -----------------------------------------------------------------------------------


def test_what_the_link_does_to_each_protocol() -> None:
    way = Way(10, 0.1, 0.2, 0.3, 0.04)
    assert way.faults("UDP") == [Loss(0.1), Duplicate(0.2), Reorder(0.3), Latency(0.04)]
    assert way.faults("TCP") == [Stall(0.1, STALL), Latency(0.04)]
    assert Way(10).faults("UDP") == Way(10).faults("TCP") == []


def test_a_message_is_as_long_as_a_stream_is_decided_at_once() -> None:
    assert {len(message(number)) for number in range(MOST)} == {SIZE}


@pytest.mark.parametrize("protocol", ["TCP", "UDP"])
@pytest.mark.parametrize("count", [1, 7, MOST])
def test_with_a_good_link_all_come_once_and_in_order(protocol: Protocol, count: int) -> None:
    found = cross(protocol, Way(count))
    assert found.order == tuple(range(count))
    assert not found.missing + found.doubled
    assert not found.overtaken
    assert not found.behind
    assert found.over


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_where_udp_lacks_a_message_tcp_waits(seed: int) -> None:
    way = Way(12, loss=0.3, seed=seed)
    lost = hits(0.3, way)
    assert lost
    assert cross("UDP", way).missing == lost
    stream = cross("TCP", way)
    assert stream.order == tuple(range(12))
    assert [number for number, older in stream.behind.items() if older == number] == lost
    assert min(stream.behind) == lost[0]
    assert all(min(stream.took[number]) >= STALL for number in lost)


def test_a_doubled_datagram_comes_twice_and_a_stream_knows_nothing_of_it() -> None:
    way = Way(12, doubling=0.4, seed=2)
    found = cross("UDP", way)
    assert found.doubled == hits(0.4, way)
    assert len(found.order) == 12 + len(found.doubled)
    assert cross("TCP", way).order == tuple(range(12))


def test_a_reordered_datagram_is_overtaken_by_the_next_that_is_not() -> None:
    way = Way(12, reordering=0.3, seed=5)
    held = hits(0.3, way)
    found = cross("UDP", way)
    assert sorted(found.order) == list(range(12))
    assert {number: next(n for n in range(number, 12) if n not in held) for number in held} == found.overtaken
    assert cross("TCP", way).order == tuple(range(12))


def test_all_may_be_lost() -> None:
    way = Way(1, loss=0.5, seed=0)
    assert hits(0.5, way) == [0]
    found = cross("UDP", way)
    assert found.missing == [0]
    assert found.order == ()
    assert "0 of 1 came; missing: 0." in summary(found)


def test_latency_is_seen_in_each_message() -> None:
    for protocol in ("TCP", "UDP"):
        found = cross(protocol, Way(3, latency=0.1))
        assert min(min(times) for times in found.took.values()) >= 0.1


# --- in words -----------------------------------------------------------------------------------

MIXED = Arrivals("UDP", 5, (1, 0, 3, 3), {1: (0.01,), 0: (0.03,), 3: (0.01, 0.02)}, {}, over=True)
LATE = Arrivals("TCP", 2, (0, 1), {0: (0.2,), 1: (0.19,)}, {0: 0, 1: 0}, over=True)


def test_what_is_said_of_mixed_arrivals() -> None:
    assert MIXED.missing == [2, 4]
    assert MIXED.overtaken == {0: 1}
    said = "3 of 5 came; missing: 2 and 4; twice: 3; overtaken: 0; the slowest took 30 ms."
    assert summary(MIXED) == f"<b>UDP</b>: {said}"
    assert "each once and in order; the slowest took 200 ms" in summary(LATE)


def test_each_row_says_it_in_words() -> None:
    text = re.sub(r"<[^>]+>", " ", table([LATE, MIXED], "<caption>"))
    for words in ("overtaken  by 1", "10 ms and 20 ms,  twice", "missing", "200 ms,  stalled", "waited  behind 0"):
        assert words in text
    assert "1 0 3 3" in text
    assert "&lt;caption&gt;" in text


def test_nothing_is_missing_as_long_as_it_may_come() -> None:
    going_on = Arrivals("UDP", 2, (0,), {0: (0.01,)}, {}, over=False)
    assert going_on.missing == []
    assert "missing" not in table([going_on], "")


def test_numbers_in_a_row() -> None:
    assert [numbers(range(3, most)) for most in (4, 5, 6)] == ["3", "3 and 4", "3, 4 and 5"]


# --- the panel ----------------------------------------------------------------------------------


def test_before_anything_was_sent(panel: ProtocolsPanel) -> None:
    assert "Nothing has been sent yet" in panel.said
    assert panel.arrived == ""
    assert "simulated" in panel.children[0].value


def test_the_table_and_the_sentences_say_what_came(panel: ProtocolsPanel) -> None:
    panel.loss, panel.latency, panel.seed = 0.2, 10, 0
    found = send(panel)
    assert found["UDP"].missing == hits(0.2, panel.way) != []
    assert "<b>TCP</b>: 10 of 10 came; each once and in order" in panel.said
    assert f"missing: {numbers(found['UDP'].missing)}" in panel.said
    assert panel.arrived.count("<b>missing</b>") == len(found["UDP"].missing)
    assert "10 messages, loss 0.2, doubling 0, reordering 0, latency 10 ms, seed 0" in panel.arrived
    panel.loss = 0  # what is on the page is said of what was sent
    assert "loss 0.2" in panel._table.value


def test_the_sliders_and_the_traits_say_the_same(panel: ProtocolsPanel) -> None:
    for trait, value in (("count", 7), ("loss", 0.35), ("doubling", 0.1), ("latency", 120.0), ("seed", 42)):
        panel.sliders[trait].value = value
        assert getattr(panel, trait) == value
        setattr(panel, trait, type(value)(0 if trait != "count" else 1))
        assert panel.sliders[trait].value == getattr(panel, trait)
    for trait, value in (("count", MOST + 1), ("count", 0), ("loss", 0.6), ("latency", 301)):
        with pytest.raises(traitlets.TraitError):
            setattr(panel, trait, value)


def test_while_messages_are_on_their_way_none_are_sent(panel: ProtocolsPanel) -> None:
    panel.latency = 100
    assert panel.send()
    assert not panel.send()
    assert panel._button.disabled
    assert "On their way" in panel.said
    until(lambda: not panel.busy)
    assert not panel._button.disabled
    assert send(panel)["UDP"].count == 10


def test_the_ladder_is_that_of_the_protocol_that_is_chosen(panel: ProtocolsPanel) -> None:
    panel.count, panel.loss, panel.seed = 2, 0.5, 0
    send(panel)
    shown = {}
    for protocol in ("TCP", "UDP"):
        panel.shown = protocol
        shown[protocol] = panel.ladder._picture.text()
        assert "message 0" in shown[protocol]
    assert "accept" in shown["TCP"]
    assert "Stall" in shown["TCP"]
    assert "lost: Loss 0.5, seed 0" in shown["UDP"]


def test_every_control_has_a_name(panel: ProtocolsPanel) -> None:
    for control in (*panel.sliders.values(), panel._button, panel._shown):
        assert control.description


def test_nothing_is_left_when_it_is_closed_while_messages_are_on_their_way() -> None:
    threads = set(threading.enumerate())
    panel = panels.protocols()
    panel.count, panel.latency, panel.loss = MOST, 300, 0.5
    assert panel.send()
    crossings = list(panel.experiments.values())
    until(lambda: all(crossing.sender is not None for crossing in crossings))
    panel.close()
    assert not panel.send()
    assert all(crossing.wait() for crossing in crossings)
    panel._ticker.wait()
    left = [thread for thread in set(threading.enumerate()) - threads if thread.name.startswith("panel")]
    assert left == []
    gc.collect()
    ends = {end for crossing in crossings for end in (crossing.sender, crossing.receiver)}
    assert not [sock for sock, endpoint in live() if endpoint in ends and sock.fileno() != -1]


def test_its_repr_is_the_same_on_every_run(panel: ProtocolsPanel) -> None:
    assert repr(panel) == "<numbered messages by TCP and by UDP: run this cell to send them yourself>"


def test_a_machine_that_cannot_do_it_says_so(panel: ProtocolsPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossings, "_LOCALHOST", "192.0.2.1")  # RFC 5737: nobody's address
    send(panel)
    assert "Not all could be tried on this machine: OSError." in panel.said
