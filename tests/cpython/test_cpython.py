"""A quick part of the proof that the watched socket is the socket, and of the comparison that makes it.

All of it takes minutes: `python tests/cpython/run.py`, by each Python that the course supports.
"""

from __future__ import annotations

import importlib.util
import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUN = Path(__file__).with_name("run.py")


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    return runpy.run_path(str(RUN))


def called(*asked: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUN), *asked]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)


@pytest.mark.skipif(importlib.util.find_spec("test.support") is None, reason="this Python comes without its tests")
def test_pythons_own_tests_end_alike_with_labsupport_and_without() -> None:
    done = subprocess.run(
        [sys.executable, str(RUN), "--quick"], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if "outcomes, 0 different" in line]
    assert [line.split(":")[0] for line in lines] == ["test_socket", "test_ssl"]
    assert all(int(line.split()[1]) > 15 for line in lines), done.stdout


def line(test: str, outcome: str, told: str = "") -> str:
    return json.dumps({"test": test, "outcome": outcome, "told": told})


def test_a_test_that_began_and_never_ended_is_seen(run: dict[str, Any]) -> None:
    lines = [line("a", "did not end"), line("a", "passed"), line("b", "did not end")]
    outcomes, told = run["read"](lines, "test_x", -11, "Segmentation fault")
    assert outcomes == {"a": "passed", "b": "did not end", "test.test_x: the process": "ended with -11"}
    assert told["test.test_x: the process"] == "Segmentation fault"


def test_the_first_failure_of_a_test_counts(run: dict[str, Any]) -> None:
    lines = [line("a", "did not end"), line("a", "error: ValueError", "why"), line("a", "passed")]
    outcomes, told = run["read"](lines, "test_x", 0, "")
    assert (outcomes["a"], told["a"]) == ("error: ValueError", "why")


def test_what_runs_one_way_only_is_a_difference(run: dict[str, Any]) -> None:
    plain = {"a": "passed", "b": "passed", "c": "skipped"}
    assert run["differing"](plain, plain) == []
    assert run["differing"](plain, {"a": "passed", "b": "failed"}) == ["b", "c"]
    assert run["differing"]({}, {"a": "passed"}) == ["a"]


@pytest.mark.parametrize(
    ("plain", "watched", "word"),
    [
        (["passed"] * 4, ["failed"] * 4, "DIFFERENT"),
        (["passed"] * 4, ["failed", "failed", "failed", "passed"], "DIFFERENT"),
        (["passed"] * 4, [None] * 4, "DIFFERENT"),
        (["passed"] * 4, ["failed", "passed", "passed", "passed"], "unsteady"),
        (["failed", "passed", "passed", "passed"], ["passed"] * 4, "unsteady"),
    ],
)
def test_a_flaky_test_is_no_difference(
    run: dict[str, Any], plain: list[str | None], watched: list[str | None], word: str
) -> None:
    said = run["verdict"]("test.test_x.A.test_b", plain, watched, "Traceback\nValueError: why")
    assert said.startswith(word)
    assert ("ValueError: why" in said) == (word == "DIFFERENT")


def test_a_suspect_is_run_again_by_its_name(run: dict[str, Any]) -> None:
    assert run["patterns"](["test.x.A.test_b (i=1)", "test.x.A.test_b", "test.x.A.c[0]"]) == [
        "test.x.A.c[[]0]",
        "test.x.A.test_b",
    ]


def test_a_module_that_is_none_of_ours_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, str(RUN), "test_os"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "no such module: test_os; there are test_socket" in done.stderr
