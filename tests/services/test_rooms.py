"""The two chat rooms, and those who measure them."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator

import pytest

from labsupport.services import Running, Serve, gathering, rooms

BOTH = pytest.mark.parametrize("room", [rooms.in_turn, rooms.with_queues], ids=["in turn", "with queues"])


@contextlib.contextmanager
def members(service: Running, count: int) -> Iterator[list[socket.socket]]:
    """So many members, all of whom are in the room."""
    with contextlib.ExitStack() as leaving:
        found = [leaving.enter_context(socket.create_connection(service.address, timeout=20)) for _ in range(count)]
        found[-1].sendall(b"here\n")  # they are let in one after the other
        for member in found[:-1]:
            assert heard(member, 1) == b"here\n"
        yield found


def heard(member: socket.socket, lines: int) -> bytes:
    """What comes, until it is so many lines."""
    data = b""
    while data.count(b"\n") < lines:
        piece = member.recv(65536)
        assert piece
        data += piece
    return data


@BOTH
def test_all_others_hear_whole_lines_in_order(room: Serve) -> None:
    with Running(room) as service, members(service, 3) as (amina, bao, zoe):
        for piece in ("hé", "llo\n你", "好\n"):
            amina.sendall(piece.encode())
        for other in bao, zoe:
            assert heard(other, 2).decode() == "héllo\n你好\n"
        bao.sendall("नमस्ते\n".encode())
        for other in amina, zoe:
            assert heard(other, 1).decode() == "नमस्ते\n"


@BOTH
def test_who_leaves_or_resets_is_not_waited_for(room: Serve) -> None:
    with Running(room) as service, members(service, 4) as (amina, bao, zoe, rude):
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        rude.close()
        zoe.close()
        for number in range(3):
            amina.sendall(b"%d\n" % number)
            assert heard(bao, 1) == b"%d\n" % number


@BOTH
def test_a_stop_ends_it_when_nobody_leaves(room: Serve) -> None:
    service = Running(room, grace=0.1)
    with members(service, 2) as (amina, bao):
        service.stop()
        assert not service.serving
        for member in amina, bao:
            with contextlib.suppress(ConnectionResetError):
                assert member.recv(100) == b""


def test_who_never_reads_is_let_go_when_its_queue_is_full() -> None:
    with Running(rooms.with_queues) as service, members(service, 3) as (speaker, reader, sleeper):
        for number in range(20 * rooms.MOST):
            line = b"%d " % number + b"." * 10_000 + b"\n"
            speaker.sendall(line)
            assert heard(reader, 1) == line
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := sleeper.recv(1_000_000):
                got += piece
        assert got.count(b"\n") < 20 * rooms.MOST


@pytest.mark.parametrize(("room", "all_of_them"), [(rooms.in_turn, False), (rooms.with_queues, True)])
def test_one_who_is_asleep_keeps_the_others_waiting_only_where_there_are_no_queues(
    room: Serve, all_of_them: bool
) -> None:
    with Running(room) as service:
        found = gathering.listen(service.address, members=10, lines=40, asleep=1.0)
    assert found.expected == 8 * 40
    assert len(found.took) == found.expected
    assert min(found.took) >= 0
    assert (found.while_asleep == found.expected) is all_of_them


def test_with_nobody_asleep_nothing_is_heard_meanwhile() -> None:
    with Running(rooms.in_turn) as service:
        assert gathering.listen(service.address, members=5, lines=5).while_asleep == 0


def test_lines_that_do_not_come_in_time_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "LONGEST", 0.1)
    monkeypatch.setattr(gathering, "PACE", 0.3)
    with Running(rooms.with_queues) as service, pytest.raises(TimeoutError, match=r"of 3 have come within 0\.1 s"):
        gathering.listen(service.address, members=3, lines=3, asleep=9)
