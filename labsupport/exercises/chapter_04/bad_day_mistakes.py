"""What goes wrong where a request is repeated, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill
from labsupport.tape.streams import RECEIVING

from .bank import Bank
from .retry_signs import unbound_name

__all__ = ["AMOUNT", "MISTAKES", "PATIENCE", "SECOND", "STARTER", "TRIES", "bank"]

#: What is to be paid, and what comes second on the same day.
AMOUNT: Final = 10
SECOND: Final = 25
#: Seconds that the client waits for an answer; how often it tries.
PATIENCE: Final = 0.5
TRIES: Final = 10

STARTER: Final = """\
import random
import socket
import time
import uuid


def bad_day(address, amount, patience):
    # Pay `amount` once; return the bank's answer.  At most ten tries, with pauses.
    raise NotImplementedError
"""


# --- the signs of mistakes -------------------------------------------------------------------


def bank(outcome: Outcome) -> Bank:
    """The bank of this case."""
    found = outcome.noted["bank"]
    assert isinstance(found, Bank)
    return found


def _twice(outcome: Outcome) -> bool:
    return len(bank(outcome).paid) > len(set(bank(outcome).paid))


def _pays_twice(outcome: Outcome) -> Facts | None:
    twice = _twice(outcome) and not any(bank(outcome).numbers)
    return {"n": len(bank(outcome).paid), "sum": sum(bank(outcome).paid)} if twice else None


def _new_number_each_time(outcome: Outcome) -> Facts | None:
    numbers = bank(outcome).numbers
    return {"n": len(numbers)} if _twice(outcome) and len(set(numbers)) == len(numbers) and all(numbers) else None


def _one_number_for_all(outcome: Outcome) -> Facts | None:
    numbers, paid = bank(outcome).numbers, bank(outcome).paid
    swallowed = outcome.returns == b"paid %d\n" % SECOND and SECOND not in paid and len(set(numbers)) == 1
    return (
        {"number": numbers[0].decode(errors="replace"), "answer": outcome.result}
        if swallowed and all(numbers)
        else None
    )


def _half(outcome: Outcome) -> bool:
    """What was returned is the beginning of an answer, perhaps nothing of it."""
    return isinstance(outcome.result, bytes) and not outcome.result.endswith(b"\n")


def _takes_a_piece(outcome: Outcome) -> Facts | None:
    last = outcome.receives[-1] if outcome.receives else None
    piece = last is not None and bool(last.length) and _half(outcome)
    return {"k": len(outcome.result), "result": outcome.result} if piece and isinstance(outcome.result, bytes) else None


def _takes_the_end(outcome: Outcome) -> Facts | None:
    last = outcome.receives[-1] if outcome.receives else None
    end = last is not None and last.length == 0 and not last.open and _half(outcome)
    return {"result": outcome.result} if end else None


def _waits_for_ever(outcome: Outcome) -> Facts | None:
    waits = outcome.waiting is not None and outcome.waiting.op in RECEIVING and outcome.deaf() is None
    return {} if waits and bank(outcome).paid else None


def _gives_up(outcome: Outcome) -> Facts | None:
    error = outcome.error
    early = isinstance(error, OSError) and len(outcome.calls("connect")) < TRIES and bool(bank(outcome).paid)
    return {"error": type(error).__name__} if early else None


def _never_pauses(outcome: Outcome) -> Facts | None:
    tries = len(outcome.calls("connect"))
    hammered = not bank(outcome).clock.naps and tries >= 3 and outcome.failed(ConnectionRefusedError, "connect")
    return {"n": tries} if hammered and not isinstance(outcome.error, NameError) else None


def _no_end_of_line(outcome: Outcome) -> Facts | None:
    sent = [call.data for call in outcome.sends if call.data]
    return {"data": sent[0]} if sent and not any(b"\n" in data for data in sent) else None


def _repeats_a_bug(outcome: Outcome) -> Facts | None:
    failed = [
        call for call in outcome.calls("send", "sendall") if call.error and issubclass(call.error.type, TypeError)
    ]
    hidden = bool(failed) and not isinstance(outcome.error, TypeError)
    return {"n": len(failed), "error": failed[0].error} if hidden else None


def _unbound(outcome: Outcome) -> Facts | None:
    error = outcome.error
    refused = outcome.failed(OSError, "connect")
    return {"name": unbound_name(error)} if isinstance(error, NameError) and refused else None


# --- the wrong programs ----------------------------------------------------------------------


def _program(
    *,
    request: str = '("%s pay %d\\n" % (number, amount)).encode()',
    number: str = "uuid.uuid4().hex",
    each: str = "pass",
    timeout: str = "timeout=patience",
    errors: str = "OSError",
    answered: str = 'answer.endswith(b"\\n")',
    pause: str = "time.sleep(random.uniform(0, 0.1 * 2**attempt))",
) -> str:
    """A right answer, in which a mistake puts something else in one place."""
    return fill(
        STARTER,
        f"""
number = {number}
for attempt in range(10):
    {each}
    try:
        with socket.create_connection(address, {timeout}) as sock:
            sock.sendall({request})
            answer = b""
            while not answer.endswith(b"\\n") and (chunk := sock.recv(100)):
                answer += chunk
            if {answered}:
                return answer
    except {errors}:
        pass
    {pause}
raise TimeoutError("not paid, as far as I know")
""",
    )


MISTAKES: Final = (
    Mistake(
        "pays_twice",
        _program(request='b"pay %d\\n" % amount'),
        "The bank paid {n} times, {sum} in all: the answer was lost, not the request. When a request may have arrived, "
        "repeat it only if that does no harm, or give it a number that the server remembers: one number for the "
        "payment, the same on every try.",
        _pays_twice,
        {"n": 2, "sum": 20},
    ),
    Mistake(
        "new_number_each_time",
        _program(each="number = attempt"),
        "You sent {n} requests with {n} different numbers, so to the bank they were {n} payments. The number says "
        "'this is the same as before': make it once, before the loop, and send it with every try.",
        _new_number_each_time,
        {"n": 2},
    ),
    Mistake(
        "one_number_for_all",
        _program(number='"7f3a"'),
        "The second payment of the day had the number {number!r} too, so the bank took it for the first one, said "
        "{answer!r} again, and paid nothing. Each payment needs a number that was never used: uuid.uuid4().hex.",
        _one_number_for_all,
        {"number": "7f3a", "answer": b"paid 10\n"},
    ),
    Mistake(
        "no_end_of_line",
        fill(
            STARTER,
            """
            with socket.create_connection(address, timeout=patience) as sock:
                sock.sendall(b"a9 pay %d" % amount)
                return sock.makefile("rb").readline()
            """,
        ),
        "The bank takes a line, and your {data!r} has no end of line: it waited for the rest of it, and you for an "
        "answer, until your patience was over. Add b'\\n'.",
        _no_end_of_line,
        {"data": b"a9 pay 10"},
    ),
    Mistake(
        "takes_a_piece",
        fill(
            STARTER,
            """
            number = uuid.uuid4().hex
            with socket.create_connection(address, timeout=patience) as sock:
                sock.sendall(f"{number} pay {amount}\\n".encode())
                return sock.recv(1024)
            """,
        ).replace("uuid.uuid4().hex", '"b6"'),
        "You took one recv(), {k} bytes, for the whole answer: {result!r}. The answer is a line; it is complete when "
        "its end of line is there.",
        _takes_a_piece,
        {"k": 3, "result": b"pai"},
    ),
    Mistake(
        "takes_the_end",
        _program(number='"c%d" % amount', answered="True"),
        "The bank hung up in the middle of its answer, and you returned {result!r} as if it were all. b'' is no "
        "exception, and here it is an error all the same: an answer without its end of line is none. Try again.",
        _takes_the_end,
        {"result": b"pai"},
    ),
    Mistake(
        "waits_for_ever",
        _program(number='"d%d" % amount', timeout="timeout=None"),
        "The bank has paid and does not answer, and your client will wait for ever: it has no timeout. "
        "create_connection(address, timeout=patience) bounds the connecting and each recv() after it.",
        _waits_for_ever,
    ),
    Mistake(
        "gives_up",
        _program(number='"e5"', errors="(ConnectionRefusedError, TimeoutError)"),
        "{error} ended your client, and the user does not know whether it was paid. With its number the payment may be "
        "repeated without harm, so any error of the network is a reason to try again.",
        _gives_up,
        {"error": "ConnectionResetError"},
    ),
    Mistake(
        "never_pauses",
        _program(number='"f6"', pause="pass"),
        "Refused, and again, and again: {n} tries without a pause, and all were over before the bank was up again. "
        "Sleep between two tries, longer each time, and a random part of it.",
        _never_pauses,
        {"n": TRIES},
    ),
    Mistake(
        "repeats_a_bug",
        _program(number='"a7"', request='f"{number} pay {amount}\\n"', errors="Exception"),
        "{n} times you caught your own bug and tried again: {error}. `except Exception` takes it for bad luck with the "
        "network. Catch OSError, and let a bug be seen.",
        _repeats_a_bug,
        {"n": TRIES, "error": "TypeError: a bytes-like object is required, not 'str'"},
    ),
    Mistake(
        "unbound_in_finally",
        fill(
            STARTER,
            """
            for attempt in range(10):
                try:
                    s = socket.create_connection(address, timeout=patience)
                    s.sendall(b"a8 pay %d\\n" % amount)
                    return s.makefile("rb").readline()
                except OSError:
                    time.sleep(random.uniform(0, 0.1 * 2**attempt))
                finally:
                    s.close()
            """,
        ),
        "The connection was refused, so there is no `{name}` to close in `finally`, and the NameError hides the real "
        "error. (In a notebook a `{name}` of an older cell may be closed instead.) `with` closes what was made, and "
        "only that.",
        _unbound,
        {"name": "s"},
    ),
)
