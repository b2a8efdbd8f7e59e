"""How long does `import labsupport` take?  Less than 1.3 times `import ipywidgets, anywidget`.

python -m tests.benchmarks.import_time
"""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.harness import best_of_pairs, judge, leave

MOST = 1.3
ROOT = Path(__file__).resolve().parents[2]


def seconds(modules: str) -> float:
    """The seconds that this import takes in a new interpreter, its start not counted."""
    program = f"import time; t = time.perf_counter(); import {modules}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    return float(done.stdout)


def main() -> None:
    """Measure both, in turn."""
    widgets, ours = best_of_pairs(
        functools.partial(seconds, "ipywidgets, anywidget"), functools.partial(seconds, "labsupport")
    )
    question = f"import labsupport {ours * 1e3:.0f} ms, ipywidgets and anywidget {widgets * 1e3:.0f} ms; ratio"
    leave(judge(question, ours / widgets, MOST))


if __name__ == "__main__":
    main()
