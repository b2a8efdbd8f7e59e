"""What goes wrong in stop-and-wait, on either side."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Mistake

from .wait_signs import (
    acknowledges_another,
    any_acknowledgement,
    delivers_the_number,
    delivers_twice,
    gives_up,
    knows_only_the_last,
    new_number_each_time,
    sends_twice,
    silent_on_a_duplicate,
    trusts_send,
    waits_for_ever,
)

__all__ = ["MISTAKES", "STARTER", "written"]

_HEAD: Final = """\
import socket
from types import SimpleNamespace
"""
_TAIL: Final = "\n\nstop_and_wait = SimpleNamespace(send=send, receive=receive)\n"

STARTER: Final = (
    _HEAD
    + '''

def send(sock, messages, wait):
    """Send each message (bytes) on this connected socket; go on when it is acknowledged."""
    for number, message in enumerate(messages):
        packet = b"%04d" % number + message
        sock.send(packet)
        raise NotImplementedError  # until its number is back; nothing for `wait` seconds: again


def receive(sock, deliver):
    """For ever: take packets, acknowledge, and call deliver(message) once for each, in order."""
    while True:
        packet, address = sock.recvfrom(65_535)
        raise NotImplementedError
'''
    + _TAIL
)

_SEND: Final = """\
sock.settimeout(wait)
for number, message in enumerate(messages):
    packet = b"%04d" % number + message
    acknowledged = False
    while not acknowledged:
        sock.send(packet)
        try:
            while not acknowledged:
                acknowledged = sock.recv(100) == packet[:4]
        except TimeoutError:
            pass                                         # it was lost, or its acknowledgement: again
"""
_RECEIVE: Final = """\
expected = 0
while True:
    packet, address = sock.recvfrom(65_535)
    if int(packet[:4]) == expected:
        deliver(packet[4:])
        expected += 1
    sock.sendto(packet[:4], address)                     # a duplicate too: its acknowledgement was lost
"""


def written(send: str = _SEND, receive: str = _RECEIVE) -> str:
    """A whole answer: both functions, each with its body."""
    bodies = "".join(
        f"\n\ndef {head}:\n    " + body.strip("\n").replace("\n", "\n    ") + "\n"
        for head, body in (("send(sock, messages, wait)", send), ("receive(sock, deliver)", receive))
    )
    return _HEAD + bodies + _TAIL


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "trusts_send",
        written(
            send="""\
packets = [b"%04d" % number + message for number, message in enumerate(messages)]
reliable = all(sock.send(packet) for packet in packets)
assert reliable
"""
        ),
        "send() said only that your kernel took the datagram. The first of your {n} never arrived, and nothing will "
        "tell you: UDP gives no acknowledgement unless somebody builds one, and here you do. Read the number that "
        "comes back before you go on.",
        trusts_send,
        {"n": 3},
    ),
    Mistake(
        "waits_for_ever",
        written(send=_SEND.replace("sock.settimeout(wait)\n", "")),
        "The packet was lost, so nobody acknowledges it, and your sender waits in recv() for ever. Give the socket a "
        "timeout of `wait` seconds, and when it is over send the packet again.",
        waits_for_ever,
    ),
    Mistake(
        "gives_up",
        written(
            send="""\
sock.settimeout(wait)
for number, message in enumerate(messages):
    sock.send(b"%04d" % number + message)
    while int(sock.recv(100)) != number:
        pass
"""
        ),
        "recv() timed out, as it was to, and TimeoutError went through: after {n} datagram your sender was at its end. "
        "Here a timeout is no failure. It says that the packet or its acknowledgement was lost: catch it, and send the "
        "packet again.",
        gives_up,
        {"n": 1},
    ),
    Mistake(
        "new_number_each_time",
        written(
            send="""\
sock.settimeout(wait)
number = 0
for message in messages:
    acknowledged = False
    while not acknowledged:
        sock.send(b"%04d" % number + message)
        number += 1
        try:
            acknowledged = int(sock.recv(100)) == number - 1
        except TimeoutError:
            pass
"""
        ),
        "You sent {message!r} as number {one} and, when no acknowledgement came, as number {other}. If only the "
        "acknowledgement was lost, the receiver takes that for another message. The number belongs to the message: "
        "repeat it unchanged.",
        new_number_each_time,
        {"message": b"Sawubona", "one": 0, "other": 1},
    ),
    Mistake(
        "sends_twice",
        written(
            send=_SEND.replace("        sock.send(packet)\n", "        sock.send(packet)\n        sock.send(packet)\n")
        ),
        "You sent packet {n} twice, though nothing had been lost by then. A copy for luck doubles the traffic of "
        "everybody, also where nothing is lost. Send once, wait, and repeat only when nothing has come.",
        sends_twice,
        {"n": 0},
    ),
    Mistake(
        "any_acknowledgement",
        written(
            send="""\
sock.settimeout(wait)
for number, message in enumerate(messages):
    while True:
        sock.send(b"%04d" % number + message)
        try:
            sock.recv(100)
            break
        except TimeoutError:
            pass
"""
        ),
        "Packet {missing} was lost, and you went on: what you read was the acknowledgement of packet {told}, a second "
        "time. Something came back is not enough: compare its number with the one you wait for.",
        any_acknowledgement,
        {"missing": 1, "told": 0},
    ),
    Mistake(
        "silent_on_a_duplicate",
        written(
            receive="""\
expected = 0
while True:
    packet, address = sock.recvfrom(65_535)
    if int(packet[:4]) == expected:
        deliver(packet[4:])
        sock.sendto(packet[:4], address)
        expected += 1
"""
        ),
        "Your acknowledgement was lost, the sender repeats packet {n}, and you stay silent because you have it "
        "already: it will repeat it for ever. Acknowledge a duplicate again; deliver it once.",
        silent_on_a_duplicate,
        {"n": 0},
    ),
    Mistake(
        "delivers_twice",
        written(
            receive="""\
while True:
    packet, address = sock.recvfrom(65_535)
    deliver(packet[4:])
    sock.sendto(packet[:4], address)
"""
        ),
        "{message!r} was delivered twice. The acknowledgement was lost, so the sender had to repeat the packet, and "
        "only its number tells that you have it. Keep the number that you expect next, and deliver no other.",
        delivers_twice,
        {"message": b"Sawubona"},
    ),
    Mistake(
        "delivers_the_number",
        written(receive=_RECEIVE.replace("deliver(packet[4:])", "deliver(packet)")),
        "You delivered {packet!r}, the whole packet. Its first four digits are for you; whoever gets the message wants "
        "{message!r}: packet[4:].",
        delivers_the_number,
        {"packet": b"0000Sawubona", "message": b"Sawubona"},
    ),
    Mistake(
        "knows_only_the_last",
        written(
            receive="""\
last = None
while True:
    packet, address = sock.recvfrom(65_535)
    if packet[:4] != last:
        deliver(packet[4:])
        last = packet[:4]
    sock.sendto(packet[:4], address)
"""
        ),
        "{message!r} was delivered twice: its packet was doubled on the way, and the second copy came late, behind the "
        "next packet. You compare with the last number only. Deliver the number that you expect next, and none before "
        "it.",
        knows_only_the_last,
        {"message": b"Sawubona"},
    ),
    Mistake(
        "acknowledges_another",
        written(
            receive="""\
expected = 0
while True:
    packet, address = sock.recvfrom(65_535)
    sock.sendto(b"%04d" % expected, address)
    if int(packet[:4]) == expected:
        deliver(packet[4:])
        expected += 1
"""
        ),
        "Packet {came} came again, and you acknowledged number {number}, which has not come. The sender believes that, "
        "and will never send it. An acknowledgement carries the number of the packet that it is for.",
        acknowledges_another,
        {"came": 0, "number": 1},
    ),
)
