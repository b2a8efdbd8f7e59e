"""Do the parts of a part account for all its bytes, and which of them are wrong?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from labsupport.tls.parts import Part, walk

__all__ = ["errors", "gaps", "uncovered"]


def errors(part: Part) -> list[Part]:
    """Those of `walk(part)` with something wrong."""
    return [inner for inner in walk(part) if inner.error]


def uncovered(part: Part) -> list[str]:
    """A sentence for each place in `part`, at any depth, where the inner parts leave a gap, overlap or stick out."""
    return [
        fault for inner in walk(part) if inner.parts for fault in gaps(inner.start, inner.end, inner.parts, inner.label)
    ]


def gaps(start: int, end: int, parts: Sequence[Part], label: str = "the flight") -> list[str]:
    """A sentence for each place in `start` to `end` at which `parts` do not follow each other; [] where all is well."""
    edges = [(start, start), *((part.start, part.end) for part in parts), (end, end)]
    found = [
        f"{label}: bytes {here} to {there} are in no part" if here < there else f"{label}: byte {there} is in two parts"
        for (_, here), (there, _) in itertools.pairwise(edges)
        if here != there
    ]
    return found + [f"{label}: {part.label} ends before it begins" for part in parts if part.end < part.start]
