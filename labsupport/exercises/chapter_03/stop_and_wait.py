"""Exactly once and in order, over a network that loses, doubles and reorders: a sender and a receiver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from labsupport.exercises.engine import Outcome, Task

from .wait_cases import (
    WAIT,
    WORDS,
    acknowledged_twice,
    acknowledgement_lost,
    first_lost,
    late_copy,
    receives,
    sends,
    through_a_link,
)
from .wait_mistakes import MISTAKES, STARTER, written
from .wait_signs import number_of

__all__ = ["STOP_AND_WAIT"]


def _remarks(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Whoever repeats at each old acknowledgement sends all that follows twice."""
    calls = next(each.calls("send", "sendto", "sendmsg") for each in outcomes if each.noted.get("doubled"))
    sent = [call.started for call in calls if number_of(call.data) == 1]
    if len(sent) < 2 or sent[1] - sent[0] > WAIT / 2:
        return ()
    return (
        (
            "One thing: the second acknowledgement of packet 0 made your sender repeat packet 1 at once. If nothing is "
            "lost, both copies are acknowledged, packet 2 goes out twice too, and so on to the end: the Sorcerer's "
            "Apprentice (RFC 1123 §4.2.3.1). When an old number comes, read on; only the timeout repeats."
        ),
    )


STOP_AND_WAIT: Final = Task(
    name="stop_and_wait",
    chapter=3,
    parts=("send", "receive"),
    prompt=(
        "**Exactly once, in order.** Build on UDP what TCP has. A packet is 4 digits, the number of its message from "
        "`0000` on, and the message; its acknowledgement is the 4 digits. `send(sock, messages, wait)` sends one "
        "packet on a connected socket, repeats it whenever nothing has come for `wait` seconds, and goes on when it is "
        "acknowledged. `receive(sock, deliver)` serves for ever, and calls `deliver(message)` once for each message, "
        "in order. Packets and acknowledgements may be lost, doubled or overtaken."
    ),
    hints=(
        "No acknowledgement came. Two things may have been lost: which? The sender cannot tell, so what must both do?",
        "The sender, for one packet: send; read until the right 4 digits come; when recv() times out, send it again.",
        (
            "The receiver keeps the number that it expects next. It delivers that one only; it acknowledges that one, "
            "and every one before it, with the number that came."
        ),
        (
            "Sender: `while True:` around `sock.send(packet)` and a `try`, in it `while sock.recv(100) != packet[:4]: "
            "pass`, then `break`; `except TimeoutError: pass`."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        written(
            send="""\
sock.settimeout(wait)
for number, message in enumerate(messages):
    while True:
        sock.send(b"%04d" % number + message)
        try:
            if int(sock.recv(100)) == number:
                break
        except TimeoutError:
            continue
""",
            receive="""\
seen = set()
while True:
    packet, address = sock.recvfrom(65_535)
    number = packet[:4]
    sock.sendto(number, address)
    if number not in seen:
        seen.add(number)
        deliver(packet[4:])
""",
        ),
        """\
import select
import time


class Pair:
    @staticmethod
    def send(sock, messages, wait):
        sock.setblocking(False)
        for number, message in enumerate(messages):
            header, missing, again = str(number).zfill(4).encode(), True, 0.0
            while missing:
                if time.monotonic() >= again:
                    sock.sendall(header + message)
                    again = time.monotonic() + wait
                if select.select([sock], [], [], max(0, again - time.monotonic()))[0]:
                    missing = sock.recv(4) != header

    @staticmethod
    def receive(sock, deliver):
        count = 0
        buffer = bytearray(65_535)
        while True:
            size, sender = sock.recvfrom_into(buffer)
            number = int(buffer[:4])
            if number <= count:
                sock.sendto(buffer[:4], sender)
            if number == count:
                count += 1
                deliver(bytes(buffer[4:size]))


stop_and_wait = Pair()
""",
    ),
    cases=(
        sends("the sender's first packet is lost", 3, first_lost),
        sends("packet 0 is acknowledged twice, and packet 1 is lost", 3, acknowledged_twice, doubled=True),
        receives("the acknowledgement is lost, so the sender repeats", acknowledgement_lost, 2),
        receives("a second copy of packet 0 comes behind packet 1", late_copy, 3, late=True),
        *(through_a_link(seed, len(WORDS)) for seed in (1, 12, 13)),
        through_a_link(21, 3),
    ),
    praise=(
        "Every message was delivered once, in order, whatever the link did to packets and acknowledgements, and with "
        "four different dice. It is what TCP does for every byte, but for one thing: TCP does not wait for each."
    ),
    remarks=_remarks,
    mistakes=MISTAKES,
)
