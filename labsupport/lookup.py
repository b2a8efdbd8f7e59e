"""Names of a package that are looked up when they are first used (PEP 562), so that its import is quick."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["looked_up"]


def looked_up(package: str, places: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package, for names that live in modules of it.

        if not TYPE_CHECKING:  # else mypy would believe in every name
            __getattr__, __dir__ = looked_up(__name__, {"Client": "client", "shown": "words"})

    What is not there is an AttributeError that says what is, by the package's `__all__`.
    """
    names = vars(sys.modules[package])

    def find(name: str) -> object:
        if name not in places:
            raise AttributeError(f"{package} has no {name!r}. It has: {', '.join(names['__all__'])}.", name=name)
        names[name] = getattr(import_module(f"{package}.{places[name]}"), name)
        return names[name]

    return find, lambda: sorted({*names, *places})
