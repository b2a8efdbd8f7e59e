"""Histories made by a tiny simulator of two kernels, and what is true of them.

No sockets: the simulator moves the bytes itself, so it knows for each byte which call sent it
and which call took it.  What `exchange` finds from the calls alone is compared with that.
"""

from __future__ import annotations

import random
import socket
from collections import deque
from typing import Any

from labsupport.tape.events import KEPT_BYTES, Call, Endpoint, Event, Program, tick
from labsupport.tape.passages import Decision, Delivery, Passage, Route

__all__ = ["Datagrams", "Linked", "Range", "Streams"]

#: (send, first byte of it, end, take or None, first byte in the take)
Range = tuple[Call, int, int, Call | None, int]


class _History:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def call(
        self, program: Program, endpoint: Endpoint, op: str, *asked: Any, wait: bool = False, **facts: Any
    ) -> Call:
        """One call; with `wait` it has not returned yet."""
        call = Call(program, endpoint, op)
        call.asked = asked
        for name, value in facts.items():
            setattr(call, name, value)
        if not wait:
            call.finish()
        self.events.append(call)
        return call


class End:
    """One end of a simulated connection: its program, and what has arrived and was not read."""

    def __init__(self, program: Program, endpoint: Endpoint) -> None:
        self.program = program
        self.endpoint = endpoint
        self.arrived: deque[tuple[Call, int]] = deque()
        self.closed = False


class Streams(_History):
    """Several TCP connections to one listener.  `truth`: the bytes of each send, in ranges."""

    def __init__(self) -> None:
        super().__init__()
        self.main, self.server = Program("main"), Program("server")
        self.door = _endpoint(socket.SOCK_STREAM, ("127.0.0.1", 5000), None)
        self.door.listening = True
        self.call(self.server, self.door, "listen")
        self.ends: list[tuple[End, End]] = []
        self.truth: list[Range] = []
        self._sent: dict[Call, int] = {}

    def connect(self, port: int, accept: bool = True) -> None:
        client = _endpoint(socket.SOCK_STREAM, ("127.0.0.1", port), self.door.local)
        client.connected = True
        server = _endpoint(socket.SOCK_STREAM, self.door.local, client.local)
        server.listener = self.door
        self.call(self.main, client, "connect", client.peer, address=client.peer)
        if accept:
            self.call(self.server, self.door, "accept", accepted=server, address=client.local, result=client.local)
        self.ends.append((End(self.main, client), End(self.server, server)))

    def send(self, here: End, there: End, size: int, op: str = "sendall") -> None:
        if here.closed:
            return
        data = bytes(random.randbytes(min(size, KEPT_BYTES)))
        call = self.call(here.program, here.endpoint, op, size, data=data, length=size, offset=here.endpoint.sent)
        here.endpoint.sent += size
        if not there.closed:
            there.arrived.extend((call, place) for place in range(size))
        self._sent[call] = size

    def recv(self, here: End, size: int, op: str = "recv", flags: int = 0) -> None:
        if here.closed or not here.arrived:
            return
        taken = [here.arrived[place] for place in range(min(size, len(here.arrived)))]
        call = self.call(
            here.program, here.endpoint, op, size, flags,
            data=bytes(len(taken)), length=len(taken), offset=here.endpoint.received, flags=flags,
        )  # fmt: skip
        if flags & socket.MSG_PEEK:
            return
        here.endpoint.received += len(taken)
        for _ in taken:
            here.arrived.popleft()
        begin = 0
        for place in range(1, len(taken) + 1):
            send, first = taken[begin]
            if place == len(taken) or taken[place][0] is not send:
                self.truth.append((send, first, first + place - begin, call, begin))
                begin = place

    def close(self, here: End) -> None:
        if not here.closed:
            ending = "unread" if here.arrived else "fin"
            self.call(here.program, here.endpoint, "close", ending=ending)
            here.closed = True

    def everything(self) -> list[Range]:
        """All ranges, those that nobody took with None."""
        came: dict[Call, int] = {}
        for send, _, end, _, _ in self.truth:
            came[send] = max(came.get(send, 0), end)
        rest = [
            (send, came.get(send, 0), size, None, 0) for send, size in self._sent.items() if came.get(send, 0) < size
        ]
        return [*self.truth, *rest]


class Datagrams(_History):
    """Several UDP sockets, one receiver each.  `truth`: which take got which send; None: lost or waiting."""

    def __init__(self, receivers: int, senders: int) -> None:
        super().__init__()
        self.main, self.server = Program("main"), Program("server")
        self.receivers = [_endpoint(socket.SOCK_DGRAM, ("127.0.0.1", 6000 + n), None) for n in range(receivers)]
        self.senders = [_endpoint(socket.SOCK_DGRAM, ("0.0.0.0", 7000 + n), None) for n in range(senders)]
        self.queues: dict[Endpoint, deque[Call]] = {each: deque() for each in self.receivers}
        self.truth: dict[Call, Call | None] = {}
        for each in self.receivers:
            each.bound = True
            self.call(self.server, each, "bind", each.local)
        for each in self.senders:
            each.sent_first = True
            self.call(self.main, each, "socket")

    def send(self, sender: Endpoint, receiver: Endpoint, data: bytes, lost: bool) -> None:
        call = self.call(
            self.main, sender, "sendto", len(data), receiver.local,
            data=data[:KEPT_BYTES], length=len(data), address=receiver.local,
        )  # fmt: skip
        self.truth[call] = None
        if not lost:
            self.queues[receiver].append(call)

    def recv(self, receiver: Endpoint, room: int, flags: int = 0, out_of_order: bool = False) -> None:
        queue = self.queues[receiver]
        if not queue:
            return
        send = queue[-1] if out_of_order else queue[0]
        data = (send.data or b"")[:room]
        source = ("127.0.0.1", (send.endpoint.local or ("", 0))[1])
        take = self.call(
            self.server, receiver, "recvfrom", room, flags,
            data=data, length=len(data), address=source, flags=flags,
        )  # fmt: skip
        if not flags & socket.MSG_PEEK:
            queue.remove(send)
            self.truth[send] = take


def _endpoint(kind: int, local: tuple[str, int] | None, peer: tuple[str, int] | None) -> Endpoint:
    endpoint = Endpoint(socket.AF_INET, kind)
    endpoint.local, endpoint.peer = local, peer
    return endpoint


class Linked(_History):
    """Datagrams from one client through a link to one server.  `truth`: the takes of each send, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.main, self.server = Program("main"), Program("server")
        self.client = _endpoint(socket.SOCK_DGRAM, ("127.0.0.1", 7000), None)
        self.receiver = _endpoint(socket.SOCK_DGRAM, ("127.0.0.1", 6000), None)
        self.client.sent_first = self.receiver.bound = True
        self.call(self.main, self.client, "socket")
        self.call(self.server, self.receiver, "bind", self.receiver.local)
        self.route = Route("link", 0, ("127.0.0.1", 7000), ("127.0.0.1", 5000), ("127.0.0.1", 6000), stream=False)
        self.route.local = ("127.0.0.1", 5001)
        self.events.append(self.route)
        self.truth: dict[Call, list[Call]] = {}
        self._at_link: deque[Call] = deque()
        self._held: list[tuple[Call, Passage]] = []
        self._arrived: deque[tuple[Call, bytes]] = deque()

    def send(self, data: bytes) -> Call:
        call = self.call(
            self.main, self.client, "sendto", len(data), self.route.door,
            data=data, length=len(data), address=self.route.door,
        )  # fmt: skip
        self.truth[call] = []
        self._at_link.append(call)
        return call

    def carry(self, effect: str) -> Passage | None:
        """The link reads the next datagram, and a fault does `effect` to it."""
        if not self._at_link:
            return None
        send = self._at_link.popleft()
        passage = Passage(self.route, "up", 0, send.length or 0)
        passage.data = send.data
        self.events.append(passage)
        if effect:
            passage.decisions.append(Decision(effect, f"{effect}, by hand"))
        if effect in ("reordered", "delayed"):
            self._held.append((send, passage))
            return passage
        for _ in range({"lost": 0, "silenced": 0, "doubled": 2}.get(effect, 1)):
            self._deliver(send, passage, changed=effect == "corrupted")
        passage.finish()
        return passage

    def release(self) -> None:
        """What was held back goes on, the newest first."""
        while self._held:
            send, passage = self._held.pop()
            self._deliver(send, passage, changed=False)
            passage.finish()

    def _deliver(self, send: Call, passage: Passage, *, changed: bool) -> None:
        data = send.data or b""
        data = bytes([data[0] ^ 1]) + data[1:] if changed and data else data
        passage.deliveries.append(Delivery(tick(), 0.0, 0, len(data), data if changed else None))
        self._arrived.append((send, data))

    def recv(self, room: int = 100) -> Call | None:
        if not self._arrived:
            return None
        send, data = self._arrived.popleft()
        data = data[:room]
        take = self.call(
            self.server, self.receiver, "recvfrom", room, data=data, length=len(data), address=self.route.local
        )
        self.truth[send].append(take)
        return take
