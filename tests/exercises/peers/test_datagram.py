"""Datagrams come late, doubled, reordered, cut or from a stranger, as the script says; what did not come is said."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from labsupport.exercises import peers
from labsupport.exercises.peers import UdpPeer, Unmet, stream
from labsupport.exercises.peers.datagram import LARGEST
from labsupport.tape.watched import endpoint_of, live


@contextlib.contextmanager
def pair(*, asked: bool = True) -> Iterator[tuple[UdpPeer, socket.socket]]:
    """A peer, and a datagram socket in the learner's place that has asked something, or not yet."""
    server = peers.datagrams()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as learner:
        learner.settimeout(2)
        if asked:
            learner.sendto("1 नमस्ते".encode(), server.address)
            server.hears("1 नमस्ते".encode())
        yield server, learner
    server.leaves()


def leaving(peer: UdpPeer, after: int = 0) -> None:
    """The learner's program will have left when it has been asked for so many times."""
    asked = iter(range(after))
    peer.learner_left = lambda: next(asked, None) is None


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PATIENCE", 0.05)


def test_a_question_is_answered_where_it_came_from() -> None:
    with pair() as (server, learner):
        server.answers(b"1 hello")
        assert learner.recvfrom(100) == (b"1 hello", server.address)
        assert (server.heard, server.sent, server.awaits, server.steps) == (
            ["1 नमस्ते".encode()], [b"1 hello"], "", 1,
        )  # fmt: skip


def test_all_that_a_network_may_do_comes_in_the_scripts_order() -> None:
    with pair() as (server, learner):
        server.answers(b"0 stale")
        server.answers_twice(b"1")
        server.answers_in_the_wrong_order(b"2", b"3", b"4")
        server.says_nothing()
        server.answers_cut(b"5 whole", 3)
        got = [learner.recv(100) for _ in range(8)]
        assert got == [b"0 stale", b"1", b"1", b"4", b"3", b"2", b"", b"5 w"]
        assert server.sent == got


def test_a_stranger_has_another_address() -> None:
    with pair() as (server, learner):
        server.stranger_says(b"believe me")
        server.stranger_says(b"really")
        server.answers(b"1")
        sources = [learner.recvfrom(100) for _ in range(3)]
        assert [data for data, _ in sources] == [b"believe me", b"really", b"1"]
        assert sources[0][1] == sources[1][1] != sources[2][1] == server.address
        learner.connect(server.address)
        server.stranger_says(b"filtered")
        server.answers(b"2")
        assert learner.recv(100) == b"2"


def test_a_datagram_may_be_larger_than_the_buffer() -> None:
    with pair() as (server, learner):
        server.says_too_much(b"1 ", 2000)
        server.says_too_much()
        assert learner.recv(100) == b"1 ".ljust(100, b".")
        assert len(learner.recv(70_000)) == LARGEST == 65_507
        with pytest.raises(ValueError, match="at most 65507 bytes, and not 65508"):
            server.says_too_much(size=65_508)


def test_asking_again_is_heard() -> None:
    with pair() as (server, learner):
        learner.sendto("1 नमस्ते".encode(), server.address)
        server.hears_again("1 नमस्ते".encode())
        learner.sendto(b"2", server.address)
        with pytest.raises(Unmet) as caught:
            server.hears_again(b"1")
        assert (caught.value.expected, caught.value.got) == ("b'1' once more", "b'2'")


def test_what_comes_instead_is_said() -> None:
    with pair(asked=False) as (server, learner):
        learner.sendto(b"2", server.address)
        with pytest.raises(Unmet, match="the server was to get b'1' and got b'2'"):
            server.hears(b"1")
        learner.sendto(b"", server.address)
        assert server.takes() == b""


@pytest.mark.usefixtures("hasty")
def test_silence_is_said_and_what_was_awaited_stays() -> None:
    with pair(asked=False) as (server, _):
        with pytest.raises(Unmet, match="the server was to get b'1' and got nothing"):
            server.hears(b"1")
        assert server.awaits == "b'1'"
        with pytest.raises(Unmet, match="a datagram to answer"):
            server.answers(b"to whom?")
        with pytest.raises(Unmet, match="the end of the wait and got none: your code was still waiting"):
            server.is_left()
        with pytest.raises(Unmet, match="no more datagrams and got no end"):
            server.hears_no_more()


def test_who_has_left_is_not_waited_for_but_its_last_words_are_taken() -> None:
    with pair(asked=False) as (server, learner):
        leaving(server)
        with pytest.raises(Unmet, match="got nothing"):
            server.hears(b"1")
        server.hears_no_more()
        server.is_left()
        learner.sendto(b"1", server.address)
        server.hears(b"1")
        learner.sendto(b"2", server.address)
        with pytest.raises(Unmet, match="was to get no more datagrams and got b'2' too"):
            server.hears_no_more()


def test_a_drip_ends_with_the_wait_or_says_that_it_has_no_end() -> None:
    with pair() as (server, learner):
        leaving(server, 2)
        assert server.drips([b"stray"] * 9, every=0) == 3
        leaving(server, 9)
        with pytest.raises(Unmet, match="got none: after 2 strays your code was still waiting"):
            server.drips([b"a", b"b"], every=0, stranger=True)
        assert [learner.recv(9) for _ in range(5)] == [b"stray"] * 3 + [b"a", b"b"]


def test_a_peer_that_has_left_refuses_a_connected_socket() -> None:
    with pair() as (server, learner):
        learner.connect(server.address)
        server.leaves()
        learner.send(b"are you there?")
        with pytest.raises(ConnectionRefusedError):
            learner.recv(9)


def test_a_client_speaks_first_and_has_its_name_in_the_ladder() -> None:
    before = len(live())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(2)
        client = peers.talks_to(server.getsockname(), "Amara")
        assert endpoint_of(client.sock).role == "Amara"
        client.says(b"1")
        data, address = server.recvfrom(9)
        server.sendto(data * 2, address)
        client.hears(b"11")
        assert client.address[1] == address[1]
        client.leaves()
    assert len(live()) == before


def test_a_reset_told_for_an_older_datagram_is_no_datagram(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows tells it, WSAECONNRESET, on a socket that has a datagram waiting."""
    with pair(asked=False) as (server, learner):
        learner.sendto(b"hello", server.address)
        plain = server.sock.recvfrom
        told: list[str] = []

        def recvfrom(size: int) -> tuple[bytes, tuple[str, int]]:
            if not told:
                told.append("reset")
                raise ConnectionResetError
            return plain(size)

        with monkeypatch.context() as patched:
            patched.setattr(server, "sock", _Instead(server.sock, recvfrom))
            assert server.takes() == b"hello"
        assert told == ["reset"]


class _Instead:
    """A socket with a `recvfrom` of the test's."""

    def __init__(self, sock: socket.socket, recvfrom: object) -> None:
        self._sock, self.recvfrom = sock, recvfrom

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)
