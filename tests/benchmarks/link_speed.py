"""Does a link without faults carry as much as socat, and what does it add to a round trip?

At least socat's throughput, and at most twice the time that socat adds, between the same two programs.  Then: a
thousand connections through one link at once.

python -m tests.benchmarks.link_speed
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.benchmarks.harness import judge, leave

BYTES = 300_000_000
EXCHANGES = 4000
ROUNDS = 15
CONNECTIONS = 1000

#: Takes all and says how much it was, or sends back each message.
SERVER = """
import socket
with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
    print(listener.getsockname()[1], flush=True)
    buffer = bytearray(1 << 20)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if connection.recv(1) == b"b":
                total = 0
                while length := connection.recv_into(buffer):
                    total += length
                connection.sendall(str(total).encode())
            else:
                while data := connection.recv(64):
                    connection.sendall(data)
"""

#: Prints megabytes a second, or microseconds for a round trip (median).
CLIENT = """
import socket, statistics, sys, time
what, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with socket.create_connection(("127.0.0.1", port)) as sock:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(what[:1].encode())
    if what == "bulk":
        data = bytes(65536)
        began = time.perf_counter()
        for _ in range(count // len(data)):
            sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        assert int(sock.recv(100)) == count // len(data) * len(data)
        print(count / (time.perf_counter() - began) / 1e6)
    else:
        times = []
        for _ in range(count):
            began = time.perf_counter()
            sock.sendall(b"0123456789abcdef")
            sock.recv(64)
            times.append(time.perf_counter() - began)
        print(statistics.median(times) * 1e6)
"""


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """The server, in a process of its own; its port."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextlib.contextmanager
def socat(target: int) -> Iterator[int]:
    """socat to that port; its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [
        "socat",
        "-b",
        "65536",
        f"TCP-LISTEN:{port},bind=127.0.0.1,fork,nodelay",
        f"TCP:127.0.0.1:{target},nodelay",
    ]
    with subprocess.Popen(command) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    raise TimeoutError("socat does not listen")


def client(what: str, port: int, count: int) -> float:
    """What the client measures through this port."""
    command = [sys.executable, "-c", CLIENT, what, str(port), str(count)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(direct: int, by_socat: int, by_link: int) -> tuple[bool, bool]:
    """Measure all three in turn; the best of each counts."""
    ports = (direct, by_socat, by_link)
    bulk = [[client("bulk", port, BYTES) for port in ports] for _ in range(ROUNDS)]
    trips = [[client("trip", port, EXCHANGES) for port in ports] for _ in range(ROUNDS)]
    alone, theirs, ours = (max(column) for column in zip(*bulk, strict=True))
    question = f"throughput: direct {alone:.0f} MB/s, socat {theirs:.0f}, link {ours:.0f}; of socat's"
    enough = judge(question, ours / theirs, 1.0, least=True)
    alone, theirs, ours = (min(column) for column in zip(*trips, strict=True))
    question = f"round trip: direct {alone:.1f} µs, socat {theirs:.1f}, link {ours:.1f}; added, of what socat adds"
    return enough, judge(question, (ours - alone) / (theirs - alone), 2.0)


def crowd() -> bool:
    """A thousand connections at once, each with a message and its answer."""
    from labsupport import Link, background

    @background
    async def echo() -> None:
        import asyncio

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readexactly(4))
            await reader.read()
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024) as server:
            await server.serve_forever()

    with Link(echo) as link, contextlib.ExitStack() as open_ones:
        began = time.perf_counter()
        clients = [
            open_ones.enter_context(socket.create_connection(link.address, timeout=30)) for _ in range(CONNECTIONS)
        ]
        for number, one in enumerate(clients):
            one.sendall(b"%04d" % number)
        right = sum(one.recv(4) == b"%04d" % number for number, one in enumerate(clients))
        took = time.perf_counter() - began
    echo.stop()
    return judge(f"connections at once, answered in {took:.1f} s", right, CONNECTIONS, least=True)


def main() -> None:
    """Measure, or say why not."""
    if shutil.which("socat") is None:
        print("skipped: socat is not installed, and a figure without it says nothing")
        leave()
    from labsupport import Link

    with serving() as port, socat(port) as theirs, Link(("127.0.0.1", port)) as link:
        kept = compare(port, theirs, link.address[1])
    leave(*kept, crowd())


if __name__ == "__main__":
    main()
