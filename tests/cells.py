"""A notebook without a front end: its cells, and what each shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

__all__ = ["shown"]

SHELL = """
import contextlib, io, json, sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shown = []
for cell in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        shell.run_cell(cell)
    shown.append(out.getvalue())
json.dump(shown, sys.stdout)
"""


def shown(*cells: str) -> list[str]:
    """What each cell of a notebook shows; a picture as its text."""
    done = subprocess.run(
        [sys.executable, "-c", SHELL],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        timeout=100,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [str(text) for text in json.loads(done.stdout)]
