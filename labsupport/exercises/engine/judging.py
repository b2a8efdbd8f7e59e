"""From facts to a verdict: what was called, what came back, what was expected, and a sentence that points at the cause.

A listed mistake answers for itself.  For what nobody listed the sentences below say what the tape and the other side
saw; they never look at the source.
"""

from __future__ import annotations

import errno
import inspect
import re
from collections.abc import Sequence
from typing import Final

from labsupport.exercises.peers import shown
from labsupport.tape.events import Call, text_of

from .case import ANYTHING, Mistake, Outcome
from .verdict import Verdict

__all__ = ["call_text", "failed", "printed", "problem", "value_text"]

_DEAF: Final = (
    "recv() gave b'': the other side has finished sending, and every later recv() will give b'' at once. "
    "Your code asked again all the same; b'' must end the loop."
)
_CIRCLES: Final = (
    "Your code made thousands of socket calls without getting anywhere. "
    "Look at the ladder for the call that comes back again and again."
)
_BYTE_OPS: Final = frozenset({"send", "sendall", "sendmsg", "sendto", "write"})


def problem(outcome: Outcome) -> str:
    """What was expected in this case and did not happen; "" if all went as it should."""
    mine = _unserved(outcome) if outcome.case.serves else _unreturned(outcome)
    if outcome.unmet is not None and (outcome.case.serves or not mine):
        return f"{outcome.unmet.who} gets {outcome.unmet.expected}"
    return mine or outcome.case.holds(outcome)


def _unserved(outcome: Outcome) -> str:
    if outcome.flood:
        return "a server that waits when there is nothing to do"
    return "a server that goes on to serve" if outcome.gone else ""


def _unreturned(outcome: Outcome) -> str:
    ended = outcome.ended and not outcome.flood
    if outcome.raises is not None:
        return "" if ended and isinstance(outcome.error, outcome.raises) else f"it raises {outcome.raises.__name__}"
    right = ended and outcome.error is None
    if outcome.returns is ANYTHING:
        return "" if right else "it comes to an end"
    return "" if right and _same(outcome.result, outcome.returns) else f"it returns {value_text(outcome.returns)}"


def _same(result: object, expected: object) -> bool:
    """Equal, and bytes for bytes: a bytearray will do, a str or a True for 1 will not."""
    if isinstance(expected, bytes):
        return isinstance(result, bytes | bytearray | memoryview) and bytes(result) == expected
    return type(result) is type(expected) and bool(result == expected)


def failed(outcome: Outcome, expected: str, mistakes: Sequence[Mistake]) -> Verdict:
    """The verdict for a case that did not go as it should."""
    unrun = _never_run(outcome.result)
    signs = ((mistake, mistake.sign(outcome)) for mistake in (() if unrun else mistakes))
    found = next(((mistake, facts) for mistake, facts in signs if facts is not None), None)
    message = unrun or (found[0].says.format(**found[1]) if found else sentence(outcome))
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
    if outcome.unmet is not None and (outcome.case.serves or not _unreturned(outcome)):
        parts.append(f"{outcome.unmet.who} got {outcome.unmet.got}")
    return "; ".join(part for part in parts if part)


def _end(outcome: Outcome) -> str:
    if outcome.error is not None:
        return _error_text(outcome)
    if outcome.waiting is not None and not outcome.flood:
        return f"nothing yet: it is waiting in {call_text(outcome.waiting)}"
    if not outcome.ended:
        return "nothing yet: it goes in circles" if outcome.flood else "nothing yet: it is still busy"
    return value_text(outcome.result)


def _error_text(outcome: Outcome) -> str:
    error = outcome.error
    text = text_of(error) if error is not None else ""
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def value_text(value: object) -> str:
    """A value as a learner reads it, never longer than a line or two."""
    if isinstance(value, bytes):
        return shown(value)
    try:
        text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))  # an address in memory differs from run to run
    except Exception as error:  # noqa: BLE001  somebody's __repr__
        return f"a {type(value).__name__} whose repr() raises {type(error).__name__}"
    return text if len(text) <= 120 else f"{text[:120]}…"


def call_text(call: Call) -> str:
    """A call as it stands in a program: ``recv(1024)``."""
    if call.op in _BYTE_OPS and call.asked:
        return f"{call.op}({shown(call.data or b'')})"
    if call.op.startswith("connect"):
        return f"{call.op}(address)"
    return f"{call.op}({', '.join(str(int(each)) for each in call.asked if isinstance(each, int))})"


def printed(text: str) -> str:
    """What the learner's code printed; of a traceback only its last line, for the rest is not the same on every run."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith(("Exception in thread ", "Traceback (most recent call last)")):
            inside = True
        elif not inside or (line and not line[0].isspace()):
            inside = False
            kept.append(line)
    whole = "\n".join(kept)
    return whole if len(whole) <= 1000 else f"{whole[:1000]}…"


# --- sentences for what nobody listed ----------------------------------------------------------


def sentence(outcome: Outcome) -> str:
    """What went wrong, from the facts."""
    if outcome.error is not None:
        return _of_an_error(outcome)
    if outcome.deaf() is not None:
        return _DEAF
    if outcome.flood:
        return _CIRCLES
    if outcome.case.serves:
        return _of_a_server(outcome)
    if not outcome.ended:
        return _of_a_wait(outcome.waiting) if outcome.waiting is not None else _of_no_end(outcome)
    return _of_a_result(outcome.result, outcome.returns, outcome)


def _never_run(result: object) -> str:
    """What to say of a function whose call ran none of its lines; "" for any other."""
    if inspect.iscoroutine(result):
        result.close()  # or Python warns of it, somewhere else
        return "Your function is `async def`, so calling it only made a coroutine. Here an ordinary `def` is expected."
    if inspect.isgenerator(result):
        return (
            "Your function has a `yield` in it, so calling it only made a generator; `return` is what gives a result."
        )
    return ""


def _of_an_error(outcome: Outcome) -> str:
    where = f" at {outcome.at}" if outcome.at else ""
    if isinstance(outcome.error, TypeError) and not where:
        return f"Your function could not be called as {outcome.case.call}: {outcome.error}."
    if isinstance(outcome.error, KeyboardInterrupt | SystemExit):
        return f"Your code ended the whole program with {_error_text(outcome)}{where}. Return instead."
    if isinstance(outcome.error, TimeoutError):
        waited = next((call for call in reversed(outcome.calls()) if call.error is not None), None)
        what = f"{call_text(waited)} waited" if waited is not None else "It waited"
        return f"{what} until its timeout was over, and nothing came{where}. Who was to speak next? Look at the ladder."
    if type(outcome.error).__name__ == "StdinNotImplementedError":
        return f"Your code asked for input(){where}, and nobody can answer it here. Use what the function is given."
    if getattr(outcome.error, "errno", None) == errno.EBADF and outcome.calls("close"):
        return (
            f"Your code raised {_error_text(outcome)}{where}: this socket is closed by then. If `with` has closed it, "
            "indent this line, so that it stands inside the block."
        )
    return f"Your code raised {_error_text(outcome)}{where}."


def _of_a_wait(call: Call) -> str:
    if call.op in ("accept", "connect", "sendall", "send"):
        return f"Your code was still waiting in {call_text(call)}, and nothing that the other side does will end that."
    return (
        f"Your code was still waiting in {call_text(call)}: the other side had nothing more to say. "
        "It either waits for you, or you have all there is; in both cases this recv() is one too many."
    )


def _of_no_end(outcome: Outcome) -> str:
    if outcome.computes:
        return "Your code did not come to an end: it was in none of its socket calls, but in a loop that does not end."
    if outcome.computes is None:
        return "Your code did not come to an end: it was in none of its socket calls, but in a loop, a sleep or a lock."
    return (
        "Your code did not come to an end: it is in none of its socket calls, and waits for something else "
        f"(a lock, an event, a sleep). It is {outcome.doing}."
    )


def _of_a_server(outcome: Outcome) -> str:
    unmet = outcome.unmet
    if outcome.ended and outcome.gone:
        then = f" {unmet.who} still waited for {unmet.expected}." if unmet is not None else ""
        return f"Your server came to its end while there were clients left to serve: it returned.{then}"
    if unmet is not None:
        where = _whereabouts(outcome)
        return f"{unmet.who} was to get {unmet.expected}, and got {unmet.got}.{where}"
    return f"What was expected: {problem(outcome)}."


def _whereabouts(outcome: Outcome) -> str:
    """What the server did meanwhile, as a sentence with a space before it."""
    if outcome.waiting is not None:
        return f" Your server was waiting in {call_text(outcome.waiting)}."
    if outcome.computes:
        return " Your server was in none of its socket calls, but in a loop that does not end."
    return f" Your server was in none of its socket calls; it is {outcome.doing}." if outcome.doing else ""


def _of_a_result(result: object, expected: object, outcome: Outcome) -> str:
    if outcome.raises is not None:
        return (
            f"The connection broke in the middle, and your function returned {value_text(result)} as if all were well. "
            f"It was to raise {outcome.raises.__name__}: let the exception through."
        )
    if expected is not ANYTHING and not _same(result, expected):
        if result is None:
            wanted = f"{value_text(expected)} was expected"
            shown_only = (
                " print() shows a value to you; `return` gives it to whoever called." if outcome.printed else ""
            )
            return f"Your function returned None; {wanted}. Is there a `return` on every way out?{shown_only}"
        return f"Your function returned {value_text(result)}; {value_text(expected)} was expected."
    if outcome.unmet is not None:
        waited = f"{outcome.unmet.who} still waited for {outcome.unmet.expected}"
        return f"Your function returned {value_text(result)}; {waited}."
    return f"What was expected: {problem(outcome)}."
