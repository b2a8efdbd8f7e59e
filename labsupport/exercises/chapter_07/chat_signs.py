"""The facts by which it shows what is wrong in a chat room with one slow reader."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Outcome
from labsupport.tape.events import Call
from labsupport.tape.streams import RECEIVING

__all__ = [
    "ALL_OF_THEM",
    "IN_PUT",
    "LEFT",
    "WHOLE",
    "a_thread_a_line",
    "a_timeout_both_ways",
    "full_and_not_caught",
    "half_a_line",
    "in_turn",
    "keeps_everything",
    "leaves_threads",
    "removes_while_walking",
    "waits_in_put",
]

#: What one who reads nothing gets, in the end, from a room that keeps everything for it.
ALL_OF_THEM: Final = "every one of the lines"
#: What it is to get.
WHOLE: Final = "whole lines"
#: Where the script notes how many threads are left of members that have gone.
LEFT: Final = "threads left"
#: Where it notes whether a thread of the room stands in a queue's put(), while somebody gets nothing more.
IN_PUT: Final = "in put()"


def _waiting(outcome: Outcome) -> list[Call]:
    """The sendall() calls that have not returned."""
    return [call for call in outcome.calls("sendall") if call.open]


def _stuck(outcome: Outcome) -> Call | None:
    """The one sendall() that waits, while somebody who reads gets nothing more."""
    waiting, unmet = _waiting(outcome), outcome.unmet
    if unmet is None or outcome.ended or len(waiting) != 1 or not unmet.got.endswith(("nothing", "nothing more")):
        return None
    return waiting[0]


def _has_others(outcome: Outcome, call: Call) -> bool:
    """Whether the thread of this call has to do with more sockets than this one."""
    return any(each.program is call.program and each.endpoint is not call.endpoint for each in outcome.calls())


def _who(outcome: Outcome) -> Facts:
    return {"who": outcome.unmet.who if outcome.unmet is not None else "a member"}


def in_turn(outcome: Outcome) -> Facts | None:
    """One member reads nothing, and a thread that has others to read or to send to waits for it."""
    call = _stuck(outcome)
    return _who(outcome) if call is not None and _has_others(outcome, call) else None


def waits_in_put(outcome: Outcome) -> Facts | None:
    """The one that waits in sendall() has nothing else to do, and another waits for room in a queue."""
    call = _stuck(outcome)
    alone = call is not None and not _has_others(outcome, call)
    return _who(outcome) if alone and outcome.noted.get(IN_PUT) else None


def full_and_not_caught(outcome: Outcome) -> Facts | None:
    """A thread ended with queue.Full."""
    thrown = "queue.Full" in outcome.printed.splitlines()  # this error has no message
    return _who(outcome) if thrown and outcome.unmet is not None and in_turn(outcome) is None else None


def a_thread_a_line(outcome: Outcome) -> Facts | None:
    """Several threads that do nothing but send have sent to one member."""
    readers = {call.program for call in (*outcome.receives, *outcome.calls("accept"))}
    writers = {(call.endpoint, call.program) for call in outcome.sends if call.program not in readers}
    ends = [end for end, _ in writers]
    return {} if outcome.unmet is not None and any(ends.count(end) > 1 for end in ends) else None


def keeps_everything(outcome: Outcome) -> Facts | None:
    """One who had read nothing got every line in the end."""
    unmet = outcome.unmet
    kept = unmet is not None and unmet.got == ALL_OF_THEM
    return _who(outcome) if kept and a_thread_a_line(outcome) is None else None


def half_a_line(outcome: Outcome) -> Facts | None:
    """A send took a part of what it was given, and what came behind that part was not the rest."""
    if outcome.unmet is None or outcome.unmet.expected != WHOLE:
        return None
    parts = [call.op for call in outcome.sends if _took_a_part(call)]
    return {**_who(outcome), "op": parts[0]} if parts else None


def _took_a_part(call: Call) -> bool:
    if call.op == "sendall":
        return call.error is not None and call.error.type is BlockingIOError
    return bool(call.length) and call.asked[:1] != (call.length,)


def removes_while_walking(outcome: Outcome) -> Facts | None:
    """A send to one failed, and a neighbour got nothing."""
    unmet = outcome.unmet
    if unmet is None or unmet.got != "nothing" or _waiting(outcome):
        return None
    failed = outcome.failed(ConnectionError, "sendall", "send") or outcome.thrown("RuntimeError")
    return _who(outcome) if failed else None


def leaves_threads(outcome: Outcome) -> Facts | None:
    """There are threads of members that have gone."""
    left = outcome.noted.get(LEFT, 0)
    return {"n": left} if left else None


def a_timeout_both_ways(outcome: Outcome) -> Facts | None:
    """A recv() came to its timeout."""
    return {} if outcome.unmet is not None and outcome.failed(TimeoutError, *RECEIVING) else None
