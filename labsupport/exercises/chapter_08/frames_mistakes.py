"""What goes wrong where a stream becomes frames, and the facts by which it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, changed, fill

__all__ = [
    "BODIES", "CUT", "EXACT", "HEADER", "MANY", "MAXIMUM", "MISTAKES", "ONE_MORE", "REFUSED", "STARTER", "ZERO",
    "framed", "written",
]  # fmt: skip

MAXIMUM: Final = 100
BODIES: Final = ('{"text":"héllo"}'.encode(), b"{}", "你好".encode())
#: What stands in a list of bodies for a ValueError.
REFUSED: Final = "and then ValueError"
#: Titles of cases.
MANY: Final = "two frames and the beginning of a third in one piece, then the rest of it"
HEADER: Final = "the four bytes of the length come in three pieces"
EXACT: Final = "a frame of exactly the maximum"
ONE_MORE: Final = "one byte more is announced, and nothing of it comes"
ZERO: Final = "a frame of no bytes"
CUT: Final = "a good frame and a wrong length in one piece"

STARTER: Final = '''\
class Frames:
    """Takes a stream apart: 4 bytes of length, big-endian, then so many bytes."""

    def __init__(self, maximum):
        self.maximum = maximum
        self.pending = b""  # what is not complete

    def receive(self, data):
        """Give the bodies that `data` completes.  ValueError: a length of 0, or above the maximum."""
        raise NotImplementedError


chat_frames = Frames
'''

_BODY: Final = """\
self.pending += data
while len(self.pending) >= 4:
    length = int.from_bytes(self.pending[:4], "big")
    if not 1 <= length <= self.maximum:
        raise ValueError(f"a frame has from 1 to {self.maximum} bytes, not {length}")
    if len(self.pending) < 4 + length:
        return
    body = self.pending[4 : 4 + length]
    self.pending = self.pending[4 + length :]
    yield body
"""
_CHECK: Final = """\
    if not 1 <= length <= self.maximum:
        raise ValueError(f"a frame has from 1 to {self.maximum} bytes, not {length}")
"""
_WAIT: Final = """\
    if len(self.pending) < 4 + length:
        return
"""


def framed(body: bytes) -> bytes:
    """A frame, written by hand."""
    return len(body).to_bytes(4, "big") + body


def written(*changes: tuple[str, str]) -> str:
    """A whole answer, with these parts exchanged."""
    return fill(STARTER, changed(_BODY, *changes))


# --- the signs of mistakes -------------------------------------------------------------------


def _gives(result: Sequence[object], returns: Sequence[object]) -> Callable[[Any], Facts | None]:
    """This where that was expected."""

    def sign(outcome: Outcome) -> Facts | None:
        return (
            {} if outcome.error is None and (outcome.result, outcome.returns) == (list(result), list(returns)) else None
        )

    return sign


def _forgets(outcome: Outcome) -> Facts | None:
    """The rest of a frame came, and the frame did not; its beginning was not asked for again."""
    lost = outcome.case.title == MANY and outcome.returns == list(BODIES[2:]) and outcome.result != outcome.returns
    return {} if lost and outcome.error is None else None


def _half_a_header(outcome: Outcome) -> Facts | None:
    wrong = outcome.error is not None or outcome.result != outcome.returns
    return {} if outcome.case.title == HEADER and wrong else None


def _nothing(outcome: Outcome) -> bool:
    return outcome.result == [] and outcome.returns == [REFUSED] and outcome.error is None


def _waits(outcome: Outcome) -> Facts | None:
    wrong = _nothing(outcome) and outcome.case.title not in (ZERO, ONE_MORE)
    return {"n": MAXIMUM + 1, "maximum": MAXIMUM} if wrong else None


def _a_fifth_byte(outcome: Outcome) -> Facts | None:
    """It looked at the same length where one byte of the body had come."""
    return {} if _nothing(outcome) and outcome.case.title == ONE_MORE else None


def _less_than_the_maximum(outcome: Outcome) -> Facts | None:
    wrong = outcome.case.title == EXACT and outcome.result == [REFUSED]
    return {"maximum": MAXIMUM} if wrong else None


def _no_bytes(outcome: Outcome) -> Facts | None:
    return {} if outcome.case.title == ZERO and outcome.result != outcome.returns else None


# --- the wrong programs ----------------------------------------------------------------------

_FIRST: Final = list(BODIES[:1])

MISTAKES: Final = (
    Mistake(
        "one_a_call",
        written(("while len", "if len")),
        "Two frames came in one piece, and you gave the first alone; the second waits until something else comes, and "
        "with it the client that sent it. A loop, as long as a whole frame is there.",
        _gives(_FIRST, list(BODIES[:2])),
    ),
    Mistake(
        "forgets_the_rest",
        written(("self.pending += data", "self.pending = data")),
        "A frame came in two pieces. Its beginning was in the call before, and you have it no more; what came now you "
        "took for the beginning of a frame. Add to what is pending: +=.",
        _forgets,
    ),
    Mistake(
        "the_other_order",
        written(('"big"', '"little"')),
        "The four bytes 00 00 00 11 are 17, and you read 285,212,672: the same bytes in the other order. The protocol "
        "is big-endian: int.from_bytes(…, 'big').",
        _gives([REFUSED], list(BODIES[:2])),
    ),
    Mistake(
        "half_a_header",
        written(("while len(self.pending) >= 4:", "while self.pending:")),
        "One byte of the length had come, and you made a number of it. The four bytes come in pieces as well as the "
        "body does: wait until all four are there.",
        _half_a_header,
    ),
    Mistake(
        "waits_for_the_body",
        written((_CHECK, ""), (_WAIT, _WAIT + _CHECK)),
        "{n} bytes were announced where {maximum} are allowed, and you wait for them: you look at the length only when "
        "the body is there. By then you have kept it all, and with four other bytes it is 4 GiB. Look first.",
        _waits,
        {"n": MAXIMUM + 1, "maximum": MAXIMUM},
    ),
    Mistake(
        "a_fifth_byte",
        written(("while len(self.pending) >= 4:", "while len(self.pending) > 4:")),
        "The four bytes of a wrong length were there, and you waited for a fifth before you looked at them: four are "
        "enough, `>= 4`.",
        _a_fifth_byte,
    ),
    Mistake(
        "less_than_the_maximum",
        written(("<= self.maximum", "< self.maximum")),
        "A frame of exactly {maximum} bytes was refused, where {maximum} is the maximum: it is allowed itself.",
        _less_than_the_maximum,
        {"maximum": MAXIMUM},
    ),
    Mistake(
        "frames_of_no_bytes",
        written(("not 1 <= length <= self.maximum", "length > self.maximum")),
        "A frame of no bytes is none in this protocol: its length is 1 or more. Where it is allowed, four bytes of "
        "nothing cost you a turn each, and who reads the body finds none.",
        _no_bytes,
    ),
    Mistake(
        "loses_the_good_ones",
        written(
            ("self.pending += data\n", "self.pending += data\nbodies = []\n"),
            ("        return\n", "        break\n"),
            ("    yield body\n", "    bodies.append(body)\nreturn bodies\n"),
        ),
        "A good frame and a wrong length came in one piece, and the good frame is lost: you collect in a list, and "
        "raise before you return it. The same two, a moment apart, would have been told apart: so what a client gets "
        "depends on how the network cuts. Give each body at once, by `yield`.",
        _gives([REFUSED], [BODIES[0], REFUSED]),
    ),
)  # fmt: skip
