"""Does a service hold, and does it stop without cutting anybody in the middle of an answer?"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from labsupport import kernel
from labsupport.exercises import peers
from labsupport.exercises.engine import Case, Facts, Mistake, Outcome, Stage
from labsupport.exercises.engine.values import call_text
from labsupport.exercises.peers import Peer, Unmet
from labsupport.services.running import stop_pair
from labsupport.tape.events import Call, Endpoint
from labsupport.tape.watched import endpoint_of

from .report import Report, tried
from .servers import ECHO, Clients, Exchange, Play, goes

__all__ = ["MISTAKES", "check_service", "service_cases"]

#: Seconds that clients get to finish: in most cases none needs them; where nobody is to be cut, more than the case has.
_SHORT: Final = 0.2
_LONG: Final = 60.0
#: Seconds after which a case is over, also on a busy machine.
_LONGEST: Final = 12.0
#: So many clients are connected at once, and so many when the stop comes.
_MANY: Final = 200
_SOME: Final = 20
#: The service's buffers in the kernel, and its silent reader's, are as small as the system allows.
_SMALL: Final = 4096
#: More than all of them hold together.  Who took this much from a client that reads nothing keeps it in memory.
_MUCH: Final = 1_048_576
#: Seconds in which a service that goes on to read has read something.
_REST: Final = 0.25

_Stop = Callable[[], None]


def check_service(
    serve: Callable[[Any, Any, float], object],
    exchanges: Sequence[Exchange] = ECHO,
    *,
    at_once: int | None = None,
) -> Report:
    r"""Try a service as `check_server` does, and also with readers that do not read, with 200 clients, and with a stop.

        def serve(listener, stop, grace):
            ...                                     # until `stop` can be read; then as the six in labsupport.services

        check_service(serve, [(b"ping\n", b"pong\n")])

    - `serve(listener, stop, grace)`: serves until the socket `stop` can be read.  Then it closes the listener, serves
      on until the clients that are connected have finished, cuts those who have not after `grace` seconds, and returns.
    - `exchanges`: questions and their answers, as bytes on the wire; unless given, an echo's.
    - `at_once`: with so many clients it talks at the same time, and the next one waits; None: with all.

    Each case ends with the stop.
    """
    return tried("a service", serve, service_cases(exchanges, at_once), MISTAKES)


def service_cases(exchanges: Sequence[Exchange] = ECHO, at_once: int | None = None) -> Iterator[Case]:
    """The cases of `check_service`, for an exercise that plays some of them."""
    yield from _Clients(list(exchanges), at_once).cases()


class _Clients(Clients):
    """What the clients of the cases say; those of a server's cases too."""

    def __init__(self, exchanges: list[Exchange], at_once: int | None) -> None:
        super().__init__(exchanges)
        self._at_once = at_once

    def cases(self) -> Iterator[Case]:
        """All of them."""
        for title, play in self.plays(b"", self._at_once != 1):
            if play != self._crowd:  # there is a larger one below
                yield _case(title, _then_stop(play))
        yield _case("a client that reads nothing is not read from without end", _then_stop(self._never_reads))
        yield _case("a client resets its connection with answers on the way", _then_stop(self._reset_unread))
        yield _case(f"{_MANY} clients at once", _then_stop(self._many))
        yield _case("a stop in the middle of a question and of an answer", self._stop_in_the_middle, _LONG)
        yield _case("a stop while clients wait to be let in", self._stop_with_a_queue, _LONG)
        yield _case("a stop, and clients that do not go", self._stop_with_idlers)

    def _never_reads(self, stage: Stage) -> None:
        question, answer = self._first
        eli = _with_small_buffers(stage, "Eli")
        whole, part = divmod(_sent_until_full(stage, eli, question), len(question))
        eli.hears(answer * whole)
        eli.says(question[part:] if part else b"")
        eli.hears(answer if part else b"")
        goes(eli)

    def _reset_unread(self, stage: Stage) -> None:
        eli = _with_small_buffers(stage, "Eli")
        _sent_until_full(stage, eli, self._first[0])
        eli.resets()
        self.then_somebody_else(stage)

    def _many(self, stage: Stage) -> None:
        question, answer = self._first
        crowd = _crowd(stage, _MANY if self._at_once is None else min(_MANY, socket.SOMAXCONN))
        for each in crowd:
            each.says(question)
        _works_on(stage)
        if self._at_once is None:  # all are answered before the first one goes
            for each in crowd:
                each.hears(answer)
                stage.steps += 1
        for each in crowd:
            if self._at_once is not None:
                each.hears(answer)
            goes(each)
            stage.steps += 1

    def _stop_in_the_middle(self, stage: Stage, stop: _Stop) -> None:
        question, answer = self._first
        amara, half = stage.client("Amara"), len(question) // 2
        amara.says_part_of(question, half)
        eli = _with_small_buffers(stage, "Eli")
        whole, part = divmod(_sent_until_full(stage, eli, question), len(question))
        stop()
        if self._at_once != 1:  # else it is busy with Amara, and has yet to see the stop
            _lets_nobody_in(stage)
        amara.says(question[half:])
        amara.hears(answer)
        goes(amara)
        eli.hears(answer * whole)
        eli.says(question[part:] if part else b"")
        eli.hears(answer if part else b"")
        goes(eli)
        _ends(stage)

    def _stop_with_a_queue(self, stage: Stage, stop: _Stop) -> None:
        question, answer = self._first
        crowd = _crowd(stage, _SOME)
        for each in crowd:
            each.says(question)
        for each in crowd:  # what it said has been acknowledged by the service's kernel, so it is in the queue
            stage.until(lambda sock=each.sock: not kernel.snapshot(sock).send_queue)  # type: ignore[misc]
            stage.steps += 1
        stop()
        for each in crowd:
            each.hears(answer)
            goes(each)
            stage.steps += 1
        _ends(stage)

    def _stop_with_idlers(self, stage: Stage, stop: _Stop) -> None:
        question, answer = self._first
        fatima = stage.client("Fatima")
        fatima.says(question)
        fatima.hears(answer)
        eli = _with_small_buffers(stage, "Eli")
        _sent_until_full(stage, eli, question)
        stop()
        stage.noted["idlers"] = True
        fatima.hears_the_end()
        eli.is_hung_up()
        _ends(stage)


# --- the stop --------------------------------------------------------------------------------


def _case(title: str, play: Callable[[Stage, _Stop], None], grace: float = _SHORT) -> Case:
    stopper: list[socket.socket] = []

    def given(stage: Stage) -> tuple[object, ...]:
        with stage.learner.adopt():
            stage.listener = peers.listen()
            stage.listener.listen(_MANY)  # clients of a service for one at a time wait in its queue
            stop, other = stop_pair()
        stage.afterwards.callback(stop.close)
        stage.afterwards.callback(other.close)
        stage.noted["listener"] = endpoint_of(stage.listener)
        stopper[:] = [other]
        return (stage.listener, stop, grace)

    def played(stage: Stage) -> None:
        try:
            play(stage, stopper[0].close)
        except Unmet:  # what it did not get is told, and not that it has no end
            stopper[0].close()
            stage.steps += 1  # what was found out is a step too, or the scene would end before it is told
            _ends(stage)
            raise

    return Case(title, "serve(listener, stop, grace)", played, given, holds=_left_nothing, longest=_LONGEST)


def _then_stop(play: Play) -> Callable[[Stage, _Stop], None]:
    def played(stage: Stage, stop: _Stop) -> None:
        play(stage)
        stop()
        _ends(stage)

    return played


def _ends(stage: Stage) -> None:
    """Wait until `serve` has returned and its threads have ended; whether they have is what `MISTAKES` look at."""
    stage.noted["stopped"] = True
    stage.until(lambda: stage.gone)
    stage.steps += 1


def _lets_nobody_in(stage: Stage) -> None:
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


# --- clients ---------------------------------------------------------------------------------


def _crowd(stage: Stage, size: int) -> list[Peer]:
    """So many clients, connected one after the other, without a wait between them."""
    found = []
    for number in range(1, size + 1):
        found.append(peers.connect(stage.address, f"client {number}"))
        stage.steps += 1
    return found


def _works_on(stage: Stage) -> None:
    """Wait as long as the service gets on: with many clients, and other work for the processor, that takes its time."""
    made = -1
    while made != (made := len(stage.calls())):
        stage.rest(_REST)


def _with_small_buffers(stage: Stage, name: str) -> Peer:
    """A client; there is little room on the way to it and back."""
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        stage.listen().setsockopt(socket.SOL_SOCKET, option, _SMALL)  # which the accepted sockets inherit
    peer = stage.client(name)
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL)
    return peer


def _sent_until_full(stage: Stage, peer: Peer, question: bytes) -> int:
    """Ask, and read nothing, until there is room for no more; how many bytes were sent.  `Unmet` if room never ends."""
    block = question * (_SMALL // len(question) + 1)
    sent, full = 0, False
    patience = peer.sock.gettimeout()
    peer.sock.setblocking(False)
    while sent < _MUCH:
        try:
            sent += peer.sock.send(block[sent % len(question) :])
            full = False
        except BlockingIOError:
            if full:
                break
            stage.rest(_REST)  # now it has read what it wants to
            full = True
        except OSError as error:
            raise Unmet(peer.name, "a connection that stays", f"{type(error).__name__} in its send()") from None
        stage.steps += 1
    peer.sock.settimeout(patience)
    if sent >= _MUCH:
        raise Unmet(peer.name, "a send() that waits, for it reads no answer", f"room for {sent} bytes")
    return sent
