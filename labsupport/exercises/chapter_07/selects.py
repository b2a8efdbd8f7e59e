"""How often a learner's selectors come back: the tape has the calls of sockets, and a selector is none."""

from __future__ import annotations

import contextlib
import functools
import selectors
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from labsupport.tape.programs import Owner, current

__all__ = ["Returns", "counted"]

_Select = Callable[..., list[Any]]

#: The classes that have a `select` of their own; which there are differs by system.
_KINDS: Final = tuple(
    kind
    for name in ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector")
    if (kind := getattr(selectors, name, None)) is not None
)

_lock: Final = threading.Lock()
_counted: Final[dict[Owner, Returns]] = {}
_plain: Final[dict[type, _Select | None]] = {}


@dataclass
class Returns:
    """What the `select()` of one owner's selectors gave: `ready` times somebody, `nobody` times nobody.

    `deaf`: the most times in a row that it gave only sockets that were to be written to, and not read from.
    """

    ready: int = 0
    nobody: int = 0
    deaf: int = 0
    _row: int = 0

    def met(self, asked: Iterable[int]) -> None:
        """It gave somebody: for what it had been asked of each, `EVENT_READ` or `EVENT_WRITE` or both."""
        self.ready += 1
        self._row = self._row + 1 if all(each == selectors.EVENT_WRITE for each in asked) else 0
        self.deaf = max(self.deaf, self._row)


@contextlib.contextmanager
def counted(owner: Owner) -> Iterator[Returns]:
    """Count for the programs of `owner` while the block runs; asyncio's selectors too."""
    returns = Returns()
    with _lock:
        if not _counted:
            _plain.update((kind, vars(kind).get("select")) for kind in _KINDS)
            for kind in _KINDS:
                kind.select = _counting(kind.select)
        _counted[owner] = returns
    try:
        yield returns
    finally:
        with _lock:
            del _counted[owner]
            for kind, plain in _plain.items() if not _counted else ():
                _put_back(kind, plain)


def _put_back(kind: Any, plain: _Select | None) -> None:
    if plain is None:  # it inherits its select()
        del kind.select
    else:
        kind.select = plain


def _counting(plain: _Select) -> _Select:
    @functools.wraps(plain)
    def select(self: Any, timeout: float | None = None) -> list[Any]:
        found = plain(self, timeout)
        owner = current().owner
        returns = _counted.get(owner) if owner is not None else None
        if returns is not None and found:
            returns.met(key.events for key, _ in found)
        elif returns is not None:
            returns.nobody += 1
        return found

    return select
