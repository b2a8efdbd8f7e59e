"""Somebody who tries one token after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .attack import Attack
from .moves import Attacker, Say, Wave
from .speech import Speech
from .target import Target

__all__ = ["GuessedToken"]


@dataclass(frozen=True)
class GuessedToken(Attack):
    """`guesses` logins, each with another token and on a connection of its own, and each with a question behind it."""

    guesses: int = 200

    does: ClassVar[str] = "somebody tried one token after the other"
    cure: ClassVar[str] = "Make tokens long and random (secrets.token_bytes), and let nobody try more than a few."
    grows: ClassVar[tuple[str, ...]] = ("guesses",)

    def skipped(self, speech: Speech) -> str:
        """It needs to know how to log in with a guess."""
        return "" if speech.guess else "There is no login to guess: give the speech `guess`."

    def waves(self, target: Target) -> Iterator[Wave]:
        """One at a time, spread over the time that there is."""
        assert target.speech.guess is not None  # else it is skipped
        question, answer = target.speech.question, target.speech.answer
        logins = tuple(target.speech.guess(number) for number in range(self.guesses))
        for number, login in enumerate(logins):
            say = Say(login + question)
            yield Wave(Attacker((say,), ends="closes", hopes=answer), after=number * self.seconds / self.guesses)

    def got(self, found: int, target: Target, printed: str) -> str:  # noqa: ARG002  the shape of the others
        """Whether one was right."""
        if not found:
            return ""
        return f"A stranger was let in with a guessed token, after at most {self.guesses} guesses."
