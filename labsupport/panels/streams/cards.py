"""What the panel of the three readers writes: the pieces before they go, and a card for each reader."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from labsupport.panels.parts.outcomes import counted, short

from .readers import Came, Reader, verdict

__all__ = ["CARD_STYLE", "card", "preview", "programs"]

CARD_STYLE: Final = """<style>
.loopback-cards { display: flex; flex-wrap: wrap; gap: 8px; }
.loopback-cards > section { flex: 1 1 230px; min-width: 0; box-sizing: border-box; padding: 6px 10px;
  border: 1px solid var(--edge); border-radius: 4px; }
.loopback-cards i { font-size: 12px; }
.loopback-cards p:last-child { margin-bottom: 0; }
.loopback-programs { display: grid; grid-template-columns: minmax(0, 1fr); }
.loopback-programs summary { cursor: pointer; }
.loopback-panel .loopback-programs pre { font-size: 12px; color: inherit; background: transparent;
  margin: 2px 0 6px 16px; white-space: pre; overflow-x: auto; }
</style>"""

_NONE: Final = "none yet"


def preview(data: bytes, pieces: list[bytes]) -> str:
    """What will be sent, and in which pieces, as HTML."""
    count = f"{len(pieces)} piece{'' if len(pieces) == 1 else 's'}"
    return f"{counted(len(data))} in {count}: {' '.join(map(_code, pieces))}"


def card(name: str, pieces: Iterable[bytes], came: Came | None, line: bytes) -> str:
    """A reader, what it got so far, and what came of it; it was to return `line`."""
    gave = " ".join(map(_code, pieces)) or _NONE
    returned, said = _NONE, ""
    if came is not None:
        returned = "nothing" if came.line is None else _code(came.line)
        said = f"<p>{escape(verdict(came, line))}</p>"
    return (
        f'<section aria-label="{escape(name)}"><p><b>{escape(name)}</b></p>'
        f"<p><i>each recv gave</i><br>{gave}</p><p><i>it returned</i><br>{returned}</p>{said}</section>"
    )


def programs(readers: Iterable[Reader]) -> str:
    """The programs of the readers, folded."""
    folded = (
        f"<details><summary>the program of “{escape(reader.name)}”</summary>"
        f'<pre tabindex="0">{escape(reader.source)}</pre></details>'
        for reader in readers
    )
    return f'<div class="loopback-programs">{"".join(folded)}</div>'


def _code(data: bytes) -> str:
    return f"<code>{escape(short(data))}</code>"
