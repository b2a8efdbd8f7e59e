"""The lock: how it is read, resolved and written, and that the one in the repository is current."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from packaging.markers import Marker

from labsupport.authoring import lock
from labsupport.authoring.lock import Package, reach
from labsupport.authoring.pins import (
    COURSE,
    EVERYWHERE,
    PYTHONS,
    SYSTEMS,
    TESTS,
    Environment,
    Pin,
    binder_text,
    lock_text,
    marker_for,
    read_lock,
)

ROOT = Path(__file__).parents[1]
LINUX = Environment("linux", "3.11")
WINDOWS = Environment("win32", "3.12")

PACKAGES = {
    "lab": Package("4.1", ("server>=2", "colours ; sys_platform == 'win32'", "slow ; extra == 'all'")),
    "server": Package("2.0", ("lab", "schema[format]")),
    "colours": Package("1.0"),
    "schema": Package("3.0", ("host ; extra == 'format'", "overrides ; python_version < '3.12'")),
    "host": Package("1.5"),
    "overrides": Package("7.0"),
}


def test_the_repositorys_lock_is_current() -> None:
    pins = read_lock((ROOT / "requirements.txt").read_text("utf-8"))
    assert lock_text(pins) == (ROOT / "requirements.txt").read_text("utf-8")
    assert [sentence for sentence in lock.check(ROOT) if "is needed here" not in sentence] == []


def test_every_line_is_one_exact_version() -> None:
    for name in ("requirements.txt", "binder/requirements.txt"):
        for line in (ROOT / name).read_text("utf-8").splitlines():
            assert not line or line.startswith("#") or re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", line), line


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        (LINUX, {"lab", "server", "schema", "host", "overrides"}),
        (WINDOWS, {"lab", "server", "schema", "host", "colours"}),
    ],
)
def test_reach_follows_markers_and_extras(environment: Environment, names: set[str]) -> None:
    assert reach(["lab"], PACKAGES, environment.markers()) == (names, [])


def test_reach_says_what_is_missing_and_what_does_not_fit() -> None:
    _, unmet = reach(["lab[all]", "host>=2"], PACKAGES, LINUX.markers())
    assert {str(requirement) for requirement in unmet} == {"slow", "host>=2"}


def test_a_marker_holds_exactly_where_it_should() -> None:
    choices = [combo for size in range(1, 5) for combo in itertools.combinations(EVERYWHERE, size)]
    choices += [tuple(e for e in EVERYWHERE if e not in combo) for combo in choices]
    for where in choices:
        text = marker_for(where)
        holds = {e for e in EVERYWHERE if not text or Marker(text).evaluate(dict(e.markers()))}
        assert holds == set(where), text


def test_markers_read_well() -> None:
    assert marker_for(EVERYWHERE) == ""
    assert marker_for([e for e in EVERYWHERE if e.system == "win32"]) == 'sys_platform == "win32"'
    assert marker_for([e for e in EVERYWHERE if e.system != "win32"]) == 'sys_platform != "win32"'
    assert marker_for([e for e in EVERYWHERE if e.python == PYTHONS[0]]) == f'python_version < "{PYTHONS[1]}"'
    newest = [Environment(system, PYTHONS[-1]) for system in SYSTEMS]
    assert marker_for(newest) == f'python_version >= "{PYTHONS[-1]}"'


def test_written_and_read_again() -> None:
    pins = [
        Pin("anyio", "4.1", COURSE),
        Pin("appnope", "1.0", COURSE, 'sys_platform == "darwin"'),
        Pin("pytest", "9.0", TESTS),
    ]
    assert read_lock(lock_text(reversed(pins))) == pins


def test_binder_gets_the_course_on_linux_and_no_markers() -> None:
    pins = [
        Pin("anyio", "4.1", COURSE),
        Pin("appnope", "1.0", COURSE, 'sys_platform == "darwin"'),
        Pin("overrides", "7.0", COURSE, 'python_version < "3.12"'),
        Pin("pytest", "9.0", TESTS),
    ]
    text = binder_text(pins, "3.11")
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["anyio==4.1", "overrides==7.0"]


@pytest.mark.parametrize("line", ["anyio>=4", "-e .", "--index-url x", "anyio @ file:///x", "anyio==4.*"])
def test_what_is_no_pin_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="expected name==version"):
        read_lock(f"# {COURSE}\n{line}\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one dependency, one for its tests, and a lock that is right."""
    (tmp_path / "binder").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["anyio>=4"]\n[project.optional-dependencies]\ntest = ["pytest>=9"]\n'
    )
    (tmp_path / "binder" / "runtime.txt").write_text("python-3.12\n")
    write_lock(tmp_path, Pin("anyio", "4.1", COURSE), Pin("pytest", "9.0", TESTS))
    return tmp_path


def write_lock(project: Path, *pins: Pin) -> None:
    (project / "requirements.txt").write_text(lock_text(pins))
    (project / "binder" / "requirements.txt").write_text(binder_text(pins, "3.12"))


def declared(project: Path) -> list[str]:
    """What the check says, but for what it finds by looking at the packages installed here."""
    return [sentence for sentence in lock.check(project) if sentence.startswith(("pyproject", "binder"))]


def test_a_right_lock_passes(project: Path) -> None:
    assert declared(project) == []


def test_a_dependency_that_is_not_pinned_is_named(project: Path) -> None:
    write_lock(project, Pin("pytest", "9.0", TESTS))
    assert declared(project) == [f"pyproject.toml asks for anyio>=4; requirements.txt has none under {COURSE!r}"]


def test_a_pin_that_is_too_old_is_named(project: Path) -> None:
    write_lock(project, Pin("anyio", "4.1", COURSE), Pin("pytest", "8.0", TESTS))
    assert declared(project) == [f"pyproject.toml asks for pytest>=9; requirements.txt has none under {TESTS!r}"]


def test_a_dependency_of_the_course_is_not_pinned_for_the_tests_alone(project: Path) -> None:
    write_lock(project, Pin("anyio", "4.1", TESTS), Pin("pytest", "9.0", TESTS))
    assert len(declared(project)) == 1


def test_a_change_of_binders_pins_is_seen(project: Path) -> None:
    (project / "binder" / "requirements.txt").write_text("anyio==4.0\n")
    assert declared(project) == ["binder/requirements.txt is not what the lock gives"]


def test_what_an_installed_package_needs_must_be_pinned(project: Path) -> None:
    from importlib.metadata import version

    write_lock(project, Pin("anyio", "4.1", COURSE), Pin("pytest", version("pytest"), TESTS))
    assert any(s.startswith("pluggy") and "does not pin it" in s for s in lock.check(project))


def test_the_command_says_what_is_wrong_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    status = lock.main(["--check"])
    said = capsys.readouterr().err
    assert status == bool(said)
    assert not said or "python -m labsupport.authoring lock" in said
