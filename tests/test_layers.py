"""Imports run downward only, from room to room; those inside functions count too."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import labsupport

PACKAGE = Path(labsupport.__file__).parent

#: The rooms from the lowest level to the highest; those on one level do not import each other.
LEVELS = [
    {"kernel", "lookup"},
    {"tape"},
    {"faults"},
    {"threads", "servers", "services", "link", "tls", "options"},
    {"progress", "pictures", "measure", "chat"},
    {"course"},
    {"exercises", "check"},
    {"panels"},
    {"window"},
    {"__main__", "authoring", "workshop"},
]
LEVEL = {room: number for number, rooms in enumerate(LEVELS) for room in rooms}


def room_of(module: str) -> str:
    """The room of a module: "tape" for labsupport.tape.events, "" for labsupport itself."""
    return [*module.split("."), ""][1]


def imported(source: str, module: str, is_package: bool = False) -> Iterator[str]:
    """The full name of everything of labsupport that this source imports, wherever in it."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            found = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
                found = [importlib.util.resolve_name(node.args[0].value, package)]
        yield from (resolved(name) for name in found if name.split(".")[0] == "labsupport")


def resolved(name: str) -> str:
    """Where a name lives: labsupport.background is labsupport.threads:background."""
    first = room_of(name)
    return labsupport._PLACES.get(first, name).replace(":", ".")


def breaks(source: str, module: str, is_package: bool = False) -> list[str]:
    """The imports in this source that run upward or sideways."""
    mine = room_of(module)
    return [
        f"{module} imports {name}"
        for name in imported(source, module, is_package)
        if (theirs := room_of(name)) and theirs != mine and LEVEL[theirs] >= LEVEL[mine]
    ]


def modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


@pytest.mark.parametrize(("module", "path"), [pytest.param(*found, id=found[0]) for found in modules()])
def test_imports_run_downward(module: str, path: Path) -> None:
    if module == "labsupport":
        return
    assert room_of(module) in LEVEL, "a new room needs its level here and in the design"
    assert breaks(path.read_text("utf-8"), module, path.name == "__init__.py") == []


def test_the_package_itself_imports_only_the_tape() -> None:
    """Everything else is looked up when it is first used; what mypy reads does not run."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    running = [node for node in tree.body if not isinstance(node, ast.If)]
    source = "\n".join(ast.unparse(node) for node in running)
    assert {room_of(name) for name in imported(source, "labsupport", is_package=True)} == {"tape"}


def test_no_module_bears_the_name_of_a_function_of_its_package() -> None:
    names = {module for module, _ in modules()}
    for name, place in labsupport._PLACES.items():
        if ":" in place:
            assert f"labsupport.{name}" not in names
            assert f"{place.partition(':')[0]}.{name}" not in names


def test_the_page_says_the_same() -> None:
    page = (PACKAGE / "README.md").read_text("utf-8")
    (line,) = re.findall("^    .* → kernel, lookup$", page, re.MULTILINE)
    assert [set(rooms.strip().split(", ")) for rooms in line.split(" → ")] == LEVELS[::-1]
    assert LEVEL.keys() - {"__main__"} <= set(re.findall(r"^\| `(\w+)(?:/|\.py)` \|", page, re.MULTILINE))


@pytest.mark.parametrize(
    ("source", "module", "wrong"),
    [
        ("from labsupport import pictures", "labsupport.tape.events", True),
        ("from labsupport import background", "labsupport.tape.events", True),
        ("from labsupport import background", "labsupport.window", False),
        ("def f():\n    import labsupport.window", "labsupport.panels.client", True),
        ("from ..window import watch", "labsupport.panels.client", True),
        ("from . import events", "labsupport.tape.record", False),
        ("from .events import Call", "labsupport.tape.record", False),
        ("import_module('labsupport.servers')", "labsupport.threads.run", True),
        ("importlib.import_module('..panels', __package__)", "labsupport.pictures.ladder", True),
        ("from labsupport import servers", "labsupport.threads", True),
        ("from labsupport.kernel import snapshot", "labsupport.tape.watched", False),
        ("import socket", "labsupport.kernel.linux", False),
    ],
)
def test_the_rule_sees(source: str, module: str, wrong: bool) -> None:
    assert bool(breaks(source, module)) is wrong
