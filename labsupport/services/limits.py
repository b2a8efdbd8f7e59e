"""How many connections may be held here?  What bounds it: open files, ports, memory, cores, and who else is there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import resource

__all__ = ["Limit", "limit", "on_a_hub", "raise_files"]

#: Open files that are enough for everything here; macOS allows no more than the second to a process (OPEN_MAX).
_ENOUGH: Final = (65_536, 10_240)
#: Open files of a process that are not connections.
_OTHER_FILES: Final = 100
#: Sockets that select() takes on Windows (FD_SETSIZE, as Python is built): `selectors` has nothing else there.
_WINDOWS: Final = 512
#: Ports of one address that the system gives to clients, where only 127.0.0.1 is theirs (RFC 6335 section 6).
_PORTS: Final = 65_536 - 49_152
#: Bytes of free memory for each connection: eight times what both of its ends take, for the memory is not ours alone.
_BYTES_EACH: Final = 200_000
_ON_ONE_CORE: Final = 2_000
_ON_A_HUB: Final = 1_000


@dataclass(frozen=True)
class Limit:
    """How many connections are sensible here.

    - `wanted`, `clients`: so many were wanted, and so many it is to be.
    - `why`: what allows no more, as a clause; "" where `clients` is `wanted`.
    - `files`: how many files and sockets a process may have open here.
    """

    wanted: int
    clients: int
    why: str
    files: int

    def __str__(self) -> str:
        files = f"A process may have {self.files:,} files and sockets open here."
        if not self.why:
            return f"{self.clients:,} connections. {files}"
        return f"{self.clients:,} connections instead of {self.wanted:,}: {self.why}. {files}"


def limit(wanted: int = 10_000, *, root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> Limit:
    """How many of `wanted` connections this machine can hold sensibly: clients in one process, the service in another.

    - `root`: where /proc and /sys are; `environment`: tells a shared hub.  Both are for tests.
    """
    files = _files()
    most, why = min(_bounds(files, root, environment), key=lambda bound: bound[0])
    return Limit(wanted, max(1, min(wanted, most)), why if most < wanted else "", files)


def on_a_hub(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether others share this machine, by a JupyterHub or by Binder."""
    return any(name.startswith(("JUPYTERHUB_", "BINDER_")) for name in environment)


def raise_files() -> int:
    """Raise this process's limit of open files as far as it may be raised, or needs to be; what it is now.

    `RLIMIT_NOFILE` of setrlimit(2): the soft limit may be raised up to the hard one.  On Windows nothing is raised.
    """
    if sys.platform == "win32":
        return _WINDOWS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for enough in _ENOUGH:
        wanted = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with contextlib.suppress(OSError, ValueError):  # more than the kernel allows to anybody
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                break
    return _shown(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _files() -> int:
    """What `raise_files` would make of the limit, also in a process that we start."""
    if sys.platform == "win32":
        return _WINDOWS
    soft, hard = (_shown(value) for value in resource.getrlimit(resource.RLIMIT_NOFILE))
    return max(soft, min(hard, _ENOUGH[sys.platform == "darwin"]))


def _shown(value: int) -> int:
    """A limit as a number, also where there is none."""
    return sys.maxsize if sys.platform != "win32" and value == resource.RLIM_INFINITY else value


def _bounds(files: int, root: Path, environment: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """So many connections, and what allows no more."""
    yield files - _OTHER_FILES, "a process may not have more sockets open"
    if sys.platform != "linux":  # where every address of 127.0.0.0/8 is this machine's
        yield _PORTS - _OTHER_FILES, "the system has no more ports for the clients of one address"
    if (free := _free_memory(root)) is not None:
        yield free // _BYTES_EACH, f"only {free / 2**30:.1f} GiB of memory is free"
    if _cores(root) < 2:
        yield _ON_ONE_CORE, "one core has to do for the service, its clients and all else"
    if on_a_hub(environment):
        yield _ON_A_HUB, "this is a shared hub, and others need it too"


def _free_memory(root: Path) -> int | None:
    """Bytes that this process and those that it starts may still take; None where nobody tells."""
    found = [*_free_in_groups(root), *_free_in_machine(root)]
    return max(0, min(found)) if found else None


def _free_in_machine(root: Path) -> Iterator[int]:
    """`MemAvailable`, see proc_meminfo(5); elsewhere psutil's."""
    if sys.platform != "linux":
        import psutil

        yield psutil.virtual_memory().available
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024


def _free_in_groups(root: Path) -> Iterator[int]:
    """What the control group leaves, a container's for example: cgroups(7), the second version and the first."""
    for folder, most, used, cache in (
        *((group, "memory.max", "memory.current", "inactive_file") for group in _groups(root)),
        (root / "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        bound, now = _read(folder / most).strip(), _read(folder / used).strip()
        if bound.isdigit() and now.isdigit():  # "max": there is none
            rows = dict(line.split(None, 1) for line in _read(folder / "memory.stat").splitlines())
            yield int(bound) - int(now) + int(rows.get(cache, 0))  # the cache goes where memory is needed


def _groups(root: Path) -> list[Path]:
    """Where the files of this process's control group are, and of those above it; in a container only the last is."""
    mounted = root / "sys/fs/cgroup"
    lines = _read(root / "proc/self/cgroup").splitlines()
    own = next((mounted / line[4:] for line in lines if line.startswith("0::/")), mounted)
    return [own, *(above for above in own.parents if above.is_relative_to(mounted))]


def _cores(root: Path) -> float:
    """Cores that this process may use: those that it may run on, or the share that its control groups give it."""
    count = float(len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1)
    for group in _groups(root):
        share, _, period = _read(group / "cpu.max").partition(" ")  # "200000 100000": microseconds of each so many
        if share.isdigit():
            count = min(count, int(share) / int(period))
    return count


def _read(file: Path) -> str:
    """A small file of the kernel's; "" where there is none."""
    try:
        return file.read_text()
    except OSError:
        return ""
