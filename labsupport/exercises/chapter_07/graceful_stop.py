"""A server that stops well: nobody new, nobody cut in the middle, nobody for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from labsupport.exercises.conformance.services import service_cases
from labsupport.exercises.conformance.stops import stoppable
from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers import Peer, Unmet
from labsupport.tape.ending import wait_unseen
from labsupport.tape.events import clock
from labsupport.tape.programs import current

from .gate import behind_a_gate, gate, opens
from .stop_answers import COROUTINES, POOL
from .stop_mistakes import GRACE, LEFT, MISTAKES, NEW, STARTER, written
from .waking import wakes

__all__ = ["GRACEFUL_STOP"]

_CALL: Final = "graceful_stop(listener, stop, grace)"
#: So many say nothing and do not go, and so many wait in the queue when the stop comes.
_IDLERS: Final = 12
_QUEUE: Final = 5
#: Seconds of grace where nobody is to be cut.
_LONG: Final = 60.0
#: Seconds that threads which have only their own ending left to do are not counted for.
_LAST_STEPS: Final = 0.1
#: Seconds after which a case is over, also on a busy machine.
_LONGEST: Final = 12.0


# --- what is left when it returns ------------------------------------------------------------


def _noting(case: Case, call: Callable[..., object] = lambda answer, *given: answer(*given)) -> Case:
    """`case`, and it is noted which threads are left when the function returns."""

    def given(stage: Stage) -> tuple[object, ...]:
        wakes(stage)
        return (*case.given(stage), stage)

    def use(answer: Callable[..., object], *given: object) -> object:
        *rest, stage = given
        result = call(answer, *rest)
        assert isinstance(stage, Stage)
        stage.noted[LEFT] = _left(stage)
        return result

    return replace(case, call=_CALL, given=given, use=use, holds=_alone(case), longest=_LONGEST, stops=True)


def _left(stage: Stage) -> int:
    """How many of its threads are at work, besides the one that asks."""
    until = clock() + _LAST_STEPS
    others = [thread for thread in stage.learner.threads() if thread is not threading.current_thread()]
    for thread in others:
        wait_unseen(thread, until)
    assert current().owner is stage.learner
    return sum(thread.is_alive() for thread in others)


def _alone(case: Case) -> Callable[[Outcome], str]:
    """What `case` asks for, and that no thread was left."""

    def holds(outcome: Outcome) -> str:
        return "no thread of its own is left when it returns" if outcome.noted.get(LEFT) else case.holds(outcome)

    return holds


# --- the clients -----------------------------------------------------------------------------


def _case(title: str, play: Callable[[Stage, Callable[[], None]], None], grace: float = GRACE) -> Case:
    """A case with a `stop` of its own; the function is called when the gate opens."""

    def given(stage: Stage) -> tuple[object, ...]:
        return *stoppable(stage), grace, gate(stage)

    def played(stage: Stage) -> None:
        stop: Callable[[], None] = stage.noted["stopper"].close
        play(stage, stop)
        stop()
        stage.until(lambda: stage.gone)

    return _noting(Case(title, _CALL, played, given), behind_a_gate)


def _nobody_here(stage: Stage, stop: Callable[[], None]) -> None:
    opens(stage)
    amara = stage.client("Amara")
    amara.says("héllo".encode())
    amara.hears("héllo".encode())
    amara.finishes()
    amara.hears_the_end()
    stage.rest()
    stop()


def _in_the_queue(stage: Stage, stop: Callable[[], None]) -> None:
    """They connect and ask before the server begins, and the stop has come by then: all of them are in the queue."""
    names = ("Amara", "Bồ", "Chen", "Dalia", "Eli")
    crowd = [stage.client(name) for name in names[:_QUEUE]]
    for each in crowd:
        each.says("你好".encode())
    stop()
    opens(stage)
    for each in crowd:
        each.hears("你好".encode())
        each.finishes()
        each.hears_the_end()


def _in_the_middle(stage: Stage, stop: Callable[[], None]) -> None:
    opens(stage)
    amara = stage.client("Amara")
    amara.says(b"one, ")
    amara.hears(b"one, ")
    stage.rest()
    stop()
    stage.rest()
    _nobody_gets_in(stage)
    amara.says(b"two, three")
    amara.hears(b"two, three")
    amara.finishes()
    amara.hears_the_end()


def _nobody_gets_in(stage: Stage) -> None:
    """The listener is closed, so that the kernel refuses whoever comes now.  Else `Unmet`."""
    if not stage.until(lambda: stage.listen().fileno() == -1):
        raise Unmet(NEW, "a refusal, for the stop has come", "in: the listener is open")


def _stays(stage: Stage, stop: Callable[[], None]) -> None:
    opens(stage)
    fatima = _greeted(stage, "Fatima")
    stop()
    fatima.is_hung_up()


def _idlers(stage: Stage, stop: Callable[[], None]) -> None:
    opens(stage)
    crowd = [_greeted(stage, f"idler {number}") for number in range(1, _IDLERS + 1)]
    stop()
    for each in reversed(crowd):  # all are hung up on at the same moment, so whoever is last must not wait longer
        each.is_hung_up()


def _greeted(stage: Stage, name: str) -> Peer:
    """A client that has been served, and says nothing more."""
    client = stage.client(name)
    client.says(b"hi")
    client.hears(b"hi")
    stage.rest()
    return client


#: The cases of every service, at whose end it stops: those that say more than the ones above.
_SERVICES: Final = tuple(
    _noting(case)
    for case in service_cases()
    if case.title
    in (
        "a client finishes sending, and still wants its answers",
        "a stop in the middle of a question and of an answer",
        "a stop, and clients that do not go",
    )
)

GRACEFUL_STOP: Final = Task(
    name="graceful_stop",
    chapter=7,
    prompt=(
        "**A graceful stop.** `graceful_stop(listener, stop, grace)` is an echo, a thread for each client, until the "
        "socket `stop` can be read. Write its end: whoever is connected by then, also in the listener's queue, is "
        "served on until they finish; nobody new gets in; who is still there after `grace` seconds (for all together) "
        "is cut; and when it returns, no thread of it is left. What a client has sent before its end is answered."
    ),
    hints=(
        "Five things, in order: empty the queue, close the listener, wait with a deadline, cut, wait for the rest.",
        "A listener that does not block tells when its queue is empty: accept() raises BlockingIOError.",
        "Keep every thread with its connection. `thread.join(seconds)` waits no longer than that; fix one deadline.",
        (
            "connection.shutdown(socket.SHUT_RDWR) wakes the thread that waits in recv() or sendall(); a close in "
            "another thread need not wake it."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(COROUTINES, POOL),
    cases=(
        _case("Amara has gone when the stop comes", _nobody_here),
        _case("the stop comes while Amara talks", _in_the_middle, _LONG),
        _case(f"{_QUEUE} wait in the listener's queue when the stop comes", _in_the_queue, _LONG),
        _case("the stop comes, and Fatima says nothing and stays", _stays),
        _case(f"the stop comes, and {_IDLERS} say nothing and stay", _idlers),
        *_SERVICES,
    ),
    praise=(
        "Who was in the middle was served to the end, who waited in the queue too, who did not go was cut in time, and "
        "nothing of your server was left. No byte that it had acknowledged went without an answer."
    ),
    mistakes=MISTAKES,
)
