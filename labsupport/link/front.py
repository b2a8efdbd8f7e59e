"""`Link`: what a notebook holds of it."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Final, Self

from labsupport.faults import Fault
from labsupport.tape.events import Address
from labsupport.tape.mishaps import tend
from labsupport.tape.passages import BUSY
from labsupport.tape.programs import Owner

from .datagram import DatagramDoor
from .door import StreamDoor
from .loop import Carrier, hold, release
from .pending import pending
from .plan import Plan
from .targets import target_of

__all__ = ["Link"]

Faults = Fault | Iterable[Fault]

#: A seed is printed with each decision, and Python prints no number of any size.
_SEED: Final = 1024


class Link:
    """A network between clients and the server at `address`, which can misbehave.

        with Link(server.address, down=[faults.Latency(0.1)]) as link:
            with socket.create_connection(link.address, timeout=2) as client:
                ...

    What clients send goes `up`, what the server sends `down`, each through the faults of its list, from the first
    to the last.  Both lists may be assigned anew while traffic runs: what has come already stays under the old ones.
    The same `seed` gives the same decisions.

    A link holds at most 1 MiB of each way of a connection; then it reads no more until some of it was handed on, so a
    sender waits as behind any slow network.  Of datagrams it holds 16 MiB each way of a client, bookkeeping
    included, and loses what comes then; it knows 256 clients, and then forgets the one that was silent longest.

    Of TLS it reads what anybody on the way can read: where each record begins, its type and its length
    (`tape.exchange.records(call)` says which records a call of a TLS socket became).  It opens none.

    **What a link cannot show.**  Its own kernel completes the handshake and acknowledges what it is sent; the link only
    hands bytes on.  So through a link

    - a server that is not there is a successful connect, and then b'' (without one: ConnectionRefusedError);
    - a datagram that nobody receives is silence, never ConnectionRefusedError;
    - handshake time, the zero window, keepalive and TCP_USER_TIMEOUT concern the link's own end, not the peer's;
    - 100 ms of latency on the tape are 0.02 ms in TCP_INFO;
    - loss, repetition and order of segments are TCP's own business: `Stall` simulates what a program sees of them.

    Raises:
        TypeError, ValueError: an address that is none or is elsewhere, an unknown protocol, a fault not for it.
    """

    def __init__(self, address: Any, protocol: str = "tcp", up: Faults = (), down: Faults = (), seed: int = 0) -> None:
        if protocol not in ("tcp", "udp"):
            raise ValueError(f'the protocol is "tcp" or "udp", not {protocol!r}')
        _check_seed(seed)
        self._protocol = protocol
        target = target_of(address)
        faults = {"up": _checked(up, protocol, "up"), "down": _checked(down, protocol, "down")}
        carrier = hold()
        try:
            plan = Plan(Owner("link"), carrier, target, seed)
            tend(plan.owner)
            plan.faults.update(faults)
            self._plan = plan
            self._door: StreamDoor | DatagramDoor = (StreamDoor if protocol == "tcp" else DatagramDoor)(plan)
        except BaseException:
            release(carrier)
            raise
        busy = pending(carrier, self._door.waited_for)
        self._finish = weakref.finalize(self, _close, self._door, carrier, busy)
        BUSY.add(busy)
        try:
            carrier.ask(self._door.open)
        except BaseException:  # the stop button
            self.close()
            raise

    @property
    def address(self) -> Address:
        """`(host, port)` to which clients connect, or send."""
        return self._door.address

    @property
    def target(self) -> Address:
        """`(host, port)` of the server behind it."""
        return self._plan.target

    @property
    def up(self) -> tuple[Fault, ...]:
        """The faults of what clients send."""
        return self._plan.faults["up"]

    @up.setter
    def up(self, faults: Faults) -> None:
        self._swap("up", faults)

    @property
    def down(self) -> tuple[Fault, ...]:
        """The faults of what the server sends."""
        return self._plan.faults["down"]

    @down.setter
    def down(self, faults: Faults) -> None:
        self._swap("down", faults)

    @property
    def _open(self) -> bool:
        """Not closed, and of this process: a link that was made before a fork() goes on in the process that made it."""
        return self._finish.alive and not self._plan.carrier.elsewhere

    def _swap(self, way: str, given: Faults) -> None:
        faults, door = _checked(given, self._protocol, way), self._door
        if self._open:
            self._plan.carrier.ask(lambda: door.swap(way, faults))
        else:
            self._plan.faults[way] = faults

    @property
    def bytes_up(self) -> bytes:
        """What clients have sent, as somebody who listens in on the link reads it: the first MiB, as it came."""
        return self._plan.overheard["up"].bytes

    @property
    def bytes_down(self) -> bytes:
        """What the server has sent, likewise."""
        return self._plan.overheard["down"].bytes

    @property
    def error(self) -> str:
        """Why the target was not reached the last time that it was not, in one sentence; else ""."""
        return self._plan.error

    @property
    def dropped(self) -> int:
        """How many datagrams the kernel threw away before the link could read them; no fault of this link did."""
        door = self._door
        return self._plan.carrier.ask(lambda: door.dropped) if self._open else door.dropped

    def close(self) -> None:
        """Close the link and every connection through it.  Twice does no harm."""
        if not self._open:
            return
        carrier = self._plan.carrier
        try:
            if not carrier.here:  # a fault that closes its link: then when its piece has gone on
                carrier.ask(self._door.close)
        finally:
            closed = self._finish()
        if closed and self._door.dropped:
            print(f"labsupport: {self._said_of_drops()}", file=sys.stderr)

    def _said_of_drops(self) -> str:
        return (
            f"the kernel dropped {self.dropped} datagrams that came faster than the link could read them; "
            "no fault of the link did"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        host, port = self.target
        ways = "".join(
            f", {way} [{'; '.join(map(str, faults))}]" for way, faults in self._plan.faults.items() if faults
        )
        state = "" if self._open else ", closed"
        said = f", {self.error}" if self.error else ""
        said += f", {self._said_of_drops()}" if self.dropped else ""
        return f"<{self._plan.owner.name} to {host}:{port}{ways}{state}{said}>"


def _checked(faults: Any, protocol: str, way: str) -> tuple[Fault, ...]:
    """The faults as a tuple.

    Raises:
        TypeError: something there is no fault.
        ValueError: a fault is not for this protocol.
    """
    if isinstance(faults, Fault):
        faults = (faults,)
    if isinstance(faults, type) or not isinstance(faults, Iterable):
        raise TypeError(f"{way} takes a fault or a list of faults, such as [faults.Latency(0.1)], and got {faults!r}")
    chosen = tuple(faults)
    for fault in chosen:
        if not isinstance(fault, Fault):
            hint = f"; write {fault.__name__}(…)" if isinstance(fault, type) and issubclass(fault, Fault) else ""
            raise TypeError(f"{way} takes faults such as faults.Latency(0.1), and got {fault!r}{hint}")
        why = fault.not_for_streams if protocol == "tcp" else fault.not_for_datagrams
        if why:
            raise ValueError(f"{fault!r} is not for {'streams' if protocol == 'tcp' else 'datagrams'}: {why}")
    return chosen


def _check_seed(seed: Any) -> None:
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"a seed is a whole number, and got {seed!r}")
    if seed.bit_length() > _SEED:
        raise ValueError(f"a seed is a whole number of at most {_SEED} bits, and this one has {seed.bit_length():,}")


def _close(door: StreamDoor | DatagramDoor, carrier: Carrier, busy: Callable[[], bool]) -> bool:
    """Close a link, in its loop; also called by the garbage collector, in whichever thread that runs.

    True: a finalizer that is called again gives None.
    """
    BUSY.discard(busy)
    if not carrier.elsewhere:
        carrier.tell(door.close)
        if release(carrier):
            carrier.wait()
    return True
