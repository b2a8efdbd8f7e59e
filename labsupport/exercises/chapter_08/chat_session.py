"""A step to the chat: one connection on the server's side, without a socket."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from labsupport import chat
from labsupport.chat import messages
from labsupport.chat.room import Room
from labsupport.chat.session import Session
from labsupport.exercises.engine import Case, Reading, Stage, Step, Task, alone, walked
from labsupport.exercises.engine.values import value_text

from .answers import TABLE
from .session_mistakes import MISTAKES, OVER, SENT, STARTER, written

__all__ = ["CHAT_SESSION"]

_NAME: Final = "Zoë"
#: The same on every run.  So many histories are tried, each of so many messages at most: fewer than `burst`.
_CHALLENGE: Final = bytes(range(32))
_HISTORIES: Final = 300
_LONGEST: Final = 8
_CALL: Final = "session.receive(sock.recv(4096))"


def _accounts() -> chat.Accounts:
    return chat.Accounts([_NAME, "李雷"])


# --- what a client sends ---------------------------------------------------------------------


class _Client:
    """The messages of a history, by name: as the specification has them, and as it has not."""

    def __init__(self, accounts: chat.Accounts) -> None:
        self.accounts = accounts
        known: dict[str, messages.FromClient] = {
            "hello": messages.Hello((1,)),
            "a hello from the future": messages.Hello((7, 1)),
            "a hello of version 2": messages.Hello((2,)),
            "login": self._login(_NAME),
            "a wrong login": messages.Login(_NAME, "0" * 64),
            "a login of nobody": messages.Login("Bo", "0" * 64),
            "a login as <b>": messages.Login("<b>", "0" * 64),
            "say": messages.Say(" नमस्ते "),
            "say a line of two": messages.Say("one\ntwo"),
            "say nothing": messages.Say(""),
            "ping": messages.Ping(),
            "bye": messages.Bye(),
        }
        self.frames = {name: chat.encode(message) for name, message in known.items()}
        self.frames |= {
            "a message from the future": chat.framed(b'{"type":"dance","to":"the left"}'),
            "a say without a text": chat.framed(b'{"type":"say"}'),
            "no type": chat.framed(b'{"text":"hi"}'),
            "no JSON": chat.framed(b"say hi"),
            "half a character": chat.framed(b'{"type":"say","text":"\xe4\xbd"}'),
            "a frame of no bytes": bytes(4),
        }

    def _login(self, name: str) -> messages.Login:
        return messages.Login(name, chat.proof(self.accounts.key(name), _CHALLENGE.hex(), name))


def _expected(accounts: chat.Accounts, frames: Sequence[bytes]) -> list[list[str]]:
    """What the reference answers to each frame."""
    session = Session(Room(), accounts, 0.0, challenge=_CHALLENGE)
    found = []
    for frame in frames:
        session.receive(frame, 0.0)
        found.append(_read(session.take(65_536), over=session.over))
    return found


def _read(data: object, *, over: object) -> list[str]:
    """The messages in what is to be sent, one a line, without the sentences for people."""
    if not isinstance(data, bytes):
        return [value_text(data)]
    frames, found = chat.Frames(65_536), []
    try:
        found = [_shown(messages.from_server(body)) for body in frames.receive(data)]
    except chat.Refusal as refusal:
        found = [f"no message: {refusal.text}"]
    found += [f"and {len(frames)} bytes that are no frame"] if len(frames) else []
    return [*found, OVER] if over else found


def _shown(message: Any) -> str:
    match message:
        case messages.Error(code):
            return f"error {code}"
        case messages.Challenge(version, challenge):
            return f"challenge of version {version}" + ("" if challenge == _CHALLENGE.hex() else ", not the given one")
        case messages.Said(number, name, text):
            return f"said {number} by {name}: {text!r}"
        case messages.Members(names, more):
            return f"members {', '.join(names)}{', and more' if more else ''}"
        case messages.Welcome(name):
            return f"welcome {name}"
    return type(message).__name__.lower()


# --- histories -------------------------------------------------------------------------------


def _story(client: _Client, names: Sequence[str]) -> Reading:
    """A history as it is played on the tape: one recv() a message."""
    frames = [client.frames[name] for name in names]
    opens = Step("chat_session(accounts, challenge)", lambda answer, _: answer(client.accounts, _CHALLENGE))
    expected = _expected(client.accounts, frames)
    steps = [_step(names[:number], each) for number, each in enumerate(expected, 1)]
    return Reading(frames, steps, "finish", opens)


def _step(names: Sequence[str], expected: list[str]) -> Step:
    """The last of these, behind the others."""

    def do(session: Any, sock: Any) -> object:
        return _answered(session, sock.recv(4096))

    return Step(f"{_CALL}  # {SENT.join(names)}", do, expected)


def _answered(session: Any, data: bytes) -> list[str]:
    return _read(session.receive(data), over=session.over)


def _case(title: str, *names: str) -> Case:
    """A history."""
    client = _Client(_accounts())

    def use(answer: Any, stage: Stage) -> object:
        sock, _ = stage.lent("Zoë", _story(client, names).chunks, "finish")
        return walked(answer, sock, stage, _story(client, names))

    return alone(title, _story(client, names), use)


def _many(answer: Any, stage: Stage) -> object:
    """Histories by chance, the same on every run: unseen, and the first that goes wrong is played again."""
    client = _Client(_accounts())
    chance = random.Random(8)  # noqa: S311  nothing secret
    for _ in range(_HISTORIES):
        names = _by_chance(client, chance)
        stage.steps += 1
        if not _goes_well(answer, client, names):
            sock, _ = stage.lent("Zoë", _story(client, names).chunks, "finish")
            return walked(answer, sock, stage, _story(client, names))
    return None


def _by_chance(client: _Client, chance: random.Random) -> list[str]:
    """Most of them get in, or there would be little to see."""
    begin = chance.choice([[], ["hello"], ["hello", "login"], ["hello", "login"]])
    return begin + chance.choices(list(client.frames), k=chance.randint(1, _LONGEST))


def _goes_well(answer: Any, client: _Client, names: Sequence[str]) -> bool:
    """All in one piece, as the network may have it."""
    frames = [client.frames[name] for name in names]
    reference = Session(Room(), client.accounts, 0.0, challenge=_CHALLENGE)
    reference.receive(b"".join(frames), 0.0)
    expected = _read(reference.take(65_536), over=reference.over)
    return _answered(answer(client.accounts, _CHALLENGE), b"".join(frames)) == expected


_START: Final = ("hello", "login")

CHAT_SESSION: Final = Task(
    name="chat_session",
    chapter=8,
    prompt=(
        "**The chat without a socket** (a step to the chat). `chat_session(accounts, challenge)` is one connection on "
        "the server's side; nobody else is in the room. `receive(data)` takes what came and returns the bytes to send; "
        "`.over` says whether the connection is to be closed. Both are in `Conversation`, with frames, JSON and the "
        "words of errors; you write `answer`: what each message means in each state, as the specification says. And "
        "`closes`: which errors end the connection? About 25 lines."
    ),
    hints=(
        "Draw the states: greeting, login, in, over. Which messages go out of each, and where do they lead?",
        '`match self.state, message:` with a `case "greeting", Hello(versions):` and so on; what fits none is not-now.',
        (
            "`check_name(name)` and `check_text(text)` raise the right Refusal. "
            "`self.accounts.proved(name, self.challenge.hex(), proof)` says whether a login is right."
        ),
        (
            "Before `in` each error closes. Then all but bad-message and bad-text do. A message of an unknown type is "
            "None here: once the client is in, it is ignored."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        """\
from labsupport.chat.room import Room
from labsupport.chat.session import Session


class Ours:
    def __init__(self, accounts, challenge):
        self.session = Session(Room(), accounts, 0.0, challenge=challenge)

    def receive(self, data):
        self.session.receive(data, 0.0)
        return self.session.take(10**6)

    @property
    def over(self):
        return self.session.over


def chat_session(accounts, challenge):
    return Ours(accounts, challenge)
""",
        TABLE,
    ),
    cases=(
        _case("Zoë comes, talks, and leaves", *_START, "say", "ping", "say", "bye"),
        _case("Zoë's program speaks more versions than this server", "a hello from the future", "login"),
        _case("somebody says a line before the login", "hello", "say"),
        _case("a wrong proof, and then the right one", "hello", "a wrong login", "login"),
        _case("a name with markup", "hello", "a login as <b>"),
        _case("a line of two lines, and then one", *_START, "say a line of two", "say"),
        _case("a message of a version that is not written yet", *_START, "a message from the future", "say"),
        _case("Zoë says bye, and goes on", *_START, "bye", "say"),
        _case("no JSON, from one who is in", *_START, "no JSON", "say"),
        alone(f"{_HISTORIES} other histories, by chance", _story(_Client(_accounts()), _START), _many),
    ),
    praise=(
        "Every history had the answers that the specification gives. None of this needed a network, so thousands can "
        "be tried in a second: what carries the bytes comes next, and decides nothing."
    ),
    mistakes=MISTAKES,
)
