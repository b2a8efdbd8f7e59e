"""What goes wrong where one question is asked by datagram, and the facts by which it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.events import Call
from labsupport.tape.streams import RECEIVING

__all__ = ["EVERY", "FIRST", "FORGED", "MANY", "MISTAKES", "SECOND", "STARTER", "answer_to", "asked"]

#: What is asked, the first of two on one socket and the second; and what a stranger answers.
FIRST: Final = "¿qué tal, Zoë?".encode()
SECOND: Final = "¿y tú, Chidi?".encode()
FORGED: Final = b"SEND ME YOUR PASSWORD"
#: So many answers to older questions come before the right one, or instead of it.
MANY: Final = 12
#: Seconds between two of those that come instead, by the learner's clock.
EVERY: Final = 0.5

STARTER: Final = """\
import itertools
import time

numbers = itertools.count(1)


def udp_echo(sock, address, question, seconds):
    raise NotImplementedError  # Take this line away. What follows works on good days: change it.
    number = b"%04d" % next(numbers)
    sock.sendto(number + question, address)
    answer = sock.recv(65_535)
    return answer[4:]
"""


def answer_to(question: bytes) -> bytes:
    """What the server makes of it."""
    return question.decode().upper().encode()


def asked(outcome: Outcome) -> list[Call]:
    """The questions that were sent, and sent again."""
    return outcome.calls("send", "sendto", "sendmsg")


# --- the signs of mistakes -------------------------------------------------------------------


def _timeouts(outcome: Outcome) -> bool:
    """Whether anything was ever to wake a recv()."""
    return bool(outcome.calls("settimeout", "setblocking"))


def _waits(outcome: Outcome) -> bool:
    return outcome.waiting is not None and outcome.waiting.op in RECEIVING


def _cut(outcome: Outcome) -> Iterator[Call]:
    """The calls that took as much as they asked for, of a datagram that was longer."""
    for call in outcome.receives:
        full = call.asked[:1] == (call.length,) and call.length
        if full and any(data != call.data and data.startswith(call.data or b"") for data in outcome.noted["said"]):
            yield call


def _takes_a_part(outcome: Outcome) -> Facts | None:
    call = next(_cut(outcome), None)
    return {"n": call.length} if call is not None else None


def _reads_to_an_end(outcome: Outcome) -> Facts | None:
    """It had the whole answer and asked for more, or took an empty datagram for the last."""
    receives = outcome.receives
    if not receives or any(_cut(outcome)):
        return None
    had_it = _had_it(outcome) and not _asked_again(outcome) and _came_to_nothing(outcome)
    stopped = receives[-1].length == 0 and outcome.ended and not outcome.raised(TimeoutError)
    return {} if had_it or stopped else None


def _answers(outcome: Outcome) -> list[Call]:
    """The calls but the last that took the whole answer to the only question."""
    answers = [data for data in outcome.noted["said"] if data.endswith(answer_to(FIRST))]
    return [] if outcome.noted.get("second") else [call for call in outcome.receives[:-1] if call.data in answers]


def _had_it(outcome: Outcome) -> bool:
    return bool(_answers(outcome))


def _came_to_nothing(outcome: Outcome) -> bool:
    """Its own time was over; or ours, a moment before."""
    return _waits(outcome) or outcome.raised(TimeoutError)


def _asked_again(outcome: Outcome) -> bool:
    """Whether the question went out once more when the answer had come."""
    return any(call.order > answer.order for call in asked(outcome) for answer in _answers(outcome)[:1])


def _drops_the_answer(outcome: Outcome) -> Facts | None:
    dropped = _had_it(outcome) and _asked_again(outcome) and _came_to_nothing(outcome)
    return {"data": _answers(outcome)[0].data} if dropped else None


def _knows_only_the_newest(outcome: Outcome) -> Facts | None:
    """One question went out with two numbers, and an answer to the first was dropped."""
    numbers = list(dict.fromkeys((call.data or b"")[:4] for call in asked(outcome) if (call.data or b"")[4:] == FIRST))
    came = any((call.data or b"")[:4] in numbers[:-1] for call in outcome.receives)
    late = outcome.noted.get("second") and came and _came_to_nothing(outcome) and len(numbers) > 1
    return {} if late else None


def _waits_for_ever(outcome: Outcome) -> Facts | None:
    return {} if outcome.noted.get("lost") and _waits(outcome) and not _timeouts(outcome) else None


def _asks_once(outcome: Outcome) -> Facts | None:
    once = outcome.noted.get("lost") and len(asked(outcome)) == 1 and _timeouts(outcome)
    return {} if once and (outcome.unmet is not None or outcome.raised(TimeoutError)) else None


def _an_older_answer(outcome: Outcome) -> Facts | None:
    old, new = outcome.noted["numbers"][:1], outcome.noted["numbers"][-1:]
    return {"old": old[0], "new": new[0]} if _is_older(outcome) and old != new else None


def _one_number_for_all(outcome: Outcome) -> Facts | None:
    old, new = outcome.noted["numbers"][:1], outcome.noted["numbers"][-1:]
    return {"number": old[0]} if _is_older(outcome) and old == new else None


def _is_older(outcome: Outcome) -> bool:
    return bool(outcome.noted.get("second")) and outcome.result == answer_to(FIRST)


def _a_stranger(outcome: Outcome) -> Facts | None:
    return {"forged": FORGED} if outcome.result == FORGED else None


def _strays_cost_tries(outcome: Outcome) -> Facts | None:
    early = outcome.noted.get("strays_first") and outcome.raised(TimeoutError)
    return {"n": MANY} if early and not outcome.failed(TimeoutError, *RECEIVING) else None


def _asks_for_ever(outcome: Outcome) -> Facts | None:
    return {"n": len(outcome.noted["numbers"]), "seconds": outcome.noted["seconds"]} if _is_silence(outcome) else None


def _is_silence(outcome: Outcome) -> bool:
    return bool(outcome.noted.get("silence")) and outcome.unmet is not None and not outcome.ended


def _hides_the_timeout(outcome: Outcome) -> Facts | None:
    hidden = outcome.noted.get("silence") and outcome.ended and outcome.error is None
    return {"result": outcome.result} if hidden and outcome.result in (None, b"", "") else None


def _a_new_wait_for_each(outcome: Outcome) -> Facts | None:
    drip = outcome.noted.get("drip") and outcome.unmet is not None and not outcome.ended
    facts = {"n": MANY, "every": EVERY, "waited": f"{MANY * EVERY:g}", "seconds": outcome.noted["seconds"]}
    return facts if drip else None


# --- the wrong programs ----------------------------------------------------------------------

_NUMBER: Final = 'b"%04d" % next(numbers)'
_MATCHES: Final = "sender == address and data[:4] == number"


def _program(
    tries: str = "range(4)", wait: str = "seconds / 4", matches: str = _MATCHES, end: str = "", number: str = _NUMBER
) -> str:
    """A client that asks again when nothing has come; it lets strays begin its waits anew."""
    return f"""\
import itertools

numbers = itertools.count(1)


def udp_echo(sock, address, question, seconds):
    number = {number}
    for attempt in {tries}:
        sock.sendto(number + question, address)
        sock.settimeout({wait})
        try:
            while True:
                data, sender = sock.recvfrom(65_535)
                if {matches}:
                    return data[4:]
        except TimeoutError:
            pass
    {end or 'raise TimeoutError("no answer")'}
"""


def _asks(lines: str) -> str:
    """A client that asks first, and then does something else."""
    body = "\n".join(f"    {line}" for line in lines.splitlines())
    return f"""\
import itertools

numbers = itertools.count(1)


def udp_echo(sock, address, question, seconds):
    number = b"%04d" % next(numbers)
    sock.sendto(number + question, address)
{body}
"""


MISTAKES: Final = (
    Mistake(
        "reads_to_an_end",
        _asks('sock.settimeout(seconds)\nreply = b""\nwhile data := sock.recv(1024):\n    reply += data\nreturn reply'),
        "You read until an empty piece comes, as from a stream. With UDP one recv() is one whole datagram, an empty "
        "one is a message like any other, and nothing tells you that a peer has gone: take one, look whether it is "
        "the answer, and let the deadline end the wait.",
        _reads_to_an_end,
    ),
    Mistake(
        "drops_the_answer",
        _program().replace("data, sender = sock", "data = sock").replace(_MATCHES, "data[:4] == number"),
        "The answer came ({data!r}), and you took it for none and asked again. recvfrom() gives a pair, "
        "(data, sender), and the number is the first four bytes of the data. Print what you compare.",
        _drops_the_answer,
        {"data": b"0001" + answer_to(FIRST)},
    ),
    Mistake(
        "knows_only_the_newest",
        """\
import itertools
import time

numbers = itertools.count(1)


def udp_echo(sock, address, question, seconds):
    deadline = time.monotonic() + seconds
    sock.settimeout(seconds / 8)
    while time.monotonic() < deadline:
        number = b"%04d" % next(numbers)
        sock.sendto(number + question, address)
        try:
            data, sender = sock.recvfrom(65_535)
        except TimeoutError:
            continue
        if sender == address and data[:4] == number:
            return data[4:]
    raise TimeoutError("no answer")
""",
        "You gave one question a new number each time you asked it, and dropped the answer to an earlier one, which "
        "came late. Of a slow server every answer is late by then. Repeat a question with the same number.",
        _knows_only_the_newest,
    ),
    Mistake(
        "takes_a_part",
        _asks("sock.settimeout(seconds)\nheader = sock.recv(4)\nbody = sock.recv(65_535)\nreturn body"),
        "recv({n}) took the first {n} bytes of the datagram, and the kernel threw the rest away. With UDP take the "
        "whole datagram in one recv(65_535), and cut it up afterwards.",
        _takes_a_part,
        {"n": 4},
    ),
    Mistake(
        "waits_for_ever",
        _asks("answer = sock.recv(65_535)\nreturn answer[4:]"),
        "Your question was lost on the way, and you will wait for ever: nothing will come to wake recv(). Set a "
        "timeout, and when it is over ask again.",
        _waits_for_ever,
    ),
    Mistake(
        "asks_once",
        _asks("sock.settimeout(seconds)\nreturn sock.recv(65_535)[4:]"),
        "Your question was lost, and you asked it once. A timeout ends the wait; it does not bring the question back, "
        "and nobody but you knows that it was asked. Ask again, with the same number, until the deadline.",
        _asks_once,
    ),
    Mistake(
        "an_older_answer",
        _program(matches="sender == address"),
        "This is the late answer to question {old!r}; you had asked question {new!r}. It lay in the socket's queue "
        "before you asked. Drop every datagram whose first four bytes are not the number of this question.",
        _an_older_answer,
        {"old": b"0004", "new": b"0005"},
    ),
    Mistake(
        "one_number_for_all",
        _program(number='b"0001"'),
        "This is the late answer to the question before, and you could not know it: both questions went out as number "
        "{number!r}. Give each new question a number of its own, and only a repeated one the same.",
        _one_number_for_all,
        {"number": b"0001"},
    ),
    Mistake(
        "a_stranger",
        _program(matches="data[:4] == number"),
        "{forged!r} did not come from the server: another port sent it, with the right number, and an unconnected "
        "socket takes what anybody sends. Compare the sender that recvfrom() gives with `address`, or connect() the "
        "socket.",
        _a_stranger,
        {"forged": FORGED},
    ),
    Mistake(
        "strays_cost_tries",
        _asks(
            """\
for attempt in range(8):
    sock.settimeout(seconds / 8)
    try:
        data, sender = sock.recvfrom(65_535)
    except TimeoutError:
        sock.sendto(number + question, address)
        continue
    if sender == address and data[:4] == number:
        return data[4:]
raise TimeoutError("no answer")"""
        ),
        "You gave up with time left: each of {n} datagrams that were not the answer cost you one of your tries, and "
        "the answer was behind them. Tries are no measure of time. Let the deadline end the wait, and drop strays for "
        "nothing.",
        _strays_cost_tries,
        {"n": MANY},
    ),
    Mistake(
        "asks_for_ever",
        _program(tries="itertools.count()", wait="0.25"),
        "Nobody answers. You have asked {n} times, you were given {seconds} s, and you go on. Whoever called you waits "
        "for as long as you do: fix a deadline before the loop, and raise TimeoutError when it has passed.",
        _asks_for_ever,
        {"n": 8, "seconds": 0.5},
    ),
    Mistake(
        "hides_the_timeout",
        _program(end="return None"),
        "Nothing came, and you returned {result!r}, as if that were an answer. Whoever called you cannot know that "
        "nobody answered: raise TimeoutError.",
        _hides_the_timeout,
        {"result": None},
    ),
    Mistake(
        "a_new_wait_for_each",
        _program(),
        "Each stray datagram gave you a whole new wait: {n} of them, one every {every} s, kept you waiting {waited} s "
        "of {seconds} s, and you wait on. A timeout counts from each call. Fix the deadline once, and give each recv() "
        "what is left of it.",
        _a_new_wait_for_each,
        {"n": MANY, "every": EVERY, "waited": f"{MANY * EVERY:g}", "seconds": 2},
    ),
)
