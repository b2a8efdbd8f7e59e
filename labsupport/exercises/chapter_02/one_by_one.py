"""A socket whose sends cannot join: each waits until the other end has taken what was sent before."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from labsupport.tape.watched import Plain

__all__ = ["one_by_one"]

_SENDS: Final = ("send", "sendall", "sendmsg", "sendfile")


def one_by_one(sock: Any, wait: Callable[[], object]) -> None:
    """From now on each send on `sock` calls `wait` first; nothing of that is on the tape."""
    kind: Any = type(sock)
    methods = {op: _after(wait, getattr(kind, op)) for op in _SENDS if hasattr(kind, op)}
    looks = {"__slots__": (), "__module__": Plain.__module__, "__qualname__": Plain.__qualname__}
    sock.__class__ = type(kind)(kind.__name__, (kind,), {**methods, **looks})


def _after(wait: Callable[[], object], plain: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(plain)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        wait()
        return plain(self, *args, **kwargs)

    return method
