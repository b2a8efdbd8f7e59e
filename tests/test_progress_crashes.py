"""What befalls a writer: SIGKILL in the middle, a full disk, and another writer at the same time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsupport import progress

_WRITER = """
import sys
from labsupport import progress
for number in range(int(sys.argv[2])):
    said = progress.record_verdict(f"{sys.argv[1]}-{number}", "passed")
    assert said == "", said
    print(number, flush=True)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path / "kept"))
    monkeypatch.setattr(progress, "_pending", [])
    return tmp_path / "kept"


def writer(name: str, verdicts: int, root: Path, code: str = _WRITER) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, name, str(verdicts)],
        cwd=root,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def endless(root: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Writers that write until they are killed."""
    writers: list[subprocess.Popen[str]] = []
    yield writers
    for one in writers:
        one.kill()
        one.communicate()


def test_two_notebooks_that_write_at_once_lose_nothing(root: Path) -> None:
    writers = [writer(name, 200, root) for name in ("one", "other")]
    for one in writers:
        _, said = one.communicate(timeout=120)
        assert one.returncode == 0, said
    assert len(progress.load()["exercises"]) == 400


def test_whoever_is_killed_loses_nothing_that_was_said_to_be_kept(
    root: Path, home: Path, endless: list[subprocess.Popen[str]]
) -> None:
    """Killed after 1, 2, ... answers, somewhere in the next one: the system sees to it that the place varies."""
    acknowledged = set()
    for number in range(8):
        one = writer(f"round-{number}", 100_000, root)
        endless.append(one)
        assert one.stdout is not None
        for _ in range(number * 3 + 1):
            acknowledged.add(f"round-{number}-{one.stdout.readline().strip()}")
        one.kill()
        rest, _ = one.communicate()
        acknowledged |= {f"round-{number}-{line}" for line in rest.split()}
        found = json.loads((home / "progress.json").read_text("utf-8"))
        assert acknowledged <= set(found["exercises"])
    assert progress.record_verdict("after", "passed") == ""
    assert sorted(path.name for path in home.iterdir()) == ["progress.json", "progress.lock"]  # and no half of a file


_FULL = """
import sys
from labsupport import progress
assert progress.record_verdict("before", "passed") == ""
{limit}
said = progress.record_verdict("in the way", "passed", "m" * 100_000)
assert "could not be written" in said and "What was there is safe" in said, said
assert progress.load()["exercises"]["in the way"]["status"] == "passed"
{lift}
assert progress.record_verdict("after", "passed") == ""
"""


def what_is_kept(home: Path) -> list[str]:
    return sorted(json.loads((home / "progress.json").read_text("utf-8"))["exercises"])


def test_a_write_that_the_system_cuts_short_leaves_what_was_there(root: Path, home: Path) -> None:
    """RLIMIT_FSIZE: the kernel writes up to the limit, and fails then (setrlimit(2))."""
    resource = pytest.importorskip("resource")
    assert resource is not None
    limit = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
"""
    lift = "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))"
    one = writer("", 0, root, _FULL.format(limit=limit, lift=lift))
    _, said = one.communicate(timeout=60)
    assert one.returncode == 0, said
    assert what_is_kept(home) == ["after", "before", "in the way"]
    assert sorted(path.name for path in home.iterdir()) == ["progress.json", "progress.lock"]


def test_a_disk_that_is_full_leaves_what_was_there(root: Path, tmp_path: Path) -> None:
    """A file system of 64 KiB in memory, in a namespace of its own (unshare(1)), so that nobody else sees it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=64k loopback-test {disk}"
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if not shutil.which("unshare") or subprocess.run([*inside, mount], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount a file system in a namespace of their own")
    code = _FULL.format(limit="", lift="progress._pending.clear()  # as after a restart of the kernel")
    command = f'{mount} && LABSUPPORT_HOME={disk} "$0" -c "$1" && cat {disk}/progress.json && ls {disk} >&2'
    done = subprocess.run(
        [*inside, command, sys.executable, code], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(done.stdout)["exercises"]) == ["after", "before"]
    assert done.stderr.split() == ["progress.json", "progress.lock"]
