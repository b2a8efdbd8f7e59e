"""Which events belong to a window: told with histories written by hand."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from labsupport.tape.events import Call, Endpoint, Event, Failure, Note, Passage, Program, Route, Sync, tick
from labsupport.tape.selection import belonging, seeds

SERVER = ("127.0.0.1", 5000)
MAIN = Program("main")


class Tape:
    """A history that grows by calls that have returned, or wait."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def call(self, program: Program, endpoint: Endpoint, op: str, **came: Any) -> Call:
        call = self.wait(program, endpoint, op)
        for name, value in came.items():
            setattr(call, name, value)
        if call.accepted is not None:
            call.accepted.listener = endpoint
        if not came.get("error"):
            call.finish()
        else:
            call.done = tick()
        return call

    def wait(self, program: Program, endpoint: Endpoint, op: str) -> Call:
        call = Call(program, endpoint, op)
        self.events.append(call)
        return call

    def sync(self, program: Program, kind: str, key: Any) -> Sync:
        sync = Sync(program, kind, key)
        self.events.append(sync)
        sync.finish(True)
        return sync

    def listener(self, program: Program, address: tuple[str, int] = SERVER) -> Endpoint:
        door = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
        self.call(program, door, "socket")
        door.local, door.bound, door.listening = address, True, True
        self.call(program, door, "bind")
        self.call(program, door, "listen")
        return door

    def connection(self, program: Program, door: Endpoint, port: int, server: Program) -> tuple[Endpoint, Endpoint]:
        client = self.connect(program, door, port)
        accepted = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
        accepted.local, accepted.peer = door.local, client.local
        self.call(server, door, "accept", accepted=accepted, result=client.local)
        return client, accepted

    def connect(self, program: Program, door: Endpoint, port: int) -> Endpoint:
        client = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
        self.call(program, client, "socket")
        client.local, client.peer, client.connected = ("127.0.0.1", port), door.local, True
        self.call(program, client, "connect")
        return client

    def window(self, begin: int, opener: Program | None = MAIN) -> list[Event]:
        return belonging(self.events, seeds(self.events, begin, opener), begin, opener)


@pytest.fixture
def tape() -> Tape:
    return Tape()


def test_a_connection_and_its_listener_from_its_bind_on(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    door = tape.listener(server)
    begin = tick()
    client, accepted = tape.connection(MAIN, door, 40001, server)
    tape.call(MAIN, client, "sendall", length=2)
    tape.wait(server, accepted, "recv")
    assert tape.window(begin) == tape.events


def test_an_idle_server_of_an_earlier_cell_is_left_out(tape: Tape) -> None:
    idle = tape.listener(Program("idle", parent=MAIN), ("127.0.0.1", 5001))
    tape.wait(Program("idle", parent=MAIN), idle, "accept")
    server = Program("server", parent=MAIN)
    door = tape.listener(server)
    begin = tick()
    tape.connection(MAIN, door, 40001, server)
    assert not any(event.endpoint is idle for event in tape.window(begin) if isinstance(event, Call))


def test_a_server_that_wakes_only_to_wait_again_is_idle(tape: Tape) -> None:
    old = Program("old", parent=MAIN)
    door = tape.listener(old)
    begin = tick()
    tape.call(old, door, "accept", error=Failure(TimeoutError, None, "timed out"))
    tape.wait(old, door, "accept")
    assert tape.window(begin) == []


def test_what_was_said_before_the_window_belongs_to_the_connection(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    door = tape.listener(server)
    client, accepted = tape.connection(MAIN, door, 40001, server)
    early = tape.call(MAIN, client, "sendall", length=2)
    begin = tick()
    tape.call(server, accepted, "recv", length=2)
    assert early in tape.window(begin)


def test_the_other_clients_of_the_same_listener_are_left_out(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    door = tape.listener(server)
    earlier, _ = tape.connection(MAIN, door, 40001, server)
    begin = tick()
    tape.connection(MAIN, door, 40002, server)
    chosen = [event for event in tape.window(begin) if isinstance(event, Call)]
    assert not any(call.endpoint is earlier for call in chosen)
    assert sum(1 for call in chosen if call.op == "accept") == 1
    assert [call.op for call in chosen if call.endpoint is door] == ["socket", "bind", "listen", "accept"]


def test_a_port_that_was_used_twice_finds_the_right_client(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    door = tape.listener(server)
    first, _ = tape.connection(MAIN, door, 40001, server)
    tape.call(MAIN, first, "close")
    begin = tick()
    second, accepted = tape.connection(MAIN, door, 40001, server)
    tape.call(server, accepted, "sendall", length=1)
    endpoints = {event.endpoint for event in tape.window(begin) if isinstance(event, Call)}
    assert endpoints == {door, second, accepted}
    assert len([event for event in tape.window(begin) if isinstance(event, Call) and event.op == "accept"]) == 1


def test_the_listener_of_a_client_that_nobody_accepted(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    old = tape.listener(server)
    tape.call(server, old, "close")
    door = tape.listener(server)
    begin = tick()
    tape.connect(MAIN, door, 40001)
    endpoints = {event.endpoint for event in tape.window(begin) if isinstance(event, Call)}
    assert door in endpoints
    assert old not in endpoints


def test_a_refused_client_stands_alone(tape: Tape) -> None:
    door = tape.listener(Program("server", parent=MAIN))
    begin = tick()
    client = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
    client.peer = door.local
    refused = tape.call(MAIN, client, "connect", error=Failure(ConnectionRefusedError, 111, "refused"))
    assert tape.window(begin) == [refused]


def test_what_the_opener_does_with_an_old_socket_counts(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    client, _ = tape.connection(MAIN, tape.listener(server), 40001, server)
    begin = tick()
    closed = tape.call(MAIN, client, "close")
    assert closed in tape.window(begin)


def test_what_an_old_thread_lets_go_of_does_not_count(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    _, accepted = tape.connection(MAIN, tape.listener(server), 40001, server)
    begin = tick()
    tape.call(server, accepted, "recv", length=0)
    tape.call(server, accepted, "close")
    assert tape.window(begin) == []


def test_a_call_that_was_waiting_and_got_bytes_counts(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    _, accepted = tape.connection(MAIN, tape.listener(server), 40001, server)
    waiting = tape.wait(server, accepted, "recv")
    begin = tick()
    waiting.length = 5
    waiting.finish()
    assert waiting in tape.window(begin)


def test_a_server_that_is_waited_for_is_shown_where_it_waits(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    door = tape.listener(server)
    waiting = tape.wait(server, door, "accept")
    begin = tick()
    joined = tape.sync(MAIN, "join", server)
    assert tape.window(begin)[-2:] == [waiting, joined]


def test_the_start_of_a_thread_that_takes_part_and_of_no_other(tape: Tape) -> None:
    server, other = Program("server", parent=MAIN), Program("other", parent=MAIN)
    started = tape.sync(MAIN, "start", server)
    door = tape.listener(server)
    begin = tick()
    elsewhere = tape.sync(MAIN, "start", other)
    tape.connection(MAIN, door, 40001, server)
    assert started in tape.window(begin)
    assert elsewhere not in tape.window(begin)


def test_a_signal_and_what_set_it(tape: Tape) -> None:
    server, helper = Program("server", parent=MAIN), Program("helper", parent=MAIN)
    door = tape.listener(server)
    begin = tick()
    tape.connection(MAIN, door, 40001, server)
    was_set = tape.sync(helper, "set", 7)
    unrelated = tape.sync(helper, "set", 8)
    waited = tape.sync(server, "wait", 7)
    chosen = tape.window(begin)
    assert was_set in chosen
    assert waited in chosen
    assert unrelated not in chosen


def test_signals_of_the_main_program_in_earlier_cells_are_left_out(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    door = tape.listener(server)
    client, _ = tape.connection(MAIN, door, 40001, server)
    old = tape.sync(MAIN, "set", 3)
    begin = tick()
    tape.call(MAIN, client, "sendall", length=1)
    assert old not in tape.window(begin)


def test_a_note_about_an_end_that_is_shown(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    begin = tick()
    client, _ = tape.connection(MAIN, tape.listener(server), 40001, server)
    note = Note(client, "collected")
    tape.events.append(note)
    stranger = Note(Endpoint(socket.AF_INET, socket.SOCK_STREAM), "collected")
    tape.events.append(stranger)
    assert note in tape.window(begin)
    assert stranger not in tape.window(begin)


def bound(address: tuple[str, int]) -> Endpoint:
    endpoint = Endpoint(socket.AF_INET, socket.SOCK_DGRAM)
    endpoint.local, endpoint.bound = address, True
    return endpoint


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_datagrams_bring_the_server_that_waits_for_them(tape: Tape, host: str) -> None:
    server = Program("server", parent=MAIN)
    service, old_client, client = bound((host, 5000)), bound(("127.0.0.1", 40001)), bound(("127.0.0.1", 40002))
    tape.call(server, service, "bind")
    tape.call(MAIN, old_client, "sendto", address=SERVER, length=1)
    old = tape.call(server, service, "recvfrom", address=old_client.local, length=1)
    waiting = tape.wait(server, service, "recvfrom")
    begin = tick()
    tape.call(MAIN, client, "sendto", address=SERVER, length=1)
    waiting.address, waiting.length = client.local, 1
    waiting.finish()
    chosen = tape.window(begin)
    assert waiting in chosen
    assert old not in chosen
    assert not any(event.endpoint is old_client for event in chosen if isinstance(event, Call))
    assert "bind" in [event.op for event in chosen if isinstance(event, Call)]


def test_both_spellings_of_an_address_are_one(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    door = tape.listener(server, ("::", 5000))
    begin = tick()
    client = tape.connect(MAIN, door, 40001)
    client.peer = SERVER
    accepted = Endpoint(socket.AF_INET6, socket.SOCK_STREAM)
    accepted.local, accepted.peer = ("::ffff:127.0.0.1", 5000), ("::ffff:127.0.0.1", 40001)
    tape.call(server, door, "accept", accepted=accepted, result=accepted.peer)
    sent = tape.call(server, accepted, "sendall", length=1)
    assert sent in belonging(tape.events, {client}, begin)


def test_an_empty_tape_and_an_empty_window(tape: Tape) -> None:
    assert tape.window(0) == []
    tape.listener(MAIN)
    assert tape.window(tick()) == []


# --- through a link -------------------------------------------------------------------------

DOOR, LOCAL = ("127.0.0.1", 4000), ("127.0.0.1", 41_000)


def linked(tape: Tape, client: tuple[str, int], *, stream: bool, local: tuple[str, int] = LOCAL) -> Passage:
    route = Route("link", 0, client, DOOR, SERVER, stream)
    route.local = local
    passage = Passage(route, "up", 0, 1)
    tape.events += [route, passage]
    return passage


def test_both_ends_of_a_stream_through_a_link_and_what_the_link_did(tape: Tape) -> None:
    server = Program("server", parent=MAIN)
    door = tape.listener(server)
    begin = tick()
    client = tape.connect(MAIN, door, 40_001)
    client.peer = DOOR
    other = linked(tape, ("127.0.0.1", 40_002), stream=True, local=("127.0.0.1", 41_001))
    passage = linked(tape, ("127.0.0.1", 40_001), stream=True)
    accepted = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
    accepted.local, accepted.peer = SERVER, LOCAL
    tape.call(server, door, "accept", accepted=accepted, result=LOCAL)
    sent = tape.call(server, accepted, "sendall", length=1)
    for end in (client, accepted):
        chosen = belonging(tape.events, {end}, begin)
        assert sent in chosen
        assert {passage, passage.route} <= set(chosen)
        assert other not in chosen
        assert {"listen", "connect"} <= {event.op for event in chosen if isinstance(event, Call)}


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_both_ends_of_datagrams_through_a_link(tape: Tape, host: str) -> None:
    server = Program("server", parent=MAIN)
    service, client = bound((host, SERVER[1])), bound((host, 40_001))
    tape.call(server, service, "bind")
    begin = tick()
    sent = tape.call(MAIN, client, "sendto", address=DOOR, length=1)
    passage = linked(tape, ("127.0.0.1", 40_001), stream=False)
    took = tape.call(server, service, "recvfrom", address=LOCAL, length=1)
    for end in (client, service):
        assert {sent, took, passage, passage.route} <= set(belonging(tape.events, {end}, begin))


def test_what_a_link_did_for_an_earlier_socket_at_the_same_port_is_left_out(tape: Tape) -> None:
    earlier = linked(tape, ("127.0.0.1", 40_001), stream=False)
    earlier.route.done = tick()
    begin, client = tick(), bound(("127.0.0.1", 40_001))
    tape.call(MAIN, client, "socket")
    sent = tape.call(MAIN, client, "sendto", address=SERVER, length=1)
    chosen = belonging(tape.events, {client}, begin)
    assert sent in chosen
    assert earlier not in chosen


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_socket_behind_a_link_that_has_not_read_yet(tape: Tape, host: str) -> None:
    service, client = bound(SERVER), bound((host, 40_001))
    bind = tape.call(MAIN, service, "bind")
    begin = tick()
    tape.call(MAIN, client, "sendto", address=DOOR, length=1)
    linked(tape, ("127.0.0.1", 40_001), stream=False)
    assert bind in tape.window(begin)


def test_a_datagram_brings_the_idle_socket_that_it_was_sent_to(tape: Tape) -> None:
    """Found in a notebook: it was drawn as sent outside."""
    service, gone, client = bound(SERVER), bound(SERVER), bound(("127.0.0.1", 40_001))
    tape.call(MAIN, gone, "bind")
    tape.call(MAIN, gone, "close", ending="fin")
    bind = tape.call(MAIN, service, "bind")
    begin = tick()
    tape.call(MAIN, client, "sendto", address=SERVER, length=1)
    chosen = tape.window(begin)
    assert bind in chosen
    assert not any(event.endpoint is gone for event in chosen if isinstance(event, Call))
