"""What goes wrong where both sides have much to say, and the facts by which it shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.streams import RECEIVING, SENDING

__all__ = ["MISTAKES", "STARTER", "written"]

_SEND: Final = ("sock.sendall(mine)", "sock.shutdown(socket.SHUT_WR)")
_READ: Final = ("while chunk := sock.recv(65536):", "    theirs += chunk")


def written(*lines: str, imports: Iterable[str] = (), gap: bool = False) -> str:
    """The program, of these lines; with the starter's gap."""
    raised = "    raise NotImplementedError  # take this line out, and change what is below\n" if gap else ""
    body = "".join(f"    {line}\n" for line in lines)
    more = "".join(f"import {name}\n" for name in imports)
    return f"import socket\n{more}\n\ndef polite_deadlock(sock, mine):\n{raised}{body}    return theirs\n"


STARTER: Final = written(*_SEND, 'theirs = b""', *_READ, gap=True)


# --- the signs of mistakes -------------------------------------------------------------------


def _waits(outcome: Outcome, ops: Iterable[str]) -> bool:
    return outcome.waiting is not None and outcome.waiting.op in ops and not outcome.ended


def _took(outcome: Outcome) -> bool:
    return any(call.length for call in outcome.receives)


def _resized(outcome: Outcome) -> bool:
    return bool(outcome.calls("setsockopt"))


def _all_sent(outcome: Outcome) -> bool:
    return sum(call.length or 0 for call in outcome.sends) == len(outcome.noted["mine"])


def _sends_first(outcome: Outcome) -> Facts | None:
    return {} if _waits(outcome, SENDING) and not _took(outcome) and not _resized(outcome) else None


def _bigger_buffers(outcome: Outcome) -> Facts | None:
    """It did all its sending before it read, or still waits for that."""
    alone = outcome.calls("shutdown") or _waits(outcome, SENDING)
    return {} if _resized(outcome) and alone and not outcome.ended and not _took(outcome) else None


def _reads_first(outcome: Outcome) -> Facts | None:
    return {} if _waits(outcome, RECEIVING) and not outcome.sends else None


def _takes_turns(outcome: Outcome) -> Facts | None:
    """It waits for bytes, has sent some of its own, and has more to send."""
    sent = sum(call.length or 0 for call in outcome.sends)
    left = _waits(outcome, RECEIVING) and not any(call.open for call in outcome.sends) and not _all_sent(outcome)
    return {"sent": f"{sent:,}"} if left and sent and not outcome.calls("shutdown") else None


def _gives_up(outcome: Outcome) -> Facts | None:
    late = [call.op for call in outcome.calls() if call.error is not None and call.error.type is TimeoutError]
    return {"op": late[0]} if late and outcome.raised(TimeoutError) else None


def _finishes_too_soon(outcome: Outcome) -> Facts | None:
    """Its own shutdown() made a send fail; the peer never closes before it has all."""
    late = [call.op for call in outcome.sends if call.error is not None and call.error.type is BrokenPipeError]
    return {"op": late[0]} if late and outcome.calls("shutdown") else None


def _never_finishes(outcome: Outcome) -> Facts | None:
    """All that it was to send has gone, and it has not said that this is the end."""
    waits = _waits(outcome, RECEIVING) and _all_sent(outcome)
    return {} if waits and not outcome.calls("shutdown") and not _resized(outcome) else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "sends_first",
        written(*_SEND, 'theirs = b""', *_READ),
        "Your program waits in sendall() and has read nothing; the peer waits in its own, for the same reason. All "
        "four buffers are full, and each waits for the other to read: read while you send.",
        _sends_first,
    ),
    Mistake(
        "bigger_buffers",
        written(
            "sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000_000)",
            "sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100_000_000)",
            *_SEND, 'theirs = b""', *_READ,
        ),
        "You asked for larger buffers, and send all before you read, as before. The system gives no more than it "
        "allows (options.set says how much), and any buffer only moves the size at which both wait. Read while you "
        "send.",
        _bigger_buffers,
    ),
    Mistake(
        "reads_first",
        written('theirs = b""', *_READ, *_SEND),
        "Your program reads before it sends, and so does this peer: both wait in recv(), with nothing on its way. "
        "After you, please! Somebody must begin, and neither order is right for every peer.",
        _reads_first,
    ),
    Mistake(
        "takes_turns",
        written(
            'theirs = b""',
            "for start in range(0, len(mine), 4096):",
            "    sock.sendall(mine[start : start + 4096])",
            "    theirs += sock.recv(4096)",
            "sock.shutdown(socket.SHUT_WR)",
            *_READ,
        ),
        "You sent {sent} bytes and now wait in recv(), with more to send: this peer reads all of yours first, so there "
        "is nothing to receive. A turn each is an agreement, and the peer has not made it. Let neither wait "
        "for the other: a thread that sends, or select().",
        _takes_turns,
        {"sent": "4,096"},
    ),
    Mistake(
        "gives_up",
        written("sock.settimeout(1)", *_SEND, 'theirs = b""', *_READ),
        "{op}() waited until its timeout was over: a timeout turns a program that waits for ever into one that fails. "
        "The bytes are still not where they should be. Read while you send.",
        _gives_up,
        {"op": "sendall"},
    ),
    Mistake(
        "finishes_too_soon",
        written(
            "sender = threading.Thread(target=sock.sendall, args=(mine,))", "sender.start()",
            "sock.shutdown(socket.SHUT_WR)", 'theirs = b""', *_READ, "sender.join()", imports=("threading",),
        ),
        "shutdown(SHUT_WR) came before all was sent, and after it nothing goes out: {op}() raised BrokenPipeError, and "
        "the peer misses the rest. Call it in the thread that sends, after sendall().",
        _finishes_too_soon,
        {"op": "sendall"},
    ),
    Mistake(
        "never_finishes",
        written(
            "sender = threading.Thread(target=sock.sendall, args=(mine,))", "sender.start()", 'theirs = b""', *_READ,
            "sender.join()", imports=("threading",),
        ),
        "All your bytes are there, and the peer still waits for more: nobody has told it that this is the end. After "
        "the last byte, sock.shutdown(socket.SHUT_WR).",
        _never_finishes,
    ),
)  # fmt: skip
