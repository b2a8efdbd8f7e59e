"""What a learner is told, and how it is drawn."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from labsupport.tape.excerpt import Excerpt

if TYPE_CHECKING:
    from labsupport.pictures import Picture

__all__ = ["Verdict", "Words"]

_TITLES: Final = {"passed": "✓ Passed", "failed": "○ Not yet", "not attempted": "… Not attempted yet"}


@dataclass(frozen=True)
class Verdict:
    """The answer to an answer; shown in a cell, it is drawn with the ladder of the case that it is about.

    - `status`: "passed", "failed" or "not attempted"; `message`: what it means, in a sentence or two.
    - `mistake`: the name of the listed mistake that was recognised, or None.
    - `called`, `returned`, `expected`: one line each, or "".
    - `printed`: what the code printed.
    - `notes`: what else must be said, such as a thread that could not be ended.

    It holds no ports, no addresses and no times, so it is the same on every run.
    """

    status: str
    message: str
    mistake: str | None = None
    excerpt: Excerpt | None = field(default=None, repr=False)
    called: str = ""
    returned: str = ""
    expected: str = ""
    printed: str = ""
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.status == "passed"

    @cached_property
    def tape(self) -> Picture | None:
        """What happened in the case that the verdict is about, as a picture; None where nothing was run."""
        from labsupport.pictures import Picture

        if self.excerpt is None or not self.excerpt.calls():
            return None
        return Picture(self.excerpt.events, self.excerpt.dropped)

    def _rows(self) -> list[tuple[str, str]]:
        rows = [
            ("called", self.called),
            ("came back", self.returned),
            ("expected", self.expected),
            ("printed", self.printed),
        ]
        return [(name, value) for name, value in rows if value]

    def text(self) -> str:
        """The verdict as plain text, with the ladder's text twin."""
        parts = [textwrap.fill(f"{_TITLES[self.status]}. {self.message}", 100)]
        rows = [f"  {name + ':':<11}{value}".replace("\n", "\n" + " " * 13) for name, value in self._rows()]
        parts += ["\n".join(rows)] if rows else []
        parts += [textwrap.fill(note, 100) for note in self.notes]
        parts += [self.tape.text()] if self.tape is not None else []
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return f"Verdict({self.status!r}, {self.message!r}, mistake={self.mistake!r})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  IPython's
        return {"text/html": self._html(), "text/plain": self.text()}

    def _html(self) -> str:
        """No colours but the page's own, no script, no inline SVG: so it shows in both themes, and untrusted."""
        title = html.escape(_TITLES[self.status])
        parts = [f"<p><strong>{title}.</strong> {html.escape(self.message)}</p>"]
        rows = "".join(
            f"<dt>{name}</dt><dd><code style='white-space: pre-wrap'>{html.escape(value)}</code></dd>"
            for name, value in self._rows()
        )
        parts += [f"<dl>{rows}</dl>"] if rows else []
        parts += [f"<p>{html.escape(note)}</p>" for note in self.notes]
        if self.tape is not None:
            parts.append(self.tape._repr_mimebundle_()["text/html"])  # the one form that notebooks show
        return f"<div role='group' aria-label='{title}'>{''.join(parts)}</div>"


class Words:
    """Some Markdown for a learner: a hint, a solution, what is asked."""

    def __init__(self, markdown: str, plain: str | None = None) -> None:
        self._markdown = markdown
        self._plain = markdown if plain is None else plain

    def __repr__(self) -> str:
        return self._plain

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  IPython's
        return {"text/markdown": self._markdown, "text/plain": self._plain}
