"""From facts to a verdict: what was called, what came back, what was expected, and a sentence that points at the cause.

A listed mistake answers for itself; for what nobody listed there are `sentences`.
"""

from __future__ import annotations

from collections.abc import Sequence

from .case import ANYTHING, Mistake, Outcome
from .sentences import never_run, sentence
from .values import call_text, error_text, printed, same, value_text
from .verdict import Verdict

__all__ = ["failed", "left_over", "problem"]


def problem(outcome: Outcome) -> str:
    """What was expected in this case and did not happen; "" if all went as it should."""
    mine = _unserved(outcome) if outcome.case.serves else _unreturned(outcome)
    if outcome.unmet is not None and (outcome.served or not mine):
        return f"{outcome.unmet.who} gets {outcome.unmet.expected}"
    return mine or outcome.case.holds(outcome)


def _unserved(outcome: Outcome) -> str:
    if outcome.flood:
        return "a server that waits when there is nothing to do"
    return "a server that goes on to serve" if outcome.gone else ""


def _unreturned(outcome: Outcome) -> str:
    ended = outcome.ended and not outcome.flood
    if outcome.raises is not None:
        gap = isinstance(outcome.error, NotImplementedError)  # an Exception too, and never what is asked for
        right = ended and isinstance(outcome.error, outcome.raises) and not gap
        return "" if right else f"it raises {outcome.raises.__name__}"
    right = ended and outcome.error is None
    if outcome.returns is ANYTHING:
        return "" if right else "it comes to an end"
    return "" if right and same(outcome.result, outcome.returns) else f"it returns {value_text(outcome.returns)}"


def failed(outcome: Outcome, expected: str, mistakes: Sequence[Mistake]) -> Verdict:
    """The verdict for a case that did not go as it should."""
    unrun = never_run(outcome.result)
    signs = ((mistake, mistake.sign(outcome)) for mistake in (() if unrun else mistakes))
    found = next(((mistake, facts) for mistake, facts in signs if facts is not None), None)
    message = unrun or (found[0].says.format(**found[1]) if found else sentence(outcome, expected))
    return Verdict(
        status="failed",
        message=message,
        mistake=found[0].name if found else None,
        excerpt=outcome.tape,
        called=f"{outcome.case.call}  ({outcome.case.title})",
        returned=came_back(outcome),
        expected=expected,
        printed=printed(outcome.printed),
        notes=left_over(outcome.left),
    )


def left_over(threads: int) -> tuple[str, ...]:
    """What to say of threads that could not be ended."""
    if not threads:
        return ()
    which = "A thread of your code" if threads == 1 else f"{threads} threads of your code"
    return (
        (
            f"{which} could not be ended, because Python cannot wake what sleeps or waits for a lock. "
            "It ends at its next step; if that never comes, restart the kernel when you are done."
        ),
    )


# --- what came back --------------------------------------------------------------------------


def came_back(outcome: Outcome) -> str:
    """What the function gave, and what the other side got."""
    parts = [_end(outcome)]
    if outcome.unmet is not None and (outcome.served or not _unreturned(outcome)):
        parts.append(f"{outcome.unmet.who} got {outcome.unmet.got}")
    return "; ".join(part for part in parts if part)


def _end(outcome: Outcome) -> str:
    if outcome.error is not None:
        return error_text(outcome.error)
    if outcome.waiting is not None and not outcome.flood and (outcome.case.serves or not outcome.ended):
        return f"nothing yet: it is waiting in {call_text(outcome.waiting)}"
    if not outcome.ended:
        return "nothing yet: it goes in circles" if outcome.flood else "nothing yet: it is still busy"
    return value_text(outcome.result)
