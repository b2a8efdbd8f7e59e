"""The other side keeps its word, or breaks it, on real connections; what did not come true is said."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from labsupport.exercises import peers
from labsupport.exercises.peers import Peer, Unmet, stream
from labsupport.tape.watched import endpoint_of


@contextlib.contextmanager
def pair() -> Iterator[tuple[Peer, socket.socket]]:
    """A peer, and a plain socket in the learner's place."""
    with peers.listen() as listener, socket.create_connection(listener.getsockname(), timeout=2) as learner:
        peer = peers.accept(listener)
        yield peer, learner
        peer.leaves()


@contextlib.contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join(5)
    assert not thread.is_alive()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PATIENCE", 0.1)


def test_what_is_said_is_heard() -> None:
    with pair() as (peer, learner):
        peer.says(b"question")
        assert learner.recv(100) == b"question"
        learner.sendall(b"ans")
        learner.sendall(b"wer")
        peer.hears(b"answer")
        peer.finishes()
        assert learner.recv(100) == b""
        learner.shutdown(socket.SHUT_WR)
        peer.hears_the_end()
        assert (peer.sent, peer.heard, peer.awaits, peer.steps) == (b"question", b"answer", "", 2)


def test_a_reset_is_one() -> None:
    with pair() as (peer, learner):
        peer.resets()
        with pytest.raises(ConnectionResetError):
            learner.recv(100)


def test_leaving_is_the_end() -> None:
    with pair() as (peer, learner):
        peer.leaves()
        assert learner.recv(100) == b""


@pytest.mark.parametrize("size", [1, 3, 1024])
def test_pieces_never_join(size: int) -> None:
    pieces = [b"a" * size, b"b", b"c" * size, b"d"]
    got: list[bytes] = []
    with pair() as (peer, learner), meanwhile(lambda: got.extend(iter(lambda: learner.recv(4096), b""))):
        peer.says_in_pieces(pieces)
        peer.leaves()
    assert got == pieces


def test_pieces_wait_for_a_reader_who_reads_in_bits() -> None:
    got: list[bytes] = []
    with pair() as (peer, learner), meanwhile(lambda: got.extend(iter(lambda: learner.recv(2), b""))):
        peer.says_in_pieces([b"12345", b"6"])
        peer.leaves()
    assert got == [b"12", b"34", b"5", b"6"]


@pytest.mark.usefixtures("hasty")
def test_a_piece_that_nobody_reads_is_said() -> None:
    with pair() as (peer, learner):
        with pytest.raises(Unmet) as caught:
            peer.says_in_pieces([b"12", b"3"])
        assert (caught.value.expected, caught.value.got) == ("its b'12' read", "no recv() that took it")
        assert learner.recv(100) == b"12"


def test_the_size_that_was_asked_for_is_known() -> None:
    with pair() as (peer, learner):
        assert peer.size_asked() == 1024
        peer.says(b"x")
        learner.recv(77)
        assert peer.size_asked() == 77


def test_what_comes_instead_is_said() -> None:
    with pair() as (peer, learner):
        learner.sendall(b"other!")
        with pytest.raises(Unmet) as caught:
            peer.hears(b"answer")
        assert (caught.value.expected, caught.value.got) == ("b'answer'", "b'other!'")


def test_an_early_end_is_said() -> None:
    with pair() as (peer, learner):
        learner.sendall(b"ans")
        learner.shutdown(socket.SHUT_WR)
        with pytest.raises(Unmet) as caught:
            peer.hears(b"answer")
        assert caught.value.got == "only b'ans', then the end (b'')"


def test_a_reset_is_said() -> None:
    with pair() as (peer, learner):
        peer.says(b"unread")
        assert learner.recv(1) == b"u"
        learner.close()
        with pytest.raises(Unmet) as caught:
            peer.hears(b"answer")
        assert caught.value.got == "a reset"


def test_more_than_was_asked_is_said() -> None:
    with pair() as (peer, learner):
        learner.sendall(b"more")
        with pytest.raises(Unmet) as caught:
            peer.hears_the_end()
        assert caught.value.got == "b'more' more"


def test_silence_is_said() -> None:
    with peers.listen() as listener, socket.create_connection(listener.getsockname(), timeout=2) as learner:
        peer = peers.accept(listener, patience=0.05)
        learner.sendall(b"an")
        with pytest.raises(Unmet) as caught:
            peer.hears(b"answer")
        assert caught.value.got == "only b'an', then nothing more"
        assert peer.awaits == "b'answer'"
        peer.leaves()


def test_nobody_there_is_said() -> None:
    with peers.listen() as listener:
        address = listener.getsockname()
        with pytest.raises(Unmet) as caught:
            peers.accept(listener, patience=0.05)
        assert caught.value.got == "none"
    with pytest.raises(Unmet) as caught:
        peers.connect(address, "Amara")
    assert (caught.value.who, caught.value.got) == ("Amara", "refused")


def test_a_client_has_its_name_in_the_ladder_and_stays_on_loopback() -> None:
    with peers.listen() as listener:
        peer = peers.connect(listener.getsockname(), "Amara")
        assert endpoint_of(peer.sock).role == "Amara"
        assert peer.sock.getsockname()[0] == "127.0.0.1"
        peer.leaves()


def test_long_bytes_are_shown_short() -> None:
    assert peers.shown(b"abc") == "b'abc'"
    assert peers.shown(bytes(1000), most=2) == "b'\\x00\\x00'… (1000 bytes)"


# --- lines for messages and for bad days -----------------------------------------------------


def test_messages_can_come_together() -> None:
    with pair() as (peer, learner):
        peer.says_at_once("你好\n".encode(), b"hi\n")
        assert learner.recv(100) == "你好\nhi\n".encode()


def test_a_message_can_stop_in_the_middle() -> None:
    with pair() as (peer, learner):
        peer.says_part_of(b"a whole message", 7)
        peer.finishes()
        assert (learner.recv(100), learner.recv(100)) == (b"a whole", b"")
        with pytest.raises(ValueError, match="a part of 2 bytes"):
            peer.says_part_of(b"ab", 2)


def test_a_drip_never_lets_a_timeout_of_each_call_end() -> None:
    with pair() as (peer, learner):
        learner.settimeout(2)
        got: list[bytes] = []
        with meanwhile(lambda: got.extend(learner.recv(100) for _ in range(5))):
            for _ in range(5):
                assert peer.drips(b"x", every=0) == 1
                peer._until(peer._all_was_taken)
        assert got == [b"x"] * 5


def test_a_drip_ends_when_the_learner_has_left() -> None:
    with pair() as (peer, learner):
        peer.learner_left = lambda: len(peer.sent) == 3
        assert peer.drips(b"never all of this", every=0) == 3
        assert learner.recv(100) == b"nev"


@pytest.mark.usefixtures("hasty")
def test_who_waits_for_ever_is_not_left() -> None:
    with pair() as (peer, _):
        with pytest.raises(Unmet) as caught:
            peer.is_left()
        assert (caught.value.expected, caught.value.got) == ("the end of the wait", "none: your code was still waiting")
        peer.learner_left = lambda: True
        peer.is_left()


def test_a_reserved_port_refuses_until_it_listens() -> None:
    with peers.reserve() as reserved:
        for _ in range(2):
            with pytest.raises(Unmet) as caught:
                peers.connect(reserved.getsockname(), "Chen")
            assert caught.value.got == "refused"
        reserved.listen()
        peers.connect(reserved.getsockname(), "Chen").leaves()


def test_the_last_piece_counts_though_its_reader_has_closed_at_once() -> None:
    with pair() as (peer, learner), meanwhile(lambda: learner.close() if learner.recv(100) else None):
        peer.says_in_pieces([b"all of it"])
        assert peer.steps == 1


def test_hanging_up_is_seen() -> None:
    with pair() as (peer, learner):
        learner.sendall(b"no!")
        learner.close()
        peer.is_hung_up()
        assert peer.heard == b"no!"


@pytest.mark.usefixtures("hasty")
def test_who_does_not_hang_up_is_told() -> None:
    with pair() as (peer, _), pytest.raises(Unmet, match="the end of the connection and got none"):
        peer.is_hung_up()
