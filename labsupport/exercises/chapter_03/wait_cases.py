"""The scenes of `stop_and_wait`: each half against ours, and both through a link."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from labsupport import faults
from labsupport.exercises.engine import Case, Outcome, Stage
from labsupport.exercises.peers import UdpPeer, Unmet, shown
from labsupport.link import Link
from labsupport.tape.events import clock
from labsupport.tape.watched import endpoint_of

from .wait_signs import packet, unasked

__all__ = [
    "WAIT", "WORDS", "acknowledged_twice", "acknowledgement_lost", "first_lost", "late_copy", "receives", "sends",
    "through_a_link",
]  # fmt: skip

WORDS: Final = ("Sawubona", "", "नमस्ते", "¡hola!", "你好", "kia ora")
#: Seconds after which a sender is to repeat: where it is the lesson, and through a link.
WAIT: Final = 0.3
_SOON: Final = 0.04
_BAD_DAY: Final = (faults.Loss(0.25), faults.Duplicate(0.25), faults.Reorder(0.25))
#: Through a link each case ends after so many seconds in which nothing was delivered.
_PATIENCE: Final = 1.5


# --- the sender, against ours ----------------------------------------------------------------


def sends(title: str, count: int, play: Callable[[Stage, UdpPeer], None], **noted: object) -> Case:
    """A case in which the learner's `send` has so many messages, and `play` is the receiver."""
    messages = [word.encode() for word in WORDS[:count]]

    def given(stage: Stage) -> tuple[object, ...]:
        receiver = stage.datagrams("the receiver")
        assert stage.other is not None
        with stage.other.adopt():  # it is lent: it stays open when the learner's code has come to its end
            sock = stage.afterwards.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.connect(receiver.address)
        endpoint_of(sock).label, endpoint_of(receiver.sock).label = "sender", "receiver"
        stage.noted.update(noted, sender=True, messages=messages, wait=WAIT)
        return sock, messages, WAIT

    def script(stage: Stage) -> None:
        (receiver,) = stage.peers
        assert isinstance(receiver, UdpPeer)
        stage.returns = None
        play(stage, receiver)
        stage.until(lambda: stage.gone)

    def holds(outcome: Outcome) -> str:
        early = unasked(outcome, WAIT) is not None
        return f"a packet goes out again when nothing has come for {WAIT} s, and not before" if early else ""

    call = f"send(sock, {messages!r}, {WAIT})"
    return Case(title, call, script, given, holds=holds, use=lambda answer, *to: answer.send(*to))


def _hears(receiver: UdpPeer, number: int, again: str = "") -> None:
    """Packet `number` comes; those before it may come again, for they were acknowledged late."""
    expected = packet(number, WORDS[number])
    while (data := receiver.takes(f"{expected!r}{again}")) != expected:
        if data not in [packet(earlier, WORDS[earlier]) for earlier in range(number)]:
            raise Unmet(receiver.name, f"{expected!r}{again}", shown(data))


def first_lost(stage: Stage, receiver: UdpPeer) -> None:
    """Nobody acknowledges packet 0 when it comes for the first time."""
    _hears(receiver, 0)
    stage.rest()
    _hears(receiver, 0, " once more")
    for number in range(3):
        receiver.answers(b"%04d" % number)
        if number < 2:
            _hears(receiver, number + 1)


def acknowledged_twice(stage: Stage, receiver: UdpPeer) -> None:
    """Of two acknowledgements of packet 0 the second is read where that of packet 1 is awaited."""
    _hears(receiver, 0)
    stage.rest()
    receiver.answers(b"0000")
    _hears(receiver, 1)
    stage.rest()
    receiver.answers(b"0000")
    _hears(receiver, 1, " once more")
    receiver.answers(b"0001")
    _hears(receiver, 2)
    receiver.answers(b"0002")


# --- the receiver, against ours --------------------------------------------------------------


def receives(title: str, play: Callable[[Stage, UdpPeer], None], count: int, **noted: object) -> Case:
    """A case in which `play` sends, and the learner's `receive` is to deliver so many messages."""
    expected = [word.encode() for word in WORDS[:count]]

    def given(stage: Stage) -> tuple[object, ...]:
        delivered: list[bytes] = []
        stage.noted.update(noted, receiver=True, delivered=delivered)
        sock = stage.bind()
        endpoint_of(sock).label = "receiver"
        return sock, delivered.append

    def script(stage: Stage) -> None:
        sender = stage.datagram_client("the sender")
        endpoint_of(sender.sock).label = "sender"
        play(stage, sender)
        stage.rest()

    def holds(outcome: Outcome) -> str:
        return "" if outcome.noted["delivered"] == expected else f"deliver() gets {_list(expected)}, each once"

    return Case(
        title, "receive(sock, deliver)", script, given, serves=True, holds=holds,
        use=lambda answer, *to: answer.receive(*to),
    )  # fmt: skip


def _list(messages: Sequence[bytes]) -> str:
    return ", ".join(repr(message) for message in messages)


def _is_acknowledged(sender: UdpPeer, number: int) -> None:
    sender.says(packet(number, WORDS[number]))
    sender.hears(b"%04d" % number)


def acknowledgement_lost(stage: Stage, sender: UdpPeer) -> None:
    """The sender, which heard nothing, repeats packet 0."""
    _is_acknowledged(sender, 0)
    stage.rest()
    _is_acknowledged(sender, 0)
    stage.rest()
    _is_acknowledged(sender, 1)


def late_copy(stage: Stage, sender: UdpPeer) -> None:
    """Packet 0 comes again when packet 1 has come, and then packet 2."""
    _is_acknowledged(sender, 0)
    _is_acknowledged(sender, 1)
    stage.rest()
    _is_acknowledged(sender, 0)
    _is_acknowledged(sender, 2)


# --- both, against each other ----------------------------------------------------------------


def through_a_link(seed: int, count: int) -> Case:
    """A case in which `send` and `receive` talk to each other, through a bad link with this seed."""
    messages = [word.encode() for word in WORDS[:count]]

    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted.update(done=threading.Event(), calm=threading.Event(), delivered=[])
        return stage, messages, seed

    def script(stage: Stage) -> None:
        stage.returns = messages
        _watches(stage, messages)

    title = f"both through a link that loses, doubles and reorders, both ways (seed {seed})"
    call = f"receive(sock, deliver) in a thread, and send(sock, {count} messages, {_SOON})"
    return Case(title, call, script, given, use=_both, longest=6.0)


def _both(answer: Any, stage: Stage, messages: Sequence[bytes], seed: int) -> object:
    """In the learner's thread: the receiver in a thread of its own, the sender here."""
    delivered: list[bytes] = stage.noted["delivered"]
    receiver, sender = stage.noted["sockets"] = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    endpoint_of(receiver).label, endpoint_of(sender).label = "receiver", "sender"
    receiver.bind(("127.0.0.1", 0))
    link = Link(receiver.getsockname(), "udp", up=_BAD_DAY, down=_BAD_DAY, seed=seed)
    stage.afterwards.enter_context(link)
    sender.connect(link.address)
    threading.Thread(target=answer.receive, args=(receiver, delivered.append), daemon=True).start()
    answer.send(sender, messages, _SOON)
    stage.noted["done"].set()
    stage.noted["calm"].wait(_PATIENCE)  # the receiver may acknowledge first, and then deliver
    return list(delivered)


def _watches(stage: Stage, messages: Sequence[bytes]) -> None:
    """Until the sender has come to its end; `Unmet` if nothing is delivered for some time."""
    nap, done, delivered = threading.Event(), stage.noted["done"], stage.noted["delivered"]
    count, since = -1, clock()
    while not (done.is_set() or stage.gone):
        if count != len(delivered):
            count, since = len(delivered), clock()
            stage.steps += 1
        if clock() > since + _PATIENCE:
            raise Unmet("the receiver", f"{messages[count]!r}" if count < len(messages) else "no more", "nothing more")
        nap.wait(0.002)
    stage.rest()
    stage.noted["calm"].set()
