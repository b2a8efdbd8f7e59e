"""Eight times the events take the exchange about eight times as long, and not sixty-four times."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from labsupport.tape.events import Event
from labsupport.tape.exchange import exchange
from labsupport.tape.passages import Decision
from tests.tape.histories import Datagrams, Linked, Streams
from tests.tape.test_links import passage, through


def _many_connections(events: int) -> Sequence[Event]:
    history = Streams()
    for number in range(events // 10):
        history.connect(10_000 + number)
        client, server = history.ends[-1]
        for here, there in ((client, server), (server, client)):
            history.send(here, there, 3)
            history.recv(there, 2)
            history.recv(there, 2)
        history.close(client)
        history.close(server)
    return history.events


def _one_connection(events: int) -> Sequence[Event]:
    history = Streams()
    history.connect(10_000)
    client, server = history.ends[-1]
    for _ in range(events // 2):
        history.send(client, server, 3)
    for _ in range(events // 2):
        history.recv(server, 3)
    return history.events


def _queue(events: int) -> Sequence[Event]:
    history = Streams()
    for number in range(events // 2):
        history.connect(10_000 + number, accept=False)
        history.send(*history.ends[-1], 3)
    history.call(history.server, history.door, "close", ending="fin")
    return history.events


def _datagrams(events: int, *, equal: bool = False, lost: bool = False, senders: int = 1) -> Sequence[Event]:
    history = Datagrams(1, senders)
    for number in range(events // 2):
        data = b"the same" if equal else b"%08d" % number
        history.send(history.senders[number % senders], history.receivers[0], data, lost=lost and number % 2 == 0)
    for _ in range(events // 2):
        history.recv(history.receivers[0], 100)
    return history.events


def _through_a_link(events: int, *, equal: bool = False) -> Sequence[Event]:
    history = Linked()
    effects = ("", "lost", "doubled", "corrupted")
    for number in range(events // 4):
        history.send(b"the same" if equal else b"%08d" % number)
    for number in range(events // 4):
        history.carry(effects[number % 4])
    while history.recv():
        pass
    return history.events


def _stream_through_a_link(events: int) -> Sequence[Event]:
    history, client, server, route = through()
    for _ in range(events // 3):
        history.send(client, server, 3)
    for number in range(events // 3):
        one = passage(route, "up", 3 * number, 3 * number + 3, (3 * number, 3 * number + 3))
        one.decisions.append(Decision("delayed", "Latency 0.1", 3 * number))
        history.events.append(one)
    for _ in range(events // 3):
        history.recv(server, 3)
    return history.events


HISTORIES: dict[str, Callable[[int], Sequence[Event]]] = {
    "many connections": _many_connections,
    "one connection": _one_connection,
    "a queue": _queue,
    "datagrams": _datagrams,
    "equal datagrams": lambda events: _datagrams(events, equal=True),
    "lost datagrams": lambda events: _datagrams(events, lost=True),
    "datagrams through a link": _through_a_link,
    "equal datagrams through a link": lambda events: _through_a_link(events, equal=True),
    "a stream through a link": _stream_through_a_link,
    "many senders": lambda events: _datagrams(events, equal=True, senders=events // 4),
}


def _took(events: Sequence[Event]) -> float:
    begin = time.process_time()
    exchange(events)
    return time.process_time() - begin


@pytest.mark.parametrize("name", HISTORIES)
def test_eight_times_the_events(name: str) -> None:
    few, many = HISTORIES[name](1_250), HISTORIES[name](10_000)
    ratio = min(_took(many) for _ in range(5)) / min(_took(few) for _ in range(5))
    assert ratio < 24
