"""Does the board hold 300 learners who report once a second, and does it lose nothing when it is killed?

python -m tests.benchmarks.board [seconds]

The board runs in a process of its own, with its file on the disk of the temporary folder; 300 learners, each with a
TLS connection, in this one.  Measured is the time from the first byte of a report to its answer, which comes when the
report is on the disk; and how often the instructor's page is brought up to date meanwhile.  In the second round the
board gets SIGKILL in the middle and is started again; every report that was answered must be there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import sqlite3
import ssl
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from labsupport.workshop.code import split
from labsupport.workshop.wire import BOARD_NAME, authority_at
from tests.benchmarks.harness import judge, leave, unwatched
from tests.workshop.running import Running

LEARNERS = 300
SECONDS = 60
#: Seconds: the 99th percentile of an answer.
SLOWEST = 0.1
EXERCISE, MISTAKE = "echo_server", "accepts_once"


@dataclass
class Learner:
    """One connection, made again where it breaks.  `answered`: how many reports were; `times`: seconds each took."""

    port: int
    context: ssl.SSLContext
    secret: str = ""
    answered: int = 0
    times: list[float] = field(default_factory=list)
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, action: str, body: dict[str, object]) -> dict[str, str]:
        """One request, on the connection that is there."""
        if self.streams is None:
            self.streams = await asyncio.open_connection(
                "127.0.0.1", self.port, ssl=self.context, server_hostname=BOARD_NAME
            )
        reader, writer = self.streams
        sent = json.dumps(body).encode()
        writer.write(
            f"POST /{action} HTTP/1.1\r\nHost: board\r\nAuthorization: Bearer {self.secret}\r\n"
            f"Content-Length: {len(sent)}\r\n\r\n".encode()
            + sent
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        answer = await reader.readexactly(int(length.partition(b":")[2]))
        assert b" 200 " in head.partition(b"\r\n")[0], answer
        found: dict[str, str] = json.loads(answer)
        return found

    async def report(self) -> None:
        """The next report, until it is answered."""
        body: dict[str, object] = {
            "exercise": EXERCISE, "status": "failed", "mistake": MISTAKE, "tries": self.answered + 1
        }  # fmt: skip
        begun = time.perf_counter()
        while True:
            try:
                await self.ask("report", body)
                break
            except (OSError, asyncio.IncompleteReadError):  # killed: again, on a new connection
                self.streams = None
                await asyncio.sleep(0.2)
        self.times.append(time.perf_counter() - begun)
        self.answered += 1

    async def work(self, begin: float, seconds: int) -> None:
        """A report a second."""
        for number in range(seconds):
            await asyncio.sleep(max(0.0, begin + number - time.monotonic()))
            await self.report()


async def look(running: Running, until: float) -> list[float]:
    """When the instructor's page was brought up to date: seconds between two updates."""
    head = f"HTTP/1.1\r\nHost: 127.0.0.1:{running.own_port}\r\nCookie: {running.cookie()}\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", running.own_port)
    seen, came = -1, []
    while time.monotonic() < until:
        writer.write(f"GET /names?seen={seen} {head}".encode())
        found = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in found.split(b"\r\n") if line.lower().startswith(b"content-length"))
        seen = json.loads(await reader.readexactly(int(length.partition(b":")[2])))["number"]
        came.append(time.monotonic())
    writer.close()
    return [after - before for before, after in pairwise(came[1:])]  # the first is there at once


async def crowd(running: Running, seconds: int, *, kill: bool) -> tuple[list[Learner], list[float]]:
    """All of them at work, and the page looked at; with `kill`, the board dies in the middle and is started again."""
    shown, secret = split(running.code)
    context = ssl.create_default_context(cadata=authority_at("127.0.0.1", running.port, shown))
    learners = [Learner(running.port, context) for _ in range(LEARNERS)]
    for number, learner in enumerate(learners):
        learner.secret = (await learner.ask("join", {"code": secret, "name": f"learner {number}"}))["secret"]
    begin = time.monotonic() + 1
    work = [asyncio.create_task(each.work(begin + at / LEARNERS, seconds)) for at, each in enumerate(learners)]
    gaps: list[float] = []
    if kill:
        await asyncio.sleep(1 + seconds / 2)
        running.kill()
        answered = [each.answered for each in learners]
        stored = reports(running.file)
        missing = sum(have > stored.get(f"learner {at}", 0) for at, have in enumerate(answered))
        print(
            f"killed: {sum(answered)} reports were answered, {sum(stored.values())} are in the file; missing: {missing}"
        )
        assert missing == 0
        running.start()
    else:
        gaps = await look(running, begin + seconds)
    await asyncio.gather(*work)
    return learners, gaps


def reports(file: Path) -> dict[str, int]:
    """How many reports of each learner are in a board's file: each made the same mistake once more."""
    with contextlib.closing(sqlite3.connect(file)) as found:
        return dict(found.execute("SELECT name, same FROM learner JOIN done USING (key)"))


def round_of(seconds: int, *, kill: bool) -> bool:
    """One round; true if its bounds hold."""
    with tempfile.TemporaryDirectory() as folder, Running(Path(folder) / "board.sqlite") as running:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        learners, gaps = asyncio.run(crowd(running, seconds, kill=kill))
        memory = int((Path("/proc") / str(running.pid) / "status").read_text().split("VmHWM:")[1].split()[0]) / 1024
        running.stop()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        stored = reports(running.file)
    sent, there = sum(each.answered for each in learners), sum(stored.values())
    times = sorted(second for each in learners for second in each.times)
    p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
    print(f"{sent} reports: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, longest {times[-1] * 1000:.1f} ms")
    print(f"the board took {used.ru_utime + used.ru_stime - before:.1f} s of a processor and {memory:.0f} MiB")
    kept = judge("reports answered and not in the file", sent - there, 0)
    kept &= judge("reports not answered", LEARNERS * seconds - sent, 0)
    if kill:
        return kept
    kept &= judge("answer, 99th percentile", p99, SLOWEST, " s")
    kept &= judge("updates of the page a second", len(gaps) / sum(gaps), 2.05)
    return judge("longest time without an update of the page", max(gaps), 2.0, " s") and kept


def main() -> None:
    """Two rounds."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    print(f"{LEARNERS} learners, {seconds} s, {len(os.sched_getaffinity(0))} cores, Python {sys.version.split()[0]}")
    with unwatched():
        kept = round_of(seconds, kill=False)
        kept &= round_of(max(seconds // 3, 6), kill=True)
    leave(kept)


if __name__ == "__main__":
    main()
