"""The faults of one way, and the pieces that are on their way through them.

    put ──> stage ──> stage ──> deliver
            Latency   Bandwidth

A stage asks its fault what becomes of a piece and holds what comes of it until its time.  Nothing here knows which
faults there are: streams and datagrams differ in one point only, that the pieces of a stream stay in order.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from labsupport.faults import Dice, Fault, Piece, Place
from labsupport.tape.events import clock
from labsupport.tape.mishaps import failed, first
from labsupport.tape.programs import Owner

from .complaint import MOST, complaint
from .plan import Plan

__all__ = ["Track"]

#: Seconds until pieces are looked at again whose fault, or delivery, failed in a way of its own.
AGAIN: Final = 0.05

_number = itertools.count().__next__


class _Stage:
    """One fault, and what has met it and not gone on yet."""

    def __init__(self, place: Place, owner: Owner, stream: bool) -> None:
        self._place = place
        self._owner = owner
        self._stream = stream
        self._sources: deque[tuple[Piece, Iterator[Piece]]] = deque()
        self._waiting: list[tuple[float, int, Piece]] = []
        self._here: set[int] = set()  # ids of the pieces that wait
        self._last = -math.inf

    def put(self, piece: Piece) -> None:
        """`piece` meets the fault."""
        self._sources.append((piece, self._met(piece)))
        if not self._stream:
            self._pull()

    def _met(self, piece: Piece) -> Iterator[Piece]:
        """What the fault makes of it; what a learner's own fault fails on goes on as it came."""
        most = MOST + (len(piece.data) if self._stream else 0)
        done = False
        wrong: BaseException | None = None
        try:
            for number, one in enumerate(self._place.fault.meet(piece, self._place)):
                wrong = complaint(one, self._place.fault, number, most)
                if wrong is not None:
                    break
                yield one
                done = True
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001  theirs, whatever it is; SystemExit would end all links
            wrong = error
        if wrong is not None and first(self._owner) is None:
            failed(self._owner, wrong, where=f"{type(self._place.fault).__name__} of a ")
        if wrong is not None and not done:
            yield piece

    def _pull(self) -> None:
        """Ask the fault for what comes next: of a stream one piece, for a slice may be one of very many."""
        while self._sources:
            origin, source = self._sources[0]
            for piece in source:
                self._hold(piece)
                if self._stream:
                    return
            self._sources.popleft()
            origin.origin.release()

    def _hold(self, piece: Piece) -> None:
        if id(piece) not in self._here:  # else it was held back, and may now go earlier
            self._here.add(id(piece))
            piece.origin.hold()
        if self._stream:
            self._last = piece.due = max(self._last, piece.due)
        heapq.heappush(self._waiting, (piece.due, _number(), piece))

    def next(self, turn: Callable[[Piece], float]) -> tuple[float, Piece] | None:
        """What goes on next, and when it may."""
        if not self._waiting:
            self._pull()
        while self._waiting and id(self._waiting[0][2]) not in self._here:
            heapq.heappop(self._waiting)
        if not self._waiting:
            return None
        due, _, piece = self._waiting[0]
        return (due if piece.gap is None else max(due, turn(piece))), piece

    def pop(self) -> Piece:
        """It goes on."""
        due, _, piece = heapq.heappop(self._waiting)
        piece.due = due
        piece.gap = None
        self._here.discard(id(piece))
        if piece in self._place.held:
            self._place.held.remove(piece)
        return piece

    def clear(self) -> None:
        """Forget what is in it."""
        for origin, _ in self._sources:
            origin.origin.release()
        for _, _, piece in self._waiting:
            if id(piece) in self._here:
                self._here.discard(id(piece))
                piece.origin.release()
        self._sources.clear()
        self._waiting.clear()

    @property
    def idle(self) -> bool:
        """Nothing is left in it."""
        return not self._waiting and not self._sources


class _Chain:
    """The stages of one list of faults."""

    def __init__(self, stages: Sequence[_Stage]) -> None:
        self.stages = stages
        self.out: deque[Piece] = deque()

    def put(self, piece: Piece, stage: int = 0) -> None:
        if stage < len(self.stages):
            self.stages[stage].put(piece)
        else:
            self.out.append(piece)

    def move(self, turn: Callable[[Piece], float]) -> float:
        """Let go on what may; the time of the next that must wait."""
        soonest = math.inf
        for number, stage in enumerate(self.stages):
            while (found := stage.next(turn)) is not None:
                if found[0] > clock():
                    soonest = min(soonest, found[0])
                    break
                self.put(stage.pop(), number + 1)
        return soonest

    def clear(self) -> None:
        for stage in self.stages:
            stage.clear()
        while self.out:
            self.out.popleft().origin.release()

    @property
    def idle(self) -> bool:
        return not self.out and all(stage.idle for stage in self.stages)


class Track:
    """The faults of one way of one connection; `deliver` gets what comes through, `turn` says when a slice may go.

    When the faults change, what is on its way stays under the old ones; of a stream, what comes after it waits for it.
    """

    def __init__(
        self,
        plan: Plan,
        dice: Callable[[int], Dice],
        deliver: Callable[[Piece], None],
        turn: Callable[[Piece], float],
        *,
        stream: bool,
    ) -> None:
        self._plan = plan
        self._new_dice = dice
        self._dice: list[Dice] = []
        self._deliver = deliver
        self._turn = turn
        self._stream = stream
        self._chains = [_Chain(())]
        self._timer: asyncio.TimerHandle | None = None
        self._moving = False

    @property
    def clear(self) -> bool:
        """No fault, and nothing on its way."""
        return len(self._chains) == 1 and not self._chains[0].stages and not self._chains[0].out

    def swap(self, faults: Sequence[Fault]) -> None:
        """What comes from now on meets these faults."""
        while len(self._dice) < len(faults):
            self._dice.append(self._new_dice(len(self._dice)))
        stages = [
            _Stage(Place(fault, dice), self._plan.owner, self._stream)
            for fault, dice in zip(faults, self._dice, strict=False)
        ]
        self._chains.append(_Chain(stages))
        self._drop_empty()

    def put(self, piece: Piece) -> None:
        """`piece` has come."""
        piece.origin.hold()
        self._chains[-1].put(piece)
        self.move()

    def move(self) -> None:
        """Let everything go on whose time has come, and see to it that the rest will."""
        if self._moving:  # a delivery has led back here
            return
        self._moving = True
        try:
            while (soonest := self._move()) <= clock():
                pass
        except BaseException:
            soonest = clock() + AGAIN
            raise
        finally:
            self._moving = False
            self._wake_at(soonest)

    def _move(self) -> float:
        soonest = math.inf
        for chain in self._chains:
            soonest = min(soonest, chain.move(self._turn))
        for chain in list(self._chains):
            while chain.out:
                self._deliver(chain.out.popleft())
            if self._stream and not chain.idle:
                break  # what is in later chains comes after it
        if len(self._chains) > 1:
            self._drop_empty()
        return soonest

    def _drop_empty(self) -> None:
        self._chains = [chain for chain in self._chains[:-1] if not chain.idle] + self._chains[-1:]

    def _wake_at(self, time: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if time < math.inf:
            self._timer = self._plan.carrier.loop.call_at(time, self.move)

    def close(self) -> None:
        """Forget everything that is on its way."""
        for chain in self._chains:
            chain.clear()
        self._chains = [_Chain(())]
        self._wake_at(math.inf)
