"""Does an idle background server use the processor?  No more than a process without one: 1 ms in 5 s is noise.

python -m tests.benchmarks.idle_server
"""

from __future__ import annotations

import socket
import time

from tests.benchmarks.harness import judge, leave

MOST = 5.0
SECONDS = 5.0


def accepting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.accept()


def receiving() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.recv(100)


async def serving() -> None:
    import asyncio

    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        await server.serve_forever()


def used() -> float:
    """Milliseconds of processor time that this process takes while its main thread sleeps."""
    began = time.process_time()
    time.sleep(SECONDS)
    return (time.process_time() - began) * 1000


def main() -> None:
    """Measure an idle process, then the same with six idle servers in it."""
    from labsupport import background

    alone = used()
    servers = [background(work, name=f"{work.__name__}{n}") for work in (accepting, receiving, serving) for n in (1, 2)]
    for server in servers:
        assert server.address
    with_servers = used()
    background.stop_all()
    question = f"six idle servers for {SECONDS:g} s, without them {alone:.2f} ms of processor time; with them"
    leave(judge(question, with_servers, MOST, " ms"))


if __name__ == "__main__":
    main()
