"""Datagrams through a link: each client has a socket of its own towards the target, so that answers find back."""

from __future__ import annotations

import contextlib
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from labsupport import kernel
from labsupport.faults import Dice, Fault, Piece
from labsupport.tape.events import Address, clock, tick
from labsupport.tape.lives import Plain
from labsupport.tape.passages import Decision, Route
from labsupport.tape.record import TAPE

from .pending import Wait
from .plan import Plan
from .tap import Tap
from .targets import failure, family_of
from .track import Track

__all__ = ["CLIENTS", "QUEUE", "DatagramDoor"]

#: So many clients at a time: a new one takes the place of the one that has been silent longest.
CLIENTS: Final = 256
#: Of each way of a client so many bytes may be on their way, each datagram with so many more for its keep.
QUEUE: Final = 16_777_216
KEEP: Final = 256
#: What a socket of a link asks its kernel for.
BUFFER: Final = 4_194_304
#: Datagrams taken from one socket before the others have a turn.
TURN: Final = 64
LARGEST: Final = 65_535


def _socket(family: socket.AddressFamily) -> Any:
    sock = Plain(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        with contextlib.suppress(OSError):  # some systems refuse more than they have
            sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    return sock


class DatagramDoor:
    """Where clients of a datagram link send to."""

    def __init__(self, plan: Plan) -> None:
        family = family_of(plan.target)
        self.plan = plan
        self._sock = _socket(family)
        try:
            self._sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        except OSError:
            self._sock.close()
            raise
        self.address: Address = self._sock.getsockname()[:2]
        self._clients: OrderedDict[Address, _Client] = OrderedDict()
        self._number = 0
        self._dropped = 0

    def open(self) -> None:
        """Let datagrams in."""
        self.plan.carrier.loop.add_reader(self._sock, self._readable)

    def _readable(self) -> bool:
        for _ in range(TURN):
            try:
                data, address = self._sock.recvfrom(LARGEST)
            except BlockingIOError:
                return False
            except OSError:
                if self._sock.fileno() == -1:  # faults may be assigned to a link that another thread closes
                    return False
                continue  # some systems report here that an answer did not arrive
            self._came(data, address[:2])
        return True

    def _came(self, data: bytes, address: Address) -> None:
        try:
            client = self._client(address)
        except OSError as error:  # no descriptor is left for this client: its datagram is lost
            self.plan.error = failure(self.plan.target, error)
        else:
            client.up.came(data)

    def _client(self, address: Address) -> _Client:
        client = self._clients.get(address)
        if client is None:
            if len(self._clients) >= CLIENTS:
                self._let_go(next(iter(self._clients)))
            client = self._clients[address] = _Client(self, self._number, address)
            self._number += 1
        self._clients.move_to_end(address)
        return client

    def answer(self, data: bytes, address: Address) -> None:
        """Send a client what came from the target."""
        self._sock.sendto(data, address)

    def swap(self, way: str, faults: tuple[Fault, ...]) -> None:
        """From now on these faults; what has come already meets the old ones."""
        _take_all(self._readable)
        for client in self._clients.values():
            _take_all(client.readable)
        self.plan.faults[way] = faults
        for client in self._clients.values():
            client.ways[way].swap()

    def waited_for(self) -> list[Wait]:
        """What the link waits for."""
        return [(self._sock, False), *((client.sock, False) for client in self._clients.values())]

    @property
    def dropped(self) -> int:
        """How many datagrams the kernel threw away, because the link did not come to read them."""
        return self._dropped + sum(_drops(sock) for sock in (self._sock, *(one.sock for one in self._clients.values())))

    @property
    def clients(self) -> int:
        """How many clients are known now."""
        return len(self._clients)

    def _let_go(self, address: Address) -> None:
        client = self._clients.pop(address)
        self._dropped += _drops(client.sock)
        client.close()

    def close(self) -> None:
        """Close everything.  Twice does no harm."""
        if self._sock.fileno() == -1:
            return
        for address in list(self._clients):
            self._let_go(address)
        self._dropped = self.dropped
        self.plan.carrier.loop.remove_reader(self._sock)
        self._sock.close()


def _take_all(readable: Callable[[], bool]) -> None:
    """Take what has come already: no more than a full buffer, for somebody may be sending all the while."""
    for _ in range(BUFFER // 256 // TURN):
        if not readable():
            return


def _drops(sock: Any) -> int:
    return (kernel.snapshot(sock).drops or 0) if sock.fileno() != -1 else 0


class _Client:
    """One who sends through the link, and the link's socket towards the target for them."""

    def __init__(self, door: DatagramDoor, number: int, address: Address) -> None:
        plan = door.plan
        self.loop = plan.carrier.loop
        self.sock = _socket(family_of(plan.target))
        self.route = Route(plan.owner.name, number, address, door.address, plan.target, stream=False)
        with contextlib.suppress(OSError):
            self.sock.connect(plan.target)
        self.route.local = self.sock.getsockname()[:2]
        TAPE.append(self.route)
        self.up = _Way(plan, self.route, "up", self.sock.send)
        self.down = _Way(plan, self.route, "down", lambda data: door.answer(data, address))
        self.ways = {"up": self.up, "down": self.down}
        self.loop.add_reader(self.sock, self.readable)

    def readable(self) -> bool:
        """Take what the target has sent; whether there may be more."""
        for _ in range(TURN):
            try:
                data = self.sock.recv(LARGEST)
            except BlockingIOError:
                return False
            except OSError:
                continue  # nobody is there (an ICMP message): through a link the client is not told
            self.down.came(data)
        return True

    def close(self) -> None:
        """Let it go."""
        self.loop.remove_reader(self.sock)
        for way in self.ways.values():
            way.close()
        self.sock.close()
        self.route.finish()


class _Way:
    """One direction of a client's datagrams."""

    def __init__(self, plan: Plan, route: Route, name: str, send: Any) -> None:
        self._plan = plan
        self._route = route
        self._name = name
        self._send = send
        self._tap = Tap(route, name, plan.overheard[name])
        self._track = Track(plan, self._dice, self._deliver, lambda _: 0.0, stream=False)
        self.swap()

    def _dice(self, place: int) -> Dice:
        return Dice(self._plan.seed, self._route.number, self._name, place)

    def swap(self) -> None:
        """The link's faults are new."""
        faults = self._plan.faults[self._name]
        self._route.meet(self._name, faults)
        if faults or not self._track.clear:
            self._track.swap(faults)

    def came(self, data: bytes) -> None:
        """A datagram has come."""
        origin = self._tap.came(data, KEEP)
        piece = Piece(data, origin.passage.offset, clock(), stream=False)
        piece.decisions = origin.passage.decisions
        piece.origin = origin
        if self._tap.held > QUEUE:
            origin.hold()
            piece.decisions.append(Decision("lost", f"the link holds no more than {QUEUE} bytes"))
            origin.release()
        else:
            self._track.put(piece)

    def _deliver(self, piece: Piece) -> None:
        if not piece.end:
            when = tick(), clock()
            try:
                self._send(piece.data)
            except BlockingIOError:
                piece.decisions.append(Decision("lost", "the kernel had no room for it"))
            except OSError:
                pass  # nobody is there: the datagram is gone, as without a link
            else:
                piece.origin.delivered(when, 0, len(piece.data), piece.data if piece.changed else None)
        piece.origin.release()

    def close(self) -> None:
        """Forget what is on its way."""
        self._track.close()
