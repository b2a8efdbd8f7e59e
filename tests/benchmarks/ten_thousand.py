"""What do many connections cost?  10,000 held at once by the services for all in one thread, beside 1,000 threads.

The service and its clients have a process each.  All clients are connected, each has been answered once on its way in
and once when all were there; then the service's memory is read.  Also held, for comparison: as few as 1,000 by each.

python -m tests.benchmarks.ten_thousand
"""

from __future__ import annotations

from labsupport import services
from labsupport.services import crowd
from tests.benchmarks.harness import judge, leave

MANY = 10_000
FEW = 1_000
SECONDS = 120.0
#: KiB of the service's memory for a connection: four times what is seen would be a leak, and no noise.
MOST = {"selectors": 2.0, "asyncio": 20.0, "a thread each": 100.0, "socketserver": 120.0}
ROW = "{:<14} {:>7} {:>9} {:>8} {:>9} {:>7} {:>7} {:>8} {:>8}"


def held(name: str, clients: int) -> tuple[int, float]:
    """Hold so many and print a row of the table; how many were answered, and KiB of memory for each."""
    with services.ALL[name].program() as program:
        before = program.memory or 0
        with crowd.holding(program.address, clients, seconds=SECONDS) as visit:
            each = ((program.memory or 0) - before) / max(1, visit.connected) / 1024
            figures = [f"{each:.1f} KiB", f"{visit.arriving:.2f} s", f"{visit.asking:.2f} s"]
            latencies = [f"{visit.median * 1e3:.0f} ms", f"{visit.percentile(99) * 1e3:.0f} ms"]
            row = ROW.format(name, visit.connected, visit.answered, program.threads, *figures, *latencies)
    print(row, flush=True)
    return visit.answered, each


def main() -> None:
    """Ask what this machine can hold, and hold it."""
    limit = crowd.limit(MANY)
    print(limit)
    print(ROW.format("service", "held", "answered", "threads", "memory", "arrive", "ask", "median", "p99"))
    few, many = min(FEW, limit.clients), limit.clients
    tried = [(name, few) for name in MOST] + [(name, many) for name in ("selectors", "asyncio")]
    seen = {(name, clients): held(name, clients) for name, clients in tried}
    kept = []
    for (name, clients), (answered, each) in seen.items():
        kept.append(judge(f"{name}, {clients} at once: answered, of all", answered / clients, 1.0, least=True))
        kept.append(judge(f"{name}, {clients} at once: memory of each", each, MOST[name], " KiB"))
    leave(*kept)


if __name__ == "__main__":
    main()
