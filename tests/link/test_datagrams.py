"""Datagrams through a link."""

from __future__ import annotations

import errno
import socket
from typing import Any

import pytest

from labsupport import Link, faults
from labsupport.faults import Dice, Fault
from labsupport.link import datagram
from labsupport.link.datagram import CLIENTS
from tests.leftovers import until
from tests.link.talking import bound, passages, routes


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def sent(link: Link, count: int) -> None:
    """So many, by a client of their own."""
    with bound() as client:
        for data in numbered(count):
            client.sendto(data, link.address)


def settled(link: Link, count: int) -> bool:
    """So many have come up, and nothing more will come of them."""
    return len(passages(link, "up")) == count and not any(one.open for one in passages(link, "up"))


def arrived(server: socket.socket, count: int) -> list[bytes]:
    return [server.recv(65_535) for _ in range(count)]


def test_each_client_gets_its_own_answers() -> None:
    with bound() as server, Link(server.getsockname(), "udp") as link, bound() as ana, bound() as bo:
        ana.sendto(b"ana", link.address)
        bo.sendto(b"bo", link.address)
        for _ in range(2):
            data, address = server.recvfrom(100)
            server.sendto(b"hello " + data, address)
        assert ana.recvfrom(100) == (b"hello ana", link.address)
        assert bo.recv(100) == b"hello bo"
        assert (link.bytes_up, link.bytes_down) == (b"anabo", b"hello anahello bo")


@pytest.mark.parametrize("size", [0, 1, 1500, 65_507])
def test_boundaries_are_kept(size: int) -> None:
    with bound() as server, Link(server.getsockname(), "udp") as link, bound() as client:
        client.sendto(b"x" * size, link.address)
        client.sendto(b"next", link.address)
        assert arrived(server, 2) == [b"x" * size, b"next"]


def drawn(p: float, seed: int, count: int, place: int = 0) -> list[bool]:
    """What the dice of the link's first client say on its way up."""
    dice = Dice(seed, 0, "up", place)
    return [dice.draw(number) < p for number in range(1, count + 1)]


def test_loss_is_as_the_seed_says_and_on_the_tape() -> None:
    lost = drawn(0.4, 7, 50)
    kept = [data for data, gone in zip(numbered(50), lost, strict=True) if not gone]
    with bound() as server, Link(server.getsockname(), "udp", up=[faults.Loss(0.4)], seed=7) as link:
        sent(link, 50)
        assert arrived(server, len(kept)) == kept
        until(lambda: settled(link, 50))
        for number, (passage, gone) in enumerate(zip(passages(link, "up"), lost, strict=True)):
            causes = [(one.effect, one.cause) for one in passage.decisions]
            assert causes == ([("lost", f"Loss 0.4, seed 7, draw {number + 1}")] if gone else [])
            assert len(passage.deliveries) == (0 if gone else 1)
            assert (passage.offset, passage.data) == (number, b"%d" % number)


def test_doubled_datagrams_are_delivered_twice() -> None:
    twice = drawn(0.4, 7, 30)
    expected = [data for data, double in zip(numbered(30), twice, strict=True) for _ in range(1 + double)]
    with bound() as server, Link(server.getsockname(), "udp", up=[faults.Duplicate(0.4)], seed=7) as link:
        sent(link, 30)
        assert arrived(server, len(expected)) == expected
        until(lambda: settled(link, 30))
        assert [len(one.deliveries) for one in passages(link, "up")] == [1 + double for double in twice]


def test_reordered_datagrams_are_overtaken_by_the_next() -> None:
    late = drawn(0.3, 7, 31)
    assert not late[30]
    expected, held = [], []
    for data, back in zip(numbered(31), late, strict=True):
        if back:
            held.append(data)
        else:
            expected += [data, *held]
            held.clear()
    with bound() as server, Link(server.getsockname(), "udp", up=[faults.Reorder(0.3)], seed=7) as link:
        # In the link's thread, so that all have come before it reads the first: none waits longer than Reorder does.
        link._plan.carrier.ask(lambda: sent(link, 31))
        assert arrived(server, 31) == expected


def test_jitter_may_reorder_datagrams_and_loses_none() -> None:
    with bound() as server, Link(server.getsockname(), "udp", up=[faults.Latency(0, jitter=0.2)]) as link:
        sent(link, 100)
        got = arrived(server, 100)
    assert sorted(got) == sorted(numbered(100))
    assert got != numbered(100)


def test_a_corrupted_datagram_has_one_bit_flipped() -> None:
    with bound() as server, Link(server.getsockname(), "udp", up=[faults.Corrupt(1)]) as link, bound() as client:
        client.sendto("你好".encode(), link.address)
        data = server.recv(100)
        until(lambda: not passages(link, "up")[0].open)
        (passage,) = passages(link, "up")
    difference = int.from_bytes(data, "big") ^ int.from_bytes("你好".encode(), "big")
    assert difference.bit_count() == 1
    assert (passage.data, passage.deliveries[0].data) == ("你好".encode(), data)


def test_a_blackhole_counts_datagrams_of_each_client() -> None:
    with bound() as server, Link(server.getsockname(), "udp", up=[faults.Blackhole(2)]) as link:
        sent(link, 3)
        sent(link, 3)
        assert sorted(arrived(server, 4)) == [b"0", b"0", b"1", b"1"]
        until(lambda: len(passages(link, "up")) == 6)
        link.up = []
        sent(link, 1)
        assert server.recv(100) == b"0"


@pytest.mark.parametrize(
    "up", [[], [faults.Loss(0.5)], [faults.Duplicate(0.3), faults.Loss(0.3)], [faults.Latency(0.001, jitter=0.001)]]
)
def test_the_same_seed_gives_the_same_decisions(up: list[Fault]) -> None:
    def decided() -> list[list[str]]:
        with bound() as server, Link(server.getsockname(), "udp", up=up, seed=3) as link:
            sent(link, 40)
            until(lambda: settled(link, 40))
            return [[decision.cause for decision in one.decisions] for one in passages(link, "up")]

    assert decided() == decided()


def test_draws_go_on_when_the_faults_are_changed() -> None:
    """A slider that is moved between two datagrams does not make each of them the first."""
    lost = drawn(0.5, 1, 20)
    with bound() as server, Link(server.getsockname(), "udp", seed=1) as link, bound() as client:
        for data in numbered(20):
            link.up = [faults.Loss(0.5)]
            client.sendto(data, link.address)
        until(lambda: settled(link, 20))
        assert [not one.deliveries for one in passages(link, "up")] == lost


def test_what_was_sent_before_a_change_meets_the_old_faults() -> None:
    with bound() as server, Link(server.getsockname(), "udp") as link, bound() as client:
        for _ in range(50):
            client.sendto(b"before", link.address)
            link.up = [faults.Loss(1)]
            client.sendto(b"after", link.address)
            link.up = []
        assert arrived(server, 50) == [b"before"] * 50
        assert [not one.deliveries for one in passages(link, "up")] == [False, True] * 50


def test_the_number_of_clients_is_bounded() -> None:
    with bound() as server, Link(server.getsockname(), "udp") as link, bound() as first:
        first.sendto(b"first", link.address)
        server.recv(10)
        others = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(CLIENTS)]
        for other in others:
            other.sendto(b"other", link.address)
            server.recv(10)
        for other in others:
            other.close()
        assert not routes(link)[0].open
        assert sum(route.open for route in routes(link)) == CLIENTS
        first.sendto(b"again", link.address)  # is a new client now
        data, address = server.recvfrom(10)
        server.sendto(data.upper(), address)
        assert first.recv(10) == b"AGAIN"


def test_a_client_for_whom_no_descriptor_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_family: Any) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with bound() as server, Link(server.getsockname(), "udp") as link, bound() as client:
        with monkeypatch.context() as without:
            without.setattr(datagram, "_socket", refuse)
            client.sendto(b"lost", link.address)
            until(lambda: "no descriptor left" in link.error)
        client.sendto(b"hi", link.address)
        assert server.recv(10) == b"hi"


def test_an_answer_from_a_stranger_does_not_come_through() -> None:
    with bound() as server, Link(server.getsockname(), "udp") as link, bound() as client, bound() as stranger:
        client.sendto(b"question", link.address)
        _, address = server.recvfrom(100)
        stranger.sendto(b"forged", address)
        server.sendto(b"answer", address)
        assert client.recv(100) == b"answer"


def test_what_the_kernel_drops_is_counted_and_said(capfd: pytest.CaptureFixture[str]) -> None:
    with bound() as server, Link(server.getsockname(), "udp", up=[faults.Blackhole(0)]) as link, bound() as client:
        assert link.dropped == 0
        data = bytes(60_000)
        carrier = link._plan.carrier
        done = [0]

        def flood() -> None:  # in the link's own thread, so that it cannot read meanwhile
            for _ in range(400):
                client.sendto(data, link.address)
                done[0] += 1

        carrier.ask(flood)
        until(lambda: len(passages(link, "up")) + link.dropped == 400)
        assert link.dropped > 0
        assert f"the kernel dropped {link.dropped} datagrams" in repr(link)
        dropped = link.dropped
    assert f"labsupport: the kernel dropped {dropped} datagrams" in capfd.readouterr().err
    assert done == [400]
    assert link.dropped == dropped


def test_a_queue_is_bounded() -> None:
    """Beyond 16 MiB on the way the link loses what comes, and says so."""
    with bound() as server, Link(server.getsockname(), "udp", up=[faults.Latency(60)]) as link, bound() as client:
        data = bytes(60_000)
        for _ in range(20):
            for _ in range(20):
                client.sendto(data, link.address)
            link.up = link.up  # reads all that has come
        lost = [one for one in passages(link, "up") if not one.open]
        assert lost
        assert {one.decisions[-1].cause for one in lost} == {"the link holds no more than 16777216 bytes"}


def test_many_faults_at_once_lose_nothing_but_what_they_say() -> None:
    up: list[Fault] = [faults.Duplicate(0.2), faults.Reorder(0.2), faults.Latency(0.01, jitter=0.02), faults.Loss(0.2)]
    with bound() as server, Link(server.getsockname(), "udp", up=up, seed=5) as link, bound() as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_194_304)
        for data in numbered(2000):
            client.sendto(data, link.address)
        until(lambda: settled(link, 2000))
        expected = [one.data for one in passages(link, "up") for _ in one.deliveries]
        counted = {"doubled": 0, "lost": 0}
        for one in passages(link, "up"):
            for decision in one.decisions:
                if decision.effect in counted:
                    counted[decision.effect] += 1
        assert len(expected) == 2000 + counted["doubled"] - counted["lost"]
        assert sorted(arrived(server, len(expected))) == sorted(data or b"" for data in expected)
