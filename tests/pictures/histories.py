"""Histories written by hand: events of programs, put in any order that their causes allow."""

from __future__ import annotations

import itertools
import random
import socket
from typing import Any

from labsupport.tape.events import Call, Endpoint, Event, Failure, Program, Sync

__all__ = ["Moment", "Script"]


class Moment:
    """The beginning or the end of an event: it comes after those in `after`."""

    def __init__(self, *after: Moment) -> None:
        self.after = list(after)
        self.tick = 0


class Step:
    """An event with its two moments; `event.done` stays None for one that is open."""

    def __init__(self, event: Call | Sync, begin: Moment, end: Moment | None) -> None:
        self.event, self.begin, self.end = event, begin, end


class Script:
    """Conversations of clients with one server, each step after its cause and in no other order."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._last: dict[Program, Moment] = {}
        self._offsets: dict[tuple[Endpoint, str], int] = {}
        self.main = Program("main")
        self.server = Program("server")
        self.listener = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.listening = self.listener.bound = True
        self.listens = self.add(self.server, self.listener, "listen").end

    def add(self, program: Program, endpoint: Endpoint, op: str, *after: Moment | None, **facts: Any) -> Step:
        """A call; `after`: moments before its end; `still=True`: it has not returned."""
        still = facts.pop("still", False)
        call = Call(program, endpoint, op)
        for name, value in facts.items():
            setattr(call, name, value)
        return self._add(call, program, after, still)

    def sync(self, program: Program, kind: str, key: int, *after: Moment | None) -> Step:
        return self._add(Sync(program, kind, key, "go"), program, after, still=False)

    def _add(self, event: Call | Sync, program: Program, after: tuple[Moment | None, ...], still: bool) -> Step:
        begin = Moment(*([self._last[program]] if program in self._last else []))
        end = None if still else Moment(begin, *(one for one in after if one is not None))
        self._last[program] = end or begin
        step = Step(event, begin, end)
        self.steps.append(step)
        return step

    def connect(self, client: Program, server: Program | None = None) -> tuple[Endpoint, Endpoint]:
        """A client connects and the server accepts: both endpoints."""
        near, far = Endpoint(2, 1), Endpoint(2, 1)
        near.connected, far.listener = True, self.listener
        asked = Moment()
        connect = self.add(client, near, "connect", asked)
        assert self.listens is not None
        connect.begin.after.append(self.listens)
        asked.after.append(connect.begin)
        accept = self.add(server or self.server, self.listener, "accept", connect.begin, accepted=far)
        assert accept.end is not None
        return near, far

    def send(self, program: Program, end: Endpoint, data: bytes) -> Step:
        at = self._advance(end, "out", len(data))
        return self.add(program, end, "sendall", data=data, length=len(data), offset=at, asked=(len(data),))

    def recv(self, program: Program, end: Endpoint, data: bytes, *sends: Step, size: int = 1024) -> Step:
        at = self._advance(end, "in", len(data))
        after = [send.begin for send in sends]
        return self.add(program, end, "recv", *after, data=data, length=len(data), offset=at, asked=(size,))

    def close(self, program: Program, end: Endpoint) -> Step:
        return self.add(program, end, "close", ending="fin")

    def fails(self, program: Program, end: Endpoint, op: str, error: BaseException, *after: Moment) -> Step:
        return self.add(program, end, op, *after, error=Failure.of(error), asked=(1024,))

    def _advance(self, end: Endpoint, way: str, length: int) -> int:
        at = self._offsets.get((end, way), 0)
        self._offsets[end, way] = at + length
        return at

    def events(self, seed: int) -> list[Event]:
        """The events in one of the orders that their causes allow, on ports of this run."""
        draw = random.Random(seed)
        moments = [moment for step in self.steps for moment in (step.begin, step.end) if moment is not None]
        ticks = itertools.count(1)
        missing = {moment: set(moment.after) for moment in moments}
        for moment in [one for some in missing.values() for one in some if one not in missing]:
            missing[moment] = set(moment.after)
        while missing:
            ready = [moment for moment, causes in missing.items() if not causes]
            chosen = draw.choice(ready)
            chosen.tick = next(ticks)
            del missing[chosen]
            for causes in missing.values():
                causes.discard(chosen)
        self._address(draw)
        for step in self.steps:
            step.event.order = step.begin.tick
            step.event.done = step.end.tick if step.end is not None else None
        return sorted((step.event for step in self.steps), key=lambda event: event.order)

    def _address(self, draw: random.Random) -> None:
        port = draw.randrange(1024, 65536)
        self.listener.local = ("127.0.0.1", port)
        pairs: list[tuple[Endpoint, Endpoint]] = []
        connects = [step.event for step in self.steps if isinstance(step.event, Call) and step.event.op == "connect"]
        accepts = [step.event for step in self.steps if isinstance(step.event, Call) and step.event.op == "accept"]
        for connect, accept in zip(connects, accepts, strict=False):
            if accept.accepted is not None:
                pairs.append((connect.endpoint, accept.accepted))
        for near, far in pairs:
            near.local = far.peer = ("127.0.0.1", draw.randrange(1024, 65536))
            near.peer = far.local = self.listener.local
