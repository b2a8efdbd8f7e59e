"""Rows from what must come before what: each step at its earliest row.

A graph of nodes and of edges "at least so many rows later".  The row of a node is the
longest path to it, so it depends on nothing but the edges: not on the clock, and not on
which of two programs happened to be first.
"""

from __future__ import annotations

from heapq import heapify, heappop

__all__ = ["Order"]


class Order:
    """Nodes are numbers from 0, in the order in which they are made."""

    def __init__(self) -> None:
        self._later: list[list[tuple[int, int]]] = []
        self._weak: list[tuple[int, int, int]] = []

    def node(self) -> int:
        """A new node."""
        self._later.append([])
        return len(self._later) - 1

    def edge(self, before: int, after: int, rows: int = 1) -> None:
        """`after` is at least `rows` rows below `before`."""
        self._later[before].append((after, rows))

    def hint(self, before: int, after: int, rows: int = 1) -> None:
        """An edge that gives way if it and the others cannot all hold."""
        self._weak.append((before, after, rows))

    def after(self, node: int) -> set[int]:
        """All that edges (and not hints) put after `node`: what is in no order with it is not among them."""
        found: set[int] = set()
        to_do = [node]
        while to_do:
            fresh = {after for after, _ in self._later[to_do.pop()]} - found
            found |= fresh
            to_do += fresh
        return found

    def rows(self) -> list[int]:
        """The row of each node.  Linear in nodes and edges."""
        if self._weak:
            later = [list(edges) for edges in self._later]
            for before, after, rows in self._weak:
                later[before].append((after, rows))
            found, whole = _longest(later)
            if whole:
                return found
        return _longest(self._later)[0]


def _longest(later: list[list[tuple[int, int]]]) -> tuple[list[int], bool]:
    """Longest paths, and whether the graph had no circle.  A circle is opened at its first node."""
    missing = [0] * len(later)
    for edges in later:
        for after, _ in edges:
            missing[after] += 1
    row = [0] * len(later)
    ready = [node for node, count in enumerate(missing) if not count]
    done = _settle(later, missing, row, ready)
    whole = done == len(later)
    if not whole:
        stuck = [node for node, count in enumerate(missing) if count > 0]
        heapify(stuck)
        while stuck:
            node = heappop(stuck)
            if missing[node] > 0:
                missing[node] = 0
                _settle(later, missing, row, [node])
    return row, whole


def _settle(later: list[list[tuple[int, int]]], missing: list[int], row: list[int], ready: list[int]) -> int:
    """Give rows to all that can have one; how many."""
    done = 0
    while ready:
        node = ready.pop()
        done += 1
        here = row[node]
        for after, rows in later[node]:
            row[after] = max(row[after], here + rows)
            missing[after] -= 1
            if not missing[after]:
                ready.append(after)
    return done
