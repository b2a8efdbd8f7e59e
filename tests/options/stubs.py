"""What `socket` names on which system, from the type stubs that mypy brings: they know all systems at once."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

SYSTEMS = {"Linux": "linux", "macOS": "darwin", "Windows": "win32", "FreeBSD": "freebsd14"}
VERSIONS = [(3, minor) for minor in range(11, 16)]

OPTION = re.compile(r"(SO|TCP|UDP|IP|IPV6)_[A-Z0-9_]+")

#: Names, for each system and version of Python.
Names = dict[tuple[str, tuple[int, int]], set[str]]


def options() -> Names:
    """The names that look like options, on each system and in each version."""
    tree = ast.parse(stub("_socket.pyi").read_text("utf-8"))
    return {
        (name, version): set(names(tree.body, platform, version))
        for name, platform in SYSTEMS.items()
        for version in VERSIONS
    }


def stub(name: str) -> Path:
    """A stub of the standard library; skips the test where mypy is not installed."""
    found = importlib.util.find_spec("mypy")
    if found is None or found.origin is None:
        pytest.skip("the type stubs come with mypy")
    return Path(found.origin).parent / "typeshed" / "stdlib" / name


def names(body: list[ast.stmt], platform: str, version: tuple[int, int]) -> Iterator[str]:
    """The names that these statements declare there, branches that hold included."""
    for node in body:
        if isinstance(node, ast.If):
            known = {"sys": SimpleNamespace(platform=platform, version_info=version)}
            holds = eval(compile(ast.Expression(node.test), "stub", "eval"), known)
            yield from names(node.body if holds else node.orelse, platform, version)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and OPTION.fullmatch(node.target.id):
            yield node.target.id
