"""A client that survives a bad day, without doing the work twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Case, Outcome, Stage, Task

from .bad_day_mistakes import AMOUNT, MISTAKES, PATIENCE, SECOND, STARTER, bank
from .bank import Bank

__all__ = ["BAD_DAY"]

_CALL: Final = f"bad_day(address, {AMOUNT}, {PATIENCE})"


# --- the other side --------------------------------------------------------------------------


def _case(
    title: str,
    play: Callable[[Stage, Bank], None],
    *,
    closed_for: int = 0,
    paid: tuple[int, ...] = (AMOUNT,),
    call: str = _CALL,
    use: Callable[..., object] | None = None,
) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        Bank(stage, closed_for=closed_for)
        stage.returns = b"paid %d\n" % paid[-1]
        return stage.address, AMOUNT, PATIENCE

    def script(stage: Stage) -> None:
        met: Bank = stage.noted["bank"]
        play(stage, met)
        met.serves_the_rest()

    def once(outcome: Outcome) -> str:
        done = bank(outcome).paid
        amounts = " and ".join(str(amount) for amount in paid)
        return "" if done == list(paid) else f"the bank pays {amounts}, each once; it paid {sum(done)} in all"

    more: dict[str, Any] = {"use": use} if use is not None else {}
    return Case(title, call, script, given, holds=once, **more)


def _good(stage: Stage, bank: Bank) -> None:
    customer, answer = bank.customer()
    customer.says(answer[:3])
    stage.rest()
    stage.rest()  # a reader that has taken it is back for more, or gone
    customer.says(answer[3:])
    customer.leaves()


def _not_yet_up(stage: Stage, bank: Bank) -> None:  # noqa: ARG001  the shape of a script
    bank.opens()


def _answer_lost(stage: Stage, bank: Bank) -> None:
    customer, _ = bank.customer()
    customer.resets()
    stage.rest()


def _bad(stage: Stage, bank: Bank) -> None:
    """Silent, and too late; then cut off in the middle of the answer; then away."""
    silent, late = bank.customer()
    customer, answer = bank.customer()
    silent.says(late)
    silent.leaves()
    bank.closes(2)
    customer.says(answer[:3])
    customer.leaves()
    bank.opens()
    stage.rest()


def _two(stage: Stage, bank: Bank) -> None:
    """Nothing special: open, and well."""


def _twice(answer: Callable[..., object], address: object, amount: int, patience: float) -> object:
    answer(address, amount, patience)
    return answer(address, SECOND, patience)


BAD_DAY: Final = Task(
    name="bad_day",
    chapter=4,
    prompt=(
        "**A bad day.** A bank takes one line a connection, such as `b'7f3a pay 10\\n'`: a number of your choice, and "
        "an amount. It answers with a line, `b'paid 10\\n'`, and closes. A payment with a number that it has seen is "
        "answered again, and not made again. Write `bad_day(address, amount, patience)`: pay **once**, and return the "
        "answer line (bytes). Today the bank refuses, resets, hangs up, or stays silent: wait `patience` seconds each "
        "time, try ten times, and pause with `time.sleep` in between (in the check it takes no time)."
    ),
    hints=(
        "After which of these troubles may the payment have been made? From your side you cannot tell: all but one.",
        "So the same payment must be recognisable on every try: `uuid.uuid4().hex`, made once for each payment.",
        (
            "One try: `with socket.create_connection(address, timeout=patience) as sock:`, send the line, read until "
            "the end of line. b'' before that is a failed try, though it is no exception."
        ),
        (
            "`for attempt in range(10):` around `try:` and `except OSError: pass`; after it "
            "`time.sleep(random.uniform(0, 0.1 * 2**attempt))`. At the end `raise TimeoutError`."
        ),
    ),
    starter=STARTER,
    solution="""\
import random
import socket
import time
import uuid


def ask(address, request, patience):
    with socket.create_connection(address, timeout=patience) as sock:
        sock.sendall(request)
        answer = b""
        while not answer.endswith(b"\\n"):
            chunk = sock.recv(1024)
            if not chunk:
                raise ConnectionError("the bank hung up in the middle of its answer")
            answer += chunk
    return answer


def bad_day(address, amount, patience):
    request = f"{uuid.uuid4().hex} pay {amount}\\n".encode()  # one number, however often it is sent
    for attempt in range(10):
        try:
            return ask(address, request, patience)
        except OSError as error:
            why = error
        time.sleep(random.uniform(0, 0.1 * 2**attempt))
    raise TimeoutError(f"{amount}: not known whether it was paid") from why
""",
    alternatives=(
        """\
import secrets
import socket
from time import sleep


def bad_day(address, amount, patience):
    line = b"%s pay %d\\n" % (secrets.token_hex(8).encode(), amount)
    pause = 0.05
    while True:
        try:
            with socket.create_connection(address, patience) as sock, sock.makefile("rwb") as file:
                file.write(line)
                file.flush()
                answer = file.readline()
                if answer[-1:] == b"\\n":
                    return answer
        except (ConnectionError, TimeoutError):
            pass
        sleep(pause)
        pause *= 2
""",
        """\
import itertools
import os
import socket
import time

COUNT = itertools.count(1)


def bad_day(address, amount, patience):
    number = f"{os.getpid()}-{time.time_ns()}-{next(COUNT)}"
    left = 10
    while left:
        left -= 1
        sock = socket.socket()
        sock.settimeout(patience)
        try:
            sock.connect(address)
            sock.sendall(f"{number} pay {amount}\\n".encode())
            sock.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: sock.recv(4), b""))
            if answer.endswith(b"\\n"):
                return answer
        except OSError:
            if not left:
                raise
        finally:
            sock.close()
        time.sleep(0.3)
    raise ConnectionError("no whole answer")
""",
    ),
    cases=(
        _case("a good day; the answer comes in two pieces", _good),
        _case("the bank is not up yet, and refuses", _not_yet_up, closed_for=2),
        _case("the bank pays, and resets the connection before it has answered", _answer_lost),
        _case(
            f"two payments on one day: {AMOUNT}, then {SECOND}", _two, paid=(AMOUNT, SECOND), use=_twice,
            call=f"{_CALL}, then bad_day(address, {SECOND}, {PATIENCE})",
        ),
        _case("silent, then cut off in the middle of the answer, then restarted", _bad),
    ),
    praise=(
        "Refused, reset, kept waiting, cut off, restarted: and each payment was made once. Your client never knew what "
        "had arrived. It did not have to, for the number let the bank decide."
    ),
    mistakes=MISTAKES,
)  # fmt: skip
