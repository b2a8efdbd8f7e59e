"""How a handshake ended that did not succeed: who refused what, or what was broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from labsupport.tls.parts import Sender

from .model import Message, Turn
from .words import about, words

__all__ = ["failure", "refusal"]

#: The place of a turn, and of a message in it.
_Place = tuple[int, int]


def refusal(turns: tuple[Turn, ...], error: str) -> tuple[tuple[Turn, ...], str]:
    """The turns, the message marked that the first alert is about; and the sentence that says who refused it, or "".

    `error`: what each end raised, as a transcript has it.
    """
    for k, turn in enumerate(turns):
        for one in turn.messages:
            if one.alert and one.alert != "close_notify":
                reason = _reason(error, turn.sender)
                cause = _cause(turns[:k], turn.sender, one.alert, verifying=bool(reason))
                return _refused(turns, turn.sender, f"{words(one.alert)}{reason}", cause)
    return turns, ""


def _reason(error: str, who: Sender) -> str:
    """Why `who` did not accept a certificate, as OpenSSL says it; "" where it is about something else."""
    said = re.search(rf"{who}: SSLCertVerificationError \w+: (.+?)\.?(; server: |$)", error)
    return f" ({said[1]})" if said else ""


def _refused(turns: tuple[Turn, ...], who: Sender, because: str, cause: _Place | None) -> tuple[tuple[Turn, ...], str]:
    if cause is None:
        return turns, f"No connection: the {who} {because}."
    k, m = cause
    messages = turns[k].messages
    marked = replace(messages[m], wrong=messages[m].wrong or f"refused by the {who}")
    changed = replace(turns[k], messages=(*messages[:m], marked, *messages[m + 1 :]))
    ending = f"No connection: the {who} refuses the {changed.sender}'s {marked.name}. It {because}."
    return (*turns[:k], changed, *turns[k + 1 :]), ending


def _cause(turns: tuple[Turn, ...], who: Sender, alert: str, *, verifying: bool) -> _Place | None:
    """The message of the other end that this alert is about.

    The first that is broken; else the latest of a kind that it can be about; else, where a record could not be opened,
    the first that was encrypted.
    """
    theirs = [(place, one) for place, sender, one in _messages(turns) if sender != who]
    broken = [place for place, one in theirs if one.wrong]
    names = ("Certificate",) if verifying else about(alert)
    meant = [place for name in names for place, one in reversed(theirs) if one.name == name]
    sealed = [place for place, one in theirs if one.secret and alert == "bad_record_mac"]
    return next(iter(broken + meant + sealed), None)


def failure(turns: tuple[Turn, ...]) -> str:
    """The sentence for an end without an alert."""
    broken = next((f"the {sender}'s {one.name}: {one.wrong}" for _, sender, one in _messages(turns) if one.wrong), "")
    return f"No connection: {broken or 'the handshake did not come to its end'}."


def _messages(turns: tuple[Turn, ...]) -> Iterator[tuple[_Place, Sender, Message]]:
    for k, turn in enumerate(turns):
        for m, one in enumerate(turn.messages):
            yield (k, m), turn.sender, one
