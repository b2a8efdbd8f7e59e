"""One sentence that tells the story of a ladder, for the picture's alt text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from labsupport.tape.events import Call
from labsupport.tape.streams import RECEIVING, SENDING

from .ladder.model import Label, Lane, Story
from .ladder.words import trouble

__all__ = ["sentence"]

_LONGEST: Final = 420


def sentence(story: Story) -> str:
    """Who did what, in the order of the rows; cut when it becomes too long to listen to."""
    clauses = [note[0].lower() + note[1:].rstrip(".") for note in story.notes[: story.links]]
    clauses += _merged(_clauses(story))
    if not clauses:
        return "A ladder without a socket call."
    kept: list[str] = []
    for clause in clauses:
        if kept and sum(map(len, kept)) + len(clause) > _LONGEST:
            left = len(clauses) - len(kept)
            kept.append(f"and {left} more step{'s' if left > 1 else ''}")
            break
        kept.append(clause)
    whole = "; ".join(kept) + "."
    return whole[0].upper() + whole[1:]


class _Clause(NamedTuple):
    """`subject` and what it did; sends of one subject are merged, over clauses that are `aside`."""

    subject: str
    rest: str
    sends: bool = False
    aside: bool = False


def _clauses(story: Story) -> Iterable[_Clause]:
    waiting = {id(wait.begin): wait.end is None for wait in story.waits}
    for label in sorted(story.labels, key=lambda label: (label.row, bool(label.by_link))):
        call = label.event
        if label.by_link:
            yield _Clause("the link", label.by_link, aside=True)
        if label.kind == "head" and story.lanes[label.lane].held is None:
            yield _Clause("the connection", " is not accepted yet")
        if label.kind != "call" or not isinstance(call, Call):
            continue
        who = _who(story, story.lanes[label.lane])
        still = waiting.get(id(label))
        if still:
            yield _Clause(who, f" is still waiting in {call.op}()")
        # A call that waits is told where it returns, but its bytes are gone where it begins.
        elif still is None or call.op in SENDING:
            clause = _clause(call, label, who)
            if clause is not None:
                yield clause


def _who(story: Story, lane: Lane) -> str:
    if lane.kind != "connection":
        return lane.name if lane.named else lane.title if lane.mark else f"the {lane.title}"
    if not lane.mark:
        return "the server"
    clients = [other for other in story.lanes if other.left and other.mark == lane.mark]
    return f"the server (with {_who(story, clients[0])})" if clients else f"the server ({lane.mark})"


def _clause(call: Call, label: Label, who: str) -> _Clause | None:
    failed = trouble(call)
    if failed:
        return _Clause(who, f"'s {call.op}() raises {failed}")
    if "timed out" in label.text:
        return _Clause(who, f"'s {call.op}() times out")
    if call.op in SENDING:
        return _Clause(who, f" sends {_quoted(label)}", sends=True) if label.chips else None
    if call.op in RECEIVING:
        return _received(call, label, who)
    if call.op == "accept":
        return _Clause("accept()", " hands the connection over", aside=True)
    return _Clause(who, _OTHERS[call.op]) if call.op in _OTHERS else None


_OTHERS: Final = {
    "close": " closes",
    "connect": " connects",
    "connect_ex": " connects",
    "do_handshake": " finishes the TLS handshake",
    "shutdown": " says that it has finished sending",
    "unwrap": " ends TLS with close_notify",
}


def _quoted(label: Label) -> str:
    return " and ".join(f"“{chip.text.replace('␣', ' ')}”" if chip.text else "bytes" for chip in label.chips)


def _received(call: Call, label: Label, who: str) -> _Clause:
    if call.length == 0:
        return _Clause(who, " reads b'', the end")
    if len(label.chips) > 1:
        return _Clause(f"one {call.op} of {who}", f" takes all {call.length:,} bytes")
    return _Clause(who, f" reads {_quoted(label) or f'{call.length:,} bytes'}")


def _merged(clauses: Iterable[_Clause]) -> list[str]:
    """Two sends of one sender, one after the other, become one clause."""
    kept: list[_Clause] = []
    for clause in clauses:
        before = next((place for place in range(len(kept) - 1, -1, -1) if not kept[place].aside), None)
        if clause.sends and before is not None and kept[before].sends and kept[before].subject == clause.subject:
            more = kept[before].rest + " and" + clause.rest.removeprefix(" sends")
            kept[before] = kept[before]._replace(rest=more)
        else:
            kept.append(clause)
    return [clause.subject + clause.rest for clause in kept]
