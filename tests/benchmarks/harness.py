"""What every benchmark shares: pairs measured in turn, and one line that says whether the bound holds.

A benchmark measures the plain way and ours in the same run, because a figure from another machine, or from another
minute of this one, says nothing.  Of each way the best of some interleaved rounds counts: what disturbs a round only
ever makes it slower.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PAIRS = 15


def pin() -> None:
    """Keep this process on one core, where the system can: a move to another one costs more than a call."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def best_of_pairs(plain: Callable[[], float], ours: Callable[[], float], pairs: int = PAIRS) -> tuple[float, float]:
    """The smallest of each way's figures, measured in turn; each is called once before, to warm up."""
    plain(), ours()
    measured = [(plain(), ours()) for _ in range(pairs)]
    return min(one for one, _ in measured), min(other for _, other in measured)


@contextmanager
def unwatched() -> Iterator[None]:
    """Sockets made in this block are the standard library's."""
    from labsupport.tape import watched

    watched.uninstall()
    try:
        yield
    finally:
        watched.install()


def judge(question: str, figure: float, bound: float, unit: str = "", *, least: bool = False) -> bool:
    """Print the figure beside its bound; true if it keeps it.  `least`: the bound is the smallest allowed."""
    kept = figure >= bound if least else figure <= bound
    relation = "at least" if least else "at most"
    print(f"{'ok    ' if kept else 'BROKEN'} {question}: {figure:.3g}{unit} ({relation} {bound:g}{unit})", flush=True)
    return kept


def leave(*kept: bool) -> None:
    """End the program: 0 if every bound is kept."""
    sys.exit(0 if all(kept) else 1)
