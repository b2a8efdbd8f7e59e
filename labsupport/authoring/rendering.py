"""From Markdown and Python to HTML, for pages that are shown and printed: the libraries that nbconvert stands on.

nbconvert's own page templates take reveal.js, require.js and MathJax from addresses on the network and style a notebook
for a screen, so the pages are made from our templates, and nothing in them is fetched.
"""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import mistune
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from mistune.plugins.formatting import strikethrough
from mistune.plugins.table import table
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import BashSessionLexer, PythonLexer, TextLexer

__all__ = ["code", "markdown", "page", "printed", "shipped"]

_HERE: Final = Path(__file__).parent
_LEXERS: Final[dict[str, Any]] = {"python": PythonLexer, "console": BashSessionLexer}
_RULE: Final = re.compile(r"\A---\n+")


class _Renderer(mistune.HTMLRenderer):
    """HTML as the notebooks write it, with their code in colours."""

    def __init__(self) -> None:
        super().__init__(escape=False)

    def block_code(self, code: str, info: str | None = None) -> str:
        return _coloured(code.rstrip("\n"), (info or "").strip())


@cache
def _markdown() -> mistune.Markdown:
    return mistune.Markdown(renderer=_Renderer(), plugins=[table, strikethrough])


def markdown(source: str) -> str:
    """Markdown as HTML.  Links to other chapters become plain text: the pages are read without the notebooks."""
    text = re.sub(r"\[([^\]]+)\]\([^):#]+\.ipynb[^)]*\)", r"\1", _RULE.sub("", source))
    return str(_markdown()(text)).strip()


def code(source: str, language: str = "python") -> str:
    """A `<pre>` with a source in colours."""
    return _coloured(source, language)


def _coloured(source: str, language: str) -> str:
    lexer = _LEXERS.get(language, TextLexer)(stripnl=False)
    return f"<pre><code>{highlight(source, lexer, HtmlFormatter(nowrap=True)).rstrip()}</code></pre>"


def printed(text: str) -> str:
    """A `<pre>` with what a program printed."""
    return f'<pre class="printed">{html.escape(text.rstrip())}</pre>'


def shipped(name: str) -> Markup:
    """The text of a file that stands beside us, to be put into a page as it is.

    A script may not contain its own end tag, so that is written as JavaScript and CSS may write it.
    """
    return Markup((_HERE / name).read_text("utf-8").replace("</script", r"<\/script").replace("</style", r"<\/style"))  # noqa: S704 - our own files


def page(template: str, **values: Any) -> str:
    """A page made from `templates/`; values are text and escaped, unless they are `Markup`."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(shipped=shipped, **values)
