"""Does a link do what it was asked, in time and in bytes?

On an idle machine: 20 ms are 20 ms, with a hundred chunks in flight; a bandwidth is kept; slices come alone; 20,000
datagrams are lost, doubled and overtaken as often as was asked; and 100 MB arrive the same while the faults change.

python -m tests.benchmarks.link_honesty
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from labsupport import Link, faults
from labsupport.faults import Fault
from tests.benchmarks.harness import judge, leave

ASKED = 0.02
CHUNKS = 100
DATAGRAMS = 20_000
MEGABYTES = 100


@contextlib.contextmanager
def connected(up: list[Fault]) -> Iterator[tuple[Link, socket.socket, socket.socket]]:
    """A link, a client and the connection that its server accepted."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        Link(listener.getsockname(), up=up) as link,
        socket.create_connection(link.address, timeout=60) as client,
    ):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server, _ = listener.accept()
        with server:
            server.settimeout(60)
            yield link, client, server


def exactly(sock: socket.socket, count: int) -> bytes:
    """So many bytes."""
    data = b""
    while len(data) < count:
        data += sock.recv(count - len(data))
    return data


def delays(up: list[Fault]) -> list[float]:
    """How long each of some chunks is on its way, one sent every half millisecond."""
    took: list[float] = []

    def read() -> None:
        for _ in range(CHUNKS):
            (sent,) = struct.unpack("d", exactly(server, 8))
            took.append(time.perf_counter() - sent)

    with connected(up) as (_, client, server):
        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(CHUNKS):
            client.sendall(struct.pack("d", time.perf_counter()))
            time.sleep(0.0005)
        reader.join(60)
    return took


def latency() -> tuple[bool, bool]:
    """What is added to what a link without faults takes."""
    without, asked = delays([]), delays([faults.Latency(ASKED)])
    base = statistics.median(without)
    middle, late = (statistics.quantiles(asked, n=100)[at - 1] - base - ASKED for at in (50, 99))
    question = f"latency of {ASKED * 1000:g} ms, {CHUNKS} chunks in flight: off by"
    return judge(f"{question} (median)", abs(middle) * 1000, 1.5, " ms"), judge(
        f"{question} (p99)", abs(late) * 1000, 7.0, " ms"
    )


def bandwidth(rate: float, seconds: float = 2.0) -> bool:
    """How far the pace of a transfer of so many seconds is from what was asked."""
    size = int(rate * seconds)
    with connected([faults.Bandwidth(rate)]) as (_, client, server):
        began = time.perf_counter()
        writer = threading.Thread(target=client.sendall, args=(bytes(size),))
        writer.start()
        exactly(server, size)
        took = time.perf_counter() - began
        writer.join()
    return judge(
        f"bandwidth of {rate / 1e6:g} MB/s over {seconds:g} s: off by", abs(size / rate / took - 1) * 100, 3, " %"
    )


def slices() -> bool:
    """Forty bytes in slices of four, two hundred times, while two other programs do nothing but compute."""
    right = 0
    with contextlib.ExitStack() as load:
        for _ in range(2):
            busy = load.enter_context(subprocess.Popen([sys.executable, "-c", "while True: sum(range(1000))"]))
            load.callback(busy.kill)
        for _ in range(200):
            with connected([faults.Slice(4)]) as (_, client, server):
                client.sendall(b"0123456789" * 4)
                right += [len(server.recv(100)) for _ in range(10)] == [4] * 10
    return judge("forty bytes come in ten slices, under load", right, 200, least=True)


def counted(fault: Fault) -> list[int]:
    """The numbers of the datagrams that come through, in the order in which they come."""
    with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        server.bind(("127.0.0.1", 0))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_194_304)
        server.settimeout(1)
        came: list[int] = []
        with Link(server.getsockname(), "udp", up=[fault], seed=2026) as link:
            for start in range(0, DATAGRAMS, 100):
                for number in range(start, start + 100):
                    client.sendto(number.to_bytes(4, "big"), link.address)
                link.down = ()  # waits until the link has read them all
                server.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        came.append(int.from_bytes(server.recv(10), "big"))
            server.settimeout(0.5)
            with contextlib.suppress(TimeoutError):
                while True:
                    came.append(int.from_bytes(server.recv(10), "big"))
            assert link.dropped == 0
    return came


def datagrams(p: float) -> list[bool]:
    """How many standard deviations the counts are off."""
    deviation = math.sqrt(DATAGRAMS * p * (1 - p))
    lost = DATAGRAMS - len(counted(faults.Loss(p)))
    doubled = len(counted(faults.Duplicate(p))) - DATAGRAMS
    overtaken = highest = 0
    for number in counted(faults.Reorder(p)):
        overtaken += number < highest  # one that was sent after it came before it
        highest = max(highest, number)
    return [
        judge(
            f"{name} of {p:g}, {DATAGRAMS:,} datagrams: {count}, off by",
            abs(count - DATAGRAMS * p) / deviation,
            3,
            " deviations",
        )
        for name, count in (("loss", lost), ("duplication", doubled), ("reordering", overtaken))
    ]


def swapping() -> bool:
    """The checksum of 100 MB, while the faults change every few milliseconds."""
    data = hashlib.sha512(b"a link").digest() * (MEGABYTES * 1_000_000 // 64)
    lists: list[list[Fault]] = [
        [],
        [faults.Latency(0.002, jitter=0.002)],
        [faults.Bandwidth(200e6)],
        [faults.Slice(50_000), faults.Latency(0.001)],
        [faults.Stall(0.001, seconds=0.005)],
    ]
    got = hashlib.sha256()
    with connected([]) as (link, client, server):

        def write() -> None:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)

        def read() -> None:
            while part := server.recv(65536):
                got.update(part)

        writer, reader = threading.Thread(target=write), threading.Thread(target=read)
        writer.start()
        reader.start()
        swaps = 0
        while reader.is_alive():
            link.up = lists[swaps % len(lists)]
            swaps += 1
            reader.join(0.01)
        writer.join()
    same = got.digest() == hashlib.sha256(data).digest()
    return judge(f"{MEGABYTES} MB arrive the same while the faults change {swaps} times", same, 1, least=True)


def main() -> None:
    """Every promise, one after another."""
    leave(*latency(), bandwidth(1e6), bandwidth(50e3), slices(), *datagrams(0.1), swapping())


if __name__ == "__main__":
    main()
