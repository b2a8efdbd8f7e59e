"""A small change to a given client: find the 40 ms that it waits in each round, and mend it, in one of two ways."""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from typing import Final

from labsupport import kernel
from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers import Peer

from .latency_mistakes import MISTAKES, NAMES, STARTER, connections, held, question, set_nodelay, written

__all__ = ["LATENCY_BUG"]


# --- the other side --------------------------------------------------------------------------


def _case(title: str, cuts: Callable[[bytes], Sequence[bytes]]) -> Case:
    def play(stage: Stage) -> None:
        stage.returns = [_answer(name) for name in NAMES]
        server = stage.accept()
        for name in NAMES:
            _hears_at_once(stage, server, question(name))
            server.says_in_pieces(cuts(_answer(name)))
        server.hears_the_end()

    return Case(title, f"latency_bug(address, {list(NAMES)})", play, _given, holds=_quick)


def _given(stage: Stage) -> tuple[object, ...]:
    return stage.address, list(NAMES)


def _answer(name: str) -> bytes:
    return b"hello " + name.encode() + b"\n"


def _hears_at_once(stage: Stage, server: Peer, line: bytes) -> None:
    """In one recv(), when all of it has come: so it is one on every run, however the line was sent."""

    def come() -> bool:
        waits = kernel.unread(server.sock)
        ended = not waits and bool(select.select([server.sock], [], [], 0)[0])
        return waits is None or ended or waits >= len(line)

    stage.until(come)
    server.hears(line)


def _quick(outcome: Outcome) -> str:
    if len(connections(outcome)) > 1:
        return "one connection for all names"
    return "no send that waits for the ACK of the one before it" if held(outcome) else ""


def _other_way(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """There are two, and who has found one is told of the other."""
    if set_nodelay(outcomes[0]):
        return ("The other way, which needs no option and half of the segments: send the question in one call.",)
    return ("The other way, where you cannot join the sends: TCP_NODELAY, set when you have connected.",)


LATENCY_BUG: Final = Task(
    name="latency_bug",
    chapter=6,
    prompt=(
        "**The latency bug.** The client below is right, and slow: it asks a server for one name after another over "
        "one connection, and from the second name on each answer takes about 40 ms, though both are on one machine. "
        "Find out which call is held back, and why; then mend it. One to three changed lines do; there are two ways, "
        "and either passes. (The server is not yours to change.)"
    ),
    hints=(
        "Look at the ladder of a round: how many sends are there before the client waits?",
        (
            "A small segment waits while an earlier one is not acknowledged (Nagle), and the server's kernel delays "
            "its ACK, so that an answer may carry it. Each waits for the other."
        ),
        "One way: let there be one send. `sendall()` takes any bytes; join them first.",
        "The other: `sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)`, once, before the loop.",
    ),
    starter=STARTER,
    solution=written(send=('sock.sendall(b"get " + name.encode() + b"\\n")',)),
    alternatives=(
        written(before=("sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)",)),
        """\
import socket


def latency_bug(address, names):
    with socket.create_connection(address) as sock, sock.makefile("rwb") as file:
        answers = []
        for name in names:
            file.write(b"get ")
            file.write(f"{name}\\n".encode())
            file.flush()
            answers.append(file.readline())
    return answers
""",
        """\
import socket


def latency_bug(address, names):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_TCP, socket.TCP_NODELAY, True)
    sock.connect(address)
    rest, answers = b"", []
    for name in names:
        sock.send(b"get ")
        sock.send(name.encode())
        sock.send(b"\\n")
        while b"\\n" not in rest:
            rest += sock.recv(4096)
        line, _, rest = rest.partition(b"\\n")
        answers.append(line + b"\\n")
    sock.close()
    return answers
""",
        """\
import socket


def latency_bug(address, names):
    with socket.create_connection(address) as sock:
        sock.sendall(b"".join(b"get %s\\n" % name.encode() for name in names))
        with sock.makefile("rb") as file:
            return [file.readline() for _ in names]
""",
    ),
    cases=(
        _case(f"{len(NAMES)} names, one after another", lambda answer: [answer]),
        _case("the same, and each answer comes in two pieces", lambda answer: [answer[:4], answer[4:]]),
    ),
    praise="No send of yours waits for an ACK any more: each question leaves at once, and the answers come at once.",
    mistakes=MISTAKES,
    remarks=_other_way,
)
