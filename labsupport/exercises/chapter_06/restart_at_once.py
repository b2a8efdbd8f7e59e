"""A change to a working program: a server that has its port again at once, and never shares it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises import peers
from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers import Peer

from .restart_mistakes import MISTAKES, STARTER, written
from .restarts import Restart, lived

__all__ = ["RESTART_AT_ONCE"]

_BYE: Final = b"goodbye"
_Answer = Callable[[Any], Any]


# --- the server: a life, and the next --------------------------------------------------------


def _case(title: str, use: Callable[[_Answer, Restart], object], play: Callable[[Stage], None], **more: Any) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        return (Restart(stage),)

    return Case(title, "restart_at_once(address)", play, given, use=lived(use), **more)


def _closes_first(answer: _Answer, day: Restart) -> object:
    """The server closes its connection before its client does, and ends; and starts again."""
    with day.starts(answer) as first:
        day.accepts(first).close()
    day.client_left.wait(peers.PATIENCE)
    second = day.starts(answer)
    day.accepts(second).close()
    return second


def _crashes(answer: _Answer, day: Restart) -> object:
    """It ends while a connection is still open: somebody else, a process that it started, holds it."""
    with day.starts(answer) as first:
        connection = day.accepts(first)
    with connection:
        second = day.starts(answer)
        day.accepts(second).close()
        connection.sendall(_BYE)
    return second


def _starts_twice(answer: _Answer, day: Restart) -> object:
    """The old server was never stopped."""
    day.starts(answer)
    day.is_refused()
    return answer(day.address)


# --- the clients -----------------------------------------------------------------------------


def _day(stage: Stage) -> Restart:
    day: Restart = stage.noted["restart"]
    return day


def _amara_then_bo(stage: Stage) -> None:
    amara = _comes(stage, "Amara")
    try:
        amara.hears_the_end()
    finally:  # whatever she was told, the server goes on
        amara.leaves()
        _day(stage).client_left.set()
        _bo(stage)


def _amara_stays(stage: Stage) -> None:
    amara = _comes(stage, "Amara")
    _bo(stage)
    amara.hears(_BYE)


def _bo(stage: Stage) -> None:
    """He comes to the second server, if there is one."""
    if stage.until(lambda: len(_day(stage).listeners) == 2):
        _comes(stage, "Bồ").hears_the_end()


def _comes(stage: Stage, name: str) -> Peer:
    client = stage.client(name)
    client.says(name.encode())
    client.hears(b"hello " + name.encode())
    return client


def _nobody(stage: Stage) -> None:
    """Whoever came would come to one of two."""


def _in_use(outcome: Outcome) -> str:
    right = getattr(outcome.error, "errno", None) in (errno.EADDRINUSE, errno.EACCES)  # Windows says EACCES
    return "" if right else "it lets bind()'s own error through"


RESTART_AT_ONCE: Final = Task(
    name="restart_at_once",
    chapter=6,
    prompt=(
        "**A server that restarts at once.** `restart_at_once(address)` makes the listener of a server, at every "
        "start. Below is one that works on the first. Change it: after a stop or a crash the next start has the port "
        "at once, though old connections are in TIME-WAIT, or still open. But it never shares the port: while another "
        "server listens there, bind()'s `OSError` goes through. One new line (on Windows none is needed, and this one "
        "would be wrong: leave it out there)."
    ),
    hints=(
        "Which call raises the error? An option that is to change what it does must be set before it.",
        "Two options have REUSE in their names. One says: old connections do not count. The other: let us share.",
        "On Linux the old server's socket must have had it too, so it is set at every start, not when one has failed.",
        "`listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)`, before bind().",
    ),
    starter=STARTER,
    solution="""\
import socket
import sys


def restart_at_once(address):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there SO_REUSEADDR would let others that set it too have the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen()
    return listener
""",
    alternatives=(
        "import socket\n\n\ndef restart_at_once(address):\n    return socket.create_server(address)\n",
        """\
import os
import socketserver


class Server(socketserver.TCPServer):
    allow_reuse_address = os.name == "posix"


def restart_at_once(address):
    return Server(address, socketserver.BaseRequestHandler).socket
""",
        written(before=('if not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):',  # on Windows it is there
                        "    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)")),
    ),
    cases=(
        _case("the server closes its connection first, ends, and starts again", _closes_first, _amara_then_bo),
        _case("it starts again while an old connection is still open", _crashes, _amara_stays),
        _case("it starts while the old server still listens", _starts_twice, _nobody, holds=_in_use),
    ),
    praise=(
        "Bồ was served where Amara's connection was in TIME-WAIT, and where it was still open. And the port belonged "
        "to one server at a time: the second one was told so."
    ),
    mistakes=MISTAKES,
)  # fmt: skip
