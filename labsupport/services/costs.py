"""What a process costs: its threads and its memory, as the system tells."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import NamedTuple

__all__ = ["Cost", "cost_of"]


class Cost(NamedTuple):
    """How many `threads`, and bytes of `memory` in the resident set; None where the process has ended."""

    threads: int | None = None
    memory: int | None = None


def cost_of(pid: int) -> Cost:
    """What the process with this number costs now: rows of proc_pid_status(5), or what psutil finds."""
    if sys.platform != "linux":
        import psutil

        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            return Cost(process.num_threads(), process.memory_info().rss)
        return Cost()
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended
        return Cost()
    rows = dict(line.partition(":")[::2] for line in lines)
    memory = rows.get("VmRSS")  # nobody has waited for it yet where there is none
    return Cost(int(rows["Threads"]), int(memory.split()[0]) * 1024 if memory else None)
