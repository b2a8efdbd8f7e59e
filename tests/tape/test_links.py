"""What the exchange says of what came through a link: histories whose truth is known, then real links."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import faults
from labsupport.link import Link
from labsupport.tape.events import Call, Endpoint, Event
from labsupport.tape.exchange import Arrow, Exchange, exchange
from labsupport.tape.passages import Decision, Delivery, Passage, Route
from labsupport.tape.watched import endpoint_of
from tests.tape.histories import End, Linked, Streams
from tests.tape.stories import Story, beside, listening

# --- datagrams, generated --------------------------------------------------------------------

EFFECTS = ("", "", "lost", "doubled", "reordered", "corrupted", "silenced", "delayed")
STEP = st.one_of(
    st.tuples(st.just("send"), st.binary(max_size=20)),
    st.tuples(st.just("carry"), st.sampled_from(EFFECTS)),
    st.tuples(st.just("release"), st.just("")),
    st.tuples(st.just("recv"), st.just("")),
)


def carried(steps: Sequence[tuple[str, str | bytes]]) -> Linked:
    history = Linked()
    for number, (what, how) in enumerate(steps):
        if what == "send":
            history.send(number.to_bytes(2, "big") + (how if isinstance(how, bytes) else b""))
        elif what == "carry":
            history.carry(str(how))
        elif what == "release":
            history.release()
        else:
            history.recv()
    return history


@given(st.lists(STEP, max_size=60))
@settings(max_examples=300, deadline=None)
def test_each_send_has_an_arrow_for_each_take(steps: list[tuple[str, str | bytes]]) -> None:
    history = carried(steps)
    found = exchange(history.events)
    for send, takes in history.truth.items():
        assert [arrow.target for arrow in found.of(send) if arrow.target] == takes
        assert {arrow.number for arrow in found.of(send)} == {next(iter(found.of(send))).number}
    assert not [arrow for arrow in found.arrows if arrow.source is None or arrow.doubt]


@given(st.lists(STEP, max_size=60))
@settings(max_examples=300, deadline=None)
def test_lost_are_exactly_those_that_a_link_never_handed_on(steps: list[tuple[str, str | bytes]]) -> None:
    history = carried(steps)
    found = exchange(history.events)
    passages = {event.data: event for event in history.events if isinstance(event, Passage)}
    for send in history.truth:
        arrows, passage = found.of(send), passages.get(send.data)
        lost = [arrow for arrow in arrows if arrow.fate == "lost"]
        never = passage is not None and not passage.open and not passage.deliveries
        assert bool(lost) is never
        if never and passage is not None:
            assert lost[0].decisions == tuple(passage.decisions)
        else:
            assert len(arrows) == max(1, len(passage.deliveries) if passage is not None else 0)
            assert all(arrow.fate in ("received", "waiting") for arrow in arrows)


@given(st.lists(STEP, max_size=60))
@settings(max_examples=100, deadline=None)
def test_both_ends_are_one_pair(steps: list[tuple[str, str | bytes]]) -> None:
    history = carried(steps)
    for one in exchange(history.events).connections:
        assert (one.client, one.server, one.stream) == (history.client, history.receiver, False)
        assert one.route is history.route


def test_equal_datagrams_are_told_apart_by_a_link() -> None:
    """A client asks again with the same words: the first was lost, the second arrived twice."""
    history = Linked()
    first = history.send(b"ping")
    history.carry("lost")
    second = history.send(b"ping")
    history.carry("doubled")
    takes = [history.recv(), history.recv()]
    found = exchange(history.events)
    assert [(arrow.fate, arrow.decisions[0].effect) for arrow in found.of(first)] == [("lost", "lost")]
    assert [(arrow.target, arrow.doubt) for arrow in found.of(second)] == [(take, "") for take in takes]


def test_a_datagram_that_was_corrupted_and_then_cut() -> None:
    history = Linked()
    send = history.send(b"0123456789")
    history.carry("corrupted")
    take = history.recv(4)
    arrows = exchange(history.events).of(send)
    assert [(arrow.fate, arrow.start, arrow.end) for arrow in arrows] == [("received", 0, 4), ("cut", 4, 10)]
    assert {arrow.target for arrow in arrows} == {take}


def test_a_client_outside_and_a_server_outside() -> None:
    history = Linked()
    send = history.send(b"hello")
    history.carry("delayed")
    history.release()
    take = history.recv()
    for gone in (history.client, history.receiver):
        events = [event for event in history.events if not isinstance(event, Call) or event.endpoint is not gone]
        (arrow,) = exchange(events).arrows
        assert (arrow.fate, arrow.delivery is not None) == ("outside", True)
        assert (arrow.source, arrow.target) == ((None, take) if gone is history.client else (send, None))


def test_what_the_link_has_not_read_is_on_its_way_to_the_server() -> None:
    history = Linked()
    history.send(b"first")
    history.carry("")
    late = history.send(b"second")
    (arrow,) = exchange(history.events).of(late)
    assert (arrow.fate, arrow.passage, arrow.connection.server) == ("waiting", None, history.receiver)


# --- streams, by hand ------------------------------------------------------------------------

DOOR, LOCAL = ("127.0.0.1", 4000), ("127.0.0.1", 41_000)


def through() -> tuple[Streams, End, End, Route]:
    """A connection of a client with a server, and the link that stands between."""
    history = Streams()
    history.connect(40_000)
    client, server = history.ends[0]
    assert history.door.local is not None
    route = Route("link", 0, ("127.0.0.1", 40_000), DOOR, history.door.local, stream=True)
    route.local = client.endpoint.peer = None
    client.endpoint.peer, server.endpoint.peer, route.local = DOOR, LOCAL, LOCAL
    history.events.append(route)
    return history, client, server, route


def passage(route: Route, way: str, start: int, end: int, *deliveries: tuple[int, int]) -> Passage:
    one = Passage(route, way, start, end - start)
    one.deliveries += [Delivery(one.order, 0.0, *each) for each in deliveries]
    one.finish()
    return one


def laid(found: Exchange, send: Call) -> list[tuple[str, int, int]]:
    return [(arrow.fate, arrow.start, arrow.end) for arrow in found.of(send)]


def sends(events: Sequence[Event], end: Endpoint) -> list[Call]:
    return [event for event in events if isinstance(event, Call) and event.op == "sendall" and event.endpoint is end]


def test_a_client_of_a_link_and_the_server_behind_it_are_one_connection() -> None:
    history, client, server, route = through()
    history.send(client, server, 10)
    history.events.append(passage(route, "up", 0, 10, (0, 10)))
    history.recv(server, 10)
    found = exchange(history.events)
    (one,) = found.connections
    assert (one.client, one.server, one.listener) == (client.endpoint, server.endpoint, history.door)
    assert (one.made, one.route) == (True, route)
    assert [(arrow.fate, arrow.length, arrow.delivery is not None) for arrow in found.arrows] == [
        ("received", 10, True)
    ]


def test_bytes_after_those_that_a_fault_swallowed_are_lost_with_its_decision() -> None:
    history, client, server, route = through()
    history.send(client, server, 10)
    history.send(client, server, 5)
    history.recv(server, 6)
    carried_on = passage(route, "up", 0, 10, (0, 6))
    carried_on.decisions.append(Decision("silenced", "Blackhole 6", 6))
    history.events.append(carried_on)
    found = exchange(history.events)
    first, second = sends(history.events, client.endpoint)
    assert laid(found, first) == [("received", 0, 6), ("lost", 6, 10)]
    assert laid(found, second) == [("lost", 0, 5)]
    assert {decision.cause for arrow in found.arrows if arrow.fate == "lost" for decision in arrow.decisions} == {
        "Blackhole 6"
    }


def test_what_is_still_in_the_link_is_waiting() -> None:
    history, client, server, route = through()
    history.send(client, server, 10)
    history.recv(server, 4)
    history.events.append(passage(route, "up", 0, 10, (0, 7)))
    found = exchange(history.events)
    (send,) = sends(history.events, client.endpoint)
    assert laid(found, send) == [("received", 0, 4), ("waiting", 4, 7), ("waiting", 7, 10)]
    assert [arrow.delivery is not None for arrow in found.of(send)] == [True, True, False]
    route.finish()
    assert laid(exchange(history.events), send)[-1] == ("lost", 7, 10)


def test_corruption_concerns_the_send_with_that_byte() -> None:
    history, client, server, route = through()
    history.send(client, server, 10)
    history.send(client, server, 10)
    history.recv(server, 20)
    changed = passage(route, "up", 0, 20, (0, 20))
    changed.decisions.append(Decision("corrupted", "Corrupt 1", 12))
    history.events.append(changed)
    found = exchange(history.events)
    first, second = (found.of(send)[0] for send in sends(history.events, client.endpoint))
    assert (first.fate, first.decisions) == ("received", ())
    assert (second.fate, second.decisions) == ("received", tuple(changed.decisions))


def test_slices_are_told_apart_by_their_deliveries() -> None:
    history, client, server, route = through()
    history.send(client, server, 12)
    for _ in range(3):
        history.recv(server, 4)
    history.events.append(passage(route, "up", 0, 12, (0, 4), (4, 8), (8, 12)))
    arrows = exchange(history.events).arrows
    assert [(arrow.delivery.start, arrow.delivery.end) for arrow in arrows if arrow.delivery] == [
        (0, 4),
        (4, 8),
        (8, 12),
    ]


# --- real links ------------------------------------------------------------------------------


def kinds(found: Exchange) -> list[str]:
    return [control.kind for control in found.controls]


def test_two_clients_and_many_bytes_both_ways(story: Story) -> None:
    with listening() as listener, Link(listener.getsockname(), up=faults.Latency(0.005, 0.005)) as link:
        for text in (b"one" * 5000, b"two" * 7000):
            with socket.create_connection(link.address, timeout=10) as client:
                server, _ = listener.accept()
                with server:
                    _echo_once(client, server, text)
    found = story.excerpt.exchange
    assert [(one.client is not None, one.server is not None) for one in found.connections] == [(True, True)] * 2
    assert {arrow.fate for arrow in found.arrows} == {"received"}
    for event in story.calls(op="sendall"):
        assert sum(arrow.length for arrow in found.of(event)) == event.length


def _echo_once(client: socket.socket, server: socket.socket, text: bytes) -> None:
    client.sendall(text)
    got = b""
    while len(got) < len(text):
        got += server.recv(4096)
    assert got == text
    server.sendall(b"ok")
    assert client.recv(10) == b"ok"


def test_a_fin_goes_through_and_its_effect_is_the_servers(story: Story) -> None:
    with (
        listening() as listener,
        Link(listener.getsockname()) as link,
        socket.create_connection(link.address, timeout=10) as client,
    ):
        server, _ = listener.accept()
        client.shutdown(socket.SHUT_WR)
        with server:
            server.settimeout(10)
            assert server.recv(1) == b""
        assert client.recv(1) == b""
    fins = [control for control in story.excerpt.exchange.controls if control.kind == "FIN"]
    assert [fin.cause for fin in fins] == [story.calls("client", "shutdown")[0], story.calls("server", "close")[0]]
    assert [fin.effect for fin in fins] == [story.calls("server", "recv")[0], story.calls("client", "recv")[0]]
    assert not any(fin.lost for fin in fins)


def test_a_reset_by_the_link_concerns_both_ends(story: Story) -> None:
    with (
        listening() as listener,
        Link(listener.getsockname(), up=faults.Reset(3)) as link,
        socket.create_connection(link.address, timeout=10) as client,
    ):
        server, _ = listener.accept()
        server.settimeout(10)
        client.sendall(b"hello")
        with server:
            assert server.recv(10) == b"hel"
            for end in (server, client):
                with pytest.raises(ConnectionResetError):
                    end.recv(10)
    found = story.excerpt.exchange
    resets = [control for control in found.controls if control.kind == "RST"]
    assert [reset.source for reset in resets] == [None, None]
    assert {reset.target for reset in resets} == {endpoint_of(client), endpoint_of(server)}
    assert [reset.decision.cause for reset in resets if reset.decision] == ["Reset 3", "Reset 3"]
    assert all(reset.effect is not None and reset.effect.error is not None for reset in resets)
    assert kinds(found) == ["SYN", "SYN+ACK", "RST", "RST"]
    assert _fates(found) == [("received", 3), ("lost", 2)]


def _fates(found: Exchange) -> list[tuple[str, int]]:
    return [(arrow.fate, arrow.length) for arrow in found.arrows]


def test_a_target_that_refuses_is_a_connect_and_then_nothing(story: Story) -> None:
    with listening() as listener:
        address = listener.getsockname()
    with Link(address) as link, socket.create_connection(link.address, timeout=10) as client:
        assert client.recv(1) == b""
    found = story.excerpt.exchange
    (one,) = [each for each in found.connections if each.client is endpoint_of(client)]
    assert (one.made, one.server, one.listener) == (True, None, None)
    assert one.route is not None
    assert "refused" in one.route.error
    (fin,) = [control for control in found.controls if control.kind == "FIN" and control.target is one.client]
    assert (fin.source, fin.cause) == (None, one.route)


def test_a_link_that_is_closed_ends_the_streams_that_it_carried(story: Story) -> None:
    with listening() as listener, Link(listener.getsockname()) as link:
        client = socket.create_connection(link.address, timeout=10)
        server, _ = listener.accept()
        server.settimeout(10)
        with client, server:
            client.sendall(b"x")
            assert server.recv(1) == b"x"
            link.close()
            assert server.recv(1) == client.recv(1) == b""
    fins = [control for control in story.excerpt.exchange.controls if control.kind == "FIN" and not control.source]
    assert {fin.target for fin in fins} == {endpoint_of(client), endpoint_of(server)}


def test_datagrams_that_answer(story: Story) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        client.settimeout(10)

        def serve() -> None:
            for _ in range(4):
                data, address = server.recvfrom(100)
                server.sendto(data.upper(), address)

        with Link(server.getsockname(), "udp", up=faults.Duplicate(1), seed=4) as link, beside(serve):
            for text in (b"one", b"two"):
                client.sendto(text, link.address)
                assert client.recv(100) == text.upper()
                assert client.recv(100) == text.upper()
    found = story.excerpt.exchange
    (pair,) = found.connections
    assert (pair.client, pair.server) == (endpoint_of(client), endpoint_of(server))
    for send in story.calls("client", "sendto"):
        assert [(arrow.fate, arrow.decisions[0].effect) for arrow in found.of(send)] == [("received", "doubled")] * 2
    assert not [arrow for arrow in found.arrows if arrow.doubt]


def test_a_dead_letter_to_a_link_is_no_error(story: Story) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    with Link(address, "udp") as link, socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(0.05)
        client.sendto(b"anybody?", link.address)
        with contextlib.suppress(TimeoutError):
            client.recv(10)
    arrows: list[Arrow] = [arrow for arrow in story.excerpt.exchange.arrows if arrow.source is not None]
    assert [(arrow.target, arrow.connection.route is not None) for arrow in arrows] == [(None, True)]
