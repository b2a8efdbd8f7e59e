"""`background`: which servers run, and that each cell has one."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable
from typing import Any, overload

from ._server import Background, stop_them

__all__ = ["background"]

Function = Callable[[], Any]


class _Start:
    """Run a function (plain or `async def`) in a background thread, so that the next cell is free.

        @background                         # the name `server` is now a Background, not a function
        def server(): ...

        background(fn, name="left")         # the same function more than once
        @background(name="left")

    Running the cell again stops the earlier server of that module and name first.

    `background.running()` lists what still runs, `background.stop_all()` ends it.

    Raises:
        TypeError: what is given is no function that can be called without arguments, or the
            name is no string.
        ValueError: the name is empty.
    """

    def __init__(self) -> None:
        self._servers: dict[tuple[object, ...], Background] = {}
        self._ending: list[Background] = []  # replaced, but not to be woken
        self._lock = threading.RLock()
        self._prepared = False

    @overload
    def __call__(self, function: Function, /, *, name: str | None = None) -> Background: ...
    @overload
    def __call__(self, /, *, name: str) -> Callable[[Function], Background]: ...
    def __call__(self, *given: Any, name: Any = None) -> Any:
        """Start the function that is given; with a name alone, a decorator that does."""
        _check_name(name, needed=not given)
        if not given:
            return functools.partial(self, name=name)
        if len(given) > 1:
            raise TypeError(
                f"background takes one function, not {len(given)} things; for arguments of its own, use a lambda"
            )
        (function,) = given
        _check_function(function)
        key = _key(function, name)
        with self._lock:
            self._prepare()
            self._replace(self._servers.get(key))
            server = self._servers[key] = Background(function, name or _name_of(function))
            server.begin()
        return server

    def running(self) -> list[Background]:
        """The servers that still run, in the order in which they were started."""
        # Without the lock: a server that asks while it is being replaced would wait for its own end.
        return [server for server in (*list(self._ending), *list(self._servers.values())) if server.running]

    def stop_all(self) -> None:
        """Stop every server that still runs; returns within 1 s."""
        stop_them(self.running())

    def __repr__(self) -> str:
        return "<function background>"

    def _replace(self, earlier: Background | None) -> None:
        self._ending = [server for server in self._ending if server.running]
        if earlier is not None:
            stop_them([earlier], abort=True)
            if earlier.running:
                self._ending.append(earlier)

    def _prepare(self) -> None:
        if not self._prepared:
            self._prepared = True
            # Before the executors' own hook, which would wait for their blocked workers for ever.
            register: Any = getattr(threading, "_register_atexit")  # noqa: B009  private, and in every version
            register(self._at_exit)

    def _at_exit(self) -> None:
        stop_them(self.running(), silent=True)


background = _Start()


def _check_name(name: object, *, needed: bool) -> None:
    if name is None and needed:
        raise TypeError("background() needs a function: write @background above a def, or background(fn, name='left')")
    if name is not None and not isinstance(name, str):
        raise TypeError(f"the name of a server is a string such as 'left', not {name!r}")
    if name is not None and not name.strip():
        raise ValueError("the name of a server cannot be empty; leave it out to use the function's own")


def _check_function(function: Any) -> None:
    wrong = _what_is_wrong(function)
    if wrong:
        raise TypeError(f"background needs a function that it can call: {wrong}")


def _what_is_wrong(function: Any) -> str:
    name = _name_of(function)
    wrong = ""
    if isinstance(function, Background):
        wrong = f"{name} runs in the background already; leave one @background out"
    elif inspect.iscoroutine(function):
        function.close()
        wrong = f"{name}() was called, which made a coroutine; pass {name} without the parentheses"
    elif function is None:
        wrong = "it was given None; pass the function itself, without parentheses"
    elif not callable(function):
        wrong = f"{function!r} ({type(function).__name__}) cannot be called"
    elif inspect.isclass(function):
        wrong = f"{name} is a class; pass a function, or a method of an object"
    elif inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        wrong = f"{name} has a yield in it, so that to call it runs nothing; take the yield out"
    elif missing := _missing(function):
        wrong = (
            f"{name} needs {' and '.join(missing)}, and background calls it with no arguments; "
            f"write background(lambda: {name}({', '.join('...' for _ in missing)}), name={name!r})"
        )
    return wrong


def _missing(function: Any) -> list[str]:
    """The arguments that a call without any would lack."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a built-in that does not say
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [one.name for one in parameters if one.default is one.empty and one.kind not in optional]


def _name_of(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, Background):
        return function.name
    return getattr(function, "__name__", type(function).__name__)


def _key(function: Any, name: str | None) -> tuple[object, ...]:
    """What makes two servers the same one: module and name; for a lambda, which has no name, its code."""
    module = getattr(function, "__module__", None) or sys._getframe(2).f_globals.get("__name__")  # noqa: SLF001
    known = name or _name_of(function)
    return (module, known, function.__code__) if known == "<lambda>" else (module, known)
