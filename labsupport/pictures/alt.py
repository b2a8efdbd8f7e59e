"""One sentence that tells the story of a ladder, for the picture's alt text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from labsupport.tape.events import Call

from .ladder.model import Label, Lane, Story
from .ladder.words import trouble

__all__ = ["sentence"]

_LONGEST: Final = 420


def sentence(story: Story) -> str:
    """Who did what, in the order of the rows; cut when it becomes too long to listen to."""
    clauses = list(_merged(_clauses(story)))
    if not clauses:
        return "A ladder with no socket calls."
    kept: list[str] = []
    for clause in clauses:
        if kept and sum(map(len, kept)) + len(clause) > _LONGEST:
            kept.append(f"and {len(clauses) - len(kept)} more steps")
            break
        kept.append(clause)
    return "; ".join(kept) + "."


def _clauses(story: Story) -> Iterable[tuple[str, str]]:
    """(what may be merged with the one before, clause)."""
    waiting = {id(wait.begin) for wait in story.waits}
    still = {id(wait.begin) for wait in story.waits if wait.end is None}
    for label in sorted(story.labels, key=lambda label: (label.row, label.lane, label.index)):
        call = label.event
        if label.kind != "call" or not isinstance(call, Call):
            continue
        who = _who(story.lanes[label.lane])
        if id(label) in still:
            yield "", f"{who} is still waiting in {call.op}()"
        elif id(label) not in waiting or call.op.startswith("send"):
            clause = _clause(call, label, who)
            if clause:
                yield clause


def _who(lane: Lane) -> str:
    return {"connection": "the server", "listener": "the listener"}.get(lane.kind, lane.name) + (
        f" {lane.mark}" if lane.mark else ""
    )


def _clause(call: Call, label: Label, who: str) -> tuple[str, str] | None:
    failed = trouble(call)
    if failed:
        return "", f"{who}'s {call.op}() raises {failed}"
    if "timed out" in label.text:
        return "", f"{who}'s {call.op}() times out"
    if call.op.startswith("send") or call.op == "write":
        return (f"{who} sends ", _quoted(label)) if label.chips else None
    if call.op.startswith("recv") or call.op == "read":
        return "", _received(call, label, who)
    return {
        "connect": ("", f"{who} connects"),
        "accept": ("", f"{who} hands over a connection"),
        "close": ("", f"{who} closes"),
        "shutdown": ("", f"{who} says that it has finished sending"),
        "do_handshake": ("", f"{who} finishes the TLS handshake"),
    }.get(call.op)


def _quoted(label: Label) -> str:
    return " and ".join(f"“{chip.text}”" for chip in label.chips)


def _received(call: Call, label: Label, who: str) -> str:
    if call.length == 0:
        return f"{who} reads b'', the end"
    if len(label.chips) > 1:
        return f"one {call.op} of {who} takes all {call.length:,} bytes"
    return f"{who} reads {_quoted(label) or f'{call.length:,} bytes'}"


def _merged(clauses: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Two sends of one sender, one after the other, become one clause."""
    before, whole = "", ""
    for lead, clause in clauses:
        if lead and lead == before:
            whole += f" and {clause}"
            continue
        if whole:
            yield whole
        before, whole = lead, lead + clause
    if whole:
        yield whole
