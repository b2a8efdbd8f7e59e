"""Packets of stop-and-wait, and the facts by which mistakes on either side show."""

from __future__ import annotations

from itertools import pairwise

from labsupport.exercises.engine import Facts, Outcome
from labsupport.tape.events import Call
from labsupport.tape.streams import RECEIVING

__all__ = [
    "acknowledges_another", "any_acknowledgement", "delivers_the_number", "delivers_twice", "gives_up",
    "knows_only_the_last", "new_number_each_time", "number_of", "packet", "sends_twice", "silent_on_a_duplicate",
    "trusts_send", "unasked", "waits_for_ever",
]  # fmt: skip


def packet(number: int, message: str) -> bytes:
    """A message with its number before it."""
    return b"%04d" % number + message.encode()


def number_of(data: bytes | None) -> int | None:
    """The number of a packet or an acknowledgement; None if it has none."""
    return int(data[:4]) if data is not None and len(data) >= 4 and data[:4].isdigit() else None


# --- the signs of mistakes: of the sender ----------------------------------------------------


def _sent(outcome: Outcome) -> list[Call]:
    return outcome.calls("send", "sendto", "sendmsg")


def _numbers(outcome: Outcome) -> list[int | None]:
    """The numbers of what the learner's code sent, in order."""
    return [number_of(call.data) for call in _sent(outcome)]


def _sends(outcome: Outcome) -> bool:
    return bool(outcome.noted.get("sender"))


def trusts_send(outcome: Outcome) -> Facts | None:
    """Two packets went out, and nothing was read before, between or after."""
    sends = _sent(outcome)
    blind = _sends(outcome) and len(sends) > 1 and not outcome.receives
    return {"n": len(outcome.noted["messages"])} if blind else None


def waits_for_ever(outcome: Outcome) -> Facts | None:
    """It is in recv(), and nothing was ever set that could wake it."""
    waits = outcome.waiting is not None and outcome.waiting.op in RECEIVING
    return {} if _sends(outcome) and waits and not outcome.calls("settimeout", "setblocking") else None


def gives_up(outcome: Outcome) -> Facts | None:
    """The timeout went through."""
    return {"n": len(_sent(outcome))} if _sends(outcome) and outcome.raised(TimeoutError) else None


def new_number_each_time(outcome: Outcome) -> Facts | None:
    """The same message went out with two numbers."""
    known: dict[bytes, int] = {}
    for call in _sent(outcome) if _sends(outcome) else ():
        number, message = number_of(call.data), (call.data or b"")[4:]
        if number is not None and known.setdefault(message, number) != number:
            return {"message": message, "one": known[message], "other": number}
    return None


def unasked(outcome: Outcome, wait: float) -> int | None:
    """The first packet that went out once more before `wait` seconds, though nothing had come meanwhile."""
    for one, other in pairwise(_sent(outcome)):
        read = any(one.order < call.order < other.order and call.data for call in outcome.receives)
        if one.data == other.data and not read and other.started - one.started < wait / 2:
            return number_of(one.data)
    return None


def sends_twice(outcome: Outcome) -> Facts | None:
    """It repeats a packet without having waited."""
    number = unasked(outcome, outcome.noted["wait"]) if _sends(outcome) and outcome.unmet is None else None
    return {"n": number} if number is not None else None


def any_acknowledgement(outcome: Outcome) -> Facts | None:
    """It went on to the next packet, though the last thing that it had read was about an earlier one."""
    if not _sends(outcome) or outcome.unmet is None or new_number_each_time(outcome) is not None:
        return None
    sends = _sent(outcome)
    for one, other in pairwise(sends):
        read = [call for call in outcome.receives if one.order < call.order < other.order and call.data]
        missing, told = number_of(one.data), number_of(read[-1].data) if read else None
        if missing is not None and told is not None and number_of(other.data) == missing + 1 and told < missing:
            return {"missing": missing, "told": told}
    return None


# --- and of the receiver ---------------------------------------------------------------------


def _receives(outcome: Outcome) -> bool:
    return bool(outcome.noted.get("receiver"))


def _arrived(outcome: Outcome) -> list[int | None]:
    return [number_of(call.data) for call in outcome.receives if call.data]


def silent_on_a_duplicate(outcome: Outcome) -> Facts | None:
    """A packet came that had been acknowledged before, and nothing went back."""
    arrived = _arrived(outcome)
    if not _receives(outcome) or outcome.unmet is None or len(_sent(outcome)) >= len(arrived):
        return None
    again = arrived and arrived[-1] in arrived[:-1] and outcome.error is None
    return {"n": arrived[-1]} if again and arrived[-1] in _numbers(outcome) else None


def _twice(outcome: Outcome) -> bytes | None:
    """A message that was delivered once more."""
    delivered: list[bytes] = outcome.noted.get("delivered", [])
    return next((message for at, message in enumerate(delivered) if message in delivered[:at]), None)


def delivers_twice(outcome: Outcome) -> Facts | None:
    """A packet was repeated, and delivered again."""
    message = _twice(outcome) if _receives(outcome) and not outcome.noted.get("late") else None
    return {"message": message} if message is not None else None


def delivers_the_number(outcome: Outcome) -> Facts | None:
    """What was delivered is the whole packet."""
    packets = [call.data for call in outcome.receives if call.data]
    whole = [each for each in outcome.noted.get("delivered", ()) if each in packets]
    return {"packet": whole[0], "message": whole[0][4:]} if _receives(outcome) and whole else None


def knows_only_the_last(outcome: Outcome) -> Facts | None:
    """A packet was delivered again that came behind a later one."""
    message = _twice(outcome) if _receives(outcome) and outcome.noted.get("late") else None
    return {"message": message} if message is not None else None


def acknowledges_another(outcome: Outcome) -> Facts | None:
    """An acknowledgement went out for a packet that has not come."""
    if not _receives(outcome):
        return None
    for call in _sent(outcome):
        before = [number_of(each.data) for each in outcome.receives if each.order < call.order and each.data]
        number = number_of(call.data)
        if before and number is not None and number not in before:
            return {"came": before[-1], "number": number}
    return None
