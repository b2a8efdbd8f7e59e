"""How many connections may be held: the tightest bound counts, and says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labsupport.services.limits import Limit, _files, limit

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc and /sys are Linux's")

GIB = 2**30


def tree(root: Path, **files: str) -> Path:
    """Files of a kernel under `root`; ``__`` in a name stands for a slash, ``_DOT_`` for a dot."""
    for name, text in files.items():
        file = root / name.replace("__", "/").replace("_DOT_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def asked(root: Path, **environment: str) -> Limit:
    return limit(1_900, root=root, environment=environment)


def test_as_many_as_wanted(tmp_path: Path) -> None:
    found = limit(10, root=tmp_path, environment={})
    assert (found.clients, found.why) == (10, "")
    assert str(found) == f"10 connections. A process may have {_files():,} files and sockets open here."


def test_open_files(tmp_path: Path) -> None:
    found = limit(10**9, root=tmp_path, environment={})
    assert found.files == _files()
    assert found.clients < found.files
    assert "instead of 1,000,000,000: a process may not have more sockets open." in str(found)


@pytest.mark.parametrize(
    "files",
    [
        {"proc__meminfo": "MemTotal: 4000000 kB\nMemAvailable:  146484 kB\n"},
        {
            "sys__fs__cgroup__memory_DOT_max": f"{GIB}\n",
            "sys__fs__cgroup__memory_DOT_current": f"{GIB - 150_000_000}\n",
        },
        {
            "proc__self__cgroup": "0::/learners/amara\n",
            "sys__fs__cgroup__learners__amara__memory_DOT_max": f"{GIB}\n",
            "sys__fs__cgroup__learners__amara__memory_DOT_current": f"{GIB - 50_000_000}\n",
            "sys__fs__cgroup__learners__amara__memory_DOT_stat": "anon 1\ninactive_file 100000000\n",
        },
        {
            "proc__self__cgroup": "0::/learners/amara\n",
            "sys__fs__cgroup__learners__amara__memory_DOT_max": "max\n",
            "sys__fs__cgroup__learners__amara__memory_DOT_current": "1\n",
            "sys__fs__cgroup__learners__memory_DOT_max": f"{GIB}\n",
            "sys__fs__cgroup__learners__memory_DOT_current": f"{GIB - 150_000_000}\n",
        },
        {
            "sys__fs__cgroup__memory__memory_DOT_limit_in_bytes": f"{GIB}\n",
            "sys__fs__cgroup__memory__memory_DOT_usage_in_bytes": f"{GIB - 150_000_000}\n",
        },
    ],
    ids=["machine", "container", "group", "group above", "version 1"],
)
def test_memory(tmp_path: Path, files: dict[str, str]) -> None:
    found = asked(tree(tmp_path, **files))
    assert found.clients in (749, 750)
    assert found.why == "only 0.1 GiB of memory is free"


def test_a_group_without_a_limit(tmp_path: Path) -> None:
    files = {"sys__fs__cgroup__memory_DOT_max": "max\n", "sys__fs__cgroup__memory_DOT_current": "1\n"}
    assert asked(tree(tmp_path, **files)).why == ""


def test_no_memory_at_all_is_one_client(tmp_path: Path) -> None:
    assert asked(tree(tmp_path, proc__meminfo="MemAvailable: 0 kB\n")).clients == 1


@pytest.mark.parametrize("group", ["", "learners__", "learners__amara__"])
def test_one_core(tmp_path: Path, group: str) -> None:
    files = {f"sys__fs__cgroup__{group}cpu_DOT_max": "100000 100000\n"}
    root = tree(tmp_path, proc__self__cgroup="0::/learners/amara\n", **files)
    found = limit(10_000, root=root, environment={})
    assert found.clients <= 2_000
    assert found.clients < 2_000 or "one core" in found.why


def test_a_share_of_no_bound(tmp_path: Path) -> None:
    assert "one core" not in limit(5, root=tree(tmp_path, sys__fs__cgroup__cpu_DOT_max="max 100000\n")).why


@pytest.mark.parametrize("name", ["JUPYTERHUB_USER", "BINDER_LAUNCH_HOST"])
def test_a_shared_hub(tmp_path: Path, name: str) -> None:
    found = asked(tmp_path, **{name: "x"})
    assert str(found).startswith("1,000 connections instead of 1,900: this is a shared hub, and others need it too. A ")


@pytest.mark.parametrize(("soft", "hard", "then"), [(100, 500, 500), (100, 100, 100), (100, 100_000, 65_536)])
def test_the_soft_limit_is_raised(soft: int, hard: int, then: int) -> None:
    import resource

    if hard > resource.getrlimit(resource.RLIMIT_NOFILE)[1]:
        hard = then = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "from labsupport.services.limits import _files, raise_files\n"
        "print(_files(), raise_files(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(min(then, 65_536))] * 3
