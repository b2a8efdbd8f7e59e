"""How much memory do 100,000 recorded calls hold?  Less than 64 MiB, whatever the calls carried.

python -m tests.benchmarks.tape_memory
"""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import tracemalloc

from tests.benchmarks.harness import judge, leave

MOST = 64.0
CALLS = 100_000
SIZES = (1, 64, 1024, 65_536)


def held(size: int, watched: bool) -> float:
    """MiB that the process holds more after the calls than before; each carried `size` bytes."""
    if watched:
        import labsupport  # noqa: F401  watches sockets from here on
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    tracemalloc.start()
    calls = 0
    while calls < CALLS:
        one.send(bytearray(size))
        other.recv(size)
        calls += 2
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 2**20


def in_a_process(size: int, watched: bool) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.tape_memory", str(size), str(int(watched))]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Measure each size in a process of its own, plain and watched."""
    if len(sys.argv) > 1:
        print(held(int(sys.argv[1]), sys.argv[2] == "1"))
        return
    kept = []
    for size in SIZES:
        plain, watched = in_a_process(size, watched=False), in_a_process(size, watched=True)
        kept.append(judge(f"100,000 calls of {size} bytes, plain {plain:.2f} MiB; watched", watched, MOST, " MiB"))
    leave(*kept)


if __name__ == "__main__":
    main()
