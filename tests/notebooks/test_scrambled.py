"""Every stored picture comes again, whatever the order in which two threads happen to run.

One seed here; all fifty with LOOPBACK_SEEDS=50 (most of an hour).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labsupport.authoring import lint, outputs

SEEDS = int(os.environ.get("LOOPBACK_SEEDS", "1"))

pytestmark = pytest.mark.timeout(60 * (SEEDS + 1))


def test_each_output_is_the_same_for_every_seed(chapter: Path, tortured: Callable[[Path], Any], root: Path) -> None:
    for seed in range(SEEDS):
        if seed % 20 == 0:  # IPython warns when one kernel has given a thousand results
            kernel = tortured(chapter)
            kernel.tell(f"__import__('sys').path.insert(0, {str(root)!r})")
        kernel.tell(f"_scrambled = __import__('tests.scrambler').scrambler.scrambled({seed}); _scrambled.__enter__()")
        for cell in kernel.cells:
            again = kernel.run(cell)
            if not lint.opts_out(cell):
                said = outputs.difference(cell.outputs, again)
                assert outputs.same(cell.outputs, again), f"seed {seed}, cell {cell.id}:\n{said}"
        kernel.tell("_scrambled.__exit__(None, None, None)")
