"""How the cases of a service end: with the stop, after which it has returned and left nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

from labsupport.exercises import peers
from labsupport.exercises.engine import Case, Facts, Mistake, Outcome, Stage
from labsupport.exercises.engine.values import call_text
from labsupport.exercises.peers import Unmet
from labsupport.services.running import stop_pair
from labsupport.tape.events import Call, Endpoint
from labsupport.tape.watched import endpoint_of

from .servers import Play

__all__ = ["MANY", "MISTAKES", "Stop", "ends", "lets_nobody_in", "stoppable", "stopping", "then_stop"]

#: So many clients may wait in the listener's queue.
MANY: Final = 200
#: Seconds that clients get to finish, in cases in which none needs them.
_SHORT: Final = 0.2
#: Seconds after which a case is over, also on a busy machine.
_LONGEST: Final = 12.0

#: What has the stop come.
Stop = Callable[[], None]


def stopping(title: str, play: Callable[[Stage, Stop], None], grace: float = _SHORT) -> Case:
    """A case; `play` is given what has the stop come."""

    def given(stage: Stage) -> tuple[object, ...]:
        listener, stop = stoppable(stage)
        with stage.learner.adopt():
            listener.listen(MANY)  # clients of a service for one at a time wait there
        stage.noted["listener"] = endpoint_of(listener)
        return (listener, stop, grace)

    def played(stage: Stage) -> None:
        try:
            play(stage, stage.noted["stopper"].close)
        except Unmet:  # what it did not get is told, and not that it has no end
            stage.noted["stopper"].close()
            stage.steps += 1  # what was found out is a step too, or the scene would end before it is told
            ends(stage)
            raise

    return Case(title, "serve(listener, stop, grace)", played, given, holds=_left_nothing, longest=_LONGEST)


def stoppable(stage: Stage) -> tuple[socket.socket, socket.socket]:
    """The learner's listener, and its `stop`; closing the "stopper" that is noted has the stop come."""
    with stage.learner.adopt():
        stage.listener = peers.listen()
        stop, stopper = stop_pair()
    for end in (stop, stopper):
        stage.afterwards.callback(end.close)
    stage.noted["stopper"] = stopper
    return stage.listener, stop


def then_stop(play: Play) -> Callable[[Stage, Stop], None]:
    """`play`, and the stop when it is over."""

    def played(stage: Stage, stop: Stop) -> None:
        play(stage)
        stop()
        ends(stage)

    return played


def ends(stage: Stage) -> None:
    """Wait until `serve` has returned and its threads have ended; whether they have is what `MISTAKES` look at."""
    stage.noted["stopped"] = True
    stage.until(lambda: stage.gone)
    stage.steps += 1


def lets_nobody_in(stage: Stage) -> None:
    """The listener is closed, so that the next client is refused.  Else `Unmet`."""
    address = stage.learner.address
    assert address is not None  # it has served
    if not stage.until(lambda: _closed(stage.noted["listener"], stage.calls("close"))):
        raise Unmet("a new client", "a refusal after the stop", "a connection: the listener is open")
    try:
        peers.connect(address, "a new client").leaves()
    except Unmet:
        return
    raise Unmet("a new client", "a refusal after the stop", "a connection: somebody else holds the listener too")


def _closed(listener: Endpoint, closes: list[Call]) -> bool:
    """Whether one of the calls has closed it, and returned: its number is -1 a moment before the kernel knows."""
    return any(call.endpoint is listener and not call.open for call in closes)


# --- what is wrong ---------------------------------------------------------------------------


def _left_nothing(outcome: Outcome) -> str:
    if not outcome.gone:
        return "its threads have ended when it returns"
    closed = _closed(outcome.noted["listener"], outcome.calls("close"))
    return "" if closed else "the listener is closed when it returns"


def _did_not_return(outcome: Outcome) -> Facts | None:
    if outcome.ended or not outcome.noted.get("stopped"):
        return None
    if outcome.waiting is not None:
        return {"where": f"it is waiting in {call_text(outcome.waiting)}"}
    return {"where": f"it is {outcome.doing}" if outcome.doing else "it runs on"}


def _cut_nobody(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    return {"who": unmet.who} if unmet is not None and outcome.noted.get("idlers") else None


def _unmet(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    if unmet is None or outcome.error is not None or outcome.flood or outcome.deaf() is not None:
        return None  # nothing of that, or there is a better word for it
    return {"who": unmet.who[:1].upper() + unmet.who[1:], "expected": unmet.expected, "got": unmet.got}


def _left_threads(outcome: Outcome) -> Facts | None:
    return {} if outcome.ended and outcome.error is None and not outcome.gone else None


def _left_the_listener(outcome: Outcome) -> Facts | None:
    wrong = outcome.gone and outcome.error is None and outcome.unmet is None
    return {} if wrong and _left_nothing(outcome) else None


#: What only a service can do wrong, at its end; in the order in which they are looked for.
MISTAKES: Final = (
    Mistake(
        "cut_nobody",
        "",  # no exercise's: there is no program to show
        "`grace` seconds after the stop {who} was still connected. Shut down the sockets of the clients that have not "
        "finished by then: that wakes whoever waits for one of them in recv() or sendall().",
        _cut_nobody,
    ),
    Mistake("unmet", "", "{who} was to get {expected}, and got {got}.", _unmet),  # also where it has not returned
    Mistake(
        "did_not_return",
        "",
        "`stop` can be read, and your service has not returned: {where}. Whoever waits must be woken: wait for `stop` "
        "beside your sockets, and after `grace` seconds shut down those of the clients that have not finished.",
        _did_not_return,
    ),
    Mistake(
        "left_threads",
        "",
        "Your service returned, and threads of it still run. Join them first (and cancel a Timer), so that nothing "
        "is left of a service that has stopped.",
        _left_threads,
    ),
    Mistake(
        "left_the_listener",
        "",
        "Your service returned and left its listener open: the kernel lets clients in that nobody will serve. "
        "Close it as soon as `stop` can be read.",
        _left_the_listener,
    ),
)
