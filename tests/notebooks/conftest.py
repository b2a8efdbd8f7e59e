"""A kernel to torture, and what it holds open."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labsupport.authoring import lint, outputs
from labsupport.authoring.kernels import CleanKernel

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class Tortured:
    """A clean kernel in which the notebook at `path` is run, and what it held open before."""

    def __init__(self, kernel: CleanKernel, path: Path) -> None:
        self.kernel = kernel
        self.cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
        self.tell("__import__('labsupport.panels'); __import__('labsupport.exercises')")
        self.start = self.held()

    def tell(self, code: str) -> Any:
        """Run code that belongs to no lesson; the JSON that it printed."""
        run = self.kernel.run(code)
        assert run.error is None, run.traceback
        # Not stderr: there a thread of the lesson may say, at this very moment, what it ended with.
        printed = "".join(output.text for output in run.outputs if output.get("name") == "stdout")
        return json.loads(printed) if printed else None

    def run(self, cell: Any, *, allow: tuple[str, ...] = ()) -> list[Any]:
        """Run one cell; an error that the lesson does not show on purpose fails the test, but for those of `allow`."""
        run = self.kernel.run(cell.source, cell.id)
        if run.error and run.error[0] not in allow and "raises-exception" not in cell.metadata.get("tags", ()):
            pytest.fail(f"cell {cell.id} raised {run.error[0]}: {run.error[1]}\n{run.traceback}", pytrace=False)
        return run.outputs

    def gives_the_stored(self, seed: int) -> None:
        """Run all cells, with the threads in an order of `seed`: each gives what is stored."""
        self.tell(f"_scrambled = __import__('tests.scrambler').scrambler.scrambled({seed}); _scrambled.__enter__()")
        for cell in self.cells:
            again = self.run(cell)
            if not lint.opts_out(cell):
                said = outputs.difference(cell.outputs, again)
                assert outputs.same(cell.outputs, again), f"seed {seed}, cell {cell.id}:\n{said}"
        self.tell("_scrambled.__exit__(None, None, None)")

    def held(self) -> Counter[str]:
        """The threads and sockets of the kernel, as names with their number."""
        found = self.tell("__import__('inside').report()")
        return Counter(f"thread {name}" for name in found["threads"]) + Counter(
            f"socket {name}" for name in found["sockets"]
        )

    def more_than(self, before: Counter[str], patience: float = 20.0) -> Counter[str]:
        """What is held beyond `before`; what is about to end is given `patience` seconds to do so."""
        deadline = time.monotonic() + patience
        while (more := self.held() - before) and time.monotonic() < deadline:
            pass
        return more

    def left_behind(self) -> Counter[str]:
        """What is still held when all background servers have been stopped."""
        self.tell("__import__('labsupport').background.stop_all()")
        return self.more_than(self.start)


def read(path: Path) -> Any:
    """The notebook in a file."""
    return nbformat.read(path, as_version=4)


@pytest.fixture
def tortured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Tortured]]:
    """Start a kernel for a notebook; it ends with the test."""
    if not sys.platform.startswith("linux"):
        pytest.skip("open sockets are counted in /proc")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), str(ROOT)]))
    kernels: list[CleanKernel] = []

    def start(path: Path) -> Tortured:
        kernels.append(CleanKernel(path.parent))
        return Tortured(kernels[-1], path)

    yield start
    for kernel in kernels:
        kernel.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `chapter` is run with each notebook of the course."""
    if "chapter" in metafunc.fixturenames:
        paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
        metafunc.parametrize("chapter", paths, ids=[path.stem for path in paths])
