"""Does a service hold, and does it stop without cutting anybody in the middle of an answer?"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from labsupport import kernel
from labsupport.exercises import peers
from labsupport.exercises.engine import Case, Stage
from labsupport.exercises.peers import Peer

from .filling import sent_until_full
from .report import Report, tried
from .servers import ECHO, Clients, Exchange, goes
from .stops import MANY, MISTAKES, Stop, ends, lets_nobody_in, stopping, then_stop

__all__ = ["check_service", "service_cases"]

#: Seconds that clients get to finish where nobody is to be cut: more than the case has.
_LONG: Final = 60.0
#: So many clients wait to be let in when the stop comes.
_SOME: Final = 20
#: The service's buffers in the kernel, and its silent reader's, are as small as the system allows.
_SMALL: Final = 4096
#: More than all of them hold together.  Who took this much from a client that reads nothing keeps it in memory.
_MUCH: Final = 1_048_576
#: Seconds in which a service that gets on has got on.
_REST: Final = 0.25


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
                yield stopping(title, then_stop(play))
        yield stopping("a client that reads nothing is not read from without end", then_stop(self._never_reads))
        yield stopping("a client resets its connection with answers on the way", then_stop(self._reset_unread))
        yield stopping(f"{MANY} clients at once", then_stop(self._many))
        yield stopping("a stop in the middle of a question and of an answer", self._stop_in_the_middle, _LONG)
        yield stopping("a stop while clients wait to be let in", self._stop_with_a_queue, _LONG)
        yield stopping("a stop, and clients that do not go", self._stop_with_idlers)

    def _never_reads(self, stage: Stage) -> None:
        eli = _with_small_buffers(stage, "Eli")
        sent = _asks_until_full(stage, eli, self._first[0])
        self._reads_all(eli, sent)

    def _reads_all(self, eli: Peer, sent: int) -> None:
        """He reads the answers to all that he has sent, and says the rest of his last question."""
        question, answer = self._first
        whole, part = divmod(sent, len(question))
        eli.hears(answer * whole)
        eli.says(question[part:] if part else b"")
        eli.hears(answer if part else b"")
        goes(eli)

    def _reset_unread(self, stage: Stage) -> None:
        eli = _with_small_buffers(stage, "Eli")
        _asks_until_full(stage, eli, self._first[0])
        eli.resets()
        self.then_somebody_else(stage)

    def _many(self, stage: Stage) -> None:
        question, answer = self._first
        crowd = _crowd(stage, MANY if self._at_once is None else min(MANY, socket.SOMAXCONN))
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

    def _stop_in_the_middle(self, stage: Stage, stop: Stop) -> None:
        question, answer = self._first
        amara, half = stage.client("Amara"), len(question) // 2
        amara.says_part_of(question, half)
        eli = _with_small_buffers(stage, "Eli")
        sent = _asks_until_full(stage, eli, question)
        stop()
        if self._at_once != 1:  # else it is busy with Amara, and has yet to see the stop
            lets_nobody_in(stage)
        amara.says(question[half:])
        amara.hears(answer)
        goes(amara)
        self._reads_all(eli, sent)
        ends(stage)

    def _stop_with_a_queue(self, stage: Stage, stop: Stop) -> None:
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
        ends(stage)

    def _stop_with_idlers(self, stage: Stage, stop: Stop) -> None:
        question, answer = self._first
        fatima = stage.client("Fatima")
        fatima.says(question)
        fatima.hears(answer)
        eli = _with_small_buffers(stage, "Eli")
        _asks_until_full(stage, eli, question)
        stop()
        stage.noted["idlers"] = True
        fatima.hears_the_end()
        eli.is_hung_up()
        ends(stage)


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


def _asks_until_full(stage: Stage, peer: Peer, question: bytes) -> int:
    """Ask, and read nothing, until there is room for no more; how many bytes were sent.  `Unmet` if room never ends."""
    return sent_until_full(stage, peer, question * (_MUCH // len(question) + 1))
