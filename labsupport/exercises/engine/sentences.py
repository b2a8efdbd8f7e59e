"""What to say of an answer that is wrong in a way that nobody listed: what the tape and the other side saw.

Never what the source says.
"""

from __future__ import annotations

import errno
import inspect
from typing import Final

from labsupport.exercises.peers import END_OF_THE_WAIT
from labsupport.tape.events import Call
from labsupport.tape.streams import RECEIVING

from .case import ANYTHING, Outcome
from .values import call_text, error_text, same, value_text

__all__ = ["never_run", "sentence"]

_DEAF: Final = (
    "recv() gave b'': the other side has finished sending, and every later recv() will give b'' at once. "
    "Your code asked again all the same; b'' must end the loop."
)
_CIRCLES: Final = (
    "Your code made thousands of socket calls without getting anywhere. "
    "Look at the ladder for the call that comes back again and again."
)


def sentence(outcome: Outcome, expected: str) -> str:
    """What went wrong, from the facts; `expected` did not happen."""
    if outcome.error is not None:
        return _of_an_error(outcome)
    if outcome.deaf() is not None:
        return _DEAF
    if outcome.flood:
        return _CIRCLES
    if outcome.served:
        said = _of_a_server(outcome)
    elif not outcome.ended:
        said = _of_a_wait(outcome.waiting, outcome) if outcome.waiting is not None else _of_no_end(outcome)
    else:
        said = _of_a_result(outcome.result, outcome.returns, outcome)
    return said or f"What was expected: {expected}."


def never_run(result: object) -> str:
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
        return _of_a_call(outcome)
    if isinstance(outcome.error, KeyboardInterrupt | SystemExit):
        return f"Your code ended the whole program with {error_text(outcome.error)}{where}. Return instead."
    if isinstance(outcome.error, TimeoutError):
        waited = next((call for call in reversed(outcome.calls()) if call.error is not None), None)
        what = f"{call_text(waited)} waited" if waited is not None else "It waited"
        return f"{what} until its timeout was over, and nothing came{where}. Who was to speak next? Look at the ladder."
    if type(outcome.error).__name__ == "StdinNotImplementedError":
        return f"Your code asked for input(){where}, and nobody can answer it here. Use what the function is given."
    if getattr(outcome.error, "errno", None) == errno.EBADF and (why := _of_a_bad_number(outcome)):
        return f"Your code raised {error_text(outcome.error)}{where}: {why}"
    wanted = f" It was to raise {outcome.raises.__name__}." if outcome.raises is not None else ""
    return f"Your code raised {error_text(outcome.error)}{where}.{wanted}"


def _of_a_call(outcome: Outcome) -> str:
    """Of a TypeError outside of the learner's lines: the function took other arguments, or gave what cannot be used."""
    if any(word in str(outcome.error) for word in ("argument", "not callable", "'await' expression")):
        return f"Your function could not be called as {outcome.case.call}: {outcome.error}."
    return f"What your function gave could not be used, in {outcome.case.call}: {outcome.error}."


def _of_a_bad_number(outcome: Outcome) -> str:
    """Why a socket has no number any more: TLS has taken it over, or it was closed; "" where neither shows."""
    failed = next((call for call in reversed(outcome.calls()) if call.error is not None), None)
    earlier = [call for call in outcome.calls() if failed is None or call.order < failed.order]
    if failed is not None and any(call.endpoint is failed.endpoint and call.layer != failed.layer for call in earlier):
        return "wrap_socket() has taken this socket over. Use the one that it returned."
    if not any(call.op == "close" for call in earlier):
        return ""
    return (
        "this socket is closed by then. If `with` has closed it, indent this line, so that it stands inside the block."
    )


def _of_a_wait(call: Call, outcome: Outcome) -> str:
    if call.op in ("accept", "connect", "sendall", "send"):
        return f"Your code was still waiting in {call_text(call)}, and nothing that the other side does will end that."
    if outcome.raises is TimeoutError or (outcome.unmet is not None and outcome.unmet.expected == END_OF_THE_WAIT):
        return f"Your code was still waiting in {call_text(call)} when its time was over. {_why_so_long(outcome)}"
    return (
        f"Your code was still waiting in {call_text(call)}: the other side had nothing more to say. "
        "It either waits for you, or you have all there is; in both cases this recv() is one too many."
    )


def _why_so_long(outcome: Outcome) -> str:
    if outcome.failed(TimeoutError, *RECEIVING) and not outcome.calls("settimeout", "setblocking"):
        return "The socket's own timeout was over before, and your code called recv() again: let TimeoutError through."
    if any(call.length for call in outcome.receives):
        return "A timeout counts from each call: fix one deadline, and give each recv() what is left of it."
    return "Nothing came that could wake it; a timeout does."


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
        return f"{_first_up(unmet.who)} was to get {unmet.expected}, and got {unmet.got}.{where}"
    return ""


def _first_up(who: str) -> str:
    return who[:1].upper() + who[1:]


def _whereabouts(outcome: Outcome) -> str:
    """What the server did meanwhile, as a sentence with a space before it."""
    if outcome.waiting is not None:
        return f" Your server was waiting in {call_text(outcome.waiting)}."
    if outcome.computes:
        return " Your server was in none of its socket calls, but in a loop that does not end."
    return f" Your server was in none of its socket calls; it is {outcome.doing}." if outcome.doing else ""


def _of_a_result(result: object, expected: object, outcome: Outcome) -> str:
    if outcome.raises is not None:
        what = "The connection broke in the middle, and your" if issubclass(outcome.raises, ConnectionError) else "Your"
        through = ": let the exception through" if issubclass(outcome.raises, OSError) else ""
        return (
            f"{what} function returned {value_text(result)} as if all were well. "
            f"It was to raise {outcome.raises.__name__}{through}."
        )
    if expected is not ANYTHING and not same(result, expected):
        if result is None:
            wanted = f"{value_text(expected)} was expected"
            shown_only = (
                " print() shows a value to you; `return` gives it to whoever called." if outcome.printed else ""
            )
            return f"Your function returned None; {wanted}. Is there a `return` on every way out?{shown_only}"
        return f"Your function returned {value_text(result)}; {value_text(expected)} was expected."
    if outcome.unmet is not None and outcome.unmet.got != "nothing":
        return f"{_first_up(outcome.unmet.who)} was to get {outcome.unmet.expected}, and got {outcome.unmet.got}."
    if outcome.unmet is not None:
        waited = f"{outcome.unmet.who} still waited for {outcome.unmet.expected}"
        return f"Your function returned {value_text(result)}; {waited}."
    return ""
