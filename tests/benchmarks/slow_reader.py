"""Does one slow reader among fifty make the others wait?  In the room that `chat_room` asks for, and in the naive one.

python -m tests.benchmarks.slow_reader

One member speaks, 48 read what is said, and one, the slow one, reads too (quiet) or never.  Measured is the time from a
line's send() until the last of the 48 has it, and of those times the 99th percentile.  Each room runs in a process of
its own, with small buffers, so that a reader that never reads is felt soon; its sockets are the standard library's.
"""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import statistics
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.harness import judge, leave

MEMBERS = 50
LINES = 300
PAUSE = 0.005
LENGTH = 200
ROUNDS = 3
#: Seconds after which a line counts as stalled, and the rest of them as well.
STALLED = 2.0
#: The room must be as quick as without a slow reader, but for so much.
MOST = 2.0


def room(source: str, name: str, listener: socket.socket) -> None:
    """A process: the room, on a listener that was made elsewhere."""
    from labsupport.tape import watched

    watched.uninstall()
    names: dict[str, Any] = {}
    exec(source, names)
    names[name](listener)


def measured(source: str, *, slow: bool) -> list[float]:
    """Seconds from send() to the last good reader, for each line that came; fewer than `LINES` when the room stalls."""
    with socket.create_server(("127.0.0.1", 0), backlog=MEMBERS) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        work = multiprocessing.Process(target=room, args=(source, "chat_room", listener))
        work.start()
        try:
            return talked(listener.getsockname(), slow=slow)
        finally:
            work.kill()
            work.join()


def talked(address: tuple[str, int], *, slow: bool) -> list[float]:
    """One speaks, and the others read."""
    sleeper = joined(address)  # the first in the room, so that a room that sends in turn comes to it first
    speaker, *readers = [joined(address) for _ in range(MEMBERS - 1)]
    everybody = (sleeper, speaker, *readers)
    try:
        all_are_in(speaker, readers)
        return timed(speaker, readers if slow else [*readers, sleeper], len(readers))
    finally:
        for sock in everybody:
            sock.close()


def all_are_in(speaker: socket.socket, readers: list[socket.socket]) -> None:
    """Speak until the one who came last hears it: then all have been let in.  Nothing of it is left to read."""
    readers[-1].settimeout(0.1)
    while True:
        speaker.sendall(b"?\n")
        try:
            readers[-1].recv(1)
            break
        except TimeoutError:
            continue
    readers[-1].settimeout(None)
    speaker.sendall(b"!\n")
    for reader in readers:
        while not reader.recv(4096).endswith(b"!\n"):
            pass


def joined(address: tuple[str, int]) -> socket.socket:
    """A member whose kernel keeps little for it."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(address)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def timed(speaker: socket.socket, readers: list[socket.socket], good: int) -> list[float]:
    """Say a line, wait until the first `good` of the readers have all of it, and so on."""
    times = []
    with selectors.DefaultSelector() as selector:
        for number, sock in enumerate(readers):
            selector.register(sock, selectors.EVENT_READ, number)
        for number in range(LINES):
            line = f"{number:06} ".encode().ljust(LENGTH - 1, b".") + b"\n"
            began = time.perf_counter()
            speaker.sendall(line)
            if not heard(selector, good, began):
                break
            times.append(time.perf_counter() - began)
            time.sleep(PAUSE)
    return times


def heard(selector: selectors.BaseSelector, good: int, began: float) -> bool:
    """Whether the first `good` readers get a line before it counts as stalled."""
    missing = dict.fromkeys(range(good), LENGTH)
    while missing:
        ready = selector.select(STALLED)
        if not ready or time.perf_counter() - began > STALLED:
            return False
        for key, _ in ready:
            taken = len(key.fileobj.recv(4096))  # type: ignore[union-attr]  # a socket
            if key.data in missing:
                missing[key.data] -= taken
                if missing[key.data] <= 0:
                    del missing[key.data]
    return True


def p99(times: list[float]) -> float:
    """The 99th percentile, in milliseconds."""
    return statistics.quantiles(times, n=100)[98] * 1000


def quietest(measure: Callable[[], list[float]]) -> float:
    """The smallest of some rounds' p99: what disturbs a round only makes it slower."""
    return min(p99(measure()) for _ in range(ROUNDS))


def main() -> None:
    """Both rooms, each with and without a slow reader."""
    from labsupport import exercises
    from labsupport.exercises.chapter_07 import chat_mistakes

    right, naive = exercises.chat_room.solution, chat_mistakes.TOLD
    quiet = quietest(lambda: measured(right, slow=False))
    slow = quietest(lambda: measured(right, slow=True))
    print(f"       a writer a member: p99 of the others {quiet:.2f} ms quiet, {slow:.2f} ms with one that never reads")
    quiet_naive, told = quietest(lambda: measured(naive, slow=False)), len(measured(naive, slow=True))
    print(
        f"       sendall in turn: {quiet_naive:.2f} ms quiet; with one that never reads {told} of {LINES} lines came,"
    )
    print(f"       and the next one had not come to all after {STALLED:g} s")
    leave(
        judge(f"p99 of the others among {MEMBERS}, with one that never reads, beside quiet", slow / quiet, MOST, "x"),
        judge("lines that come in the naive room before it stalls", told, LINES - 1),
    )


if __name__ == "__main__":
    main()
