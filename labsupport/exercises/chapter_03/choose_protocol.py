"""A choice: TCP or UDP, for eight programs, each for a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Decided, Deciding, Facts, Mistake, Question, decisions, gaps

__all__ = ["CHOOSE_PROTOCOL"]


def _question(asks: str, right: str, *, tcp: str, udp: str) -> Question:
    return Question(asks, {"TCP": tcp, "UDP": udp}, right)


_QUESTIONS: Final = (
    _question(
        "Aylin copies 40 GB of photographs to another machine.",
        "TCP",
        tcp="every byte must arrive, in order, and nobody minds a wait.",
        udp="every byte of the photographs must arrive, in order. You would have to number, acknowledge, repeat, and "
        "slow down on a full network: that is TCP, written once more.",
    ),
    _question(
        "Kwame and Mei talk to each other across an ocean, by voice.",
        "UDP",
        tcp="all that is said waits behind a lost segment until that has been sent again, and comes late. A gap of "
        "20 ms is hardly heard; a pause of 300 ms is. Sound that is late is worth nothing.",
        udp="sound that is late is worth nothing, so nothing should wait for it.",
    ),
    _question(
        "A till tells the bank 'pay 10', then 'pay 25': a few bytes each.",
        "TCP",
        tcp="few bytes, and none of them may be lost, doubled or out of order.",
        udp="short is no reason. A 'pay 10' that is lost, or comes twice, costs money whatever its size, and of two "
        "datagrams the second may overtake the first.",
    ),
    _question(
        "A resolver looks up a name: short question, short answer. None? It asks again.",
        "UDP",
        tcp="it works, and DNS does so for long answers. But a handshake before, and a farewell after, cost more than "
        "the talk itself, and the server has a connection for each who asks. To ask again does no harm.",
        udp="one datagram there, one back, no handshake; and to ask again does no harm.",
    ),
    _question(
        "A game tells everybody where the players are, 30 times a second.",
        "UDP",
        tcp="a place that was lost is sent again, and the newer ones, which have made it useless, wait behind it. Only "
        "the newest counts, and it should not wait.",
        udp="the next place comes in 33 ms, and makes the lost one useless.",
    ),
    _question(
        "A meter, for the bill: reliable = all(sock.sendto(m, server) for m in readings)",
        "TCP",
        tcp="a reading must arrive, or the meter must know that it did not.",
        udp="sendto() says only that the kernel took the datagram. A reading that never arrives is on no bill, and "
        "nothing will tell you: UDP gives no acknowledgement unless you build one.",
    ),
    _question(
        "A station shows the same clock on 200 screens of one network.",
        "UDP",
        tcp="a connection has two ends: 200 screens are 200 connections, and each second is sent 200 times. One "
        "multicast datagram reaches all of them, and who misses one has the next in a second.",
        udp="one multicast datagram for all, and the next one a second later.",
    ),
    _question(
        "A million records go to a slow database. 'UDP is faster', says the web.",
        "TCP",
        tcp="when the database falls behind, the program is made to wait, and no record is lost.",
        udp="faster at throwing away: what the receiver has no room for is gone, as many of a thousand datagrams were "
        "inside one machine. TCP makes the sender wait; on the way, bytes of both are as fast as the line.",
    ),
)

_RIGHT: Final = {number: question.right for number, question in enumerate(_QUESTIONS, 1)}
_NAMES: Final = (
    "a_file_by_datagrams", "a_voice_that_waits", "short_is_no_reason", "a_handshake_for_a_question", "old_places_first",
    "sendto_is_no_receipt", "a_connection_each", "faster_at_losing",
)  # fmt: skip


def _source(choices: dict[int, str]) -> str:
    return decisions("choose_protocol", choices)


# --- the signs of mistakes -------------------------------------------------------------------


def _always(choice: str) -> Callable[[Decided], Facts | None]:
    return lambda decided: {} if set(decided.choices.values()) == {choice} else None


def _first_is(number: int) -> Callable[[Decided], Facts | None]:
    """The first wrong choice is this one, and not everything is the same."""
    return lambda decided: {} if decided.wrong[:1] == (number,) and len(set(decided.choices.values())) > 1 else None


def _wrong(number: int, name: str) -> Mistake:
    other = "UDP" if _RIGHT[number] == "TCP" else "TCP"
    says = f"Number {number}, {other!r}: {_QUESTIONS[number - 1].choices[other]}"
    return Mistake(name, _source({**_RIGHT, number: other}), says, _first_is(number))


CHOOSE_PROTOCOL: Final = Deciding(
    name="choose_protocol",
    chapter=3,
    prompt=(
        "**Choose the protocol.** Eight programs: for each, `'TCP'` or `'UDP'`. Before you choose, say the reason to "
        "yourself; every choice is answered with one.\n\n```text\n"
        + "".join(f"{number}  {question.asks}\n" for number, question in enumerate(_QUESTIONS, 1))
        + "```"
    ),
    hints=(
        "Ask of each: what is a message worth that comes late? And one that never comes?",
        "Ask of each: how many listen? A connection has two ends.",
        "'It is short' and 'it must be fast' are no reasons by themselves. Two of the eight are there to tempt you.",
        "Four are for TCP and four for UDP.",
    ),
    starter=gaps("choose_protocol", len(_QUESTIONS), "TCP or UDP?"),
    solution=_source(_RIGHT),
    alternatives=(
        f"choose_protocol = {list(_RIGHT.values())}\n",
        _source({number: _RIGHT[number].lower() for number in reversed(_RIGHT)}),
    ),
    praise="Eight choices, eight reasons. Here they are once more.",
    questions=_QUESTIONS,
    example="{1: 'TCP', …, 8: 'TCP'}",
    mistakes=(
        Mistake(
            "always_tcp",
            _source(dict.fromkeys(_RIGHT, "TCP")),
            "TCP eight times: all of them would work, and four would feel slow or cost too much. Where an old message "
            "is worth nothing, waiting for it is the harm; and one who speaks to many has no use for two ends.",
            _always("TCP"),
        ),
        Mistake(
            "always_udp",
            _source(dict.fromkeys(_RIGHT, "UDP")),
            "UDP eight times: four of them would lose what must not be lost, and not notice. Its datagrams are no "
            "faster on the way; what it saves is the handshake, and the wait behind a loss.",
            _always("UDP"),
        ),
        *(_wrong(number, name) for number, name in enumerate(_NAMES, 1)),
    ),
)
