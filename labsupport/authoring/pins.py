"""The lock as data: pins, the environments they are for, and how both are written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from packaging.markers import Marker

__all__ = [
    "COURSE",
    "EVERYWHERE",
    "PYTHONS",
    "SYSTEMS",
    "TESTS",
    "Environment",
    "Pin",
    "binder_text",
    "lock_text",
    "marker_for",
    "read_lock",
]

#: The supported Pythons, oldest first.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

#: The supported systems by `sys.platform`, and what the other markers say there.
SYSTEMS = {
    "linux": {"os_name": "posix", "platform_system": "Linux", "platform_machine": "x86_64"},
    "darwin": {"os_name": "posix", "platform_system": "Darwin", "platform_machine": "arm64"},
    "win32": {"os_name": "nt", "platform_system": "Windows", "platform_machine": "AMD64"},
}

#: The two parts of the lock.
COURSE = "what the course needs"
TESTS = "what its tests need in addition"


class Environment(NamedTuple):
    """A system, as `sys.platform` names it, and a Python, as "3.12"."""

    system: str
    python: str

    def markers(self) -> dict[str, str]:
        """The values of the environment markers there (PyPA: Dependency specifiers, environment markers)."""
        return {
            **SYSTEMS[self.system],
            "sys_platform": self.system,
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_version": "",
        }

    def __str__(self) -> str:
        return f"{self.system}, Python {self.python}"


#: Every supported system with every supported Python.
EVERYWHERE = tuple(Environment(*pair) for pair in itertools.product(SYSTEMS, PYTHONS))


class Pin(NamedTuple):
    """One line of the lock: a package at a version, in a part of the file, where the marker holds ("": everywhere)."""

    name: str
    version: str
    part: str
    marker: str = ""

    @classmethod
    def where(cls, name: str, version: str, part: str, environments: Collection[Environment]) -> Pin:
        """The pin that holds in these environments and no others."""
        return cls(name, version, part, marker_for(environments))

    def applies(self, markers: Mapping[str, str]) -> bool:
        """Whether the pin holds where the environment markers have these values."""
        return not self.marker or Marker(self.marker).evaluate(dict(markers))

    def holds(self, environment: Environment) -> bool:
        """Whether the pin holds there."""
        return self.applies(environment.markers())

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")


def marker_for(environments: Collection[Environment]) -> str:
    """The marker that holds in `environments` and in no other supported one; "" for all of them."""
    pythons = {system: tuple(p for s, p in EVERYWHERE if s == system and (s, p) in environments) for system in SYSTEMS}
    by_pythons: dict[tuple[str, ...], list[str]] = {}
    for system, versions in pythons.items():
        if versions:
            by_pythons.setdefault(versions, []).append(system)
    terms = [_both(_systems(systems), _versions(versions)) for versions, systems in by_pythons.items()]
    return terms[0] if len(terms) == 1 else " or ".join(f"({term})" for term in terms)


def _both(*conditions: str) -> str:
    return " and ".join(condition for condition in conditions if condition)


def _systems(systems: list[str]) -> str:
    """The condition on `sys_platform`."""
    others = [system for system in SYSTEMS if system not in systems]
    if len(systems) == 1:
        return f'sys_platform == "{systems[0]}"'
    return " and ".join(f'sys_platform != "{system}"' for system in others)


def _versions(versions: tuple[str, ...]) -> str:
    """The condition on `python_version`; newer Pythons than the supported ones count as the newest."""
    if versions == PYTHONS:
        return ""
    if versions == PYTHONS[: len(versions)]:
        return f'python_version < "{PYTHONS[len(versions)]}"'
    if versions == PYTHONS[-len(versions) :]:
        return f'python_version >= "{versions[0]}"'
    return "(" + " or ".join(f'python_version == "{version}"' for version in versions) + ")"


_HEADER = """\
# The lock: one version of each package, for Python {pythons} on Linux, macOS and Windows.
# Made by `python -m labsupport.authoring lock`; do not edit.
"""


def lock_text(pins: Iterable[Pin]) -> str:
    """The text of requirements.txt."""
    lines = [_HEADER.format(pythons=f"{PYTHONS[0]} to {PYTHONS[-1]}")]
    pins = sorted(pins, key=lambda pin: (pin.part != COURSE, pin.name))
    for part, group in itertools.groupby(pins, key=lambda pin: pin.part):
        lines += [f"\n# {part}\n", *(f"{pin}\n" for pin in group)]
    return "".join(lines)


def binder_text(pins: Iterable[Pin], python: str) -> str:
    """The text of binder/requirements.txt: what the course needs on Linux with that Python."""
    binder = Environment("linux", python)
    lines = [f"# The part of requirements.txt that the course needs on Linux, Python {python}.\n"]
    lines.append("# Made by `python -m labsupport.authoring lock`; do not edit.\n")
    lines += [f"{pin.name}=={pin.version}\n" for pin in pins if pin.part == COURSE and pin.holds(binder)]
    return "".join(lines)


def read_lock(text: str) -> list[Pin]:
    """The pins of a requirements.txt that `lock_text` wrote.

    Raises:
        ValueError: for a line that is no pin: an address, an option, a range of versions.
    """
    part = ""
    pins = []
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            part = {f"# {COURSE}": COURSE, f"# {TESTS}": TESTS}.get(line, part)
        elif match := re.fullmatch(r"([a-z0-9-]+)==([0-9][\w.+]*)(?: ; (.+))?", line):
            pins.append(Pin(match[1], match[2], part, match[3] or ""))
        else:
            raise ValueError(f"requirements.txt: expected name==version with at most a marker, got {line!r}")
    return pins
