"""The code of a page that shows how to write the next attack, fault or certificate."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

__all__ = ["run"]


def run(page: str) -> tuple[dict[str, Any], list[str]]:
    """What the page's code defines, and what it prints."""
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    names: dict[str, Any] = {"__name__": "page"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<page>", "exec", dont_inherit=True), names)
    return names, printed.getvalue().splitlines()
