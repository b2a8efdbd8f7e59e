"""Tiny notebooks, and pytest run on them as a contributor would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

Strict = Callable[..., tuple[list[str], str]]

#: What these runs need, by name: to import every plugin that is installed takes longer than to run a tiny notebook.
PLUGINS = ["-p", "nbval.plugin", "-p", "labsupport.authoring.nbval_strict", "-p", "no:cacheprovider"]


@pytest.fixture
def notebook(tmp_path: Path) -> Callable[..., Path]:
    """Write a notebook of code cells; each is a source, or a source with its stored outputs and metadata."""

    def write(*cells: str | tuple[Any, ...], name: str = "tiny.ipynb") -> Path:
        made = []
        for count, cell in enumerate(cells, 1):
            source, outputs, metadata = (*((cell,) if isinstance(cell, str) else cell), [], {})[:3]
            made.append(
                new_code_cell(source, outputs=_outputs(outputs), metadata=metadata or {}, execution_count=count)
            )
        nbformat.write(new_notebook(cells=made), tmp_path / name)
        return tmp_path / name

    return write


def _outputs(found: str | Sequence[Any]) -> list[Any]:
    """A string stands for what was printed."""
    return [new_output("stream", name="stdout", text=found)] if isinstance(found, str) else list(found)


@pytest.fixture
def strict(root: Path, tmp_path: Path) -> Strict:
    """Run pytest with the plugin on a notebook; its cells' outcomes ("PASSED", "FAILED"), and all that pytest said."""

    def run(path: Path, *options: str) -> tuple[list[str], str]:
        command = [sys.executable, "-m", "pytest", "--nbval", *PLUGINS, "--color=no", "--rootdir", str(tmp_path)]
        found = subprocess.run(
            [*command, "-q", "-rA", *options, str(path)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(root), "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        said = found.stdout + found.stderr
        outcomes = {int(cell): word for word, cell in re.findall(r"^([A-Z]+) \S+::Cell (\d+)", said, re.MULTILINE)}
        return [outcomes[cell] for cell in sorted(outcomes)], said

    return run
