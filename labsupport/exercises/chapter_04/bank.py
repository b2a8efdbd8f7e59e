r"""The bank of `bad_day`: it does what it is asked, remembers each number, and has a bad day.

    number pay amount\n   ->   paid amount\n

One line a connection.  A payment whose number the bank has seen is answered again, and not made again; without a number
(``pay 10``) it is made each time.
"""

from __future__ import annotations

import select
import socket
import sys
import threading
from typing import Final

from labsupport.exercises import peers
from labsupport.exercises.engine import Stage
from labsupport.exercises.peers import Peer, Unmet

__all__ = ["Bank"]

_WHO: Final = "the bank"
_REQUEST: Final = "a line such as b'7f3a pay 10\\n'"
#: A line of the protocol is never longer.
_LINE: Final = 200


class Bank:
    """The other side of one case.

    - `paid`: what it has paid, in order; `numbers`: those of the requests that it read, b"" for none.
    - `clock`: the learner's.
    """

    def __init__(self, stage: Stage, *, closed_for: int = 0) -> None:
        self.paid: list[int] = []
        self.numbers: list[bytes] = []
        self.clock = stage.clock()
        self.clock.asleep = self._wait_for_the_opening
        self._stage = stage
        self._answers: dict[bytes, bytes] = {}
        self._closed_for = closed_for  # so many sleeps of the learner's code
        self._is_open = threading.Event()
        stage.listener = _reserved() if closed_for else peers.listen()
        if not closed_for:
            self._is_open.set()
        stage.noted["bank"] = self

    # --- opening and closing -----------------------------------------------------------------

    def opens(self) -> None:
        """Listen when the learner's code has slept as often as was said; until then it finds nobody."""
        if not self._stage.until(lambda: len(self.clock.naps) >= self._closed_for):
            raise Unmet(_WHO, "another try, after a pause", "none")
        self._stage.rest()
        self._stage.listen().listen()
        self._is_open.set()

    def closes(self, naps: int) -> None:
        """Restart: the port is kept, and nobody listens until the learner's code has slept so often."""
        address = self._stage.address
        self._is_open.clear()
        self._closed_for = len(self.clock.naps) + naps
        self._stage.former.append(self._stage.listen())
        self._stage.former[-1].close()
        self._stage.listener = _reserved(address)

    def _wait_for_the_opening(self) -> None:
        """In the learner's thread, asleep: what happens meanwhile has happened when it wakes."""
        if len(self.clock.naps) >= self._closed_for:
            self._is_open.wait(peers.PATIENCE)

    # --- serving -----------------------------------------------------------------------------

    def customer(self) -> tuple[Peer, bytes]:
        """The next customer that asks for something, and the answer; what was asked is done, unless it was before.

        `Unmet` when the learner's code has gone, or does not come any more.
        """
        while self._somebody_comes():
            customer = self._stage.accept(_WHO)
            line = self._line(customer)
            if line:
                return customer, self._done(line)
            customer.leaves()
        raise Unmet(_WHO, "another try", "none")

    def serves_the_rest(self) -> None:
        """Be open, and well, until the learner's code has come to its end."""
        while self._somebody_comes():
            customer = self._stage.accept(_WHO)
            if line := self._line(customer):
                customer.says(self._done(line))
            customer.leaves()

    def _somebody_comes(self) -> bool:
        listener = self._stage.listen()
        return self._stage.until(lambda: bool(select.select([listener], [], [], 0)[0]))

    def _line(self, customer: Peer) -> bytes:
        """What the customer asks for; b"" if it leaves without a word."""
        line = b""
        customer.awaits = _REQUEST
        while not line.endswith(b"\n") and len(line) < _LINE:
            piece = customer._recv(_LINE)  # noqa: SLF001  a turn of its own
            if not piece and line:
                raise Unmet(_WHO, _REQUEST, f"{line!r}, then the end")
            if not piece:
                break
            line += piece
        customer.awaits = ""
        return line

    def _done(self, line: bytes) -> bytes:
        words = line.split()
        number = words.pop(0) if len(words) == 3 else b""
        if len(words) != 2 or words[0] != b"pay" or not words[1].isdigit():
            raise Unmet(_WHO, _REQUEST, repr(line))
        self.numbers.append(number)
        if number in self._answers:
            return self._answers[number]
        self.paid.append(int(words[1]))
        answer = b"paid %s\n" % words[1]
        if number:
            self._answers[number] = answer
        return answer


def _reserved(address: tuple[str, int] = ("127.0.0.1", 0)) -> socket.socket:
    """A socket that has a port and does not listen: whoever connects is refused."""
    sock = socket.socket()
    if sys.platform != "win32":  # there it would let others take the port
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(address)
    return sock
