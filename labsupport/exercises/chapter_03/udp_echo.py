"""A change to a working client: a question by datagram, asked until the deadline, and only its own answer taken."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from labsupport.exercises import peers
from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers import END_OF_THE_WAIT, Unmet, shown
from labsupport.tape.events import clock

from .echo_mistakes import EVERY, FIRST, FORGED, MANY, MISTAKES, SECOND, STARTER, answer_to, asked
from .echo_server import EchoServer

__all__ = ["UDP_ECHO"]

#: The deadline where there is time, and where it is the lesson, in seconds.
_SECONDS: Final = 2
_SHORT: Final = 0.5
#: Who has asked so often, and waited so many times as long as it should, will never stop.
_OFTEN: Final = 8
_LONG: Final = 3


# --- the other side --------------------------------------------------------------------------


def _once(answer: Any, stage: Stage, question: bytes, seconds: float) -> object:
    return answer(stage.noted["sock"], stage.noted["server"].address, question, seconds)


def _twice(answer: Any, stage: Stage, question: bytes, seconds: float) -> object:
    """One question, and when all of its answers are there, another on the same socket."""
    _once(answer, stage, question, seconds)
    stage.noted["server"].waits_for_us = True
    stage.noted["sent"].wait(peers.PATIENCE)
    stage.noted["server"].waits_for_us = False
    return _once(answer, stage, SECOND, seconds)


def _case(
    title: str,
    play: Callable[[Stage, EchoServer], None],
    *,
    question: bytes = FIRST,
    seconds: float = _SECONDS,
    use: Callable[..., object] = _once,
    **noted: object,
) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        assert stage.other is not None
        with stage.other.adopt():  # it is lent: it stays open when the learner's code has come to its end
            sock = stage.afterwards.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        stage.noted.update(noted, sock=sock, sent=threading.Event(), seconds=seconds)
        server = EchoServer(stage.datagrams(), stage)
        stage.peers[:] = [server]
        return stage, question, seconds

    call = f"udp_echo(sock, address, {shown(question)}, {seconds})"
    if use is _twice:
        call += f", then udp_echo(sock, address, {shown(SECOND)}, {seconds})"
    return Case(title, call, lambda stage: play(stage, stage.noted["server"]), given, use=use)


def _good(stage: Stage, server: EchoServer) -> None:
    stage.returns = answer_to(FIRST)
    server.answers(server.asked(FIRST) + answer_to(FIRST))


_LETTER: Final = ("Querida Zoë: " + "todo va bien, y te echo de menos. " * 80).encode()


def _long(stage: Stage, server: EchoServer) -> None:
    stage.returns = answer_to(_LETTER)
    server.answers(server.asked(_LETTER) + answer_to(_LETTER))


def _lost(stage: Stage, server: EchoServer) -> None:
    stage.returns = answer_to(FIRST)
    server.asked(FIRST)
    server.answers(server.asked(FIRST) + answer_to(FIRST))


def _slow(stage: Stage, server: EchoServer) -> None:
    """Two questions come, for the client lost patience, and each is answered; so the second answer is one too many."""
    stage.returns = answer_to(SECOND)
    numbers = [server.asked(FIRST), server.asked(FIRST)]
    for number in numbers:  # one after the other: of two equal datagrams on their way nobody can tell which is which
        server.answers(number + answer_to(FIRST))
        server.pauses()
    stage.noted["sent"].set()
    number = server.asked(SECOND)
    if number in numbers:
        raise Unmet(server.name, "a number of its own with the new question", f"{number!r} again")
    server.answers(number + answer_to(SECOND))


def _stranger(stage: Stage, server: EchoServer) -> None:
    stage.returns = answer_to(FIRST)
    number = server.asked(FIRST)
    server.stranger_says(number + FORGED)
    server.pauses()
    server.answers(number + answer_to(FIRST))


def _strays_first(stage: Stage, server: EchoServer) -> None:
    stage.returns = answer_to(FIRST)
    number = server.asked(FIRST)
    for stray in (b"", number[:3], *server.older(MANY - 2)):
        server.says(stray)
    server.pauses()
    server.answers(number + answer_to(FIRST))


def _silence(stage: Stage, server: EchoServer) -> None:
    """Take questions until the learner's code gives up; `Unmet` if it has asked often, and far too long."""
    stage.raises = TimeoutError
    begun = clock()
    server.asked(FIRST)
    while server.is_asked_again():
        if len(server.numbers) >= _OFTEN and clock() > begun + _LONG * _SHORT:
            raise Unmet(server.name, "no more questions when the time is over", f"{len(server.numbers)} so far")


def _drip(stage: Stage, server: EchoServer) -> None:
    """One stray after the other, each when the learner's code waits again, and its clock has gone on meanwhile."""
    stage.raises = TimeoutError
    time = stage.clock(skips=False)
    server.asked(FIRST)
    for stray in server.older(MANY):
        time.passes(EVERY)
        server.says(stray)
        server.steps += 1
        server.pauses()
        if stage.gone:
            return
    raise Unmet(server.name, END_OF_THE_WAIT, f"none: after {MANY} strays your code was still waiting")


def _remarks(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Whoever asks again for each stray asks much."""
    count = next((len(asked(each)) for each in outcomes if each.noted.get("strays_first")), 0)
    if count < MANY:
        return ()
    return (
        (
            f"One thing: each of {MANY} strays made your client ask again at once, {count} questions in all. Whoever "
            "is slow already gets more to do (RFC 8085 §3.1). Ask again only when time has passed."
        ),
    )


UDP_ECHO: Final = Task(
    name="udp_echo",
    chapter=3,
    prompt=(
        "**Ask until the deadline.** A server sends every question back in capitals. The first 4 bytes of a question "
        "are its number, and its answer begins with the same. The client below works on good days. Change it: return "
        "the answer (without the number), or raise `TimeoutError` when `seconds` have passed since the call. While "
        "nothing comes, ask again every quarter of a second. Take only the answer to *this* question from *this* "
        "address: `sock` is used for many questions, and hears everybody."
    ),
    hints=(
        "Three things may come besides the answer: nothing, an older answer, and a stranger's. What ends which wait?",
        "`data, sender = sock.recvfrom(65_535)` says who sent it. `data[:4]` is the number. Drop what does not fit.",
        (
            "`deadline = time.monotonic() + seconds`, once, before the loop. Before each recvfrom(): "
            "`sock.settimeout(min(0.25, deadline - time.monotonic()))`, if that is above 0."
        ),
        "`while time.monotonic() < deadline:` around sendto(), settimeout(), recvfrom() in a `try`, and one `if`.",
    ),
    starter=STARTER,
    solution="""\
import itertools
import time

numbers = itertools.count(1)


def udp_echo(sock, address, question, seconds):
    number = b"%04d" % next(numbers)
    deadline = time.monotonic() + seconds
    ask_again = 0.0                                      # the first time: at once
    while (now := time.monotonic()) < deadline:
        if now >= ask_again:
            sock.sendto(number + question, address)
            ask_again = now + 0.25
        sock.settimeout(min(ask_again, deadline) - now)  # what is left, and never more
        try:
            data, sender = sock.recvfrom(65_535)
        except TimeoutError:
            continue
        if sender == address and data[:4] == number:
            return data[4:]
    raise TimeoutError(f"no answer in {seconds} s")
""",
    alternatives=(
        """\
import os
import time


def udp_echo(sock, address, question, seconds):
    number = os.urandom(4)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        sock.sendto(number + question, address)
        sock.settimeout(min(0.25, left))
        try:
            data, sender = sock.recvfrom(65_535)
        except TimeoutError:
            continue
        if sender == address and data[:4] == number:
            return data[4:]
    raise TimeoutError
""",
        """\
import itertools
import select
from time import perf_counter

count = itertools.count(1000)


def answers(sock, until):
    while (left := until - perf_counter()) > 0 and select.select([sock], [], [], left)[0]:
        yield memoryview(bytearray(sock.recv(70_000)))


def udp_echo(sock, address, question, seconds):
    sock.connect(address)
    end, numbers = perf_counter() + seconds, []
    while perf_counter() < end:
        numbers.append(b"%04d" % next(count))   # a new number for each try is right too
        sock.send(numbers[-1] + question)
        for answer in answers(sock, min(end, perf_counter() + 0.2)):
            if bytes(answer[:4]) in numbers:
                return bytes(answer[4:])
    raise TimeoutError("no answer")
""",
        """\
import itertools
import threading
import time

numbers = itertools.count(1)


def udp_echo(sock, address, question, seconds):
    number = b"%04d" % next(numbers)
    done = threading.Event()

    def ask():
        while True:
            sock.sendto(number + question, address)
            if done.wait(0.25):
                return

    asking = threading.Thread(target=ask)
    deadline = time.monotonic() + seconds
    asking.start()
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("too late")
            sock.settimeout(left)
            data, sender = sock.recvfrom(65_535)
            if sender == address and data.startswith(number):
                return data[4:]
    finally:
        done.set()
        asking.join()
""",
    ),
    cases=(
        _case("a good day", _good),
        _case("a long question, and an answer as long", _long, question=_LETTER),
        _case("the question is lost", _lost, lost=True),
        _case("a slow server answers when you have asked twice; then comes another question", _slow, use=_twice,
              second=True),
        _case("a stranger answers first", _stranger),
        _case("an empty datagram, one of 3 bytes and older answers come first", _strays_first, strays_first=True),
        _case("nobody answers", _silence, seconds=_SHORT, silence=True),
        _case(f"only older answers come, one every {EVERY} s of the check's clock", _drip, drip=True),
    ),
    praise=(
        "A question was lost, an answer came twice, a stranger spoke, strays came without end, and nobody at all. Your "
        "client returned what was asked for, or said in time that there was nothing. In the ladder: the last case, "
        "where each recvfrom() took a stray, and the deadline stood."
    ),
    remarks=_remarks,
    mistakes=MISTAKES,
)  # fmt: skip
