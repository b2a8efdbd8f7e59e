"""What goes wrong where a peer does not read."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Mistake

from .sender_signs import (
    again,
    cannot_tell,
    counts_from_the_start,
    dropped,
    for_ever,
    goes_on,
    grows,
    ignores,
    keeps_the_end,
    spins,
    through,
)

__all__ = ["MISTAKES", "PATIENCE", "STARTER", "written"]

#: Seconds without room after which the sender gives up.
PATIENCE: Final = 0.3

STARTER: Final = '''\
def bounded_sender(sock, source, patience):
    """Send the pieces of source; return the bytes that were taken from it and not sent."""
    raise NotImplementedError
'''


def written(
    *lines: str, late: str = "return piece", before: str = "sock.settimeout(patience)", left: str = "piece"
) -> str:
    """A sender that sends a piece with these lines in a loop, and does `late` when the kernel took nothing in time."""
    first = "" if left == "piece" else f"        {left} = piece\n"
    each = "".join(f"                {line}\n" for line in lines)
    return (
        f"def bounded_sender(sock, source, patience):\n    {before}\n    for piece in source:\n{first}"
        f"        while {left}:\n            try:\n{each}            except TimeoutError:\n                {late}\n"
        '    return b""\n'
    )


# --- the wrong programs ----------------------------------------------------------------------

_REST: Final = "piece = piece[sock.send(piece) :]"
_GROWING: Final = """\
def bounded_sender(sock, source, patience):
    sock.setblocking(False)
    pending = b""
    for piece in source:
        pending += piece
        try:
            pending = pending[sock.send(pending) :]
        except BlockingIOError:
            pass
    sock.settimeout(patience)
    try:
        while pending:
            pending = pending[sock.send(pending) :]
    except TimeoutError:
        pass
    return pending
"""
_FROM_THE_START: Final = """\
import time


def bounded_sender(sock, source, patience):
    end = time.monotonic() + patience
    sock.settimeout(patience)
    for piece in source:
        while piece:
            try:
                piece = piece[sock.send(piece) :]
            except TimeoutError:
                return piece
            if time.monotonic() > end:
                return piece
    return b""
"""
_SPINNING: Final = """\
import time


def bounded_sender(sock, source, patience):
    sock.setblocking(False)
    for piece in source:
        end = time.monotonic() + patience
        while piece:
            try:
                piece = piece[sock.send(piece) :]
                end = time.monotonic() + patience
            except BlockingIOError:
                if time.monotonic() > end:
                    return piece
    return b""
"""

_ONE_SEND_A_PIECE: Final = """\
def bounded_sender(sock, source, patience):
    sock.settimeout(patience)
    left = b""
    for piece in source:
        left += piece
        try:
            left = left[sock.send(left) :]
        except TimeoutError:
            break
    return left
"""

MISTAKES: Final = (
    Mistake(
        "the_list_grows",
        _GROWING,
        "The peer has stopped reading, and your program goes on taking: {n} MB wait in its memory. Not blocking moves "
        "the queue from the kernel to you. Take the next piece when the one before is gone, and the source waits too.",
        grows,
        {"n": 4},
    ),
    Mistake(
        "sendall_cannot_tell",
        written("sock.sendall(piece)", "break"),
        "sendall() gave up in the middle of a piece and does not say how much of it had gone: who sends it again "
        "sends some bytes twice, who does not may lose some. send() returns how many bytes it took; keep the rest.",
        cannot_tell,
    ),
    Mistake(
        "waits_for_ever",
        written(_REST, before="sock.settimeout(None)"),
        "The peer reads nothing, its buffer is full and so is yours, and your {op}() waits: until the peer reads, or "
        "for ever. That is no error, and no call ends it; a timeout does.",
        for_ever,
        {"op": "send"},
    ),
    Mistake(
        "lets_the_error_through",
        "def bounded_sender(sock, source, patience):\n    sock.settimeout(patience)\n    for piece in source:\n"
        f"        while piece:\n            {_REST}\n    return b''\n",
        "send() raised TimeoutError, and you let it through: what is left of the piece is in a variable that nobody "
        "can read any more. Catch it, and return the rest.",
        through,
    ),
    Mistake(
        "goes_on",
        written(_REST, late="break"),
        "For the second time the kernel took nothing for as long as your patience lasts, and you go on: with the next "
        "piece, and this one is lost, or with this one for ever. Give up the first time, and return what is left.",
        goes_on,
    ),
    Mistake(
        "the_whole_piece_again",
        written("left = left[sock.send(left) :]", left="left"),
        "You gave back the whole piece, and the beginning of it has gone: if somebody sends it again, those bytes come "
        "twice. Give back what is left of it.",
        again,
    ),
    Mistake(
        "drops_the_rest",
        written(_REST, late='return b""'),
        "You gave up, and returned b'' as if all were sent: what you had taken from the source and not sent is in no "
        "buffer any more. Return it.",
        dropped,
    ),
    Mistake(
        "ignores_what_send_returns",
        written("sock.send(piece)", "break"),
        "send() took {k} of {n} bytes and said so, and you went on to the next piece: the others are lost, in the "
        "middle of the stream. Send the rest of the piece, until nothing is left of it.",
        ignores,
        {"k": 7, "n": 18},
    ),
    Mistake(
        "keeps_the_end",
        _ONE_SEND_A_PIECE,
        "The kernel had room, and you came back with {n} bytes unsent: each piece got one send(), which took less than "
        "was there. After the last piece, go on until nothing is left.",
        keeps_the_end,
        {"n": 11},
    ),
    Mistake(
        "counts_from_the_start",
        _FROM_THE_START,
        "You gave up after {sent} bytes, though the peer took every piece at once: the time went by in the source, and "
        "your deadline counts from the beginning. Patience is for a kernel that has no room: count from the last byte "
        "that it took.",
        counts_from_the_start,
        {"sent": 24},
    ),
    Mistake(
        "asks_all_the_time",
        _SPINNING,
        "There was no room, and your program asked again at once, a hundred times and more: a whole core to wait. "
        "select() waits until the socket is writable, and so does a send() with a timeout.",
        spins,
    ),
)  # fmt: skip
