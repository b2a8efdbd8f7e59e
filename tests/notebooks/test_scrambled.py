"""Every stored picture comes again, whatever the order in which two threads happen to run.

The first seed is in `test_torture`; fifty with LOOPBACK_SEEDS=50 (most of an hour).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SEEDS = int(os.environ.get("LOOPBACK_SEEDS", "0"))

pytestmark = [
    pytest.mark.timeout(60 * (SEEDS + 1)),
    pytest.mark.skipif(not SEEDS, reason="LOOPBACK_SEEDS says how many; test_torture has the first"),
]


def test_each_output_is_the_same_for_every_seed(chapter: Path, tortured: Callable[[Path], Any]) -> None:
    for seed in range(SEEDS):
        if seed % 20 == 0:  # IPython warns when one kernel has given a thousand results
            kernel = tortured(chapter)
        kernel.gives_the_stored(seed)
