"""What does a learner take on a hub, and do ten at once get in each other's way?

python -m tests.benchmarks.hub [learners]

JupyterHub with binder/jupyterhub_config.py, on this machine; each learner signs in, has a server and a kernel, joins
the board, and runs all code cells of chapter 01 over the API that JupyterLab uses, all at the same time.  Measured are
the memory of a learner's server and kernel (PSS: shared pages are divided among those who share them), that of the
hub with its proxy, board and culler, the processor time that a learner took, and how long the chapter took.  Needs the
extra `hub`, and Linux for /proc.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from tests.benchmarks.harness import judge, leave
from tests.workshop.hubbing import Hub, Person

LEARNERS = 10
NOTEBOOK = "01_servers_and_clients.ipynb"
#: MiB: what the memory limit of a learner's server must leave room for.
MOST = 1024
_ANSWER = """
from labsupport import exercises
_there = {}
exec(exercises.echo_server.solution, _there)
print(exercises.echo_server.check(_there["echo_server"]).status)
"""


def processes(name: str) -> Iterator[Path]:
    """The processes of a learner's server: those with its user in their environment."""
    mark = f"JUPYTERHUB_USER={name}\0".encode()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (path / "environ").read_bytes():
                yield path
        except OSError:
            continue  # it has ended, or is not ours


def memory(name: str) -> dict[str, float]:
    """MiB of the server and of the kernels."""
    found = {"server": 0.0, "kernel": 0.0}
    for path in processes(name):
        found["kernel" if b"ipykernel" in (path / "cmdline").read_bytes() else "server"] += pss(path)
    return found


def pss(path: Path) -> float:
    """MiB of a process."""
    lines = (path / "smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


def of_the_hub(hub: Hub) -> float:
    """MiB of the hub and of what it has started besides the learners' servers."""
    own = [Path("/proc", str(hub.pid))]
    for path in Path("/proc").glob("[0-9]*"):
        parent = (path / "stat").read_text().rpartition(")")[2].split()[1] if path.exists() else ""
        if parent == str(hub.pid) and b"JUPYTERHUB_USER=" not in (path / "environ").read_bytes():
            own.append(path)
    return sum(map(pss, own))


def seconds_of_processor(name: str) -> float:
    """What they took so far."""
    fields = [(path / "stat").read_text().rpartition(")")[2].split() for path in processes(name)]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def listening(name: str) -> set[int]:
    """The TCP ports on which a learner's processes listen."""
    inodes = set()
    for path in processes(name):
        for link in (path / "fd").iterdir():
            try:
                inodes.add(str(link.readlink()))
            except OSError:
                continue
    rows = [
        line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}


def work(person: Person) -> tuple[float, str]:
    """A learner's hour, as fast as it goes: seconds for the chapter, and what the check said."""
    kernel = person.open()
    kernel.run(f"from labsupport import workshop\nprint(workshop.join(name={person.name.title()!r}))")
    begun = time.perf_counter()
    for cell in person.cells(NOTEBOOK):
        kernel.run(cell)
    took = time.perf_counter() - begun
    status = kernel.run(_ANSWER).strip()
    kernel.close()
    return took, status


def main() -> None:
    """All at once."""
    if find_spec("jupyterhub") is None or not Path("/proc/self/smaps_rollup").exists():
        print("skipped: this needs the extra `hub`, and Linux: pip install -e '.[hub]'")
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LEARNERS
    names = [f"learner{number}" for number in range(count)]
    with tempfile.TemporaryDirectory() as folder, Hub(Path(folder)) as hub, ThreadPoolExecutor(count) as pool:
        begun = time.perf_counter()
        people = list(pool.map(lambda name: Person(hub, name), names))
        list(pool.map(Person.start, people))
        print(f"{count} servers had started after {time.perf_counter() - begun:.0f} s")
        idle = statistics.median(memory(name)["server"] for name in names)
        before = [seconds_of_processor(name) for name in names]
        done = list(pool.map(work, people))
        used = [after - first for after, first in zip(map(seconds_of_processor, names), before, strict=True)]
        taken = [memory(name) for name in names]
        ports = [listening(name) for name in names]
        around = of_the_hub(hub)
        teacher = Person(hub, "teacher")
        shown = teacher.board_state("names")
        refused = people[0].board("names").status_code
        reached = sum(one.reaches(other) for one, other in pairwise(people))
    whole = [each["server"] + each["kernel"] for each in taken]
    cores = len(os.sched_getaffinity(0))
    print(f"{time.strftime('%Y-%m-%d')}: {count} learners, {cores} cores, Python {sys.version.split()[0]}")
    print(f"the hub, its proxy, the board and the culler: {around:.0f} MiB")
    print(f"a server without a kernel: {idle:.0f} MiB")
    print(f"a server with the kernel of chapter 01: {statistics.median(whole):.0f} MiB, at most {max(whole):.0f} MiB")
    print(f"of that the kernel: {statistics.median(each['kernel'] for each in taken):.0f} MiB")
    print(f"processor time of the chapter: {statistics.median(used):.1f} s a learner")
    print(f"the chapter took {statistics.median(took for took, _ in done):.0f} s, at most {max(done)[0]:.0f} s")
    kept = judge("learners whose check did not pass", sum(status != "passed" for _, status in done), 0)
    kept &= judge("learners on the board", len(shown["people"]), count, least=True)
    kept &= judge(
        "of those with their exercise passed", sum(one["passed"] == 1 for one in shown["people"]), count, least=True
    )
    kept &= judge("ports on which two learners listen", sum(map(len, ports)) - len(set().union(*ports)), 0)
    kept &= judge("servers that another's token opens", reached, 0)
    kept &= judge("answer to a learner who asks for names", refused, 403) and refused == 403
    leave(judge("memory of a learner", max(whole), MOST, " MiB") and kept)


if __name__ == "__main__":
    main()
