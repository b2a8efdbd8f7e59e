"""The pytest plugin that makes `--nbval` strict and complete; registered as an entry point, so that it is always there.

`--nbval` stays the switch, and nbval collects the cells, compares them and shows what differs.  Replaced is how a cell
is run (`CleanKernel`, as in a build), because nbval 0.11 waits a fixed 5 s for each output, runs cells without a
history (a trailing `;` and `_` break), ignores clear_output and updates, lets an unknown magic pass, does not notice
that a kernel died, and throws its stderr away.  Added is what it does not look at: the order of different kinds of
output, cells that were never run, and other ways to opt out than a tag with a reason.  One file says what may differ:
`outputs.SANITIZE_FILE`; a file given by `--nbval-sanitize-with` is used besides.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from nbformat import NotebookNode
from nbval import plugin as nbval
from nbval.plugin import IPyNbCell as PlainCell
from nbval.plugin import IPyNbFile as PlainFile

from . import lint, outputs

if TYPE_CHECKING:
    from .kernels import CleanKernel, Run

NBVAL_TIMEOUT: Final = 2000  # nbval's own default, which is to say: none was given


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give every cell a minute, and the cells of one notebook one worker."""
    if config.option.nbval_cell_timeout == NBVAL_TIMEOUT:
        from .kernels import CELL_TIMEOUT

        config.option.nbval_cell_timeout = CELL_TIMEOUT
    if getattr(config.option, "dist", "no") == "load":
        config.option.dist = "loadscope"


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Where nbval would collect a notebook, collect it strictly."""
    found = yield
    return [
        StrictFile.from_parent(parent, path=file_path) if isinstance(collector, PlainFile) else collector
        for collector in found
    ]


class StrictFile(PlainFile):  # type: ignore[misc]  # nbval ships no types
    """A notebook with a clean kernel of its own, alive from its first cell to its last."""

    kernel: CleanKernel | None = None
    died: str = ""

    def collect(self) -> Iterator[StrictCell]:
        """The code cells that nbval finds."""
        for cell in super().collect():
            yield StrictCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )

    def setup(self) -> None:
        """Start the kernel; pytest calls it before the first cell."""
        from .kernels import CleanKernel

        self.kernel = CleanKernel(Path(self.path).parent, self.config.option.nbval_cell_timeout)
        self.setup_sanitize_files()

    def get_sanitize_files(self) -> list[str]:
        """Ours, and what the command line names."""
        return [str(outputs.SANITIZE_FILE), *super().get_sanitize_files()]

    def teardown(self) -> None:
        """End the kernel; pytest calls it after the last cell."""
        if self.kernel is not None:
            self.kernel.close()
            self.kernel = None


class StrictCell(PlainCell):  # type: ignore[misc]  # nbval ships no types
    """A cell that must give what is stored, all of it and in its order."""

    parent: StrictFile
    cell: NotebookNode

    def setup(self) -> None:
        """Nothing: a cell after one that hung is a failure, not an expected one."""

    def runtest(self) -> None:
        """Run the cell, then compare."""
        for sentence in self._faults():
            self.raise_cell_error(f"This cell {sentence}")
        run = self._run()
        if run.error and "raises-exception" not in self.cell.metadata.get("tags", ()):
            self._show_stderr()
            self.raise_cell_error(f"The cell raised {': '.join(run.error)}", run.traceback)
        self.test_outputs = [NotebookNode(output) for output in outputs.normal(run.outputs)]
        if lint.opts_out(self.cell):
            return
        if not self.compare_outputs(self.test_outputs, self.cell.outputs):
            self._show_stderr()
            self.raise_cell_error("Cell outputs differ", "\n".join(map(str, self.comparison_traceback)))

    def _faults(self) -> Iterator[str]:
        """What would make the comparison less than strict."""
        if self.cell.source.strip() and self.cell.execution_count is None:
            yield "was never run, so there is nothing to compare with. Run `python -m labsupport.authoring build`."
        yield from lint.ways_out(self.cell)

    def _run(self) -> Run:
        from .kernels import KernelDiedError

        if self.parent.died:
            self.raise_cell_error(f"Not run: the kernel died in {self.parent.died}.")
        assert self.parent.kernel is not None
        try:
            return self.parent.kernel.run(self.cell.source, self.cell.get("id", ""))
        except KernelDiedError as error:
            self.parent.died = self.name
            self.raise_cell_error(str(error))
            raise

    def _show_stderr(self) -> None:
        if self.parent.kernel is not None and (said := self.parent.kernel.stderr.strip()):
            self.add_report_section("call", "the kernel's stderr", said)

    def compare_outputs(self, test: list[Any], ref: list[Any], _skip: tuple[str, ...] | None = None) -> bool:
        """Whether two lists of outputs are the same for nbval, and in the same order too."""
        if not super().compare_outputs(*(nbval.coalesce_streams(deepcopy(found)) for found in (test, ref))):
            return False
        if outputs.comparable(test, self.sanitize) == outputs.comparable(ref, self.sanitize):
            return True
        self.comparison_traceback = ["the same outputs in another order:", outputs.difference(ref, test)]
        return False
