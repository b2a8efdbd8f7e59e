"""What the server of the panel of attacks allows: five limits, each of which can be left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal

__all__ = ["CHOICES", "MISSING", "NAMES", "NONE", "SOUND", "Limits", "limits_of"]

#: What the menus call a limit that is left out.
NONE: Final = "none"


@dataclass(frozen=True)
class Limits:
    """None of them, as a server is written first.

    - `deadline`: seconds; `whole`: for a whole question and for taking an answer, or anew for each recv().
    - `longest`: bytes of a question, its newline not counted.
    - `at_once`, `of_one`: connections in all, and of one address.
    - `rate`: questions of one connection in a second.
    - `tls`: where the handshake is done: "accept", "thread", or "" without TLS.
    """

    deadline: float | None = None
    whole: bool = False
    longest: int | None = None
    at_once: int | None = None
    of_one: int | None = None
    rate: int | None = None
    tls: Literal["", "accept", "thread"] = ""


#: The menus: what each is called, and what each of its choices changes.
CHOICES: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "deadline": {
        NONE: {},
        "0.5 s for each recv()": {"deadline": 0.5},
        "0.5 s for a whole question": {"deadline": 0.5, "whole": True},
    },
    "longest": {NONE: {}, "4,096 bytes": {"longest": 4096}},
    "connections": {
        NONE: {},
        "40 at once": {"at_once": 40},
        "40 at once, 10 of one address": {"at_once": 40, "of_one": 10},
    },
    "rate": {NONE: {}, "20 a second of a connection": {"rate": 20}},
    "tls": {
        "no TLS": {},
        "in accept()": {"tls": "accept"},
        "in the client's thread": {"tls": "thread"},
    },
}
#: What the menus are called on the page.
NAMES: Final = {
    "deadline": "Time:",
    "longest": "Longest question:",
    "connections": "Connections:",
    "rate": "Questions:",
    "tls": "TLS handshake:",
}
#: The limits that hold against all attacks of the panel, together: the last choice of each menu; and none of them.
SOUND: Final = {name: list(choices)[-1] for name, choices in CHOICES.items()}
MISSING: Final = {name: next(iter(choices)) for name, choices in CHOICES.items()} | {"tls": "in accept()"}


def limits_of(chosen: Mapping[str, str]) -> Limits:
    """The limits that these choices of the menus make together."""
    changes = {name: value for menu, choice in chosen.items() for name, value in CHOICES[menu][choice].items()}
    assert changes.keys() <= {field.name for field in fields(Limits)}
    return replace(Limits(), **changes)
