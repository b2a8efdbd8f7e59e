"""What a learner has done, as a list."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from labsupport import progress

from .engine import Exercise

__all__ = ["Overview"]

_WORDS: Final = {"passed": "✓ passed", "failed": "○ tried", "": "· not tried yet"}


class Overview:
    """The exercises, chapter by chapter, and what has become of each.  Read when it is made."""

    def __init__(self, exercises: Sequence[Exercise]) -> None:
        done = progress.load()["exercises"]
        self._chapters = [
            (chapter, [(each.name, _WORDS[done[each.name]["status"] if each.name in done else ""]) for each in group])
            for chapter, group in groupby(exercises, lambda each: each.chapter)
        ]

    def __repr__(self) -> str:
        lines = []
        for chapter, rows in self._chapters:
            lines.append(f"Chapter {chapter:02}")
            lines += [f"  {name:<20} {word}" for name, word in rows]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  IPython's
        rows = "".join(
            f"<tr><th scope='row'>{chapter:02}</th><td><code>{html.escape(name)}</code></td><td>{word}</td></tr>"
            for chapter, exercises in self._chapters
            for name, word in exercises
        )
        head = "<tr><th scope='col'>Chapter</th><th scope='col'>Exercise</th><th scope='col'>State</th></tr>"
        return {"text/html": f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>", "text/plain": repr(self)}
