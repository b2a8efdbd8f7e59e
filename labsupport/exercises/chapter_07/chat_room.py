"""A change to a working program: a chat room that one slow reader cannot stall."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers import PATIENCE, Peer, Unmet
from labsupport.tape.events import clock
from labsupport.tape.watched import Plain

from .chat_answers import CONDITIONS, COROUTINES, SELECTORS
from .chat_mistakes import MISTAKES, MOST, SOLUTION, STARTER
from .chat_signs import ALL_OF_THEM, IN_PUT, LEFT, WHOLE
from .readers import with_little_room
from .waking import all_leave, inside, wakes

__all__ = ["CHAT_ROOM"]

#: So many lines are said while one member reads nothing, so many of them in one breath, and so long are they: together
#: far more than may wait for it, and than the kernel has room for.
_LINES: Final = 160
_BREATH: Final = 10
_LENGTH: Final = 1000
_LAST: Final = b"still there, Eli?\n"
#: Seconds without a word from the room, after which somebody says something to Eli.
_NOTHING: Final = 0.05
#: Seconds after which a case is over, also on a busy machine.
_LONGEST: Final = 12.0


# --- the members -----------------------------------------------------------------------------


def _case(title: str, play: Callable[[Stage], None], holds: Callable[[Outcome], str] = lambda _: "") -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        wakes(stage)
        return (stage.listen(),)

    def played(stage: Stage) -> None:
        play(stage)
        all_leave(stage)

    return Case(title, "chat_room(listener)", played, given, serves=True, holds=holds, longest=_LONGEST)


def _said(who: Peer, text: str, *others: Peer) -> None:
    """Somebody says a line, and all others hear it."""
    line = f"{who.name}: {text}\n".encode()
    who.says(line)
    for other in others:
        other.hears(line)


def _talk(stage: Stage) -> None:
    amara, bo, chen = (stage.client(name) for name in ("Amara", "Bồ", "Chen"))
    _said(amara, "héllo", bo, chen)
    chen.pauses()
    _said(bo, "你好", amara, chen)
    amara.says(b"Ama")
    stage.rest()
    _said(chen, "नमस्ते", amara, bo)
    amara.says(b"ra: one\nAmara: two\n")
    for other in (bo, chen):
        other.hears(b"Amara: one\nAmara: two\n")


def _one_leaves(stage: Stage) -> None:
    amara, bo, chen, dalia = (stage.client(name) for name in ("Amara", "Bồ", "Chen", "Dalia"))
    _said(bo, "bye", amara, chen, dalia)
    bo.resets()
    stage.rest()
    _said(amara, "is Bồ gone?", chen, dalia)
    chen.finishes()
    chen.hears_the_end()
    _said(dalia, "Chen too", amara)


def _come_and_go(stage: Stage) -> None:
    amara = stage.client("Amara")
    threads = len(stage.learner.threads())
    crowd = [stage.client(f"visitor {number}") for number in range(1, 7)]
    _said(amara, "welcome", *crowd)
    for number, each in enumerate(crowd):
        if number % 2:
            each.resets()
        else:
            each.leaves()
    stage.rest()
    stage.until(lambda: len(stage.learner.threads()) <= threads)
    stage.noted[LEFT] = max(0, len(stage.learner.threads()) - threads)


def _no_thread_left(outcome: Outcome) -> str:
    return "no thread for a member that has gone" if outcome.noted.get(LEFT) else ""


# --- one of them reads nothing ---------------------------------------------------------------


def _line(number: int) -> bytes:
    return b"Dalia: %03d " % number + b"." * _LENGTH + b"\n"


def _one_reads_nothing(stage: Stage) -> None:
    eli = with_little_room(stage, "Eli")
    amara, bo, dalia = (stage.client(name) for name in ("Amara", "Bồ", "Dalia"))
    for first in range(0, _LINES, _BREATH):
        breath = b"".join(_line(number) for number in range(first, first + _BREATH))
        dalia.says(breath)
        for other in (amara, bo):
            _hears(stage, other, breath)
    times = _reads_at_last(stage, eli, dalia)
    for other in (amara, bo):
        other.hears(_LAST * times)
    _said(amara, "that was all", bo, dalia)


def _hears(stage: Stage, who: Peer, lines: bytes) -> None:
    try:
        who.hears(lines)
    except Unmet:
        stage.noted[IN_PUT] = inside(stage, queue.Queue.put)
        raise


def _reads_at_last(stage: Stage, eli: Peer, dalia: Peer) -> int:
    """Eli reads until he is spoken to, or the end; how often he was spoken to.  `Unmet`, if it is all, or in pieces."""
    eli.awaits = "the newest line, or the end"
    Plain.settimeout(eli.sock, _NOTHING)
    heard, until, over, times = b"", clock() + PATIENCE, False, 0
    while not over and not heard.endswith(_LAST) and clock() < until:
        try:
            data = eli.sock.recv(65536)
            heard, over = heard + data, not data
            stage.steps += 1
        except TimeoutError:
            dalia.says(_LAST)
            times += 1
        except OSError:
            over = True
    if not over and not heard.endswith(_LAST):
        raise Unmet(eli.name, eli.awaits, "nothing more")
    eli.awaits = ""
    _judge(eli, heard, over)
    return times


def _judge(eli: Peer, heard: bytes, over: bool) -> None:
    *lines, cut = heard.split(b"\n")
    if cut and not over:
        raise Unmet(eli.name, WHOLE, "a piece of one")
    told = [line + b"\n" for line in lines if line + b"\n" != _LAST]
    order = [_number(eli, line) for line in told]
    if order != sorted(set(order)):
        raise Unmet(eli.name, "lines in their order", "others before them")
    if len(told) == _LINES:
        raise Unmet(eli.name, f"no more than {MOST} lines that waited for him, and what the kernel kept", ALL_OF_THEM)


def _number(eli: Peer, line: bytes) -> int:
    number = line[len(b"Dalia: ") :][:3]
    if not number.isdigit() or line != _line(int(number)):
        raise Unmet(eli.name, WHOLE, f"{line[:30]!r}… ({len(line)} bytes)")
    return int(number)


CHAT_ROOM: Final = Task(
    name="chat_room",
    chapter=7,
    prompt=(
        "**A chat room that one slow reader cannot stall.** The room below works: what a member says, line by line, "
        "all others hear. But one member that stops reading silences it. Change it so that the others hear every "
        f"line, in order and at once, whatever one of them does. At most {MOST} lines may wait for one member; when "
        "there are more, let it go, or drop lines of its own. Of a member that has left nothing stays, no thread "
        "either. Threads or selectors, as you like; start with the gap in `Member`."
    ),
    hints=(
        "In which thread does sendall() to a member that does not read wait, and who waits behind it?",
        f"Each member gets a `queue.Queue({MOST})`, and a thread that takes lines from it and sends them.",
        "In `tell`: `put_nowait(line)` raises `queue.Full` at once, and never waits. What then is up to you.",
        (
            "To let a member go, `connection.shutdown(socket.SHUT_RDWR)`: that wakes its reader and its writer. When "
            "it has gone, `put_nowait(None)` can tell the writer to end."
        ),
    ),
    starter=STARTER,
    solution=SOLUTION,
    alternatives=(SELECTORS, COROUTINES, CONDITIONS),
    cases=(
        _case("Amara, Bồ and Chen talk; a line comes in two pieces, two come in one", _talk),
        _case("Bồ is reset, Chen leaves, the others talk on", _one_leaves),
        _case("Eli reads nothing while Dalia talks", _one_reads_nothing),
        _case("six visitors come and go", _come_and_go, _no_thread_left),
    ),
    praise=(
        "Eli read nothing, and nobody else noticed: every line was there, in order. What waited for him had a bound, "
        "and in its place you decided what happens. A queue without a bound decides too: when the memory is full."
    ),
    mistakes=MISTAKES,
)
