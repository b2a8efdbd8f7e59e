"""A handshake as text of at most 100 columns, and as a sentence or two."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap
from typing import Final

from labsupport.tls.parts import receiver_of

from .model import KEYS, Message, Story, Turn
from .signs import word

__all__ = ["sentence", "twin"]

_WIDTH: Final = 98
_NAME: Final = 22
_INDENT: Final = 5 + 10 + _NAME


def twin(story: Story) -> str:
    """The handshake, a line or more for each message, with the same facts as the picture."""
    lines = [story.title]
    for k, turn in enumerate(story.turns):
        lines.append(f"{turn.number:>3}  {turn.sender} ──> {receiver_of(turn.sender)}")
        for m, message in enumerate(turn.messages):
            if (k, m) == story.keys:
                lines.append(f"     --------  {KEYS}")
            lines += _lines(message)
    lines += wrap(story.ending, _WIDTH)
    return "\n".join(line.rstrip() for line in lines)


def _lines(message: Message) -> Iterator[str]:
    said = [message.says, *(f"{one.name}: {one.value}" if one.value else one.name for one in message.fields)]
    said += [f"✗ {message.wrong}"] * bool(message.wrong)
    lines = [line for one in said for line in wrap(one, _WIDTH - _INDENT, subsequent_indent="  ")]
    yield f"     {word(secret=message.secret):<10}{message.name:<{_NAME}}{lines[0] if lines else ''}"
    yield from (" " * _INDENT + line for line in lines[1:])


def sentence(story: Story) -> str:
    """The handshake in a few clauses: who sent what, and what of it could be read."""
    told = "; ".join(_clause(turn) for turn in story.turns)
    return f"A {story.title} handshake. {told[:1].upper()}{told[1:]}. {story.ending}" if told else story.ending


def _clause(turn: Turn) -> str:
    pieces = []
    for secret, group in groupby(turn.messages, key=lambda message: message.secret):
        pieces.append(f"{_listed([_told(one) for one in group])} {'in secret' if secret else 'in clear'}")
    return f"the {turn.sender} sends {', then '.join(pieces)}"


def _told(message: Message) -> str:
    return f"{message.name} ({message.wrong})" if message.wrong else message.name


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
