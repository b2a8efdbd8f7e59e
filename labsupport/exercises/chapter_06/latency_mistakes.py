"""What goes wrong in a client that writes twice and then reads, and the facts by which it shows."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.events import Call, Endpoint
from labsupport.tape.streams import RECEIVING, SENDING

__all__ = ["MISTAKES", "NAMES", "STARTER", "connections", "held", "question", "set_nodelay", "written"]

#: Whom the client asks for.
NAMES: Final = ("Amara", "Bồ", "你好", "Chloé")
#: The given client's two sends.
_TWICE: Final = ('sock.sendall(b"get ")', 'sock.sendall(name.encode() + b"\\n")')
_NODELAY: Final = "sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)"
#: Where a system has no such option, no program sets it.
_NONE: Final = -1
_QUICKACK: Final = getattr(socket, "TCP_QUICKACK", _NONE)
_CORK: Final = getattr(socket, "TCP_CORK", _NONE)
_MORE: Final = getattr(socket, "MSG_MORE", 0)


def question(name: str) -> bytes:
    """What the server is sent for a name."""
    return b"get " + name.encode() + b"\n"


def written(
    before: Iterable[str] = (), send: Iterable[str] = _TWICE, answer: str = "read_line(sock)", *, gap: bool = False
) -> str:
    """The client, with lines before its loop and others that send; with the starter's gap."""
    raised = "    raise NotImplementedError  # take this line out, and mend the client below\n" if gap else ""
    options = "".join(f"        {line}\n" for line in before)
    sends = "".join(f"            {line}\n" for line in send)
    return f"""\
import socket


def latency_bug(address, names):
{raised}    answers = []
    with socket.create_connection(address) as sock:
{options}        for name in names:
{sends}            answers.append({answer})
    return answers


def read_line(sock):
    line = b""
    while not line.endswith(b"\\n"):
        chunk = sock.recv(1024)
        if not chunk:
            raise EOFError("the server finished in the middle of a line")
        line += chunk
    return line
"""


STARTER: Final = written(gap=True)


# --- the signs of mistakes -------------------------------------------------------------------


def connections(outcome: Outcome) -> list[Call]:
    """The learner's connects that succeeded."""
    return [call for call in outcome.calls("connect", "connect_ex") if call.error is None]


def _sets(calls: Iterable[Call], level: int, option: int) -> list[Call]:
    return [call for call in calls if call.op == "setsockopt" and call.asked[:2] == (level, option)]


def set_nodelay(outcome: Outcome) -> bool:
    """Whether the learner's code set it, where it belongs."""
    return bool(_sets(outcome.calls(), socket.IPPROTO_TCP, socket.TCP_NODELAY))


def held(outcome: Outcome) -> list[Call]:
    """The learner's sends that Nagle may hold back: an earlier one was not answered, and TCP_NODELAY was not set."""
    calls = sorted(outcome.calls(), key=lambda call: call.order)
    ends = dict.fromkeys(call.endpoint for call in calls)
    return [call for end in ends for call in _held_on(end, calls)]


def _held_on(end: Endpoint, calls: list[Call]) -> list[Call]:
    found: list[Call] = []
    nodelay = corked = False
    earlier: Call | None = None  # sent, and no answer since
    for call in (call for call in calls if call.endpoint is end and call.error is None):
        if _sets([call], socket.IPPROTO_TCP, socket.TCP_NODELAY):
            nodelay = bool(call.asked[2])
        elif _sets([call], socket.IPPROTO_TCP, _CORK):
            corked = bool(call.asked[2])
        elif call.op in SENDING and not corked and not call.flags & _MORE:
            if earlier is not None and not nodelay:
                found.append(call)
            earlier = call
        elif call.op in RECEIVING and call.length:
            earlier = None
    return found


def _is_held(outcome: Outcome) -> bool:
    return len(connections(outcome)) < 2 and bool(held(outcome))


def _quick_ack(outcome: Outcome) -> bool:
    return bool(_sets(outcome.calls(), socket.IPPROTO_TCP, _QUICKACK))


def _at_another_level(outcome: Outcome) -> bool:
    return bool(_sets(outcome.calls(), socket.SOL_SOCKET, socket.TCP_NODELAY))


def _still_twice(outcome: Outcome) -> Facts | None:
    known = _quick_ack(outcome) or _at_another_level(outcome)
    if not _is_held(outcome) or known or outcome.result != outcome.returns:
        return None
    second = held(outcome)[0]
    sends = sorted(outcome.sends, key=lambda call: call.order)
    return {"first": repr(sends[sends.index(second) - 1].data), "second": repr(second.data)}


def _acknowledges_here(outcome: Outcome) -> Facts | None:
    return {} if _is_held(outcome) and _quick_ack(outcome) else None


def _another_level(outcome: Outcome) -> Facts | None:
    refused = outcome.failed(PermissionError, "setsockopt")
    return {} if _at_another_level(outcome) and (refused or _is_held(outcome)) else None


def _takes_a_piece_for_an_answer(outcome: Outcome) -> Facts | None:
    """It took bytes as often as it had names, and what it returned are those pieces."""
    pieces = [call.data for call in outcome.receives if call.length]
    well = outcome.ended and outcome.error is None and not _is_held(outcome)
    if not well or outcome.result == outcome.returns or pieces[: len(NAMES)] != outcome.result:
        return None
    return {"piece": repr(pieces[0])}


def _a_connection_each(outcome: Outcome) -> Facts | None:
    count = len(connections(outcome))
    return {"count": count} if count > 1 else None


# --- the wrong programs ----------------------------------------------------------------------

_RECONNECTS: Final = f"""\
import socket


def latency_bug(address, names):
    answers = []
    for name in names:
        with socket.create_connection(address) as sock:
            {_TWICE[0]}
            {_TWICE[1]}
            answers.append(read_line(sock))
    return answers
{written().partition("return answers")[2].rstrip()}
"""

_EVERYWHERE: Final = (
    Mistake(
        "still_two_sends",
        written(),
        "Your client still sends {first}, then {second}, and then waits. The second is held back until the first is "
        "acknowledged (Nagle), and from the second name on the server's kernel delays that ACK. Send the question in "
        "one call, or set TCP_NODELAY on this socket before the loop.",
        _still_twice,
        {"first": repr(b"get "), "second": repr(NAMES[0].encode() + b"\n")},
    ),
    Mistake(
        "nodelay_at_another_level",
        written(before=("sock.setsockopt(socket.SOL_SOCKET, socket.TCP_NODELAY, 1)",)),
        "You asked for TCP_NODELAY at the level SOL_SOCKET. An option is a number within its level, and number 1 there "
        "is another option: on Linux SO_DEBUG, which root may set without a word, and nobody else. The level of a "
        "TCP_ option is socket.IPPROTO_TCP.",
        _another_level,
    ),
    Mistake(
        "nodelay_is_no_framing",
        written(before=(_NODELAY,), answer="sock.recv(1024)"),
        "No send waits any more, but you took {piece} for an answer: it was a piece of one. TCP_NODELAY makes small "
        "writes leave at once; it does not keep them apart, and one recv() is still not one message. Read on to the "
        "end of the line, as read_line() does.",
        _takes_a_piece_for_an_answer,
        {"piece": repr(b"hell")},
    ),
    Mistake(
        "a_connection_each",
        _RECONNECTS,
        "You made {count} connections. On a new one the server's kernel acknowledges at once for a while, so the 40 ms "
        "are gone; a handshake for each name has come in their place, a round trip each, and the two sends are as they "
        "were. Keep one connection, and mend what it does.",
        _a_connection_each,
        {"count": 2},
    ),
)

#: Where there is TCP_QUICKACK.
_OF_QUICKACK: Final = (
    Mistake(
        "acknowledges_on_the_wrong_side",
        written(before=("sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)",)),
        "TCP_QUICKACK is about the ACKs that your side sends. It is the server's ACK that is late, and your second "
        "send that waits for it: the cure is on the side that writes twice and then waits. Set TCP_NODELAY there, "
        "or send once.",
        _acknowledges_here,
    ),
)

MISTAKES: Final = (*_EVERYWHERE, *(_OF_QUICKACK if _QUICKACK != _NONE else ()))
