"""Do ten members who never read make the other 190 wait?  In the reference chat, in a process of its own.

python -m tests.benchmarks.chat_crowd

200 are in.  190 of them read and take turns to say a line; ten read too (quiet) or never.  Measured is the time from a
line's send until the last of the 190 has it, and of those times the 99th percentile, in rounds that take turns; and
what memory the server takes, and how long it takes to stop while ten do not read.
"""

from __future__ import annotations

import json
import selectors
import socket
import ssl
import statistics
import struct
import time
from contextlib import ExitStack
from pathlib import Path

from labsupport.chat.login import proof
from labsupport.chat.program import Program
from tests.benchmarks.harness import judge, leave, unwatched

GOOD = 190
SLOW = 10
LINES = 400
PAUSE = 0.005
TEXT = "x" * 500
ROUNDS = 3
#: With ten who never read it must be as quick as without, but for so much.
MOST = 2.0
#: Seconds after which a line has stalled.
STALLED = 10.0

Member = ssl.SSLSocket


def frame(message: object) -> bytes:
    """A frame."""
    body = json.dumps(message).encode()
    return struct.pack("!I", len(body)) + body


def joined(program: Program, context: ssl.SSLContext, name: str, *, small: bool) -> Member:
    """Somebody who is in; with `small`, the kernel keeps little for it."""
    raw = socket.socket()
    if small:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(program.address)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    member = context.wrap_socket(raw, server_hostname="localhost")
    member.sendall(frame({"type": "hello", "versions": [1]}))
    challenge = received(member)["challenge"]
    given = proof(program.accounts.key(name), str(challenge), name)
    member.sendall(frame({"type": "login", "name": name, "proof": given}))
    while received(member).get("more", True):
        pass
    return member


def received(member: Member) -> dict[str, object]:
    """One message."""
    (length,) = struct.unpack("!I", exactly(member, 4))
    found: dict[str, object] = json.loads(exactly(member, length))
    return found


def exactly(member: Member, count: int) -> bytes:
    """So many bytes."""
    data = b""
    while len(data) < count:
        data += member.recv(count - len(data))
    return data


class Crowd:
    """All 200, and a selector for those who read."""

    def __init__(self, program: Program, stack: ExitStack, *, slow: bool) -> None:
        context = ssl.create_default_context(cafile=program.authority_file)
        self.selector = stack.enter_context(selectors.DefaultSelector())
        self.good = [stack.enter_context(joined(program, context, f"g{n}", small=False)) for n in range(GOOD)]
        self.others = [stack.enter_context(joined(program, context, f"s{n}", small=slow)) for n in range(SLOW)]
        for member in self.good if slow else [*self.good, *self.others]:
            member.setblocking(False)
            self.selector.register(member, selectors.EVENT_READ, member in self.good)
        self.settle()

    def settle(self) -> None:
        """Read who came in, until nothing more comes."""
        while ready := self.selector.select(0.5):
            for key, _ in ready:
                read(key.fileobj)  # type: ignore[arg-type]  # a member

    def timed(self) -> list[float]:
        """Say a line, wait until all good readers have it, and so on; seconds of each."""
        times = []
        for number in range(LINES):
            mark = f"{number:06}"
            began = time.perf_counter()
            self.good[number % GOOD].sendall(frame({"type": "say", "text": mark + TEXT}))
            if not self.heard(mark.encode(), began):
                break
            times.append(time.perf_counter() - began)
            time.sleep(PAUSE)
        return times

    def heard(self, mark: bytes, began: float) -> bool:
        """Whether all good readers get the line with this mark before it has stalled."""
        missing = GOOD
        while missing:
            ready = self.selector.select(STALLED)
            if not ready or time.perf_counter() - began > STALLED:
                return False
            for key, _ in ready:
                found = mark in read(key.fileobj)  # type: ignore[arg-type]  # a member
                missing -= found and bool(key.data)
        return True


def read(member: Member) -> bytes:
    """All that is there: a line is less than a record, so a mark is never cut."""
    data = b""
    try:
        while piece := member.recv(65_536):
            data += piece
    except ssl.SSLWantReadError:
        pass
    return data


def memory(program: Program) -> float:
    """MiB of memory that the server has now."""
    rows = Path(f"/proc/{program.pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS:")) / 1024


def measured(*, slow: bool) -> tuple[list[float], float, float, float]:
    """The times of one round, the memory before and after it, and seconds that the stop took."""
    names = [f"g{n}" for n in range(GOOD)] + [f"s{n}" for n in range(SLOW)]
    with Program(names) as program, ExitStack() as stack:
        crowd = Crowd(program, stack, slow=slow)
        before = memory(program)
        times = crowd.timed()
        after = memory(program)
        if slow:
            print(f"       {program.log.count('too-slow)')} of {SLOW} were cut off", flush=True)
        began = time.perf_counter()
        program.terminate()
        assert program.wait() == 0
        return times, before, after, time.perf_counter() - began


def p99(times: list[float]) -> float:
    """The 99th percentile, in milliseconds."""
    return statistics.quantiles(times, n=100)[98] * 1000


def main() -> None:
    """Rounds of both kinds in turn; of each kind the quickest counts: what disturbs a round only makes it slower."""
    quiet, slow = [], []
    with unwatched():
        for _ in range(ROUNDS):
            quiet.append(measured(slow=False))
            slow.append(measured(slow=True))
    best = [min(p99(times) for times, *_ in rounds) for rounds in (quiet, slow)]
    middle = [min(statistics.median(times) for times, *_ in rounds) * 1000 for rounds in (quiet, slow)]
    for figures, name in ((best, "p99"), (middle, "median")):
        print(f"       {name}: {figures[0]:.1f} ms quiet, {figures[1]:.1f} ms with ten who never read")
    grown = max(after - before for _, before, after, _ in slow)
    print(
        f"       the server's memory with 200 in: {slow[0][1]:.0f} MiB before, {slow[0][2]:.0f} MiB after {LINES} lines"
    )
    leave(
        judge("lines that all 190 heard, ten never reading", min(len(one[0]) for one in slow), LINES, least=True),
        judge("p99 to the last of 190, ten never reading, beside quiet", best[1] / best[0], MOST, "x"),
        judge("memory that ten who never read cost", grown, 8.0, " MiB"),
        judge("a stop while 200 are in", max(one[3] for one in quiet + slow), 3.0, " s"),
    )


if __name__ == "__main__":
    main()
