"""Notebooks for tests, and a learner's work as a file."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

__all__ = ["FILE", "cell", "contents", "notebook", "write", "zipped"]

#: The chapter that learners edit.
FILE = "01_next.ipynb"


def cell(source: str, kind: str = "markdown", name: str = "one", **course: Any) -> dict[str, Any]:
    """A cell; `course`: what its metadata has under "loopback"."""
    made: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {"loopback": course}, "source": source}
    return made if kind == "markdown" else {**made, "outputs": [], "execution_count": None}


def notebook(*cells: dict[str, Any] | str, **metadata: Any) -> bytes:
    """A notebook file."""
    made = [one if isinstance(one, dict) else cell(one, name=f"cell-{place}") for place, one in enumerate(cells)]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def write(path: Path, *cells: dict[str, Any] | str, **metadata: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook(*cells, **metadata))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """All that is in a folder, hidden files too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with the two files that it has to have, and these."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        made.writestr("loopback.json", json.dumps({"format": "loopback course", "version": 1, "place": None}))
        made.writestr("progress.json", "{}")
        for name, content in entries:
            made.writestr(name, content, method)
    return buffer.getvalue()
