"""What goes wrong where a peer does not read, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.streams import SENDING

from .source import Rest, Source

__all__ = ["LIMIT", "MISTAKES", "PATIENCE", "SPINS", "STARTER", "refusals", "source", "written"]

#: Seconds without room after which the sender gives up.
PATIENCE: Final = 0.3
#: Bytes that it may hold.
LIMIT: Final = 200_000
#: So often may a sender be told that there is no room, and not sleep after it.
SPINS: Final = 100

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


# --- the signs of mistakes -------------------------------------------------------------------


def source(outcome: Outcome) -> Source:
    """Where the pieces came from."""
    met: Source = outcome.noted["source"]
    return met


def refusals(outcome: Outcome) -> int:
    """How often a send was told that there is no room, and the program did not sleep after it."""
    times = sum(call.error is not None and call.error.type is BlockingIOError for call in outcome.sends)
    return times - len(outcome.noted["clock"].naps)


def _rest(outcome: Outcome) -> bytes | None:
    """What the function gave back when the reader read nothing."""
    stuck = outcome.noted["source"].delivered and outcome.unmet is None and not outcome.flood
    return outcome.result.data if stuck and isinstance(outcome.result, Rest) else None


def _late(outcome: Outcome) -> list[str]:
    """The calls that came to the end of their patience."""
    return [call.op for call in outcome.sends if call.error is not None and call.error.type is TimeoutError]


def _grows(outcome: Outcome) -> Facts | None:
    held = source(outcome).held
    return {"n": f"{held / 1_000_000:.0f}"} if held > LIMIT and len(_late(outcome)) < 2 else None


def _by_sendall(outcome: Outcome) -> bool:
    return "sendall" in _late(outcome)


def _goes_on(outcome: Outcome) -> Facts | None:
    return {} if len(_late(outcome)) > 1 and not _by_sendall(outcome) else None


def _through(outcome: Outcome) -> Facts | None:
    return {} if _late(outcome) == ["send"] and outcome.raised(TimeoutError) else None


def _cannot_tell(outcome: Outcome) -> Facts | None:
    return {} if _by_sendall(outcome) and source(outcome).held <= LIMIT else None


def _for_ever(outcome: Outcome) -> Facts | None:
    call = outcome.waiting
    if call is None or call.op not in SENDING or outcome.ended or _late(outcome):
        return None
    return {"op": call.op} if source(outcome).held <= LIMIT and refusals(outcome) <= SPINS else None


def _again(outcome: Outcome) -> Facts | None:
    """More came back than was left."""
    rest, met = _rest(outcome), source(outcome)
    twice = rest is not None and met.held <= LIMIT and met.taken.endswith(rest) and len(rest) > len(met.left)
    return {} if twice and not _by_sendall(outcome) else None


def _dropped(outcome: Outcome) -> Facts | None:
    rest, met = _rest(outcome), source(outcome)
    lost = rest == b"" and bool(met.left) and met.held <= LIMIT
    return {} if lost and not _by_sendall(outcome) else None


def _ignores(outcome: Outcome) -> Facts | None:
    """The kernel was given fewer bytes than were taken, and its reader waits for the others."""
    met = source(outcome)
    pairs = zip(outcome.sends, met.pieces, strict=False)
    short = [(call.length, len(piece)) for call, piece in pairs if (call.length or 0) < len(piece)]
    done = outcome.ended and outcome.error is None and outcome.unmet is not None
    if not done or not short or len(met.taken) < len(b"".join(met.pieces)):
        return None
    return {"k": short[0][0], "n": short[0][1]}


def _counts_from_the_start(outcome: Outcome) -> Facts | None:
    met = source(outcome)
    early = met.thinks and outcome.ended and outcome.error is None and len(met.taken) < len(b"".join(met.pieces))
    return {"sent": met.sent} if early and outcome.unmet is not None else None


def _spins(outcome: Outcome) -> Facts | None:
    return {} if source(outcome).held <= LIMIT and refusals(outcome) > SPINS else None


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

MISTAKES: Final = (
    Mistake(
        "the_list_grows",
        _GROWING,
        "The peer has stopped reading, and your program goes on taking: {n} MB wait in its memory. Not blocking moves "
        "the queue from the kernel to you. Take the next piece when the one before is gone, and the source waits too.",
        _grows,
        {"n": 4},
    ),
    Mistake(
        "sendall_cannot_tell",
        written("sock.sendall(piece)", "break"),
        "sendall() gave up in the middle of a piece and does not say how much of it had gone: who sends it again "
        "sends some bytes twice, who does not may lose some. send() returns how many bytes it took; keep the rest.",
        _cannot_tell,
    ),
    Mistake(
        "waits_for_ever",
        written(_REST, before="sock.settimeout(None)"),
        "The peer reads nothing, its buffer is full and so is yours, and your {op}() waits: until the peer reads, or "
        "for ever. That is no error, and no call ends it; a timeout does.",
        _for_ever,
        {"op": "send"},
    ),
    Mistake(
        "lets_the_error_through",
        "def bounded_sender(sock, source, patience):\n    sock.settimeout(patience)\n    for piece in source:\n"
        f"        while piece:\n            {_REST}\n    return b''\n",
        "send() raised TimeoutError, and you let it through: what is left of the piece is in a variable that nobody "
        "can read any more. Catch it, and return the rest.",
        _through,
    ),
    Mistake(
        "goes_on",
        written(_REST, late="break"),
        "For the second time the kernel took nothing for as long as your patience lasts, and you go on: with the next "
        "piece, and this one is lost, or with this one for ever. Give up the first time, and return what is left.",
        _goes_on,
    ),
    Mistake(
        "the_whole_piece_again",
        written("left = left[sock.send(left) :]", left="left"),
        "You gave back the whole piece, and the beginning of it has gone: if somebody sends it again, those bytes come "
        "twice. Give back what is left of it.",
        _again,
    ),
    Mistake(
        "drops_the_rest",
        written(_REST, late='return b""'),
        "You gave up, and returned b'' as if all were sent: what you had taken from the source and not sent is in no "
        "buffer any more. Return it.",
        _dropped,
    ),
    Mistake(
        "ignores_what_send_returns",
        written("sock.send(piece)", "break"),
        "send() took {k} of {n} bytes and said so, and you went on to the next piece: the others are lost, in the "
        "middle of the stream. Send the rest of the piece, until nothing is left of it.",
        _ignores,
        {"k": 7, "n": 18},
    ),
    Mistake(
        "counts_from_the_start",
        _FROM_THE_START,
        "You gave up after {sent} bytes, though the peer took every piece at once: the time went by in the source, and "
        "your deadline counts from the beginning. Patience is for a kernel that has no room: count from the last byte "
        "that it took.",
        _counts_from_the_start,
        {"sent": 24},
    ),
    Mistake(
        "asks_all_the_time",
        _SPINNING,
        "There was no room, and your program asked again at once, a hundred times and more: a whole core to wait. "
        "select() waits until the socket is writable, and so does a send() with a timeout.",
        _spins,
    ),
)  # fmt: skip
