"""What goes wrong where arrivals are counted, and the facts by which it shows.

Most of these mistakes are another rule of counting: the sign is that a part of the answer is what this rule gives
for what came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.streams import RECEIVING

__all__ = ["MISTAKES", "STARTER", "Counts", "counted"]

_PARTS: Final = ("lost", "late", "doubled")
#: How many were lost, late and doubled.
Counts = tuple[int, int, int]
Rule = Callable[[Sequence[int], int], Counts]

STARTER: Final = """\
def sequence_numbers(sock, sent):
    lost = late = doubled = 0
    while True:
        try:
            number = int(sock.recv(1024)[:4])
        except TimeoutError:  # nothing more will come
            break
        raise NotImplementedError  # what do you keep of it?
    return lost, late, doubled
"""


# --- rules of counting -----------------------------------------------------------------------


def _firsts(arrived: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(arrived))


def _late(arrived: Sequence[int]) -> int:
    """How many are below a number that came before (RFC 4737 §3: reordered is what is less than the next expected)."""
    return sum(number < max(arrived[:at], default=0) for at, number in enumerate(arrived))


def counted(arrived: Sequence[int], sent: int) -> Counts:
    """The right counts for these numbers, in the order in which they came."""
    firsts = _firsts(arrived)
    return sent - len(firsts), _late(firsts), len(arrived) - len(firsts)


def _by_arrivals(arrived: Sequence[int], sent: int) -> Counts:
    return sent - len(arrived), *counted(arrived, sent)[1:]


def _at_once(arrived: Sequence[int], sent: int) -> Counts:
    lost, late, doubled = counted(arrived, sent)
    return lost + late, late, doubled


def _up_to_the_highest(arrived: Sequence[int], sent: int) -> Counts:
    _, late, doubled = counted(arrived, sent)
    return max(arrived) + 1 - len(set(arrived)), late, doubled


def _by_the_previous(arrived: Sequence[int], sent: int) -> Counts:
    lost, _, doubled = counted(arrived, sent)
    return lost, sum(other < one for one, other in pairwise(_firsts(arrived))), doubled


def _copies_are_late(arrived: Sequence[int], sent: int) -> Counts:
    lost, _, doubled = counted(arrived, sent)
    return lost, _late(arrived), doubled


def _copies_are_next_to_it(arrived: Sequence[int], sent: int) -> Counts:
    lost, late, _ = counted(arrived, sent)
    return lost, late, sum(one == other for one, other in pairwise(arrived))


def _copied(arrived: Sequence[int], sent: int) -> Counts:
    lost, late, _ = counted(arrived, sent)
    return lost, late, sum(arrived.count(number) > 1 for number in set(arrived))


# --- the signs of mistakes -------------------------------------------------------------------


def _by(rule: Rule, at: int) -> Callable[[Outcome], Facts | None]:
    """The sign of a rule: number `at` of the answer is what it gives, {x}, and not what is right, {y}."""

    def sign(outcome: Outcome) -> Facts | None:
        arrived, result = outcome.noted.get("arrived"), outcome.result
        if (
            not arrived
            or not isinstance(result, tuple)
            or len(result) != len(_PARTS)
            or _stops_early(outcome) is not None
        ):
            return None
        wrong, right = rule(arrived, outcome.noted["sent"])[at], counted(arrived, outcome.noted["sent"])[at]
        return {"x": wrong, "y": right, "arrived": _told(arrived)} if result[at] == wrong != right else None

    return sign


def _told(arrived: Sequence[int]) -> str:
    return ", ".join(map(str, arrived))


def _lets_it_through(outcome: Outcome) -> Facts | None:
    through = outcome.raised(TimeoutError) and outcome.failed(TimeoutError, *RECEIVING)
    return {"n": len([call for call in outcome.receives if call.length])} if through else None


def _stops_early(outcome: Outcome) -> Facts | None:
    arrived, read = outcome.noted.get("arrived", ()), [call for call in outcome.receives if call.length]
    early = outcome.ended and outcome.error is None and len(read) < len(arrived)
    return {"n": len(arrived) - len(read)} if early and not outcome.failed(TimeoutError, *RECEIVING) else None


# --- the wrong programs ----------------------------------------------------------------------


def _program(before: str, each: str, after: str) -> str:
    """A function that reads until nothing more comes; `each` line is done for each number."""
    lines = "\n".join(f"        {line}" for line in each.splitlines())
    return f"""\
def sequence_numbers(sock, sent):
    {before}
    while True:
        try:
            number = int(sock.recv(1024)[:4])
        except TimeoutError:
            break
{lines}
    return {after}
"""


_SEEN: Final = """\
if number in seen:
    doubled += 1
elif number < highest:
    late += 1
seen.add(number)
highest = max(highest, number)"""
_START: Final = "seen, highest, late, doubled = set(), 0, 0, 0"
_END: Final = "sent - len(seen), late, doubled"

MISTAKES: Final = (
    Mistake(
        "counts_arrivals",
        _program(f"received = 0; {_START}", f"received += 1\n{_SEEN}", "sent - received, late, doubled"),
        "You report {x} lost; {y} were. A doubled datagram counted as two arrivals and hid a loss: what came was "
        "{arrived}. Count different numbers.",
        _by(_by_arrivals, 0),
        {"x": 0, "y": 2, "arrived": "0, 0, 1, 2, 3, 5, 7, 7"},
    ),
    Mistake(
        "lost_at_once",
        _program(
            "expected = lost = late = doubled = 0; seen = set()",
            """\
if number in seen:
    doubled += 1
elif number >= expected:
    lost += number - expected
    expected = number + 1
else:
    late += 1
seen.add(number)""",
            "lost + sent - expected, late, doubled",
        ),
        "You report {x} lost; {y} were. What came was {arrived}: at each gap you gave up what was missing, and some of "
        "it came later. Decide what is lost when you know: here, when nothing more comes.",
        _by(_at_once, 0),
        {"x": 2, "y": 0, "arrived": "0, 1, 2, 3, 4, 7, 5, 6"},
    ),
    Mistake(
        "up_to_the_highest",
        _program(_START, _SEEN, "highest + 1 - len(seen), late, doubled"),
        "You report {x} lost; {y} were. You looked for gaps below the highest number that came; those behind it were "
        "lost too, and nothing came after them to show the gap. Only `sent` tells.",
        _by(_up_to_the_highest, 0),
        {"x": 1, "y": 2},
    ),
    Mistake(
        "compares_with_the_previous",
        _program(
            "seen, previous, late, doubled = set(), 0, 0, 0",
            """\
if number in seen:
    doubled += 1
    continue
late += number < previous
previous = number
seen.add(number)""",
            _END,
        ),
        "You report {x} late; {y} were. What came was {arrived}, and you compared each number with the one before it: "
        "behind a late one the next late one looks well. Compare with the highest so far.",
        _by(_by_the_previous, 1),
        {"x": 1, "y": 2, "arrived": "0, 1, 2, 3, 4, 7, 5, 6"},
    ),
    Mistake(
        "copies_are_late",
        _program(
            _START,
            """\
doubled += number in seen
late += number < highest
seen.add(number)
highest = max(highest, number)""",
            _END,
        ),
        "You report {x} late; {y} were. What came was {arrived}: a second copy behind a higher number is doubled, and "
        "not late, for the first had come in time. Ask first whether you have the number.",
        _by(_copies_are_late, 1),
        {"x": 4, "y": 3, "arrived": "2, 0, 0, 1, 3, 3, 7, 4, 7"},
    ),
    Mistake(
        "copies_are_neighbours",
        _program(
            "seen, highest, previous, late, doubled = set(), 0, None, 0, 0",
            """\
doubled += number == previous
late += number < highest and number not in seen
previous = number
seen.add(number)
highest = max(highest, number)""",
            _END,
        ),
        "You report {x} doubled; {y} were. What came was {arrived}, and you compared each number with the one before "
        "it: a copy may come much later than the first. Keep the numbers that you have, in a set.",
        _by(_copies_are_next_to_it, 2),
        {"x": 2, "y": 3, "arrived": "2, 0, 0, 1, 3, 3, 7, 4, 7"},
    ),
    Mistake(
        "a_copy_counts_once",
        _program(
            f"{_START}; twice = set()",
            """\
if number in seen:
    twice.add(number)
elif number < highest:
    late += 1
seen.add(number)
highest = max(highest, number)""",
            "sent - len(seen), late, len(twice)",
        ),
        "You report {x} doubled; {y} were. What came was {arrived}, and you counted the numbers that came more than "
        "once. Each further copy counts: a number that came three times has two.",
        _by(_copied, 2),
        {"x": 3, "y": 4, "arrived": "0, 0, 1, 1, 1, 2, 3, 3, 4, 5, 6, 7"},
    ),
    Mistake(
        "waits_for_all",
        f"""\
def sequence_numbers(sock, sent):
    {_START}
    while len(seen) < sent:
        number = int(sock.recv(1024)[:4])
{chr(10).join("        " + line for line in _SEEN.splitlines())}
    return {_END}
""",
        "recv() timed out after {n} datagrams, and TimeoutError went through: you waited for one that was lost. No "
        "datagram says 'that was all'. The timeout is the end of this count: catch it, and return.",
        _lets_it_through,
        {"n": 6},
    ),
    Mistake(
        "stops_at_the_last",
        _program(_START, f"{_SEEN}\nif number == sent - 1:\n    break", _END),
        "You stopped at the last number, and {n} more came behind it: late ones, and copies. The last that was sent "
        "need not be the last that comes. Read until recv() times out.",
        _stops_early,
        {"n": 1},
    ),
)
