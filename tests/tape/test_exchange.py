"""What the exchange says of histories whose truth is known, then of real sockets."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.pictures import Picture
from labsupport.tape.events import Call, Endpoint, Event, Note, Program
from labsupport.tape.exchange import Arrow, Exchange, exchange
from labsupport.tape.record import SMALL
from labsupport.tape.watched import endpoint_of
from tests.tape.histories import Datagrams, Streams
from tests.tape.stories import Story, arrived, beside, connected, listening

# --- streams, generated ----------------------------------------------------------------------

STEP = st.tuples(
    st.integers(0, 3),  # which connection
    st.booleans(),  # who
    st.sampled_from(["sendall", "send", "sendmsg", "recv", "recv", "recv_into", "peek", "close"]),
    st.integers(1, 40),
)


def played(connections: int, steps: Sequence[tuple[int, bool, str, int]]) -> Streams:
    history = Streams()
    for port in range(connections):
        history.connect(40_000 + port)
    for which, client, what, size in steps:
        pair = history.ends[which % connections]
        here, there = pair if client else pair[::-1]
        if what.startswith("send"):
            history.send(here, there, size, what)
        elif what == "peek":
            history.recv(here, size, flags=socket.MSG_PEEK)
        elif what == "close":
            if size > 30:  # seldom
                history.close(here)
        else:
            history.recv(here, size, what)
    return history


def ranges(found: Exchange) -> list[tuple[Any, ...]]:
    return [
        (arrow.source, arrow.start, arrow.end, arrow.target, arrow.taken if arrow.target else 0)
        for arrow in found.arrows
    ]


@given(connections=st.integers(1, 4), steps=st.lists(STEP, max_size=60))
@settings(max_examples=300, deadline=None)
def test_every_byte_is_accounted_for_exactly_once(connections: int, steps: list[tuple[int, bool, str, int]]) -> None:
    history = played(connections, steps)
    found = exchange(history.events)
    assert sorted(ranges(found), key=repr) == sorted(history.everything(), key=repr)
    assert not [arrow for arrow in found.arrows if arrow.doubt]
    for arrow in found.arrows:
        assert arrow.start < arrow.end
        assert (arrow.fate == "received") == (arrow.target is not None)
        if arrow.target is None:
            receiver = arrow.connection.other(arrow.source.endpoint if arrow.source else None)
            closed = any(isinstance(e, Call) and e.op == "close" and e.endpoint is receiver for e in history.events)
            assert arrow.fate == ("discarded" if closed else "waiting")


@given(connections=st.integers(1, 4), steps=st.lists(STEP, max_size=60))
@settings(max_examples=100, deadline=None)
def test_arrows_partition_each_call_in_order(connections: int, steps: list[tuple[int, bool, str, int]]) -> None:
    history = played(connections, steps)
    found = exchange(history.events)
    for event in history.events:
        assert isinstance(event, Call)
        leaving = [arrow for arrow in found.of(event) if arrow.source is event]
        entering = [arrow for arrow in found.of(event) if arrow.target is event]
        assert _joined([(arrow.start, arrow.end) for arrow in leaving])
        assert _joined([(arrow.taken, arrow.taken + arrow.length) for arrow in entering])
        if event.op.startswith("send"):
            assert sum(arrow.length for arrow in leaving) == event.length
        elif event.op.startswith("recv"):
            assert sum(arrow.length for arrow in entering) == (0 if event.flags else event.length)


def _joined(parts: list[tuple[int, int]]) -> bool:
    """Whether they stand one behind the other, from 0 on."""
    return [first for first, _ in parts] == [0, *(end for _, end in parts)][: len(parts)]


@given(connections=st.integers(1, 4), steps=st.lists(STEP, max_size=60))
@settings(max_examples=100, deadline=None)
def test_numbers_count_the_sends(connections: int, steps: list[tuple[int, bool, str, int]]) -> None:
    history = played(connections, steps)
    found = exchange(history.events)
    sends = [event for event in history.events if isinstance(event, Call) and event.op.startswith("send")]
    for number, send in enumerate(sends, 1):
        assert {arrow.number for arrow in found.of(send)} == {number}
    assert [one.number for one in found.connections] == list(range(1, connections + 1))
    assert [one.client for one in found.connections] == [client.endpoint for client, _ in history.ends]


@given(connections=st.integers(1, 3), steps=st.lists(STEP, max_size=60))
@settings(max_examples=100, deadline=None)
def test_peeks_are_tied_to_the_bytes_they_saw(connections: int, steps: list[tuple[int, bool, str, int]]) -> None:
    history = played(connections, steps)
    found = exchange(history.events)
    for peek in (event for event in history.events if isinstance(event, Call) and event.flags):
        seen = [arrow for arrow in found.arrows if peek in arrow.peeks]
        assert sum(arrow.length for arrow in seen) >= (peek.length or 0)
        assert not found.of(peek)


@given(connections=st.integers(1, 3), steps=st.lists(STEP, max_size=40), data=st.data())
@settings(max_examples=100, deadline=None)
def test_the_beginning_may_be_missing(
    connections: int, steps: list[tuple[int, bool, str, int]], data: st.DataObject
) -> None:
    """The tape drops its oldest events: what is left must still be told right."""
    history = played(connections, steps)
    cut = data.draw(st.integers(0, len(history.events)))
    kept = history.events[cut:]
    found = exchange(kept)
    whole = {entry for entry in history.everything() if entry[0] in kept}
    assert {entry for entry in ranges(found) if entry[0] is not None and entry[3] is not None} == {
        entry for entry in whole if entry[3] is not None
    }
    for event in kept:
        if isinstance(event, Call) and event.op.startswith("recv") and not event.flags:
            assert sum(arrow.length for arrow in found.of(event)) == event.length


# --- streams, by hand ------------------------------------------------------------------------


def two_ends() -> tuple[Streams, Any, Any]:
    history = Streams()
    history.connect(40_000)
    return history, *history.ends[0]


def test_two_writers_at_once_are_in_doubt_and_nothing_counts_twice() -> None:
    history, client, server = two_ends()
    second = Program("second")
    one = history.call(history.main, client.endpoint, "sendall", 10, wait=True, offset=0)
    other = history.call(second, client.endpoint, "sendall", 4, length=4, offset=0)
    one.length = 10
    one.finish()
    history.call(history.main, client.endpoint, "sendall", 3, length=3, offset=14)
    take = history.call(history.server, server.endpoint, "recv", 100, length=17, offset=0, data=bytes(17))
    found = exchange(history.events)
    assert [arrow.length for arrow in found.of(take)] == [4, 10, 3]
    assert [arrow.source for arrow in found.of(take)][:2] == [other, one]  # in the order in which they returned
    assert [bool(arrow.doubt) for arrow in found.of(take)] == [True, True, False]
    assert "two programs were sending" in found.of(one)[0].doubt


def test_two_readers_at_once_are_in_doubt() -> None:
    history, client, server = two_ends()
    history.send(client, server, 10)
    one = history.call(history.server, server.endpoint, "recv", 5, wait=True, length=5, offset=5)
    history.call(Program("second"), server.endpoint, "recv", 5, length=5, offset=0)
    one.finish()
    found = exchange(history.events)
    assert ["two programs were receiving" in arrow.doubt for arrow in found.arrows] == [True, True]


def test_a_sendall_that_failed_in_the_middle() -> None:
    history, client, server = two_ends()
    failed = history.call(history.main, client.endpoint, "sendall", 100, wait=True, offset=0)
    failed.fail(TimeoutError("timed out"))
    after = history.call(history.main, client.endpoint, "send", 5, length=5, offset=0)
    take = history.call(history.server, server.endpoint, "recv", 1000, length=45, offset=0)
    found = exchange(history.events)
    assert [(arrow.source, arrow.length) for arrow in found.of(take)] == [(failed, 40), (after, 5)]
    assert all("failed in the middle" in arrow.doubt for arrow in found.arrows)


@pytest.mark.parametrize(
    ("op", "error"),
    [
        ("sendall", TypeError("a bytes-like object is required, not 'str'")),
        ("sendall", OSError(errno.ENOTCONN, "not connected")),
        ("send", BlockingIOError(errno.EAGAIN, "would block")),
    ],
)
def test_a_send_that_sent_nothing_leaves_no_doubt_and_no_number(op: str, error: Exception) -> None:
    """Found here: after sendall("text"), every later send was in doubt."""
    history, client, server = two_ends()
    history.call(history.main, client.endpoint, op, 5, wait=True, offset=0).fail(error)
    history.send(client, server, 5)
    history.recv(server, 5)
    (arrow,) = exchange(history.events).arrows
    assert (arrow.number, arrow.fate, arrow.doubt) == (1, "received", "")


def test_a_sendall_still_under_way() -> None:
    history, client, server = two_ends()
    send = history.call(history.main, client.endpoint, "sendall", 100, wait=True, offset=0)
    take = history.call(history.server, server.endpoint, "recv", 60, length=60, offset=0)
    found = exchange(history.events)
    assert [(a.start, a.end, a.fate, a.target) for a in found.of(send)] == [
        (0, 60, "received", take),
        (60, 100, "waiting", None),
    ]


def test_layers_do_not_mix() -> None:
    history, client, server = two_ends()
    history.send(client, server, 5)
    for here, op in ((client, "sendall"), (server, "recv")):
        call = history.call(history.main, here.endpoint, op, 7, length=7, offset=5)
        call.layer = "tls"
    history.recv(server, 5)
    found = exchange(history.events)
    assert [(arrow.length, arrow.fate) for arrow in found.arrows] == [(5, "received"), (7, "received")]


def test_the_other_end_is_outside() -> None:
    history = Streams()
    stranger = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
    stranger.local, stranger.peer = ("127.0.0.1", 1), ("127.0.0.1", 2)
    history.call(history.main, stranger, "connect", stranger.peer, address=stranger.peer)
    history.call(history.main, stranger, "sendall", 3, length=3)
    history.call(history.main, stranger, "recv", 9, length=4)
    found = exchange(history.events)
    (one,) = found.connections
    assert (one.client, one.server, one.listener) == (stranger, None, None)
    assert [(arrow.number, arrow.length) for arrow in found.arrows] == [(1, 3), (0, 4)]
    assert {arrow.fate for arrow in found.arrows} == {"outside"}


def test_one_client_port_for_two_servers() -> None:
    """The kernel may give two connections the same client port when they go to different servers."""
    history = Streams()
    second = Streams()
    assert second.door.local is not None
    second.door.local = ("127.0.0.1", 5001)
    second.connect(40_000)
    history.connect(40_000)
    history.events[:0] = second.events[:2]  # its connect comes first, its accept last
    history.events.append(second.events[2])
    for which in (history, second):
        (client, server) = which.ends[0]
        assert any(
            (one.client, one.server) == (client.endpoint, server.endpoint)
            for one in exchange(history.events).connections
        )


@pytest.mark.parametrize("told", ["SO_ERROR", "connect", "recv"])
def test_a_connect_that_does_not_wait_and_is_refused(told: str) -> None:
    """Found here: with asyncio a refusal was drawn as a handshake."""
    history = Streams()
    client = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
    client.local, client.peer = ("127.0.0.1", 1), ("127.0.0.1", 2)
    call = history.call(history.main, client, "connect", client.peer, wait=True, address=client.peer)
    call.fail(BlockingIOError(errno.EINPROGRESS, "in progress"))
    if told == "SO_ERROR":
        answer = history.call(
            history.main, client, "getsockopt", socket.SOL_SOCKET, socket.SO_ERROR, result=errno.ECONNREFUSED
        )
    else:
        answer = history.call(history.main, client, told, 1, wait=True)
        answer.fail(ConnectionRefusedError(errno.ECONNREFUSED, "refused"))
    found = exchange(history.events)
    assert [one.made for one in found.connections] == [False]
    assert [(control.kind, control.effect) for control in found.controls] == [("SYN", None), ("RST", answer)]


# --- datagrams, generated --------------------------------------------------------------------

SENDING = st.tuples(st.just("send"), st.integers(0, 3), st.integers(0, 2), st.booleans(), st.integers(0, 40))
TAKING = st.tuples(st.sampled_from(["recv", "peek"]), st.integers(0, 2), st.integers(2, 30), st.booleans(), st.just(0))


@given(st.lists(SENDING | TAKING, max_size=60))
@settings(max_examples=300, deadline=None)
def test_datagrams_that_differ_find_their_way(steps: list[tuple[str, int, int, bool, int]]) -> None:
    """Lost, late, cut, empty, looked at before."""
    history = _posted(steps, distinct=True)
    found = exchange(history.events)
    for send, take in history.truth.items():
        arrows = found.of(send)
        assert not any(arrow.doubt for arrow in arrows)
        if take is None:
            fate = "lost" if _overtaken(history, send) else "waiting"
            assert [(arrow.fate, arrow.start, arrow.end) for arrow in arrows] == [(fate, 0, send.length)]
        else:
            cut = [("cut", take.length, send.length)] if (take.length or 0) < (send.length or 0) else []
            assert [(a.fate, a.start, a.end) for a in arrows] == [("received", 0, take.length), *cut]
            assert {arrow.target for arrow in arrows} == {take}
    assert not [arrow for arrow in found.arrows if arrow.source is None]


def _overtaken(history: Datagrams, send: Call) -> bool:
    """Whether a later one of the same sender was taken at the same place: a kernel keeps their order."""
    return any(
        take is not None
        and other.order > send.order
        and (other.endpoint, other.address) == (send.endpoint, send.address)
        for other, take in history.truth.items()
    )


@given(st.lists(SENDING | TAKING, max_size=60))
@settings(max_examples=200, deadline=None)
def test_of_equal_datagrams_it_says_that_it_cannot_know(steps: list[tuple[str, int, int, bool, int]]) -> None:
    history = _posted(steps, distinct=False)
    found = exchange(history.events)
    taken: dict[Call, list[Arrow]] = defaultdict(list)
    for arrow in found.arrows:
        if arrow.fate == "received":
            assert arrow.source is not None
            assert arrow.target is not None
            taken[arrow.target].append(arrow)
            if history.truth[arrow.source] is not arrow.target:
                assert "same bytes" in arrow.doubt
    assert all(len(arrows) == 1 for arrows in taken.values())
    assert set(taken) == {take for take in history.truth.values() if take is not None}


def _posted(steps: list[tuple[str, int, int, bool, int]], *, distinct: bool) -> Datagrams:
    history = Datagrams(receivers=3, senders=4)
    for number, (what, one, other, odd, size) in enumerate(steps):
        if what == "send":
            data = bytes([number, 1]) + b"x" * size if distinct else b"same" * (size % 2)
            history.send(history.senders[one], history.receivers[other], data, lost=odd)
        else:
            flags = socket.MSG_PEEK if what == "peek" else 0
            history.recv(history.receivers[one], other if distinct else 30, flags, out_of_order=odd)
    return history


@pytest.mark.parametrize("older", ["send", "take", "both"])
def test_datagrams_of_which_the_tape_forgot_the_end(older: str) -> None:
    history = Datagrams(1, 1)
    for letter in (b"a", b"b"):
        history.send(history.senders[0], history.receivers[0], letter * 1000, lost=letter == b"a")
    history.recv(history.receivers[0], 2000)
    for send, take in history.truth.items():
        for call, name in ((send, "send"), (take, "take")):
            if call is not None and older in (name, "both"):
                call.data = (call.data or b"")[:SMALL]
    found = exchange(history.events)
    assert [(arrow.fate, arrow.doubt) for arrow in found.arrows] == [("lost", ""), ("received", "")]


def test_a_datagram_of_a_stranger_is_outside() -> None:
    history = Datagrams(1, 1)
    history.call(history.server, history.receivers[0], "recvfrom", 9, length=3, data=b"who", address=("127.0.0.1", 9))
    (arrow,) = exchange(history.events).arrows
    assert (arrow.fate, arrow.source, arrow.number, arrow.length) == ("outside", None, 0, 3)


def test_a_port_that_two_had_in_turn() -> None:
    """Found here: what was sent to the first was taken for sent to the second."""
    history = Datagrams(1, 1)
    first, sender = history.receivers[0], history.senders[0]
    history.send(sender, first, b"for the first", lost=False)
    history.call(history.server, first, "close", ending="fin")
    second = Endpoint(socket.AF_INET, socket.SOCK_DGRAM)
    second.local, second.bound = first.local, True
    history.call(history.server, second, "bind", second.local)
    history.queues[second] = history.queues.pop(first)
    history.queues[second].clear()
    history.send(sender, second, b"for the second", lost=False)
    found = exchange(history.events)
    assert [(one.server, arrow.fate) for one, arrow in zip(found.connections, found.arrows, strict=True)] == [
        (first, "discarded"),
        (second, "waiting"),
    ]


# --- real sockets ----------------------------------------------------------------------------


def controls(found: Exchange) -> list[str]:
    return [control.kind for control in found.controls]


def test_connect_without_accept(story: Story) -> None:
    with listening() as listener, socket.create_connection(listener.getsockname(), timeout=10) as client:
        client.sendall(b"hello")
        found = story.excerpt.exchange
        (one,) = found.connections
        assert (one.made, one.server, one.accept) == (True, None, None)
        assert (one.client, one.listener) == (endpoint_of(client), endpoint_of(listener))
        assert controls(found) == ["SYN", "SYN+ACK"]
        assert [arrow.fate for arrow in found.arrows] == ["waiting"]


def test_a_listener_closed_with_a_queue_resets_it(story: Story) -> None:
    with listening() as listener, socket.create_connection(listener.getsockname(), timeout=10) as client:
        client.sendall(b"hello")
        listener.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        found = story.excerpt.exchange
        assert [arrow.fate for arrow in found.arrows] == ["discarded"]
        reset = found.controls[-1]
        assert (reset.kind, reset.source, reset.target) == ("RST", endpoint_of(listener), endpoint_of(client))
        assert reset.cause is story.calls("listener", "close")[0]
        assert reset.effect is story.calls("client", "recv")[0]


@pytest.mark.parametrize("how", ["connect", "connect_ex", "asyncio"])
def test_refused(story: Story, how: str) -> None:
    with listening() as listener:
        address = listener.getsockname()
    with socket.socket() as client:
        if how == "connect":
            with pytest.raises(ConnectionRefusedError):
                client.connect(address)
        elif how == "connect_ex":
            assert client.connect_ex(address) == errno.ECONNREFUSED
        else:
            import asyncio

            async def connect() -> None:
                client.setblocking(False)
                await asyncio.get_running_loop().sock_connect(client, address)

            with pytest.raises(ConnectionRefusedError):
                asyncio.run(connect())
        found = story.excerpt.exchange
        (one,) = found.connections
        assert (one.client, one.made, one.server) == (endpoint_of(client), False, None)
        assert controls(found) == ["SYN", "RST"]
        assert found.controls[1].effect is not None


@pytest.mark.parametrize("address", ["127.0.0.1:80", ("127.0.0.1", 70_000), ("127.255.255.255", 80)])
def test_a_connect_that_sends_nothing_is_no_connection(story: Story, address: Any) -> None:
    with socket.socket() as client, contextlib.suppress(TypeError, OverflowError, OSError):
        client.settimeout(10)
        client.connect(address)
    assert story.calls("client", "connect")[0].error is not None
    found = story.excerpt.exchange
    assert (found.connections, found.controls) == ((), ())


def test_two_sends_one_recv_and_one_send_many_recvs(story: Story) -> None:
    with connected() as (_, client, server):
        client.sendall(b"hello ")
        client.sendall(b"world")
        arrived(server, 11)
        assert server.recv(1024) == b"hello world"
        server.sendall(b"abcdef")
        for expected in (b"a", b"bcd", b"ef"):
            assert client.recv(len(expected)) == expected
    found = story.excerpt.exchange
    (take,) = [call for call in story.calls("server", "recv") if call.length]
    assert [(a.number, a.start, a.end, a.taken) for a in found.of(take)] == [(1, 0, 6, 0), (2, 0, 5, 6)]
    send = story.calls("server", "sendall")[0]
    assert [(a.number, a.start, a.end) for a in found.of(send)] == [(3, 0, 1), (3, 1, 4), (3, 4, 6)]


def test_half_close(story: Story) -> None:
    with connected() as (_, client, server):
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        assert server.makefile("rb").read() == b"question"
        server.sendall(b"answer")
        server.close()
        assert client.recv(10) == b"answer"
        assert client.recv(10) == b""
    found = story.excerpt.exchange
    assert controls(found) == ["SYN", "SYN+ACK", "FIN"] + ["FIN"] * (len(found.controls) - 3)
    first, *rest = [control for control in found.controls if control.kind == "FIN"]
    assert first.cause is story.calls("client", "shutdown")[0]
    assert first.effect is not None
    assert first.effect.role == "server"
    assert len(rest) == 1


def test_the_end_of_both_sides(story: Story) -> None:
    with connected() as (_, client, server):
        client.close()
        assert server.recv(1) == b""
        server.close()
    fins = [control for control in story.excerpt.exchange.controls if control.kind == "FIN"]
    assert [(fin.cause, fin.effect) for fin in fins] == [
        (story.calls("client", "close")[0], story.calls("server", "recv")[0]),
        (story.calls("server", "close")[0], None),
    ]


@pytest.mark.parametrize("why", ["unread", "linger"])
def test_a_close_that_resets(story: Story, why: str) -> None:
    with connected() as (_, client, server):
        if why == "unread":
            client.sendall(b"nobody reads this")
            arrived(server)
        else:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        server.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        found = story.excerpt.exchange
        assert controls(found) == ["SYN", "SYN+ACK", "RST"]
        reset = found.controls[-1]
        assert (reset.cause, reset.effect) == (story.calls("server", "close")[0], story.calls("client", "recv")[0])
        assert [arrow.fate for arrow in found.arrows] == (["discarded"] if why == "unread" else [])


def test_a_send_after_the_peer_has_closed(story: Story) -> None:
    with connected() as (_, client, server):
        server.close()
        assert client.recv(1) == b""
        client.sendall(b"too late")
        with pytest.raises(ConnectionError):  # noqa: PT012  which of them is told is the kernel's business
            for _ in range(1000):
                client.sendall(b"and again")
        found = story.excerpt.exchange
        assert controls(found) == ["SYN", "SYN+ACK", "FIN", "RST"]
        fin, reset = found.controls[2:]
        assert fin.effect is story.calls("client", "recv")[0]
        assert reset.cause is story.calls("client", "sendall")[0]
        assert reset.effect is not None
        assert reset.effect.error is not None
        assert reset.effect.error.errno in (errno.EPIPE, errno.ECONNRESET)
        assert {arrow.fate for arrow in found.arrows} == {"discarded"}
        client.close()  # found by the capture: it sends no FIN, for there is no connection any more
        assert controls(story.excerpt.exchange) == ["SYN", "SYN+ACK", "FIN", "RST"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # which would keep the socket
def test_collected_ends_the_stream(story: Story) -> None:
    with listening() as listener:
        server_end: list[Endpoint] = []
        client = socket.create_connection(listener.getsockname(), timeout=10)
        server, _ = listener.accept()
        server_end.append(endpoint_of(server))
        del server
        with client:
            assert client.recv(1) == b""
        (fin, _) = [control for control in story.excerpt.exchange.controls if control.kind == "FIN"]
        if not isinstance(fin.cause, Note):
            (_, fin) = [control for control in story.excerpt.exchange.controls if control.kind == "FIN"]
        assert isinstance(fin.cause, Note)
        assert fin.source is server_end[0]


def test_the_same_four_numbers_twice(story: Story) -> None:
    with listening() as listener:
        port = 0
        for text in (b"first", b"second"):
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                client.bind(("127.0.0.1", port))
                port = client.getsockname()[1]
                client.connect(listener.getsockname())
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                server, _ = listener.accept()
                with server:
                    client.sendall(text)
                    assert server.recv(10) == text
                    client.close()
    found = story.excerpt.exchange
    one, other = found.connections
    assert one.client is not None
    assert other.client is not None
    assert (one.client.local, one.client.peer) == (other.client.local, other.client.peer)
    assert one.client is not other.client
    assert one.server is not other.server
    for connection, arrow in zip(found.connections, found.arrows, strict=True):
        assert arrow.connection is connection
        assert arrow.source is not None
        assert arrow.target is not None
        assert arrow.source.data == arrow.target.data


def test_the_same_address_for_two_listeners_in_turn(story: Story) -> None:
    """The first one's queue is not the second one's."""
    with listening() as first:
        address = first.getsockname()
        lost = socket.create_connection(address, timeout=10)
    with lost, socket.create_server(address) as second:
        client = socket.create_connection(address, timeout=10)
        server, _ = second.accept()
        with client, server:
            one, other = story.excerpt.exchange.connections
            assert (one.client, one.server, one.listener) == (endpoint_of(lost), None, endpoint_of(first))
            assert (other.server, other.listener) == (endpoint_of(server), endpoint_of(second))


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not _has_ipv6(), reason="no IPv6 on loopback here")
@pytest.mark.parametrize(("host", "to"), [("::1", "::1"), ("::", "::1"), ("::", "127.0.0.1")])
def test_ipv6_and_dual_stack(story: Story, capsys: pytest.CaptureFixture[str], host: str, to: str) -> None:
    dual = host == "::" and socket.has_dualstack_ipv6()
    listener = listening(host, dualstack_ipv6=dual)
    with listener, socket.create_connection((to, listener.getsockname()[1]), timeout=10) as client:
        queued = story.excerpt.exchange.connections[0]
        assert queued.listener is endpoint_of(listener)
        server, _ = listener.accept()
        with server:
            client.sendall(b"x")
            assert server.recv(1) == b"x"
            if dual and to == "127.0.0.1":
                assert (endpoint_of(server).peer or ("",))[0] == "::ffff:127.0.0.1"
    found = story.excerpt.exchange
    (one,) = found.connections
    assert (one.client, one.server) == (endpoint_of(client), endpoint_of(server))
    assert [arrow.fate for arrow in found.arrows] == ["received"]
    assert ("every network interface" in capsys.readouterr().err) == (host == "::")


def test_connected_datagrams_refused(story: Story) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect(address)
        client.send(b"anybody?")
        with pytest.raises(ConnectionRefusedError):
            client.recv(10)
        found = story.excerpt.exchange
        (icmp,) = found.controls
        assert (icmp.kind, icmp.target) == ("ICMP", endpoint_of(client))
        assert icmp.cause is story.calls(op="send")[0]
        assert icmp.effect is story.calls(op="recv")[0]
        assert [arrow.fate for arrow in found.arrows] == ["outside"]


def test_a_conversation_by_datagrams(story: Story) -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as server,
        socket.socket(type=socket.SOCK_DGRAM) as client,
        socket.socket(type=socket.SOCK_DGRAM) as other,
    ):
        server.bind(("127.0.0.1", 0))
        for each in (server, client, other):
            each.settimeout(10)
        for each in (client, other):
            each.sendto(b"same", server.getsockname())
            _, address = server.recvfrom(100)
            server.sendto(b"answer", address)
            assert each.recv(100) == b"answer"
        client.sendto(b"", server.getsockname())
        assert server.recv(10) == b""
        client.sendto(b"0123456789", server.getsockname())
        assert server.recvfrom(4)[0] == b"0123"
        client.sendto(b"unread", server.getsockname())
    found = story.excerpt.exchange
    assert [(one.client, one.server) for one in found.connections] == [
        (endpoint_of(client), endpoint_of(server)),
        (endpoint_of(other), endpoint_of(server)),
    ]
    fates = [(arrow.number, arrow.fate, arrow.length) for arrow in found.arrows]
    assert fates == [
        (1, "received", 4),
        (2, "received", 6),
        (3, "received", 4),
        (4, "received", 6),
        (5, "received", 0),
        (6, "received", 4),
        (6, "cut", 6),
        (7, "discarded", 6),
    ]
    assert not any(arrow.doubt for arrow in found.arrows)


def test_a_connected_datagram_socket_that_changes_its_peer(story: Story) -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as one,
        socket.socket(type=socket.SOCK_DGRAM) as other,
        socket.socket(type=socket.SOCK_DGRAM) as client,
    ):
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
            each.settimeout(10)
            client.connect(each.getsockname())
            client.send(b"the same words")
        assert one.recv(100) == other.recv(100)
    found = story.excerpt.exchange
    assert [arrow.target and arrow.target.endpoint for arrow in found.arrows] == [endpoint_of(one), endpoint_of(other)]
    assert not any(arrow.doubt for arrow in found.arrows)


def test_what_was_queued_before_connect_is_still_tied(story: Story) -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as server,
        socket.socket(type=socket.SOCK_DGRAM) as early,
        socket.socket(type=socket.SOCK_DGRAM) as friend,
    ):
        for each in (server, friend):
            each.bind(("127.0.0.1", 0))
        server.settimeout(10)
        early.sendto(b"early", server.getsockname())
        server.connect(friend.getsockname())
        assert server.recv(100) == b"early"
    (arrow,) = story.excerpt.exchange.arrows
    assert (arrow.fate, arrow.doubt) == ("received", "")


def test_a_stranger_to_a_connected_socket_is_refused(story: Story) -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as server,
        socket.socket(type=socket.SOCK_DGRAM) as friend,
        socket.socket(type=socket.SOCK_DGRAM) as stranger,
    ):
        for each in (server, friend):
            each.bind(("127.0.0.1", 0))
        server.settimeout(10)
        server.connect(friend.getsockname())
        stranger.sendto(b"late", server.getsockname())
        friend.sendto(b"in time", server.getsockname())
        assert server.recv(100) == b"in time"
    fates = {arrow.source.data: arrow.fate for arrow in story.excerpt.exchange.arrows if arrow.source is not None}
    assert fates == {b"late": "refused", b"in time": "received"}
    assert "1 refused:" in Picture(story.excerpt.events).text()


def test_many_programs_at_once(story: Story) -> None:
    """Twenty clients and a thread for each: every byte finds its call."""
    with listening() as listener:
        address = listener.getsockname()

        def serve() -> None:
            threads = []
            for _ in range(20):
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=echo, args=(connection,)))
                threads[-1].start()
            for thread in threads:
                thread.join()

        def echo(connection: socket.socket) -> None:
            with connection:
                while data := connection.recv(7):
                    connection.sendall(data)

        def ask(number: int) -> None:
            with socket.create_connection(address, timeout=10) as client:
                text = f"I am client {number}".encode() * 3
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                assert client.makefile("rb").read() == text

        with beside(serve, *(lambda number=number: ask(number) for number in range(20))):
            pass
    found = story.excerpt.exchange
    assert len(found.connections) == 20
    for arrow in found.arrows:
        assert arrow.fate == "received"
        assert arrow.source is not None
        assert arrow.target is not None
        assert arrow.source.data is not None
        assert arrow.target.data is not None
        sent = arrow.source.data[arrow.start : arrow.end]
        assert sent == arrow.target.data[arrow.taken : arrow.taken + arrow.length]


def test_nothing() -> None:
    empty: list[Event] = []
    found = exchange(empty)
    assert (found.connections, found.arrows, found.controls) == ((), (), ())
