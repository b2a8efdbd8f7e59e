"""All clients in one thread, each with a coroutine of its own: `asyncio`.

It reads like a thread for each client, and costs a few kilobytes a client.  The loop goes to the next coroutine only at
an `await`; and `write` waits for nobody, so without `drain` a client that never reads would fill the memory.  Before it
stops reading from such a client, asyncio's transport has taken up to 256 KiB of its questions, in one recv().
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from typing import Any

from labsupport.services.protocol import CHUNK, Talk

Attend = Callable[[StreamReader, StreamWriter], Coroutine[Any, Any, None]]


def serve(listener: socket.socket, stop: socket.socket, grace: float = 2.0) -> None:
    """Serve until `stop` can be read; then close `listener`, and give whoever is here `grace` seconds to finish."""
    asyncio.run(serving(listener, stop, grace, converse))


async def serving(
    listener: socket.socket, stop: socket.socket, grace: float, attend: Attend, limit: int = CHUNK
) -> None:
    """The same, to be awaited where an event loop runs already; `attend` is what each client gets."""
    here: dict[asyncio.Task[None], StreamWriter] = {}

    def welcome(reader: StreamReader, writer: StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(0)  # drain() waits until all is sent
        task = asyncio.create_task(attend(reader, writer))
        here[task] = writer
        task.add_done_callback(here.pop)

    server = await asyncio.start_server(welcome, sock=listener, limit=limit, backlog=1024)
    stop.setblocking(False)
    await asyncio.get_running_loop().sock_recv(stop, 1)
    await turns()  # those who are in the queue by now are let in
    with contextlib.suppress(NotImplementedError):  # on Windows
        asyncio.get_running_loop().remove_reader(listener)
    await turns()  # and welcomed: close() would forget whom it finds on the way in
    server.close()  # wait_closed() waits for the clients in Python 3.12, for nobody in 3.11: so count them here
    if here:
        await asyncio.wait(here, timeout=grace)
    for writer in here.values():
        writer.transport.abort()
    if here:
        await asyncio.wait(here)


async def turns() -> None:
    """Let the loop turn as often as a client needs from accept() to its welcome."""
    for _ in range(4):
        await asyncio.sleep(0)


async def converse(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer one client until it finishes, breaks off, or is cut."""
    talk = Talk()
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(talk.answers(data))
            await writer.drain()  # waits while the client does not read
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()  # what is written goes out first


if __name__ == "__main__":
    from labsupport.services.script import main

    main(serve)
