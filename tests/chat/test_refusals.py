"""Each refusal by name, on the real server over TLS: the error of the page, kept or closed, and unseen by others."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport import chat
from labsupport.chat.login import proof
from labsupport.chat.refusal import KEPT
from tests.chat.people import Stranger
from tests.leftovers import none_left

Act = Callable[[Stranger], object]


@pytest.fixture
def service() -> Iterator[chat.Running]:
    with none_left(), chat.Running(["Ana", "Zoë", "李雷"]) as running:
        yield running
        assert running.error is None


def stranger(service: chat.Running) -> Stranger:
    return Stranger(service, service.authority.client_context())


def hello(*versions: object) -> Act:
    return lambda who: who.send({"type": "hello", "versions": list(versions)})


def login(name: str, given: str = "00" * 32) -> Act:
    return lambda who: who.greet().send({"type": "login", "name": name, "proof": given})


def body(data: bytes) -> Act:
    return lambda who: who.send(data)


def raw(data: bytes) -> Act:
    return lambda who: who.sock.sendall(data)


LONG = b'{"type":"ping","x":"' + b"x" * 4096
BEFORE: dict[str, tuple[str, Act]] = {
    "a version from the future": ("no-version", hello(2, 7)),
    "a message before the hello": ("not-now", body(b'{"type":"say","text":"<b>psst</b>"}')),
    "an unknown one before the hello": ("not-now", body(b'{"type":"typing"}')),
    "a message before the login": ("not-now", lambda who: who.greet().say("<b>psst</b>")),
    "a guessed token": ("login-refused", login("Zoë", "5e" * 32)),
    "an unknown name": ("login-refused", login("Eve")),
    "a name with markup": ("bad-name", login("<script>alert(1)</script>")),
    "a name with control characters": ("bad-name", login("Zoë\x1b[2J\x07")),
    "a name that reorders the line": ("bad-name", login("Zoë\u202e")),
    "half a character of UTF-8": ("bad-json", body('{"type":"hello","versions":"é"}'.encode()[:-3] + b'"}')),
    "a frame one byte over the maximum": ("bad-frame", raw(struct.pack("!I", 4097))),
    "an empty frame": ("bad-frame", raw(bytes(4))),
    "four thousand million bytes": ("bad-frame", raw(b"\xff" * 4)),
    "plain HTTP inside TLS": ("bad-frame", raw(b"GET / HTTP/1.1\r\n\r\n")),
    "a thousand brackets": ("bad-json", body(b"[" * 4096)),
    "true as a version": ("bad-message", hello(True)),
}


@pytest.mark.parametrize("name", BEFORE)
def test_before_it_is_in_each_error_closes(service: chat.Running, name: str) -> None:
    code, act = BEFORE[name]
    with service.client("Ana") as ana, stranger(service) as who:
        act(who)
        assert who.until("error")["code"] == code
        assert who.hear() is None
        unseen(service, ana)


INSIDE: dict[str, tuple[str, Act]] = {
    "half a character of UTF-8": ("bad-json", body(b'{"type":"say","text":"caf\xc3"}')),
    "half a surrogate pair": ("bad-json", body(rb'{"type":"say","text":"\ud83d"}')),
    "a frame one byte over the maximum": ("bad-frame", raw(struct.pack("!I", 4097) + LONG)),
    "a second hello": ("not-now", hello(1)),
    "a second login": ("not-now", lambda who: who.send({"type": "login", "name": "Ana", "proof": "00" * 32})),
    "a text with control characters": ("bad-text", lambda who: who.say("\x1b]0;owned\x07")),
    "a text of two lines": ("bad-text", lambda who: who.say("psst\nAna: I owe you 100")),
    "a text that is too long": ("bad-text", lambda who: who.say("é" * 501)),
    "a say without a text": ("bad-message", lambda who: who.send({"type": "say"})),
}


@pytest.mark.parametrize("name", INSIDE)
def test_inside_some_are_told_and_stay(service: chat.Running, name: str) -> None:
    code, act = INSIDE[name]
    with service.client("Ana") as ana, stranger(service) as who:
        who.log_in("Zoë")
        assert ana.hear(60) == joined("Zoë")
        act(who)
        assert who.until("error")["code"] == code
        if code in KEPT:
            who.say("still here")
            assert who.hear() == {"type": "said", "number": 1, "name": "Zoë", "text": "still here"}
            assert ana.hear(60) == said(1, "Zoë", "still here")
        else:
            assert who.hear() is None
            assert ana.hear(60) == left("Zoë", code)
            unseen(service, ana)


def test_a_replayed_login(service: chat.Running) -> None:
    with stranger(service) as zoe, stranger(service) as eve:
        zoe.log_in("Zoë")
        zoe.send({"type": "bye"})
        assert zoe.rest()[-1] == {"type": "bye"}
        eve.greet().send({"type": "login", "name": "Zoë", "proof": zoe.proof})
        assert [message["code"] for message in eve.rest()] == ["login-refused"]
        assert eve.challenge != zoe.challenge


def test_one_attempt(service: chat.Running) -> None:
    with stranger(service) as eve:
        eve.greet()
        right = proof(service.accounts.key("Zoë"), eve.challenge, "Zoë")
        eve.send(*({"type": "login", "name": "Zoë", "proof": given} for given in ("00" * 32, right)))
        assert [message["code"] for message in eve.rest()] == ["login-refused"]


def test_wrong_proofs_and_unknown_names_get_the_same_answer(service: chat.Running) -> None:
    answers = []
    for name in ("Zoë", "Eve"):
        with stranger(service) as eve:
            login(name)(eve)
            answers.append(eve.rest())
    assert answers[0] == answers[1]


def test_a_name_that_is_in(service: chat.Running) -> None:
    with service.client("Ana"), pytest.raises(chat.Gone, match="name-in-use: somebody with this name is in already"):
        service.client("Ana")


def test_a_full_room() -> None:
    with (
        chat.Running(["Ana", "Zoë"], limits=chat.Limits(members=1)) as service,
        service.client("Ana"),
        pytest.raises(chat.Gone, match="room-full"),
    ):
        service.client("Zoë")


def test_who_sends_too_fast(service: chat.Running) -> None:
    with service.client("Ana") as ana, stranger(service) as who:
        who.log_in("Zoë")
        who.send(*({"type": "say", "text": str(number)} for number in range(500)))
        *lines, last = who.rest()
        assert last["code"] == "too-fast"
        assert len(lines) < 500
        heard = [ana.hear(60) for _ in range(len(lines) + 2)]
        assert heard == [
            joined("Zoë"),
            *(said(line["number"], "Zoë", line["text"]) for line in lines),
            left("Zoë", "too-fast"),
        ]


@pytest.mark.parametrize(("limit", "code"), [("login", "login-timeout"), ("idle", "idle")])
def test_who_does_nothing(limit: str, code: str) -> None:
    limits: dict[str, Any] = {limit: 0.3}
    with chat.Running(["Ana"], limits=chat.Limits(**limits)) as service, stranger(service) as who:
        if limit == "idle":
            who.log_in("Ana")
        assert who.until("error")["code"] == code
        assert who.hear() is None


def test_markup_is_text_and_comes_as_it_went(service: chat.Running) -> None:
    with service.client("Ana") as ana, service.client("Zoë") as zoe:
        zoe.say("<script>alert('héllo 你好')</script>")
        ana.hear(60)
        assert ana.hear(60) == said(1, "Zoë", "<script>alert('héllo 你好')</script>")


def joined(name: str) -> object:
    return chat.messages.Joined(name)


def left(name: str, why: str) -> object:
    return chat.messages.Left(name, why)


def said(number: int, name: str, text: str) -> object:
    return chat.messages.Said(number, name, text)


def unseen(service: chat.Running, ana: chat.Client) -> None:
    """Nobody has heard of it, and the log is a line an event and harmless."""
    ana.say("all is well")
    assert ana.hear(60) == said(1, "Ana", "all is well")
    log = "\n".join(service.log)
    assert log.isprintable() or all(line.isprintable() for line in log.split("\n"))
    assert "psst" not in log
    assert len(service.log) == len(log.split("\n"))
