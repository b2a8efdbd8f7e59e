"""The client's state machine: with a server, through any cuts; with one that breaks the rules; and signs of life."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.chat import messages as m
from labsupport.chat.client_session import EXPECTED, PATIENCE, PING, SILENCE, ClientSession
from labsupport.chat.frames import framed
from labsupport.chat.limits import Limits
from labsupport.chat.login import Accounts
from labsupport.chat.messages import encode
from labsupport.chat.refusal import Refusal
from labsupport.chat.room import Room
from labsupport.chat.session import Session, State

ACCOUNTS = Accounts(["Ana"])
CHALLENGE = m.Challenge(1, "0f" * 32)
SAMPLES: list[m.FromServer] = [
    CHALLENGE, m.Welcome("Ana"), m.Members(("Ana",), False), m.Joined("Bo"), m.Said(5, "Bo", "hé"), m.Pong(),
    m.Bye(), m.Left("Bo", "bye"), m.Error("bad-text", "?"), m.Error("idle", "?"),
]  # fmt: skip


def heard(client: ClientSession, *messages: m.FromServer, now: float = 0.0) -> list[m.FromServer]:
    return list(client.receive(b"".join(map(encode, messages)), now))


def inside(now: float = 0.0) -> ClientSession:
    client = ClientSession("Ana", bytes(32), now)
    heard(client, CHALLENGE, m.Welcome("Ana"), m.Members(("Ana",), False), now=now)
    assert client.state is State.IN
    client.take()
    return client


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=5), st.sampled_from(["hé", "<b>", "你好"]))
def test_both_machines_understand_each_other_however_it_is_cut(sizes: list[int], text: str) -> None:
    server = Session(Room(), ACCOUNTS, 0.0)
    client = ClientSession("Ana", ACCOUNTS.key("Ana"), 0.0)
    found: list[m.FromServer] = []
    size = itertools.cycle(sizes)

    def carry() -> None:
        while (up := client.take()) or (down := server.take()):
            if up:
                while up:
                    n = next(size)
                    server.receive(up[:n], 0.0)
                    up = up[n:]
            else:
                while down:
                    n = next(size)
                    found.extend(client.receive(down[:n], 0.0))
                    down = down[n:]

    carry()
    assert client.members == {"Ana"}
    client.say(text, 0.0)
    client.leave(0.0)
    carry()
    assert found[3:] == [m.Said(1, "Ana", text), m.Bye()]
    assert (client.state, server.state, client.ended) == (State.OVER, State.OVER, m.Bye())


@pytest.mark.parametrize("state", [State.GREETING, State.LOGIN, State.IN])
@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_what_does_not_belong_here_ends_it(state: State, message: m.FromServer) -> None:
    client = ClientSession("Ana", bytes(32), 0.0)
    if state is not State.GREETING:
        heard(client, CHALLENGE)
    if state is State.IN:
        heard(client, m.Welcome("Ana"), m.Members(("Ana",), False))
    assert client.state is state
    if type(message) in EXPECTED[state]:
        assert heard(client, message) == [message]
    else:
        with pytest.raises(Refusal, match="not-now: the server sent"):
            heard(client, message)
        assert client.state is State.OVER


def test_what_is_unknown_is_ignored() -> None:
    client = inside()
    assert list(client.receive(framed(b'{"type":"typing"}'), 0.0)) == []
    assert heard(client, m.Error("of-tomorrow", "?")) == [m.Error("of-tomorrow", "?")]
    assert client.ended is None


@pytest.mark.parametrize("before", [[], [CHALLENGE]], ids=["greeting", "login"])
@pytest.mark.parametrize("kind", ["typing", "say"])
def test_what_is_unknown_before_it_is_in_ends_it(before: list[m.FromServer], kind: str) -> None:
    client = ClientSession("Ana", bytes(32), 0.0)
    heard(client, *before)
    with pytest.raises(Refusal, match="not-now: the server sent an unknown type"):
        list(client.receive(framed(b'{"type":"%b"}' % kind.encode()), 0.0))
    assert client.state is State.OVER


def test_somebody_else_is_welcome() -> None:
    with pytest.raises(Refusal, match=r"the server welcomed \\x1b\[2J in place of Ana"):
        heard(ClientSession("Ana", bytes(32), 0.0), CHALLENGE, m.Welcome("\x1b[2J"))


@pytest.mark.parametrize("message", [m.Said(1, "Bo", "x"), m.Joined("Bo"), m.Left("Bo", "bye"), m.Pong(), m.Bye()])
@pytest.mark.parametrize("more", [[], [m.Members(("Ana",), True)]], ids=["none", "some"])
def test_nothing_is_heard_before_it_knows_who_is_in(message: m.FromServer, more: list[m.FromServer]) -> None:
    client = ClientSession("Ana", bytes(32), 0.0)
    heard(client, CHALLENGE, m.Welcome("Ana"))
    assert list(client.receive(framed(b'{"type":"typing"}'), 0.0)) == []
    heard(client, *more)
    with pytest.raises(Refusal, match=r"not-now: the server sent [a-z]+ before it had said who is in"):
        heard(client, message)


def test_who_is_in() -> None:
    client = ClientSession("Ana", bytes(32), 0.0)
    heard(client, CHALLENGE, m.Welcome("Ana"), m.Members(("Ana", "Bo"), True))
    listed = [client.listed]
    heard(client, m.Members(("Chi",), False), m.Left("Bo", "lost"), m.Joined("Zoë"))
    listed.append(client.listed)
    assert listed == [False, True]
    assert client.members == {"Ana", "Chi", "Zoë"}


@pytest.mark.parametrize("numbers", [(3, 5), (3, 3), (3, 2)])
def test_a_gap_is_noticed(numbers: tuple[int, int]) -> None:
    with pytest.raises(Refusal, match=f"line {numbers[1]} came after line 3"):
        heard(inside(), *(m.Said(number, "Bo", "x") for number in numbers))


def test_a_version_that_was_not_offered() -> None:
    with pytest.raises(Refusal, match="no-version"):
        heard(ClientSession("Ana", bytes(32), 0.0), m.Challenge(2, "00" * 32))


@pytest.mark.parametrize("code", ["bad-text", "bad-message"])
def test_an_error_that_keeps_the_connection_closes_it_before_the_login(code: str) -> None:
    client = inside()
    heard(client, m.Error(code, "?"))
    assert client.ended is None
    client = ClientSession("Ana", bytes(32), 0.0)
    heard(client, m.Error(code, "?"))
    assert client.ended == m.Error(code, "?")


def test_signs_of_life() -> None:
    client = inside(now=100.0)
    assert client.deadline == 100.0 + PING
    client.due(100.0 + PING - 1)
    assert client.take() == b""
    client.due(100.0 + PING)
    assert client.take() == encode(m.Ping())
    heard(client, m.Pong(), now=131.0)
    assert client.deadline == 130.0 + PING
    for now in (160.0, 190.0):
        assert client.deadline == now
        client.due(now)
        assert client.take() == encode(m.Ping())
    assert client.deadline == 130.0 + SILENCE
    with pytest.raises(Refusal, match="idle: nothing has come from the server for 75 s"):
        client.due(130.0 + SILENCE)
    assert client.state is State.OVER


def test_who_has_not_listened_asks_before_it_gives_up() -> None:
    client = inside(now=100.0)
    client.due(1000.0)
    assert client.take() == encode(m.Ping())
    heard(client, m.Pong(), now=1001.0)
    assert client.state is State.IN


@pytest.mark.parametrize("before", [[], [CHALLENGE]], ids=["greeting", "login"])
def test_a_server_that_does_not_let_it_in(before: list[m.FromServer]) -> None:
    client = ClientSession("Ana", bytes(32), 100.0)
    heard(client, *before, now=110.0)
    until = (110.0 if before else 100.0) + PATIENCE
    assert client.deadline == until
    client.due(until - 1)
    with pytest.raises(Refusal, match="idle: nothing has come from the server for 15 s"):
        client.due(until)


def test_who_hears_and_says_nothing_pings_all_the_same() -> None:
    client = inside()
    heard(client, m.Joined("Bo"), now=29.0)
    client.due(30.0)
    assert client.take() == encode(m.Ping())


def test_who_keeps_to_the_pace_is_never_too_fast() -> None:
    room, now = Room(Limits(queue=10**9)), 0.0
    server = Session(room, ACCOUNTS, now)
    client = ClientSession("Ana", ACCOUNTS.key("Ana"), now)
    for _ in range(3):
        server.receive(client.take(), now)
        list(client.receive(server.take(), now))
    for _ in range(100):
        now += client.wait(now)
        client.say("x", now)
        server.receive(client.take(), now)
    assert (room.counts.lines, server.state) == (100, State.IN)


def test_only_who_is_in_can_say_something() -> None:
    client = ClientSession("Ana", bytes(32), 0.0)
    with pytest.raises(Refusal, match="not-now: Ana is not in"):
        client.say("x", 0.0)
    client = inside()
    with pytest.raises(Refusal, match="bad-text"):
        client.say("a\nb", 0.0)
    assert client.take() == b""
