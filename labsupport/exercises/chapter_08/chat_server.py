"""The capstone's server: it works with a stranger's client, and holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from labsupport import chat
from labsupport.exercises import attacks
from labsupport.exercises.chapter_05 import papers
from labsupport.exercises.chapter_05.papers import HOST
from labsupport.exercises.chapter_07.readers import with_little_room
from labsupport.exercises.engine import Case, Stage, Task, Verdict
from labsupport.exercises.peers import Unmet
from labsupport.exercises.peers.tls import shakes_hands
from labsupport.services.running import stop_pair

from .script import holds
from .server_mistakes import GONE, KEPT, LOST, MISTAKES, NEVER, SILENT, SLOW, STOP, TALK
from .server_programs import OURS, STARTER, written
from .strangers import Stranger, framed, told

__all__ = ["CHAT_SERVER"]

_CALL: Final = "chat_server(listener, accounts, context, limits, stop)"
#: Seconds for the login, and after the last word, so that a check need not wait for long.
_LIMITS: Final = chat.Limits(login=0.5, linger=0.5)
_PATIENT: Final = chat.Limits(linger=0.5)
_FOR_THE_SCRIPT: Final = chat.Limits(login=1.0, linger=0.5)
_BUSY: Final = chat.Limits(burst=10_000, rate=10_000, queue=32_768, linger=0.5)
#: So many lines of a kilobyte says each of three, at once: no more than `burst`.
_LINES: Final = 18
#: So many says Amara at once to one who reads nothing: fewer than may wait for Amara.
_AT_ONCE: Final = 16
#: Seconds after which a case is over, also on a busy machine.
_LONGEST: Final = 12.0
_SCRIPT: Final = (attacks.StalledHandshake(clients=20, seconds=0.4),)
_LATER: Final = 4.0


@cache
def _accounts() -> chat.Accounts:
    return chat.Accounts(["Amara", "Bồ", "Chen", "Dewi"])


# --- the clients -----------------------------------------------------------------------------


def _case(
    title: str, play: Callable[[Stage], None], limits: chat.Limits = _PATIENT, *, stops: bool = False
) -> Case:  # fmt: skip
    def given(stage: Stage) -> tuple[object, ...]:
        with stage.learner.adopt():
            listener = stage.listen()
            stop, stopper = stop_pair()
        for end in (stop, stopper):
            stage.afterwards.callback(end.close)
        stage.noted["stop"] = stopper.close
        return listener, _accounts(), papers.server_side(papers.issued()), limits, stop

    def played(stage: Stage) -> None:
        play(stage)
        for peer in stage.peers:
            peer.sock.close()

    return Case(title, _CALL, played, given, serves=not stops, stops=stops, longest=_LONGEST)


def _comes(stage: Stage, name: str) -> Stranger:
    """Somebody has connected, and shaken hands."""
    peer = stage.client(name)
    shakes_hands(peer, papers.client_side(), HOST)
    stage.rest()
    return Stranger(peer)


def _is_in(stage: Stage, name: str) -> Stranger:
    stranger = _comes(stage, name)
    stranger.logs_in(name, _accounts().key(name))
    stage.rest()
    return stranger


def _says(who: Stranger, number: int, text: str, *others: Stranger) -> None:
    who.sends(type="say", text=text)
    for each in (who, *others):
        each.hears("said", number=number, name=who.peer.name, text=text)


def _talk(stage: Stage) -> None:
    amara, bo = _is_in(stage, "Amara"), _is_in(stage, "Bồ")
    amara.hears("joined", name="Bồ")
    _says(amara, 1, "héllo", bo)
    _says(bo, 2, "你好", amara)
    bo.sends(type="bye")
    bo.hears("bye")
    bo.hears_the_end()
    amara.hears("left", name="Bồ", why="bye")


def _silent(stage: Stage) -> None:
    chen = stage.client("Chen")
    amara = _is_in(stage, "Amara")
    _says(amara, 1, "नमस्ते")
    chen.is_hung_up()
    dewi = _comes(stage, "Dewi")
    dewi.hears("error", code="login-timeout")
    dewi.hears_the_end()


def _lost(stage: Stage) -> None:
    amara, bo = _is_in(stage, "Amara"), _is_in(stage, "Bồ")
    amara.hears("joined", name="Bồ")
    bo.peer.resets()
    amara.hears("left", name="Bồ", why="lost")
    _is_in(stage, "Bồ")
    amara.hears("joined", name="Bồ")


def _too_much(stage: Stage) -> None:
    amara, chen = _is_in(stage, "Amara"), _is_in(stage, "Chen")
    amara.hears("joined", name="Chen")
    chen.peer.says(b"\xff\xff\xff\xff")
    chen.hears("error", code="bad-frame")
    amara.hears("left", name="Chen", why="bad-frame")
    dewi = _comes(stage, "Dewi")
    dewi.sends(type="say", text="who are you?")
    dewi.hears("error", code="not-now")
    _says(amara, 1, "still here")


def _one_reads_nothing(stage: Stage) -> None:
    """Far more than its kernel keeps is said, and less than may wait for it."""
    chen = with_little_room(stage, "Chen")
    shakes_hands(chen, papers.client_side(), HOST)
    Stranger(chen).logs_in("Chen", _accounts().key("Chen"))
    three = [_is_in(stage, name) for name in ("Amara", "Bồ", "Dewi")]
    for at, each in enumerate(three):
        for other in three[at + 1 :]:
            each.hears("joined", name=other.peer.name)
    for at, each in enumerate(three):
        each.peer.says(framed({"type": "say", "text": "x" * 1000}) * _LINES)
        for number in range(at * _LINES + 1, (at + 1) * _LINES + 1):
            for other in three:
                other.hears("said", number=number, name=each.peer.name)


def _one_never_reads(stage: Stage) -> None:
    """What her kernel and the server keep of it is bounded: then she is let go, and Amara hears of it."""
    amara = _is_in(stage, "Amara")
    chen = with_little_room(stage, "Chen")
    shakes_hands(chen, papers.client_side(), HOST)
    Stranger(chen).logs_in("Chen", _accounts().key("Chen"))
    amara.hears("joined", name="Chen")
    for _ in range(0, KEPT, _AT_ONCE):
        amara.peer.says(framed({"type": "say", "text": "x" * 1000}) * _AT_ONCE)
        missing = _AT_ONCE
        while missing:
            message = amara.next(GONE)
            if (got := told(message)) == GONE:
                return
            if message["type"] != "said":
                raise Unmet("Amara", GONE, got)
            missing -= 1
    raise Unmet("Amara", GONE, "none")


def _stop(stage: Stage) -> None:
    amara, bo = _is_in(stage, "Amara"), _is_in(stage, "Bồ")
    amara.hears("joined", name="Bồ")
    _says(amara, 1, "héllo", bo)
    stage.rest()
    stage.noted["stop"]()
    for each in (amara, bo):
        each.hears("error", code="stopping")
        each.hears_the_end()
        each.peer.leaves()
    stage.until(lambda: stage.gone)


# --- the attack script -----------------------------------------------------------------------


@dataclass(eq=False, repr=False)
class _Serving(Task):
    """When all cases went well, the attack script has its turn."""

    def _verdict(self, answer: object) -> Verdict:
        verdict = super()._verdict(answer)
        if not verdict.passed or not callable(answer):
            return verdict
        speech = attacks.chat_speech(_accounts(), papers.authority().pem, HOST)
        return holds(lambda listener: _served(answer, listener), speech, _SCRIPT, _LATER) or verdict


def _served(answer: Callable[..., object], listener: Any) -> None:
    stop, stopper = stop_pair()
    with stop, stopper:
        answer(listener, _accounts(), papers.server_side(papers.issued()), _FOR_THE_SCRIPT, stop)


CHAT_SERVER: Final = _Serving(
    name="chat_server",
    chapter=8,
    prompt=(
        "**Capstone: a server that works with a stranger's client, and holds.** What is said is decided without a "
        "socket, by our `Session` and `Room` (`help('labsupport.chat.session.Session')`). You carry the bytes: "
        "`session.receive(data, now)` with what came, `session.take()` to send whenever `wake` was called, "
        "`session.due(now)` at `session.deadline`, `session.lost(now)` at the end. TLS, with `limits.login` seconds at "
        "most for its handshake. When `stop` can be read: refuse everybody with `stopping`, and return within 3 s. The "
        "limit `door` is not asked for. About 40 lines; any way to serve many."
    ),
    hints=(
        "Who waits for whom? A connection waits for bytes, for its deadline, and for what others say: three things.",
        (
            "In asyncio: `start_server(…, sock=listener, ssl=context, ssl_handshake_timeout=limits.login)` does the "
            "handshakes too; for each connection one task that reads and one that sends."
        ),
        (
            "The reader: `async with asyncio.timeout_at(session.deadline)` around `reader.read(4096)` raises "
            "TimeoutError when `loop.time()` has come so far: `session.due(now)`. The sender waits for an "
            "`asyncio.Event`, whose `set` is the session's `wake`."
        ),
        (
            "The sender awaits `drain()` after each `write()`, closes when `session.over and not session.waiting`, and "
            "aborts when `session.cut`. For the stop: `stop.setblocking(False)`, `await loop.sock_recv(stop, 1)`. Then "
            "first `room.close()`, so that nobody is told `left`; `session.refuse(Refusal('stopping'), now)` for each, "
            "and `asyncio.wait(tasks, timeout=limits.linger)`."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(OURS,),
    cases=(
        _case(TALK, _talk),
        _case(SILENT, _silent, _LIMITS),
        _case(LOST, _lost),
        _case(SLOW, _one_reads_nothing),
        _case(NEVER, _one_never_reads, _BUSY),
        _case("Chen announces 4 GiB, Dewi talks before she has logged in", _too_much),
        _case(STOP, _stop, stops=True),
    ),
    praise=(
        "Clients that know nothing of your program talked through it. One was silent in the handshake, one before the "
        "login, one read nothing, one was torn away; then came one attack of the script, twenty stalled handshakes; "
        "and the others talked on. It is a chat: let the whole script at it, run it outside the notebook, and ask "
        "somebody for their client."
    ),
    mistakes=MISTAKES,
)
