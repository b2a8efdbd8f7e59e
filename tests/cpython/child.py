"""Runs one module of CPython's own tests in this process, and writes down how each test ended.

    python child.py {plain|watched} MODULE OUTCOMES [--network] [--only PATTERN ...]

OUTCOMES gets a line of JSON a test as it ends, so that a crash loses nothing.  `run.py` starts this, one process
a module and way, and compares the two.
"""

from __future__ import annotations

import argparse
import faulthandler
import fnmatch
import importlib
import json
import traceback
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

#: Seconds after which a module that hangs says where, and ends.
PATIENCE = 900

#: Tests that hang on some machines whichever socket they use.
LEFT_OUT = ("*VSOCK*",)


class Outcomes(unittest.TestResult):
    """How each test ended, one line of JSON each."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self.out = out

    def write(self, test: Any, outcome: str, told: str = "") -> None:
        self.out.write(json.dumps({"test": test.id(), "outcome": outcome, "told": told}) + "\n")
        self.out.flush()

    def startTest(self, test: Any) -> None:  # noqa: N802
        super().startTest(test)
        self.write(test, "did not end")

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        self.write(test, "passed")

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        self.write(test, f"error: {err[0].__name__}", "".join(traceback.format_exception(*err)))

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self.write(test, "failed", "".join(traceback.format_exception(*err)))

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        self.write(test, "skipped", reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self.write(test, "failed as expected")

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        self.write(test, "passed unexpectedly")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        if err is not None:
            self.write(subtest, "failed", "".join(traceback.format_exception(*err)))


def flat(suite: Any) -> Iterator[unittest.TestCase]:
    """The test cases in a suite of suites."""
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from flat(one)
        else:
            yield one


def chosen(test: str, only: list[str]) -> bool:
    """Whether this test is to run: not left out, and asked for if anything is."""
    if any(fnmatch.fnmatchcase(test, pattern) for pattern in LEFT_OUT):
        return False
    return not only or any(fnmatch.fnmatchcase(test, pattern) for pattern in only)


def main() -> None:
    """Run the module that the command line names."""
    parser = argparse.ArgumentParser(description="Run one module of CPython's own tests and write down each outcome.")
    parser.add_argument("way", choices=("plain", "watched"))
    parser.add_argument("module")
    parser.add_argument("outcomes", type=Path)
    parser.add_argument("--network", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    asked = parser.parse_args()
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    if asked.way == "watched":
        importlib.import_module("labsupport")
    support: Any = importlib.import_module("test.support")
    support.use_resources = ["network"] if asked.network else []
    support.verbose = False  # as CPython's own runner has it
    helper = importlib.import_module("test.support.os_helper")
    with helper.temp_cwd(), asked.outcomes.open("w", encoding="utf-8") as out:
        tests = flat(unittest.defaultTestLoader.loadTestsFromName(f"test.{asked.module}"))
        result = Outcomes(out)
        unittest.TestSuite(test for test in tests if chosen(test.id(), asked.only)).run(result)
        altered = "altered" if support.environment_altered else "as it was"
        out.write(json.dumps({"test": f"test.{asked.module}: the environment", "outcome": altered, "told": ""}) + "\n")


if __name__ == "__main__":
    main()
