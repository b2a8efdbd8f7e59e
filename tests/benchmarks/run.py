"""Every benchmark, one after another; ends with 1 if a bound is broken.

python -m tests.benchmarks.run
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run each file of this folder in a process of its own."""
    worst = 0
    for file in sorted(HERE.glob("*.py")):
        if file.name not in ("harness.py", "run.py"):
            worst = max(
                worst,
                subprocess.run(
                    [sys.executable, "-m", f"tests.benchmarks.{file.stem}"], cwd=HERE.parents[1], check=False
                ).returncode,
            )
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
