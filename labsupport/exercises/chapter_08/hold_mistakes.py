"""What goes wrong in a server that is to hold through the attack script, and the facts by which it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Facts, Mistake, Outcome

from .hold_programs import ATTEND, COMES, DEADLINE, DOOR, LEFT, LINES, RATED, TOO_LONG, WHOLE_TOO_LONG, written

__all__ = ["ANSWERS", "ECHOED", "HUNG_UP", "MISTAKES", "NO_END", "PLACES", "TRYING"]

#: Where a script notes what is tried, and how many answers the last client got.
TRYING: Final = "trying"
ANSWERS: Final = "answers"
#: What somebody awaits who is to be hung up on.
HUNG_UP: Final = "the end of the connection"
#: What becomes of a line without an end, where there is no maximum.
NO_END: Final = "all that it sent taken, and kept"
#: What becomes of a line that comes whole and is too long, where only what is pending is looked at.
ECHOED: Final = "its line back"
#: Places in the case with too many, and the rate of the check.
PLACES: Final = 3
_RATE: Final = 10
#: The maximum of the check; so many short lines says Bồ before one of exactly that, and then three in one piece.
_LINE: Final = 1000
_SHORT: Final = 2

# --- the signs of mistakes -------------------------------------------------------------------


def _tries(trying: str, *, kept: bool = False) -> Callable[[Any], Facts | None]:
    """This went wrong; with `kept`, because somebody was not hung up on."""

    def sign(outcome: Outcome) -> Facts | None:
        unmet = outcome.unmet
        if unmet is None or outcome.noted.get(TRYING) != trying:
            return None
        right = unmet.expected == HUNG_UP and unmet.got == "none"
        return {"who": unmet.who} if right or not kept else None

    return sign


def _cut(outcome: Outcome, who: str = "Amara") -> int:
    """How many answers she (or he) got and was hung up on in a quiet talk; 0 if that is not what happened."""
    unmet = outcome.unmet
    if unmet is None or unmet.who != who or unmet.got not in ("the end (b'')", "a reset"):
        return 0
    return int(outcome.noted[ANSWERS]) if outcome.noted.get(TRYING) == "talk" else 0


def _one_less(outcome: Outcome) -> Facts | None:
    return {"n": _LINE} if _cut(outcome, "Bồ") == _SHORT else None


def _all_that_is_pending(outcome: Outcome) -> Facts | None:
    return {} if _cut(outcome, "Bồ") == _SHORT + 1 else None


def _one_deadline(outcome: Outcome) -> Facts | None:
    return {"seconds": "limits.seconds"} if 2 <= _cut(outcome) < _RATE else None


def _counts_for_ever(outcome: Outcome) -> Facts | None:
    return {"n": _RATE} if _cut(outcome) == _RATE else None


def _no_maximum(outcome: Outcome) -> Facts | None:
    return {} if outcome.unmet is not None and outcome.unmet.got == NO_END else None


def _whole_too_long(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    return {"who": unmet.who} if unmet is not None and unmet.got == ECHOED else None


def _one_too_many(*, served: bool) -> Callable[[Any], Facts | None]:
    """One more than there are places was not hung up on: it is served, or whoever accepts waits."""

    def sign(outcome: Outcome) -> Facts | None:
        used = {call.endpoint for call in outcome.calls()}
        count = sum(call.accepted in used for call in outcome.calls("accept"))
        return _tries("crowd", kept=True)(outcome) if (count > PLACES) is served else None

    return sign


def _no_rate(outcome: Outcome) -> Facts | None:
    answers = outcome.noted.get(ANSWERS, 0)
    return {"n": _RATE} if _tries("flood")(outcome) is not None and answers > _RATE else None


def _never_frees(outcome: Outcome) -> Facts | None:
    """Somebody comes after a reset, and is hung up on."""
    ended = outcome.unmet is not None and outcome.unmet.got in ("the end (b'')", "a reset")
    return _tries("place")(outcome) if ended and outcome.failed(ConnectionError) else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "one_deadline_for_all",
        written((DEADLINE, ""), (LINES, LINES.replace("    while", DEADLINE[4:] + "    while"))),
        "Amara asked one line after the other, each at once, and was hung up on in the middle: your deadline is for "
        "the whole conversation. Fix a new one for each line.",
        _one_deadline,
    ),
    Mistake(
        "counts_for_ever",
        written(("limits.rate and now - asked[0] < 1", "limits.rate")),
        "Amara was hung up on after {n} lines, though she took her time: you count lines, and a rate is lines in a "
        "second. Forget those that are older.",
        _counts_for_ever,
        {"n": _RATE},
    ),
    Mistake(
        "no_deadline",
        written((DEADLINE, ""), (LEFT, ""), ("        connection.settimeout(limits.seconds)\n", "")),
        "{who} has connected, says nothing, and is still there: a place and a thread, for as long as {who} likes. A "
        "client that is silent must cost you a bounded time: a deadline for its next line.",
        _tries("silence", kept=True),
        {"who": "Chen"},
    ),
    Mistake(
        "a_timeout_for_each_recv",
        written((DEADLINE, ""), (LEFT, "            connection.settimeout(limits.seconds)\n")),
        "{who} sent a byte now and then, and is still there: your timeout begins anew with each recv(), and a byte "
        "every tenth of a second always comes in time. That is slowloris. Fix one deadline for a whole line, and give "
        "each recv() what is left of it.",
        _tries("drip", kept=True),
        {"who": "Dewi"},
    ),
    Mistake(
        "one_byte_less",
        written((WHOLE_TOO_LONG, WHOLE_TOO_LONG.replace("len(line)", "len(line) + 1"))),
        "Bồ sent a line of exactly {n:,} bytes, its end counted, and was hung up on: that is `limits.line`, and it is "
        "allowed. Look whether your `line` still has its \\n: one byte more or less, and `>` or `>=`.",
        _one_less,
        {"n": _LINE},
    ),
    Mistake(
        "all_that_is_pending",
        written((TOO_LONG, ""), (COMES, COMES + """\
            if len(pending) > limits.line:
                return
""")),
        "Bồ sent three lines of 400 bytes in one piece, each of them allowed, and was hung up on: you measure all that "
        "is pending, and one recv() may bring several lines. What is pending is one line that is too long only where "
        "no \\n is among it.",
        _all_that_is_pending,
    ),
    Mistake(
        "no_maximum",
        written((TOO_LONG, "")),
        "Eli sent a line without an end, and you went on reading: whoever waits for \\n keeps all that comes before "
        "it, and Eli decides how much that is. Look at what is pending before you read more.",
        _no_maximum,
    ),
    Mistake(
        "no_maximum_for_a_whole_line",
        written((WHOLE_TOO_LONG, "")),
        "{who} sent a line of 1,001 bytes in one piece, where 1,000 are allowed, and got it back: you look at what is "
        "pending before you read more, and never at a line that came whole. One recv() may bring both.",
        _whole_too_long,
        {"who": "Femi"},
    ),
    Mistake(
        "a_thread_for_each",
        written((DOOR, """\
        places.acquire(blocking=False)
        threading.Thread(target=attend, args=(connection, limits, places), daemon=True).start()
""")),
        "As many as `limits.clients` were here, and {who} was let in too: a socket and a thread for each who comes, so "
        "strangers decide how many you have. Count the places, and hang up where there is none.",
        _one_too_many(served=True),
        {"who": "Dewi"},
    ),
    Mistake(
        "waits_for_a_place",
        written((DOOR, """\
        places.acquire()
        threading.Thread(target=attend, args=(connection, limits, places), daemon=True).start()
""")),
        "{who} is connected (the kernel did that) and hears nothing: all places are taken, and you wait until one is "
        "free. So does everybody who comes after {who}. Accept, and hang up: acquire(blocking=False) does not wait.",
        _one_too_many(served=False),
        {"who": "Dewi"},
    ),
    Mistake(
        "never_frees",
        written((ATTEND, '''\
def attend(connection, limits, places):
    """One client."""
    with connection:
        converse(connection, limits)
    places.release()
''')),
        "One client broke off by a reset, recv() raised, and its place was never given back: {who} found an empty "
        "house, full. A stranger needs one reset for each place, and you serve nobody. `finally` gives it back however "
        "it ends.",
        _never_frees,
        {"who": "Eli"},
    ),
    Mistake(
        "no_rate",
        written((RATED, "")),
        "Femi sent thirty lines at once, {n} in a second are allowed, and you answered more: one client may have all "
        "of your time, or keep a place for as long as it likes. Count what one client asks in a second. To wait is not "
        "enough: hang up.",
        _no_rate,
        {"n": _RATE},
    ),
)  # fmt: skip
