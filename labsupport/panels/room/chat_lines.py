"""What the panel of the chat writes: what somebody heard, and frames; all that comes from others is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from labsupport import chat
from labsupport.chat.messages import Error, Joined, Left, Said
from labsupport.panels.parts.strips import scrolled

from .frames_seen import Seen
from .person import Heard, Person, kept

__all__ = ["CHAT_STYLE", "frames_table", "harmless", "heard_list", "log_list"]

CHAT_STYLE: Final = """<style>
.loopback-chat .loopback-heard { border: 1px solid var(--edge); border-radius: 4px; padding: 4px 8px; height: 150px;
  overflow-y: auto; background: var(--card); overflow-wrap: anywhere; }
.loopback-chat .loopback-heard p { margin: 0 0 3px; }
.loopback-chat .loopback-heard .note { font-style: italic; }
.loopback-chat .loopback-heard bdi, .loopback-chat td bdi { unicode-bidi: isolate; }
.loopback-chat .loopback-person { flex: 1 1 260px; min-width: 0; max-width: 100%; }
.loopback-chat .widget-html, .loopback-chat .widget-html-content { min-width: 0; max-width: 100%; }
.loopback-chat .loopback-scrolled { max-height: 280px; overflow: auto; }
.loopback-chat td.text { white-space: normal; overflow-wrap: anywhere; min-width: 240px; }
.loopback-chat .loopback-log { max-height: 140px; overflow: auto; font-size: 12px; background: var(--card);
  color: var(--ink); padding: 4px 8px; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
</style>"""

#: Bytes of a frame that are shown in hex: its length, and the beginning of its JSON.
_HEX: Final = 16


def harmless(text: str) -> str:
    """A stranger's text for a page: no markup, nothing invisible, and its direction is its own affair."""
    return f"<bdi>{escape(chat.shown(text))}</bdi>"


# --- what somebody heard ------------------------------------------------------------------------


def heard_list(name: str, person: Person | None) -> str:
    """Who is in, and what came, the last first: the newest is seen without scrolling, however the browser draws it."""
    if person is None:
        return ""
    members = ", ".join(map(harmless, person.members)) or "you are not in it"
    lines = "".join(f"<p{css}>{text}</p>" for css, text in map(_line, reversed(list(person.heard))))
    label = escape(f"What {chat.shown(name)} hears")
    return (
        f"<p>In the room: {members}</p>"
        f'<div class="loopback-heard" role="log" aria-label="{label}" tabindex="0">{lines}</div>'
    )


def _line(heard: Heard) -> tuple[str, str]:
    match heard:
        case Said(number, name, text):
            return "", f"{number} <b>{harmless(name)}</b>: {harmless(text)}"
        case Joined(name):
            return _NOTE, f"{harmless(name)} has come in."
        case Left(name, why):
            return _NOTE, f"{harmless(name)} {_gone(why)}"
        case Error():
            return _NOTE, harmless(kept(heard))
        case str():
            return _NOTE, harmless(heard)
        case _:
            return _NOTE, harmless(type(heard).__name__)


_NOTE: Final = ' class="note"'


def _gone(why: str) -> str:
    if why == "bye":
        return "has left."
    return "is gone: the connection broke." if why == "lost" else f"was let go of: {harmless(why)}."


# --- frames -------------------------------------------------------------------------------------


def frames_table(name: str, frames: Sequence[Seen]) -> str:
    """A row for each frame, the last first; "" for none."""
    if not frames:
        return ""
    shown = escape(chat.shown(name))
    rows = "".join(map(_frame, reversed(frames)))
    head = "".join(f'<th scope="col">{title}</th>' for title in ("", "bytes", "length, and the beginning", "the JSON"))
    head = head.replace('<th scope="col"></th>', "<td></td>", 1)
    table = f'<table class="loopback-kernel"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    caption = (
        f"The frames of {shown}, in clear, the last one first: four bytes of length, then JSON. On the wire they are "
        "encrypted: the ladder below shows what an eavesdropper sees."
    )
    return scrolled(f"The frames of {shown}", caption, table)


def _frame(seen: Seen) -> str:
    data = seen.data
    hexed = data[:_HEX].hex(" ") + (" …" if seen.length > _HEX else "")
    text = harmless(data[4:].decode("utf-8", "backslashreplace")) if seen.whole else "no frame"
    more = " …" if seen.length > len(data) else ""
    return (
        f'<tr><th scope="row">{seen.way}</th><td class="figure">{seen.length:,}</td>'
        f'<td><code>{hexed}</code></td><td class="text"><code>{text}{more}</code></td></tr>'
    )


def log_list(lines: Iterable[str]) -> str:
    """The last lines of the server's log; "" for none."""
    text = "\n".join(escape(chat.shown(line)) for line in list(lines)[-40:])
    if not text:
        return ""
    return (
        '<p class="loopback-caption">The log of the server</p>'
        f'<pre class="loopback-log" role="region" aria-label="The log of the server" tabindex="0">{text}</pre>'
    )
