"""Members of a chat room, all in one thread: how long a line takes from the one who says it to each who hears it."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Heard", "listen"]

#: Seconds from one line to the next, and how long a line is.
PACE: Final = 0.01
LENGTH: Final = 1000
#: Seconds that a call of a member may take, and that all of it may take.
PATIENCE: Final = 5.0
LONGEST: Final = 20.0


@dataclass
class Heard:
    """What the members but two have heard: not the one who says all lines, and not the one who may be asleep.

    - `took`: seconds from each line's being said to each one's hearing it; `expected`: how many these are to be.
    - `while_asleep`: how many of them while the one who may be asleep was.
    """

    expected: int
    took: list[float] = field(default_factory=list)
    while_asleep: int = 0


def listen(address: tuple[str, int], *, members: int = 50, lines: int = 40, asleep: float = 0.0) -> Heard:
    """Have so many `lines` said in the room at `address`, one every 0.01 s, until all have been heard.

    - `asleep`: one reads nothing from the beginning, until the others have heard all, or nothing for so many seconds.

    Raises:
        TimeoutError: the lines have not come within 20 s.
    """
    with contextlib.ExitStack() as leaving, selectors.DefaultSelector() as selector:
        speaker, sleeper, *others = (leaving.enter_context(_joined(address)) for _ in range(members))
        others[-1].sendall(b"all are here\n")  # members are let in one after the other, and this is the last one
        speaker.recv(100)
        gathering = _Gathering(selector, Heard(lines * len(others)))
        for other in others:
            gathering.hears(other, counts=True)
        gathering.listen_to(speaker, lines, sleeper, asleep)
        return gathering.heard


def _joined(address: tuple[str, int]) -> socket.socket:
    """A member for which the kernel has little room, so that it soon shows when it does not read."""
    member = socket.socket()
    try:
        member.settimeout(PATIENCE)
        member.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        member.connect(address)
    except BaseException:
        member.close()
        raise
    return member


class _Gathering:
    """Those who hear, and the lines that they have heard in part."""

    def __init__(self, selector: selectors.BaseSelector, heard: Heard) -> None:
        self.heard = heard
        self._selector = selector
        self._unfinished: dict[object, bytes] = {}
        self._last = time.monotonic()  # when somebody heard something

    def hears(self, member: socket.socket, *, counts: bool) -> None:
        """From now on this member reads; whether what it hears counts."""
        self._unfinished[member] = b""
        self._selector.register(member, selectors.EVENT_READ, counts)

    def listen_to(self, speaker: socket.socket, lines: int, sleeper: socket.socket, asleep: float) -> None:
        """Have the lines said, one after the other, until all have been heard."""
        begun, said, sleeps = time.monotonic(), 0, True
        while len(self.heard.took) < self.heard.expected:
            now = time.monotonic()
            if now - begun > LONGEST:
                raise TimeoutError(f"{len(self.heard.took)} of {self.heard.expected} have come within {LONGEST:g} s")
            if said < lines and now >= begun + said * PACE:
                speaker.sendall(b"%f " % time.monotonic() + b"." * LENGTH + b"\n")
                said += 1
            if sleeps and now >= self._last + asleep:
                sleeps = False
                self.hears(sleeper, counts=False)
            self._read(PACE / 5)
            if sleeps:
                self.heard.while_asleep = len(self.heard.took)

    def _read(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            assert isinstance(key.fileobj, socket.socket)
            data = key.fileobj.recv(65536)
            if not data:
                self._selector.unregister(key.fileobj)
            *whole, self._unfinished[key.fileobj] = (self._unfinished[key.fileobj] + data).split(b"\n")
            if key.data:
                self._last = time.monotonic()
                self.heard.took += [self._last - float(line.split()[0]) for line in whole if line[:1].isdigit()]
