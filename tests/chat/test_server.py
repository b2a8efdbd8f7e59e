"""The real server over TLS: many at once, one who never reads, silent ones at the door, and a graceful stop."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from contextlib import ExitStack

import pytest

from labsupport import chat, services
from labsupport.chat.messages import Joined, Left, Said
from labsupport.tls import Authority
from tests.chat.people import Stranger, drop_members
from tests.leftovers import none_left, until


def stranger(service: chat.Running) -> Stranger:
    return Stranger(service, service.authority.client_context())


def test_many_talk_at_once_and_all_hear_one_order() -> None:
    names = [f"person-{number}" for number in range(20)]
    with none_left(), chat.Running(names) as service, ExitStack() as stack:
        people = [stack.enter_context(service.client(name)) for name in names]
        speakers = [
            threading.Thread(target=lambda who=who: [who.say(f"{who.name} {n}") for n in range(5)]) for who in people
        ]
        for speaker in speakers:
            speaker.start()
        heard = [lines(person, 100) for person in people]
        for speaker in speakers:
            speaker.join()
        assert all(some == heard[0] for some in heard)
        assert [line.number for line in heard[0]] == list(range(1, 101))
        for name in names:
            assert [line.text for line in heard[0] if line.name == name] == [f"{name} {n}" for n in range(5)]
        assert service.counts.most == 20


def lines(person: chat.Client, count: int) -> list[Said]:
    """The next lines that it hears."""
    found: list[Said] = []
    while len(found) < count:
        message = person.hear(60)
        assert message is not None
        if isinstance(message, Said):
            found.append(message)
    return found


def test_one_who_never_reads_is_cut_off_and_the_others_hear_everything() -> None:
    limits = chat.Limits(rate=100_000, burst=100_000, login=600, linger=600)  # it is cut off at once, not by a timer
    with none_left(), chat.Running(["Ana", "Zoë", "sleeper"], limits=limits) as service, stranger(service) as sleeper:
        sleeper.log_in("sleeper")
        with stranger(service) as ana, stranger(service) as zoe:
            ana.log_in("Ana")
            zoe.log_in("Zoë")
            number = 0
            while service.counts.refused["too-slow"] == 0:
                number += 1
                ana.say("x" * 1000)
                for who in (ana, zoe):
                    assert who.until("said")["number"] == number
            assert zoe.until("left") == {"type": "left", "name": "sleeper", "why": "too-slow"}
            assert 64 < number == service.counts.lines < 10_000
            until(lambda: len(service._server._here) == 2)  # though the sleeper has read nothing and not closed
            ana.say("still here")
            assert zoe.until("said")["text"] == "still here"
        assert drop_members(sleeper.rest())[-1:] != []  # what the network had taken, and then a reset


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"], ids=["silent", "half", "HTTP"])
def test_a_client_without_a_handshake_keeps_nobody_waiting(first: bytes) -> None:
    limits = chat.Limits(login=1.0)
    with (
        none_left(),
        chat.Running(["Ana"], limits=limits) as service,
        socket.create_connection(service.address, 60) as silent,
    ):
        silent.sendall(first)
        with service.client("Ana") as ana:
            ana.say("hé")
            assert ana.hear(60) == Said(1, "Ana", "hé")
        ended(silent)


def ended(sock: socket.socket) -> None:
    try:
        while sock.recv(4096):
            pass
    except ConnectionError:
        pass


def test_at_the_door_who_has_waited_longest_goes() -> None:
    with none_left(), chat.Running(["Ana", "Zoë"], limits=chat.Limits(door=3)) as service, ExitStack() as stack:
        ana = stack.enter_context(service.client("Ana"))  # who is in does not count
        greeted = stack.enter_context(stranger(service)).greet()
        silent = [stack.enter_context(socket.create_connection(service.address, 60)) for _ in range(3)]
        assert [message["code"] for message in greeted.rest()] == ["busy"]
        stack.enter_context(service.client("Zoë"))
        ended(silent[0])
        ana.say("hé")
        assert lines(ana, 1) == [Said(1, "Ana", "hé")]


def test_who_has_had_its_last_message_goes_before_who_waits() -> None:
    limits = chat.Limits(door=2, login=600, linger=600)
    with none_left(), chat.Running(["Ana"], limits=limits) as service, ExitStack() as stack:
        waiting, refused = (stack.enter_context(stranger(service)) for _ in range(2))
        waiting.greet()
        refused.send(b"[]")
        assert [message["code"] for message in refused.rest()] == ["bad-json"]  # and it does not close
        stack.enter_context(stranger(service)).greet()
        until(lambda: len(service._server._here) == 2)
        right = chat.proof(service.accounts.key("Ana"), waiting.challenge, "Ana")
        waiting.send({"type": "login", "name": "Ana", "proof": right})
        assert waiting.until("members")["names"] == ["Ana"]
        assert service.counts.refused == {"bad-json": 1}


def test_who_breaks_off_is_lost() -> None:
    with none_left(), chat.Running(["Ana", "Zoë"]) as service, service.client("Ana") as ana:
        for how in (b"", struct.pack("ii", 1, 0)):
            zoe = stranger(service).log_in("Zoë")
            assert ana.hear(60) == Joined("Zoë")
            if how:  # a reset
                zoe.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, how)
            zoe.sock.close()
            assert ana.hear(60) == Left("Zoë", "lost")


def test_a_close_with_the_last_word_of_tls_is_answered() -> None:
    with none_left(), chat.Running(["Ana"]) as service, stranger(service) as ana:
        ana.log_in("Ana")
        plain = ana.sock.unwrap()
        assert plain.recv(1) == b""
        plain.close()
        until(lambda: not service.log[-1].endswith("in the room: 1"))
        assert "Ana is out (lost)" in service.log[-1]


@pytest.mark.parametrize("how", ["close_notify", "FIN"])
def test_the_end_of_writing_is_a_close_and_what_was_accepted_is_heard(how: str) -> None:
    with none_left(), chat.Running(["Ana", "Zoë"]) as service, service.client("Ana") as ana:
        zoe = stranger(service).log_in("Zoë")
        zoe.say("a")
        if how == "FIN":
            zoe.sock.shutdown(socket.SHUT_WR)
        else:
            with contextlib.suppress(ssl.SSLError):  # its own line comes first
                zoe.sock.unwrap()
        assert [ana.hear(60) for _ in range(3)] == [Joined("Zoë"), Said(1, "Zoë", "a"), Left("Zoë", "lost")]
        zoe.sock.close()


def test_numbers_begin_with_each_run_and_a_newcomer_hears_any() -> None:
    for _ in range(2):
        with none_left(), chat.Running(["Ana", "Zoë"]) as service, service.client("Ana") as ana:
            ana.say("a")
            assert lines(ana, 1) == [Said(1, "Ana", "a")]
            with service.client("Zoë") as zoe:
                ana.say("b")
                assert lines(zoe, 1) == [Said(2, "Ana", "b")]


def test_what_was_said_with_the_bye_is_heard_before_it() -> None:
    with none_left(), chat.Running(["Ana"]) as service, stranger(service) as ana:
        ana.log_in("Ana")
        ana.send({"type": "say", "text": "a"}, {"type": "bye"}, {"type": "say", "text": "b"})
        assert ana.rest() == [{"type": "said", "number": 1, "name": "Ana", "text": "a"}, {"type": "bye"}]


def test_a_stop_delivers_what_was_accepted_and_tells_everybody() -> None:
    limits = chat.Limits(linger=0.5)  # so long it waits for the silent one
    with none_left(), chat.Running(["Ana", "Zoë"], limits=limits) as service, ExitStack() as stack:
        ana, zoe = (stack.enter_context(stranger(service)) for _ in range(2))
        ana.log_in("Ana")
        zoe.log_in("Zoë")
        with socket.create_connection(service.address, 60) as silent:
            for number in range(5):
                ana.say(str(number))
            until(lambda: service.counts.lines == 5)
            service.ask_to_stop()
            for who in (ana, zoe):
                *said, last = [message for message in who.rest() if message["type"] != "joined"]
                assert [line["text"] for line in said] == ["0", "1", "2", "3", "4"]
                assert last["code"] == "stopping"
            ended(silent)
        service.stop()
        assert service.error is None
        assert service.log[-1].endswith("connections: 3; in at the same time at most: 2; lines: 5; errors: 3 stopping")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(service.address)


def test_a_stop_does_not_wait_for_who_does_not_read() -> None:
    limits = chat.Limits(linger=0.2, rate=100_000, burst=100_000)
    with none_left(), chat.Running(["Ana", "sleeper"], limits=limits) as service, stranger(service) as sleeper:
        sleeper.log_in("sleeper")
        with stranger(service) as ana:
            ana.log_in("Ana")
            for _ in range(300):
                ana.say("x" * 1000)
                ana.until("said")
            service.stop()
            assert ana.rest()[-1]["code"] == "stopping"


def test_the_log_says_who_came_and_went_and_why_and_nothing_else() -> None:
    with none_left(), chat.Running(["Ana", "Zoë"]) as service:
        with service.client("Ana"), service.client("Zoë") as zoe:
            zoe.say("a secret")
            lines(zoe, 1)
        with stranger(service) as eve:
            eve.greet().send({"type": "login", "name": "\x1b[31mroot\n\u202e", "proof": "00" * 32})
            eve.rest()
        with socket.create_connection(service.address, 60) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            ended(plain)
    log = [line.split(" ", 1)[1] for line in service.log]
    assert log[0] == f"listening on 127.0.0.1 port {service.address[1]}"
    assert log[1:5] == [
        "Ana is in; in the room: 1",
        "Zoë is in; in the room: 2",
        "Zoë is out (bye); in the room: 1",
        "Ana is out (bye); in the room: 0",
    ]
    assert log[5].endswith(r", \x1b[31mroot\n\u202e: bad-name")
    assert "TLS failed: HTTP_REQUEST" in log[6]
    assert log[7] == "stopped; connections: 4; in at the same time at most: 2; lines: 1; errors: 1 bad-name"
    assert len(log) == 8


def test_it_has_the_form_of_a_service() -> None:
    authority, accounts = Authority(), chat.Accounts(["Ana"])
    server = chat.Server(accounts, authority.server_context("localhost"))
    with none_left(), services.Running(server.serve) as running:
        context = authority.client_context()
        with chat.Client(running.address, "Ana", accounts.key("Ana"), context) as ana:
            assert ana.members == {"Ana"}


def test_a_client_of_another_authority_is_told_why_not() -> None:
    with none_left(), chat.Running(["Ana"]) as service:
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            chat.Client(service.address, "Ana", service.accounts.key("Ana"), Authority().client_context())
        until(lambda: "TLS failed: TLSV1_ALERT_UNKNOWN_CA" in service.log[-1])
