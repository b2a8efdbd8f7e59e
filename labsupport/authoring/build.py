"""Run a notebook in a clean kernel and say what its file should be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from . import lint, outputs
from .generated import fill
from .kernels import CleanKernel, KernelDiedError, Run
from .normal import normalise, written

__all__ = ["Built", "build"]


class Built:
    """A notebook after a run.

    - `path`: its file; `text`: what the file should be; `changed`: whether it is not that now.
    - `failures`: what must be mended before it can be written (a cell raised, the kernel died), as sentences.
    - `problems`: what the author is told besides (see `lint`).
    - `differences`: what would change in the file, as sentences with a diff.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stored = path.read_text("utf-8")
        self.text = self.stored
        self.failures: list[str] = []
        self.problems: list[str] = []
        self.differences: list[str] = []

    @property
    def changed(self) -> bool:
        """The file is not what a build makes of it."""
        return self.text != self.stored

    @property
    def complaints(self) -> list[str]:
        """Failures and problems, each with the file's name in front."""
        return [f"{self.path.name}: {sentence}" for sentence in self.failures + self.problems]


def build(path: Path, *, fresh: bool = False) -> Built:
    """Execute the notebook at `path` and say what its file should be; nothing is written.

    A stored output that equals the new one after sanitising is kept, so that building twice changes nothing; so are
    the outputs of a cell that opts out of comparison, as long as their kinds agree.  `fresh`: keep none.
    """
    built = Built(path)
    notebook = nbformat.reads(built.stored, as_version=4)
    before = {id(cell): list(cell.get("outputs", ())) for cell in notebook.cells}
    fill(notebook)
    normalise(notebook)
    seconds: dict[str, float] = {}
    for cell, run in _runs(built, notebook):
        seconds[cell.id] = run.seconds / programs_a_core()
        stored = [] if fresh else before[id(cell)]
        cell.outputs = _chosen(built, cell, stored, run.outputs)
    if not built.failures:
        built.problems += [f"cell {name} {sentence}" for name, sentence in lint.problems(notebook, seconds)]
        built.text = written(notebook)
        if built.changed and not built.differences:
            built.differences.append("the file is not in normal form (ids, counts, metadata, white space or key order)")
    return built


def programs_a_core() -> float:
    """How many programs want each core, at least 1: so much longer does a cell take than where it is alone.

    From getloadavg(3), of the last minute; 1 where there is none (Windows).
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1.0, load / (os.cpu_count() or 1))


def _runs(built: Built, notebook: NotebookNode) -> Iterator[tuple[NotebookNode, Run]]:
    """Each code cell with its run, up to the first that fails."""
    with CleanKernel(built.path.parent) as kernel:
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            try:
                run = kernel.run(cell.source, cell.id)
            except KernelDiedError as error:
                built.failures.append(f"cell {cell.id}: {error}")
                return
            if run.error and "raises-exception" not in cell.metadata.get("tags", ()):
                built.failures.append(f"cell {cell.id} raised {': '.join(run.error)}\n{run.traceback}".rstrip())
                return
            yield cell, run


def _chosen(built: Built, cell: NotebookNode, stored: list[Any], new: list[Any]) -> list[Any]:
    """The outputs to store: the stored ones where they say the same, else the new ones."""
    if lint.opts_out(cell) and _kinds(stored) == _kinds(new):
        return outputs.normal(stored, cell.execution_count)
    if outputs.same(stored, new):
        return outputs.normal(stored, cell.execution_count)
    built.differences.append(f"the output of cell {cell.id} changes:\n{outputs.difference(stored, new)}")
    return outputs.normal(new, cell.execution_count)


def _kinds(found: list[Any]) -> list[str]:
    return [kind for kind, _ in outputs.comparable(found)]
