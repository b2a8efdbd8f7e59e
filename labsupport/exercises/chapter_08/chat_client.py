"""The capstone's client: it speaks with a stranger's server."""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from typing import Any, Final

from labsupport import chat
from labsupport.exercises.chapter_05 import papers
from labsupport.exercises.chapter_05.papers import HOST
from labsupport.exercises.engine import Case, Stage, Task
from labsupport.exercises.peers import Unmet
from labsupport.exercises.peers.tls import attempts
from labsupport.tape.watched import endpoint_of

from .answers import HAND_WRITTEN
from .client_mistakes import BAD_TEXT, MISTAKES, PACE, REFUSED, TALK, TOMORROW, WAITING
from .client_programs import STARTER, written
from .strangers import KEYS, Stranger, framed, prove

__all__ = ["CHAT_CLIENT"]

_NAME: Final = "Zoë"
_WHO: Final = "the server"
_CHALLENGE: Final = bytes(range(32)).hex()
_CLOCK: Final = "clock"
#: More than a server takes at once, and what it takes: of the specification.
_MANY: Final = tuple(f"line {number}" for number in range(1, 31))
_LIMITS: Final = chat.Limits()


# --- the server ------------------------------------------------------------------------------


def _case(
    title: str,
    play: Callable[[Stage, Stranger], None],
    texts: Sequence[str] = ("one", "two"),
    returns: list[tuple[str, str]] | None = None,
    raises: type[BaseException] | None = None,
) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted[_CLOCK] = stage.clock(stands=False, skips=True)
        return stage.address, HOST, papers.client_side(), _NAME, KEYS[_NAME], list(texts)

    def script(stage: Stage) -> None:
        stage.raises = raises
        if returns is not None:
            stage.returns = returns
        peer = stage.accept(_WHO)
        endpoint_of(peer.sock).label = _WHO
        if attempts(peer, papers.server_side(papers.issued())):
            play(stage, Stranger(peer))
        peer.leaves()

    return Case(title, "chat_client(address, host, context, name, key, texts)", script, given, stops=True)


def _greets(client: Stranger) -> None:
    """Up to its login, which is right."""
    client.hears("hello", versions=[1])
    client.sends(type="challenge", version=1, challenge=_CHALLENGE)
    login = client.hears("login", name=_NAME)
    if login.get("proof") != prove(KEYS[_NAME], _CHALLENGE, _NAME):
        raise Unmet(_WHO, "the right proof of Zoë", "another one")


def _in_one_piece(*messages: dict[str, Any]) -> bytes:
    return b"".join(map(framed, messages))


def _welcomes(client: Stranger) -> None:
    """In one piece, and somebody comes at once."""
    client.peer.says(
        _in_one_piece(
            {"type": "welcome", "name": _NAME},
            {"type": "members", "names": ["Bồ", _NAME], "more": False},
            {"type": "joined", "name": "Amara"},
        )
    )


def _said(number: int, name: str, text: str) -> dict[str, Any]:
    return {"type": "said", "number": number, "name": name, "text": text}


def _parts(stage: Stage, client: Stranger) -> None:
    client.hears("bye")
    stage.rest()
    if select.select([client.peer.sock], [], [], 0)[0]:  # it can only be the end
        raise Unmet(_WHO, WAITING, "the end")
    client.sends(type="bye")


def _talk(stage: Stage, client: Stranger) -> None:
    _greets(client)
    _welcomes(client)
    client.hears("say", text="one")
    stage.rest()
    data = _in_one_piece(_said(1, "Bồ", "héllo"), _said(2, _NAME, "one"))
    client.peer.says(data[:-9])
    stage.rest()
    client.peer.says(data[-9:])
    client.hears("say", text="two")
    left = {"type": "left", "name": "Amara", "why": "bye"}
    client.peer.says(_in_one_piece(left, _said(3, _NAME, "two"), _said(4, "Bồ", "bye, Zoë")))
    _parts(stage, client)


def _tomorrow(stage: Stage, client: Stranger) -> None:
    _greets(client)
    client.sends(type="welcome", name=_NAME, colour="green")
    stage.rest()
    client.sends(type="members", names=[_NAME], more=False)
    client.hears("say", text="one")
    stage.rest()
    client.peer.says(_in_one_piece({"type": "weather", "text": "rain"}, {**_said(1, _NAME, "one"), "at": "noon"}))
    _parts(stage, client)


def _bad_text(stage: Stage, client: Stranger) -> None:
    _greets(client)
    _welcomes(client)
    client.hears("say", text="one")
    client.sends(**_said(1, _NAME, "one"))
    client.hears("say", text="two\nlines")
    client.sends(type="error", code="bad-text", text="a text has no U+000A")
    client.hears("say", text="three")
    client.sends(**_said(2, _NAME, "three"))
    _parts(stage, client)


def _many(stage: Stage, client: Stranger) -> None:
    """Each line is a token; the clock is the client's, whose sleeps take no time."""
    _greets(client)
    _welcomes(client)
    clock = stage.noted[_CLOCK]
    begun = clock.seconds
    for number, text in enumerate(_MANY, 1):
        client.hears("say", text=text)
        if number > _LIMITS.burst + _LIMITS.rate * (clock.seconds - begun):
            client.sends(type="error", code="too-fast", text="more frames than allowed")
            raise Unmet(_WHO, PACE, "more")
        client.sends(**_said(number, _NAME, text))
    _parts(stage, client)


def _refused(stage: Stage, client: Stranger) -> None:  # noqa: ARG001  the shape of a script
    _greets(client)
    client.sends(type="error", code="login-refused", text="no account with this name and this key")


def _old(stage: Stage, client: Stranger) -> None:  # noqa: ARG001
    client.hears("hello", versions=[1])
    client.sends(type="error", code="no-version", text="this server speaks 2", versions=[2])


def _breaks(stage: Stage, client: Stranger) -> None:
    _greets(client)
    _welcomes(client)
    client.hears("say", text="one")
    client.peer.says(framed(_said(1, "Bồ", "héllo"))[:9])
    stage.rest()


CHAT_CLIENT: Final = Task(
    name="chat_client",
    chapter=8,
    prompt=(
        "**Capstone: a client that works with a stranger's server.** `chat_client` logs in as `name`, says each of the "
        "`texts`, says bye and waits for the server's; it returns what it heard said meanwhile: `(name, text)`, in "
        "order, up to its own last one. The server was written by somebody else, from the same page. Who is not let in "
        "raises PermissionError; a connection that ends early, ConnectionError. A text that the server refuses is no "
        "reason to stop, and there may be more texts than it takes at once: see Limits. TLS and frames are there; "
        "about 25 lines."
    ),
    hints=(
        "Write down who speaks when, from the specification: hello, challenge, login, welcome. What may come instead?",
        (
            "`next(incoming)` gives the next message. A function `expect(kind, incoming)` can raise for an Error. "
            "Limits, 10 at once and 8 a second: from the eleventh text on `time.sleep(1 / 8)` before each is enough."
        ),
        (
            "After a say, others may speak before your line comes back. Take messages until it is your own Said, or an "
            "Error that says that your text was refused."
        ),
        "Members, Joined, Left and what you do not know: go on. At the end Bye, and messages until the server's Bye.",
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(HAND_WRITTEN,),
    cases=(
        _case(TALK, _talk, returns=[("Bồ", "héllo"), (_NAME, "one"), (_NAME, "two")]),
        _case(TOMORROW, _tomorrow, ("one",), [(_NAME, "one")]),
        _case(BAD_TEXT, _bad_text, ("one", "two\nlines", "three"), [(_NAME, "one"), (_NAME, "three")]),
        _case("Zoë has thirty lines to say", _many, _MANY, [(_NAME, text) for text in _MANY]),
        _case(REFUSED, _refused, raises=PermissionError),
        _case("the server speaks another version", _old, raises=PermissionError),
        _case("the connection ends in the middle of a message", _breaks, raises=ConnectionError),
    ),
    praise=(
        "A server that knows nothing of your program has talked with it, though it spoke in pieces, of things that are "
        "not written yet, and refused twice. A page that both have read was enough."
    ),
    mistakes=MISTAKES,
)
