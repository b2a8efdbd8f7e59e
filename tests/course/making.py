"""Notebooks for tests, and a learner's folder beside the course's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["cell", "notebook", "write"]


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
