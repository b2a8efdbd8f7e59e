"""Does the live ladder keep up?  First page of 10,000 events within 1 s; at 1,000 events a second 20 updates at most.

python -m tests.benchmarks.live_ladder
"""

from __future__ import annotations

import socket
import time

from tests.benchmarks.harness import judge, leave

SECONDS = 1.0
EVENTS = 10_000
UPDATES = 20.0
RATE = 1000
FOR = 5


def talk(one: socket.socket, other: socket.socket, calls: int) -> None:
    """So many calls, half of them sends and half recvs."""
    for number in range(calls // 4):
        one.sendall(b"question %d" % number)
        other.recv(100)
        other.sendall("答え".encode())
        one.recv(100)


def first_page(connections: int) -> bool:
    """From the call of `tape.live()` until all that the first page needs has been handed to the browser.

    Processor time: nothing here waits, and on a shared machine the clock counts other people's work too.
    """
    from labsupport import watch

    with watch() as tape, socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(connections):
            with socket.create_connection(listener.getsockname()) as one, listener.accept()[0] as other:
                talk(one, other, EVENTS // connections)
    began = time.process_time()
    live = tape.live()
    took = time.process_time() - began
    assert live.pages["0"]["svg"].strip()
    live.close()
    return judge(f"first page of {len(tape.events):,} events, {connections} connections", took, SECONDS, " s")


def growing() -> tuple[bool, bool]:
    """Updates a second while events come at an even pace, and how many of the events are missing at the end."""
    from labsupport import watch

    with watch() as tape, socket.create_server(("127.0.0.1", 0)) as listener:
        live = tape.live()
        updates: list[object] = []
        live.observe(updates.append, "head")
        with socket.create_connection(listener.getsockname()) as one, listener.accept()[0] as other:
            began = time.perf_counter()
            for tenth in range(FOR * 10):
                talk(one, other, RATE // 10)
                time.sleep(max(0.0, began + (tenth + 1) / 10 - time.perf_counter()))
            took = time.perf_counter() - began
    live._ticker.wait(30)
    missing = len(tape.events) - len(live._picture.events)
    rate = len(updates) / took
    print(f"       ({len(tape.events):,} events in {took:.1f} s)")
    live.close()
    return judge("updates a second", rate, UPDATES), judge("events missing at the end", missing, 0)


def main() -> None:
    """One connection, a hundred, and one that grows."""
    leave(first_page(1), first_page(100), *growing())


if __name__ == "__main__":
    main()
