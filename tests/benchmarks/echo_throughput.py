"""Does a 64 KiB echo keep its pace?  At 0.85 of plain or more.

python -m tests.benchmarks.echo_throughput
"""

from __future__ import annotations

import socket
import threading
import time

from tests.benchmarks.harness import best_of_pairs, judge, leave, pin, unwatched

LEAST = 0.85
SIZE = 65_536
ROUNDS = 400
#: With fifteen the figure still moves by two hundredths from run to run, which is more than what is left to the bound.
PAIRS = 90


def echo(connection: socket.socket) -> None:
    """Send back what comes, until nothing does."""
    with connection:
        while data := connection.recv(SIZE):
            connection.sendall(data)


def seconds() -> float:
    """The processor seconds that one echo takes, over one connection to a server in a thread of its own.

    On one core, and with both ends in one process, that is the time it takes; on a shared machine the clock
    would count other people's work too.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
    server = threading.Thread(target=echo, args=(accepted,))
    server.start()
    data = bytes(SIZE)
    with client:
        began = time.process_time()
        for _ in range(ROUNDS):
            client.sendall(data)
            left = SIZE
            while left:
                left -= len(client.recv(left))
        took = time.process_time() - began
    server.join()
    return took / ROUNDS


def plain_seconds() -> float:
    with unwatched():
        return seconds()


def main() -> None:
    """Measure both, in turn."""
    import labsupport  # noqa: F401  watches sockets from here on

    pin()
    plain, watched = best_of_pairs(plain_seconds, seconds, PAIRS)
    question = f"64 KiB echo, plain {plain * 1e6:.0f} µs, watched {watched * 1e6:.0f} µs; pace of plain"
    leave(judge(question, plain / watched, LEAST, least=True))


if __name__ == "__main__":
    main()
