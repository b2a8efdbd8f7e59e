"""What the error zoo writes: what came of a visit, what has been met so far, and the client's program."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from labsupport.panels.parts.endings import ENDINGS, family, number
from labsupport.panels.parts.outcomes import short

from .misdeeds import MISDEEDS, Misdeed
from .visit import Found

__all__ = ["ZOO_STYLE", "approximately", "came", "card", "met", "program"]

ZOO_STYLE: Final = """<style>
.loopback-zoo .loopback-kernel { width: 100%; }
.loopback-zoo .loopback-kernel th { white-space: nowrap; font-weight: 600; }
.loopback-zoo .loopback-kernel td:last-child { width: 100%; }
.loopback-zoo .loopback-met td:last-child { width: auto; }
.loopback-zoo .loopback-met tbody th { white-space: normal; font-weight: normal; }
.loopback-zoo div:has(> .loopback-met) { overflow-x: auto; }
.loopback-zoo summary { cursor: pointer; }
.loopback-panel.loopback-zoo pre { font-size: 12px; color: inherit; background: transparent; margin: 2px 0 6px 16px;
  white-space: pre; overflow-x: auto; }
</style>"""


def approximately(seconds: float) -> str:
    """A time that was measured: "≈ 0.50 s", and nothing finer than a hundredth."""
    return f"≈ {seconds:.2f} s" if seconds >= 0.01 else "less than 0.01 s"


def came(found: Found) -> str:
    """What the client got, as HTML: the exception and what it says, or the answer."""
    if found.error is not None:
        return f"<code>{escape(type(found.error).__name__)}</code>"
    if not found.answer:
        return "no exception: <code>b''</code>"
    return f"no exception: <code>{escape(short(found.answer))}</code>"


def card(found: Found) -> str:
    """All that there is to say of a visit, as a table in HTML."""
    ending = ENDINGS[found.ending]
    rows = [("what came", _what(found)), ("in which call", _call(found))]
    if found.error is not None:
        rows += [("its family", f"<code>{escape(family(found.error))}</code>"), ("its errno", _errno(found.error))]
    rows += [("the connection", escape(ending.left)), ("the kernel says", _kernel(found))]
    rows += [("a program should", escape(ending.program)), ("its user may read", f"“{escape(ending.user)}”")]
    body = "".join(f'<tr><th scope="row">{name}</th><td>{text}</td></tr>' for name, text in rows)
    return f'<table class="loopback-kernel"><caption>What it is</caption>{body}</table>'


def met(visits: Mapping[str, Found]) -> str:
    """What has been met so far, the last visit of each misdeed, as a table in HTML; "" for nothing."""
    if not visits:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("what went wrong", "what came", "after", "in"))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{came(found)}</td><td>{approximately(found.took)}</td>'
        f"<td><code>{found.call}</code></td></tr>"
        for name, found in visits.items()
    )
    caption = f"<caption>Met so far: {len(visits)} of {len(MISDEEDS)}</caption>"
    return (
        f'<div><table class="loopback-kernel loopback-met">{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def program(misdeed: Misdeed) -> str:
    """The client's program, folded."""
    return (
        "<details><summary>the client's program (its socket has your timeout)</summary>"
        f'<pre tabindex="0">{escape(misdeed.source)}</pre></details>'
    )


def _what(found: Found) -> str:
    said = f": {escape(found.error.strerror or str(found.error))}" if found.error is not None else ""
    return came(found) + said


def _call(found: Found) -> str:
    inside = f"<code>{found.call}()</code>, after {approximately(found.waited)} in it"
    return inside + (f"; {approximately(found.took)} in all" if found.took - found.waited >= 0.01 else "")


def _errno(error: OSError) -> str:
    name, value = number(error)
    if value is None:
        return "none: this timeout is Python's own, from <code>settimeout</code>"
    whose = "a number of getaddrinfo, none of errno's" if name.startswith(("EAI_", "a ")) else "on this system"
    return f"<code>{escape(name)}</code>, {value} ({whose})"


def _kernel(found: Found) -> str:
    state = f"<b>{escape(found.state)}</b>" if found.state else "nothing on this system"
    again = f"; one more <code>recv()</code> gave <code>{escape(found.once_more)}</code>" if found.once_more else ""
    return state + again
