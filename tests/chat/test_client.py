"""The client for programs: with ours, with servers that break the rules, from several threads, closed in the middle."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable

import pytest

from labsupport import chat, serve
from labsupport.chat.messages import Challenge, Error, Joined, Left, Members, Said, Welcome, encode
from labsupport.chat.refusal import Refusal
from labsupport.tls import Authority
from tests.leftovers import none_left


def test_an_evening() -> None:
    with none_left(), chat.Running(["Ana", "Zoë"]) as service:
        with service.client("Ana") as ana:
            assert (ana.name, ana.members) == ("Ana", {"Ana"})
            with service.client("Zoë") as zoe:
                assert zoe.members == {"Ana", "Zoë"}
                zoe.say("नमस्ते")
                assert zoe.hear(60) == Said(1, "Zoë", "नमस्ते")
            assert [ana.hear(60) for _ in range(3)] == [Joined("Zoë"), Said(1, "Zoë", "नमस्ते"), Left("Zoë", "bye")]
            assert ana.members == {"Ana"}
            assert ana.hear(0.01) is None
        ana.close()
        with pytest.raises(chat.Gone, match="bye"):
            ana.hear()
        with pytest.raises(chat.Gone):
            ana.say("x")


def test_what_cannot_be_said_is_told_before_it_is_sent() -> None:
    with none_left(), chat.Running(["Ana"]) as service, service.client("Ana") as ana:
        with pytest.raises(Refusal, match="bad-text"):
            ana.say("a\nb")
        ana.say("hé")
        assert ana.hear(60) == Said(1, "Ana", "hé")
    assert service.counts.refused == {}


def test_a_wrong_key() -> None:
    with none_left(), chat.Running(["Ana"]) as service:
        with pytest.raises(chat.Gone) as gone:
            chat.Client(service.address, "Ana", bytes(32), service.authority.client_context())
        assert (gone.value.code, gone.value.text) == ("login-refused", "no account with this name and this key")


def test_it_hears_in_one_thread_and_is_closed_in_another() -> None:
    with none_left(), chat.Running(["Ana"]) as service:
        ana = service.client("Ana")
        heard: list[object] = []
        hearing = threading.Thread(target=lambda: heard.extend(ana))
        hearing.start()
        ana.say("hé")
        ana.close()
        hearing.join()
        assert heard == [Said(1, "Ana", "hé")]


def test_a_cut_wakes_who_hears() -> None:
    with none_left(), chat.Running(["Ana"]) as service:
        ana = service.client("Ana")
        hearing = threading.Thread(target=lambda: list(ana))
        hearing.start()
        ana.cut()
        hearing.join()


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(ConnectionRefusedError):
        chat.Client(address, "Ana", bytes(32), ssl.create_default_context())


@pytest.mark.parametrize("answers", [b"", b"\0\0\0\2{}", b"\0\0\0\0", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=ascii)
def test_a_server_of_another_kind(answers: bytes) -> None:
    def see(make: Callable[[], chat.Client]) -> None:
        with pytest.raises(chat.Gone):
            make()

    with_server(lambda sock: sock.sendall(answers), see)


def test_a_server_that_breaks_the_rules_later() -> None:
    def misbehave(sock: socket.socket) -> None:
        sock.sendall(encode(Challenge(1, "00" * 32)) + encode(Welcome("Ana")) + encode(Members(("Ana",), False)))
        sock.sendall(encode(Said(1, "Bo", "<b>\x1b[2J")) + encode(Said(9, "Bo", "x")) + encode(Error("idle", "?")))
        while sock.recv(4096):
            pass

    def see(make: Callable[[], chat.Client]) -> None:
        with make() as ana:
            assert ana.hear(60) == Said(1, "Bo", "<b>\x1b[2J")
            with pytest.raises(chat.Gone, match="the server breaks the rules: line 9 came after line 1"):
                ana.hear(60)

    with_server(misbehave, see)


@pytest.mark.parametrize("later", [[Welcome("Bo")], [Welcome("Ana"), Said(1, "Bo", "x")]], ids=["name", "order"])
def test_a_server_that_lets_it_in_wrongly(later: list[Welcome | Said]) -> None:
    def misbehave(sock: socket.socket) -> None:
        sock.sendall(b"".join(map(encode, [Challenge(1, "00" * 32), *later])))
        while sock.recv(4096):
            pass

    def see(make: Callable[[], chat.Client]) -> None:
        with pytest.raises(chat.Gone, match=r"the server breaks the rules: the server (welcomed Bo|sent said before)"):
            make()

    with_server(misbehave, see)


def test_a_server_that_says_nothing() -> None:
    release = threading.Event()

    def see(make: Callable[..., chat.Client]) -> None:
        with pytest.raises(TimeoutError, match="the server has not let it in in time"):
            make(timeout=0.2)
        release.set()

    with_server(lambda _: release.wait(60), see)


def with_server(act: Callable[[ssl.SSLSocket], object], see: Callable[..., object]) -> None:
    """A server that takes the first message and does something, and what is seen of a client that comes to it."""
    authority = Authority()

    def handler(sock: ssl.SSLSocket, _address: object) -> None:
        sock.recv(4096)
        act(sock)

    with none_left(), serve(handler, tls=authority.server_context("localhost")) as server:
        see(lambda **more: chat.Client(server.address, "Ana", bytes(32), authority.client_context(), **more))
