"""Is the watched socket the socket?  CPython's own tests, with and without `import labsupport`, test by test.

    python tests/cpython/run.py                     all modules below: about ten minutes
    python tests/cpython/run.py test_ssl            one of them
    python tests/cpython/run.py --quick             a few dozen telling tests: some seconds

The interpreter that runs this is the one that is tested; it needs the `test` package (python.org's installers, pyenv
and most builds have it; Debian calls it libpython3-testsuite).  Ends with 1 when a test ends otherwise with labsupport.
"""

from __future__ import annotations

import argparse
import collections
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent import futures
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

#: Nothing but loopback: the `network` resource is off.  test_socketserver runs nothing without it, and stays
#: on loopback.
MODULES = (
    "test_socket",
    "test_ssl",
    "test_socketserver",
    "test_selectors",
    "test_asyncio.test_streams",
    "test_asyncio.test_sock_lowlevel",
    "test_asyncio.test_events",
    "test_httplib",
)
NETWORK = ("test_socketserver",)

#: What a wrapper around a socket would get wrong first.
QUICK = {
    "test_socket": (
        "*.GeneralModuleTests.*repr*",
        "*.GeneralModuleTests.test_s[et]*",
        "*.GeneralModuleTests.test[CDS]*",
        "*.BasicTCPTest.*",
        "*.BufferIOTest.*",
        "*.ContextManagersTest.*",
        "*.FileObjectClassTestCase.test[A-M]*",
        "*.InheritanceTest.*",
        "*.NetworkConnectionAttributesTest.*",
        "*.NonBlockingTCPTests.*",
        "*.SendfileUsingSendTest.testRegularFile",
        "*.TestSocketSharing.*",
    ),
    "test_ssl": (
        "*.BasicSocketTests.test_*socket*",
        "*.BasicSocketTests.test_dealloc_warn",
        "*.SimpleBackgroundTests.test_connect*",
        "*.ThreadedTests.test_recv_*",
        "*.ThreadedTests.test_rude_shutdown",
        "*.ThreadedTests.test_sendfile",
        "*.ThreadedTests.test_socketserver",
        "*.ThreadedTests.test_starttls",
        "*.ThreadedTests.test_wrong_cert_tls13",
    ),
}

#: test -> how it ended; and what it said about it.
Outcomes = dict[str, str]


def run(module: str, way: str, only: Sequence[str] = ()) -> tuple[Outcomes, dict[str, str]]:
    """One module in a process of its own, plain or watched: outcomes, and what failures said."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "outcomes")
        command = [sys.executable, str(HERE / "child.py"), way, module, str(found)]
        command += ["--network"] * (module in NETWORK)
        command += ["--only", *only] if only else []
        env = {**os.environ, "PYTHONPATH": str(ROOT), "LABSUPPORT_HOME": folder}
        done = subprocess.run(
            command, env=env, cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
        lines = found.read_text("utf-8").splitlines() if found.exists() else []
    return read(lines, module, done.returncode, done.stderr)


def read(lines: Iterable[str], module: str, code: int, stderr: str) -> tuple[Outcomes, dict[str, str]]:
    """What a child wrote, and how the child itself ended.  Of a test that failed twice the first counts."""
    outcomes: Outcomes = {}
    told: dict[str, str] = {}
    for line in lines:
        one = json.loads(line)
        if outcomes.get(one["test"], "did not end") == "did not end":
            outcomes[one["test"]] = one["outcome"]
            told[one["test"]] = one["told"]
    outcomes[f"test.{module}: the process"] = f"ended with {code}"
    told[f"test.{module}: the process"] = stderr[-4000:]
    return outcomes, told


def differing(plain: Mapping[str, str], watched: Mapping[str, str]) -> list[str]:
    """The tests that ended differently, or ran one way only."""
    return sorted(test for test in plain.keys() | watched.keys() if plain.get(test) != watched.get(test))


def usual(outcomes: Sequence[str | None]) -> str | None:
    """The outcome seen most often."""
    return collections.Counter(outcomes).most_common(1)[0][0]


def compare(module: str, only: Sequence[str], again: int) -> tuple[int, list[str]]:
    """How many tests ran, and a line for each that ends differently also when it is run again both ways."""
    with futures.ThreadPoolExecutor(2) as both:  # side by side: most of a test's time is spent waiting
        (plain, _), (watched, told) = both.map(lambda way: run(module, way, only), ("plain", "watched"))
    suspects = differing(plain, watched)
    seen: dict[str, tuple[list[str | None], list[str | None]]] = {
        test: ([plain.get(test)], [watched.get(test)]) for test in suspects
    }
    for _ in range(again if suspects else 0):
        one, _ = run(module, "plain", patterns(suspects))
        other, said = run(module, "watched", patterns(suspects))
        for test in suspects:
            seen[test][0].append(one.get(test))
            seen[test][1].append(other.get(test))
            told[test] = told.get(test) or said.get(test, "")
    return len(plain), [verdict(test, *seen[test], told.get(test, "")) for test in suspects]


def patterns(tests: Iterable[str]) -> list[str]:
    """The command line for these tests: subtests run with their test; brackets are special in a pattern."""
    return sorted({test.split(" ")[0].replace("[", "[[]") for test in tests}) or ["no test"]


def verdict(test: str, plain: Sequence[str | None], watched: Sequence[str | None], told: str) -> str:
    """One line about a suspect: DIFFERENT, or unsteady if it ends both ways both times."""
    if usual(plain) == usual(watched):
        return (
            f"unsteady   {test}: {dict(collections.Counter(plain))} plain, {dict(collections.Counter(watched))} watched"
        )
    last = "\n             ".join(told.strip().splitlines()[-12:])
    return f"DIFFERENT  {test}: {usual(plain)} plain, {usual(watched)} watched\n             {last}"


def main() -> int:
    """Compare the modules that the command line names; 1 if anything is different."""
    parser = argparse.ArgumentParser(description="CPython's own tests, with and without labsupport.")
    parser.add_argument("modules", nargs="*", metavar="module", help=f"of: {', '.join(MODULES)}")
    parser.add_argument("--quick", action="store_true", help="a few dozen telling tests")
    parser.add_argument("--again", type=int, default=3, metavar="N", help="how often a suspect runs again (3)")
    asked = parser.parse_args()
    if unknown := set(asked.modules) - set(MODULES):
        parser.error(f"no such module: {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}")
    if importlib.util.find_spec("test.support") is None:
        parser.error(f"{sys.executable} has no `test` package, so CPython's own tests are not here")
    worst = 0
    for module in asked.modules or (QUICK if asked.quick else MODULES):
        count, lines = compare(module, QUICK.get(module, ()) if asked.quick else (), asked.again)
        bad = sum(line.startswith("DIFFERENT") for line in lines)
        print(
            f"{module}: {count} outcomes, {bad} different, {len(lines) - bad} unsteady", *lines, sep="\n  ", flush=True
        )
        worst = max(worst, bad)
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
