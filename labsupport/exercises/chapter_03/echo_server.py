"""The server of `udp_echo`: it takes questions and says what its script says, at the pace of the learner's code."""

from __future__ import annotations

import threading
from typing import Final

from labsupport.exercises.engine import Stage
from labsupport.exercises.peers import UdpPeer, Unmet, shown
from labsupport.tape.events import clock
from labsupport.tape.streams import RECEIVING

from .echo_mistakes import FIRST

__all__ = ["EchoServer"]

#: Seconds to wait for the learner's code to come to a recv(), and for one that waits elsewhere.
_WHILE: Final = 0.25
_BRIEF: Final = 0.02
_LOOK: Final = 0.002


class EchoServer(UdpPeer):
    """The server of one case.

    - `numbers`: those of the questions that it took.
    - `waits_for_us`: the learner's code has returned, and its thread waits for the script.
    """

    def __init__(self, peer: UdpPeer, stage: Stage) -> None:
        super().__init__(peer.sock, peer.name)
        self.learner_left = peer.learner_left
        self.numbers: list[bytes] = []
        self._stage = stage
        self._restless = False
        self.waits_for_us = False
        stage.noted.update(server=self, numbers=self.numbers, said=self.sent)

    def asked(self, question: bytes) -> bytes:
        """The number of the next datagram, which is this question; the learner's side then comes to rest."""
        expected = f"a number of 4 bytes, then {shown(question)}"
        data = self.takes(expected)
        while data[4:] == FIRST != question:  # it was asked once more, before it was answered
            data = self.takes(expected)
        if len(data) < 4 or data[4:] != question:
            raise Unmet(self.name, expected, shown(data))
        self.numbers.append(data[:4])
        self.pauses()
        return data[:4]

    def is_asked_again(self) -> bool:
        """Whether the question comes once more; no, where the learner's code comes to its end instead."""
        try:
            self.asked(FIRST)
        except Unmet:
            if self._stage.gone:
                return False
            raise
        return True

    def pauses(self) -> None:
        """Wait until the learner's code is at rest in a recv(); for one that waits otherwise (`select`), not long."""
        nap, deadline = threading.Event(), clock() + (_BRIEF if self._restless else _WHILE)
        while clock() < deadline:
            if self.waits_for_us or self._stage.gone or any(call.open for call in self._stage.calls(*RECEIVING)):
                return self._stage.rest()
            nap.wait(_LOOK)
        self._restless = True
        return None

    def older(self, count: int) -> list[bytes]:
        """Answers to so many older questions than the last one."""
        last = int(self.numbers[-1]) if self.numbers[-1].isdigit() else 0
        return [b"%04dOLD NEWS %d" % (1 + each % (last - 1) if last > 1 else 0, each) for each in range(count)]
