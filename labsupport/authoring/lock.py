"""`python -m labsupport.authoring lock`: requirements.txt, the one lock, and the Binder pins made from it.

The lock is one list of versions for every system and every Python that the course supports.  pip decides once, for
the oldest Python (its first release: some packages want a later one, and Linux distributions keep theirs for years),
because a release that has dropped it would not install there.  What only another system or a newer
Python needs is then found by reading each package's own requirements as that system would, asked of pip without its
dependencies, and pinned with a marker.  At the end pip is asked, for each system, whether everything can be installed
without a compiler.

The first part of the file is what the course needs, the second what its tests need in addition; Binder gets the
first part as it reads on Binder's Python.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labsupport.authoring.pins import (
    COURSE,
    EVERYWHERE,
    PYTHONS,
    TESTS,
    Environment,
    Pin,
    binder_text,
    lock_text,
    read_lock,
)

__all__ = ["Package", "check", "lock", "main", "reach"]

#: The wheels that each system takes, in pip's words.
_WHEELS = {
    "linux": ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"],
    "darwin": ["macosx_12_0_arm64", "macosx_11_0_arm64"],
    "win32": ["win_amd64"],
}


class Package(NamedTuple):
    """What one release says of itself: its version and what it requires, as in its metadata."""

    version: str
    requires: tuple[str, ...] = ()


class LockError(Exception):
    """The lock cannot be made; the message says why and what to do."""


def reach(
    roots: Iterable[str], packages: Mapping[str, Package], environment: Mapping[str, str]
) -> tuple[set[str], list[Requirement]]:
    """What `roots` need in `environment`: the names found in `packages`, and the requirements that are not met there.

    Not met is a name that is missing, or one whose version is not among those asked for.
    """
    todo = [Requirement(root) for root in roots]
    seen: set[tuple[str, str]] = set()
    unmet: list[Requirement] = []
    while todo:
        wanted = todo.pop()
        if wanted.marker and not wanted.marker.evaluate({"extra": "", **environment}):
            continue
        name = canonicalize_name(wanted.name)
        package = packages.get(name)
        if package is None or not wanted.specifier.contains(package.version, prereleases=True):
            unmet.append(wanted)
            continue
        for extra in {"", *wanted.extras} - {done for at, done in seen if at == name}:
            seen.add((name, extra))
            todo += (r for r in map(Requirement, package.requires) if _applies(r, {**environment, "extra": extra}))
    return {name for name, _ in seen}, unmet


def _applies(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    """Whether the marker holds; it is dropped, as the extra that it may name is known here only."""
    holds = requirement.marker is None or requirement.marker.evaluate(dict(environment))
    requirement.marker = None
    return holds


def lock(root: Path) -> None:
    """Write requirements.txt and binder/requirements.txt, with the newest releases that fit together.

    Raises:
        LockError: on another Python than the oldest, or where pip finds no set that works everywhere.
    """
    if sys.version_info[:2] != tuple(map(int, PYTHONS[0].split("."))):
        raise LockError(f"this is Python {sys.version.split()[0]}; the lock is made on the oldest, {PYTHONS[0]}")
    course, tests = _declared(root)
    packages = _ask_pip([*course, *tests])
    for environment in EVERYWHERE:
        _complete(packages, [*course, *tests], environment)
    pins = _pins(course, tests, packages)
    _try_wheels(pins)
    _write(root / "requirements.txt", lock_text(pins))
    _write(root / "binder" / "requirements.txt", binder_text(pins, _binder_python(root)))


def check(root: Path) -> list[str]:
    """What is wrong with the lock, in sentences; nothing is fetched.

    Held: each dependency in pyproject.toml is pinned, in its part; each requirement of an installed package is
    pinned, where the installed version is the locked one; Binder's pins are the first part of the lock.
    """
    pins = read_lock((root / "requirements.txt").read_text("utf-8"))
    course, tests = _declared(root)
    wrong = []
    for parts, wanted in (((COURSE,), course), ((COURSE, TESTS), tests)):
        for environment in EVERYWHERE:
            there = {pin.name: Package(pin.version) for pin in pins if pin.part in parts and pin.holds(environment)}
            _, unmet = reach(wanted, there, environment.markers())
            wrong += [f"pyproject.toml asks for {r}; requirements.txt has none under {parts[-1]!r}" for r in unmet]
    wrong += _check_installed(pins, [*course, *tests])
    if (root / "binder" / "requirements.txt").read_text("utf-8") != binder_text(pins, _binder_python(root)):
        wrong.append("binder/requirements.txt is not what the lock gives")
    return list(dict.fromkeys(wrong))


def _check_installed(pins: Iterable[Pin], roots: Iterable[str]) -> list[str]:
    """Follow the requirements of what is installed here; packages at other versions than the lock's say nothing."""
    here = {str(key): str(value) for key, value in default_environment().items()}
    locked = {pin.name: pin.version for pin in pins if pin.applies(here)}
    packages: dict[str, Package] = {
        canonicalize_name(found.metadata["Name"]): Package(found.version, tuple(found.requires or ()))
        for found in metadata.distributions()
    }
    same = {name: packages[name] for name, version in locked.items() if packages.get(name, ("",))[0] == version}
    reached, unmet = reach(roots, same, here)
    wrong = [f"{r} is needed here, and requirements.txt does not pin it" for r in unmet if _name(r) not in locked]
    if len(same) == len(locked):
        wrong += [f"requirements.txt pins {name}, which nothing needs" for name in sorted(set(locked) - reached)]
    return wrong


def _declared(root: Path) -> tuple[list[str], list[str]]:
    """The dependencies of the course and those of its tests, from pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return project["dependencies"], project["optional-dependencies"]["test"]


def _complete(packages: dict[str, Package], roots: list[str], environment: Environment) -> None:
    """Add to `packages` what `environment` needs beyond them."""
    while unmet := reach(roots, packages, environment.markers())[1]:
        clash = [r for r in unmet if _name(r) in packages]
        if clash:
            version = packages[_name(clash[0])].version
            raise LockError(f"{environment} needs {clash[0]}, but {PYTHONS[0]} was given {version}; bound it by hand")
        packages |= _ask_pip([f"{r.name}{r.specifier}" for r in unmet], environment)


def _pins(course: list[str], tests: list[str], packages: Mapping[str, Package]) -> list[Pin]:
    """Each package with the environments that need it, once a part."""
    parts: dict[tuple[str, str], set[Environment]] = {}
    for environment in EVERYWHERE:
        needed = reach(course, packages, environment.markers())[0]
        for name in needed:
            parts.setdefault((COURSE, name), set()).add(environment)
        for name in reach(tests, packages, environment.markers())[0] - needed:
            parts.setdefault((TESTS, name), set()).add(environment)
    return [Pin.where(name, packages[name].version, part, where) for (part, name), where in sorted(parts.items())]


def _ask_pip(wanted: list[str], environment: Environment | None = None) -> dict[str, Package]:
    """What pip would install, ready-made: on this system with all dependencies, for another one without any."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-input", "--quiet"]
        command += ["--only-binary=:all:", "--target", folder, "--report", str(report)]
        command += ["--python-version", environment.python if environment else PYTHONS[0]]
        if environment:
            command += ["--no-deps", *(f"--platform={wheel}" for wheel in _WHEELS[environment.system])]
        result = subprocess.run([*command, *wanted], capture_output=True, text=True, check=False)
        if result.returncode:
            errors = [line for line in result.stderr.splitlines() if not line.startswith("WARNING")]
            raise LockError("\n".join([f"pip finds no set of packages for {environment or 'this system'}:", *errors]))
        installs: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["install"]
    return {
        canonicalize_name(item["metadata"]["name"]): Package(
            item["metadata"]["version"], tuple(item["metadata"].get("requires_dist", ()))
        )
        for item in installs
    }


def _try_wheels(pins: list[Pin]) -> None:
    """Ask pip whether each system gets everything ready-made; raises LockError if not."""
    for environment in EVERYWHERE:
        _ask_pip([f"{pin.name}=={pin.version}" for pin in pins if pin.holds(environment)], environment)
        print(f"everything is there for {environment}")


def _binder_python(root: Path) -> str:
    """The Python that Binder is told to use, as "3.12"."""
    return (root / "binder" / "runtime.txt").read_text("utf-8").strip().removeprefix("python-")


def _name(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")
    print(f"wrote {path}")


def main(argv: list[str] | None = None) -> int:
    """The command; the exit status is 1 where the lock is wrong or cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m labsupport.authoring lock", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fetch nothing, say what is wrong")
    root = Path(__file__).parents[2]
    wrong: list[str] = []
    try:
        if parser.parse_args(argv).check:
            wrong = check(root)
        else:
            lock(root)
    except LockError as error:
        wrong = [str(error)]
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if wrong:
        print("Make it anew: python -m labsupport.authoring lock", file=sys.stderr)
    return 1 if wrong else 0
