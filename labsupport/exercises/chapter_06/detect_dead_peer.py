"""Options that notice a peer which is gone: on an idle connection, and with data on its way."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import Any, Final

from labsupport import kernel
from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers import Peer
from labsupport.tape.events import clock
from labsupport.tape.watched import Plain

from .dead_peer_mistakes import LEAST, MISTAKES, MOST, STARTER, found, written
from .in_force import HAS_USER_TIMEOUT, InForce, in_force

__all__ = ["DETECT_DEAD_PEER"]

_Use = Callable[[Any, Stage], object]
_QUESTION: Final = b"how are you?"
_ALIVE: Final = b"here I am"
#: Seconds for which a living peer reads nothing; and at most, where the kernel will give it up before.
_SLOW: Final = 0.4
_CUT_OFF: Final = 1.5
#: Seconds that the kernel may take for what is to take two: it looks when it probes, and its probes lie apart.
_LATE: Final = 4.0


# --- what is done with the socket ------------------------------------------------------------


def _case(title: str, use: _Use, play: Callable[[Stage], None], holds: Callable[[Outcome], str]) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        sock, stage.noted["peer"] = stage.lent(name="the peer")
        return sock, stage

    def used(answer: Any, sock: Any, stage: Stage) -> object:
        answer(sock)
        stage.noted["in force"] = in_force(sock)
        Plain.settimeout(sock, None)  # its own timeout is noted; here it would end what is tried
        return use(sock, stage)

    return Case(title, "detect_dead_peer(sock)", play, given, holds=holds, use=used, longest=_LATE + 0.5)


def _listens(sock: Any, stage: Stage) -> object:
    stage.returns = _ALIVE
    return sock.recv(100)


def _fills(sock: Any, stage: Stage) -> object:
    """Sends more than the peer takes: its window is closed, and data is unacknowledged; then listens."""
    sock.sendall(_QUESTION)
    Plain.setblocking(sock, False)
    try:
        while True:
            Plain.send(sock, bytes(65_536))
    except BlockingIOError:
        Plain.setblocking(sock, True)
    return _listens(sock, stage)


def _fills_in_vain(sock: Any, stage: Stage) -> object:
    if not _in_time(stage.noted["in force"]):
        sock.sendall(_QUESTION)
        return None  # it would wait for ever
    try:
        return _fills(sock, stage)
    finally:
        stage.raises = TimeoutError


def _in_time(now: InForce) -> bool:
    return 0 < now.user_timeout <= MOST


def _too_short(now: InForce) -> bool:
    return 0 < now.user_timeout < LEAST


# --- the peer --------------------------------------------------------------------------------


def _peer(stage: Stage) -> Peer:
    peer = stage.noted["peer"]
    assert isinstance(peer, Peer)
    return peer


def _passes(stage: Stage, seconds: float) -> None:
    """So much time, or as much as the learner's code needs."""
    nap, until = threading.Event(), clock() + seconds
    while clock() < until and not stage.gone:
        nap.wait(0.01)
        stage.steps += 1


def _speaks(stage: Stage) -> None:
    stage.rest()
    _peer(stage).says(_ALIVE)


def _is_slow(stage: Stage) -> None:
    """It reads nothing for a while, then what has come; and it answers."""
    stage.rest()
    _passes(stage, _CUT_OFF if _too_short(stage.noted["in force"]) else _SLOW)
    while kernel.unread(_peer(stage).sock):
        Plain.recv(_peer(stage).sock, 65_536)
    if not stage.gone:
        _peer(stage).says(_ALIVE)


def _reads_nothing(stage: Stage) -> None:
    _passes(stage, _LATE)


# --- what must hold --------------------------------------------------------------------------


def _idle(outcome: Outcome) -> str:
    after = found(outcome).idle_noticed
    if found(outcome).waits is not None:
        return "a socket that waits as long as it did: who is silent may be well"
    right = after is not None and after * 1000 <= MOST
    return "" if right else "after 2 s without an answer the kernel gives an idle connection up"


def _patient(outcome: Outcome) -> str:
    """A peer may be slow for half a second; that ours was, and survived it, is no proof."""
    return f"a peer that is slow for {LEAST} ms is left alone" if _too_short(found(outcome)) else ""


def _in_flight(outcome: Outcome) -> str:
    if not _in_time(found(outcome)):
        return "after 2 s without an acknowledgement the kernel gives up what is on its way"
    right = getattr(outcome.error, "errno", None) == errno.ETIMEDOUT
    return "" if right else "recv() raises the kernel's own TimeoutError (ETIMEDOUT)"


_IDLE: Final = _case("nobody has anything to say for a while", _listens, _speaks, _idle)
_SENDING: Final = (
    _case("the peer has data to read and is slow, but lives", _fills, _is_slow, _patient),
    _case("the peer has data to read and never takes it", _fills_in_vain, _reads_nothing, _in_flight),
)

DETECT_DEAD_PEER: Final = Task(
    name="detect_dead_peer",
    chapter=6,
    prompt=(
        "**Detect a dead peer.** `detect_dead_peer(sock)` gets a connected socket and sets its options, so that the "
        "kernel notices within about 2 s that the peer is gone: while the connection is idle, and while data is on its "
        "way. "
        f"A living peer is left alone, though it says nothing for long, or is slow for {LEAST} ms. "
        "About five lines. (Of these systems only Linux has TCP_USER_TIMEOUT: elsewhere the idle half is all that is "
        "asked. macOS calls the time before the first probe TCP_KEEPALIVE.)"
    ),
    hints=(
        "Two cases, two means. What does the kernel send on a connection on which nobody says anything?",
        "Four options: whether there are probes (SO_KEEPALIVE), after how long, how far apart, and how many.",
        "1 s is the least for TCP_KEEPIDLE and TCP_KEEPINTVL. With one probe that makes 2 s.",
        "Nothing is probed while data is unacknowledged. For that there is TCP_USER_TIMEOUT, in milliseconds.",
    ),
    starter=STARTER,
    solution="""\
import socket


def detect_dead_peer(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    idle = socket.TCP_KEEPIDLE if hasattr(socket, "TCP_KEEPIDLE") else socket.TCP_KEEPALIVE  # macOS
    sock.setsockopt(socket.IPPROTO_TCP, idle, 1)  # seconds before the first probe
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)  # seconds for its answer
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 1)  # so many probes
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 2000)  # milliseconds
""",
    alternatives=(
        """\
from labsupport import options

WANTED = {"SO_KEEPALIVE": True, "TCP_KEEPIDLE": 1, "TCP_KEEPALIVE": 1, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 1,
          "TCP_USER_TIMEOUT": 1500}


def detect_dead_peer(sock):
    for name, value in WANTED.items():
        if options.TABLE[name].number is not None:
            options.set(sock, name, value)
""",
        *((written("SO_KEEPALIVE", KEEPIDLE=1, KEEPINTVL=1, USER_TIMEOUT=1900),) if HAS_USER_TIMEOUT else ()),
    ),
    cases=(_IDLE, *(_SENDING if HAS_USER_TIMEOUT else ())),
    praise=(
        "A peer that is silent was left alone, and so was one that is slow. Where there is nothing on its way, probes "
        "find out; where there is, the kernel waits for its acknowledgement, and hardly longer than you said: it looks "
        "when it probes or sends again, so 2 s may be a little more. Outside, where a probe may be lost, ask for "
        "three, further apart."
    ),
    mistakes=MISTAKES,
)
