"""Servers that stop well, written in two other ways."""

from __future__ import annotations

from typing import Final

__all__ = ["COROUTINES", "POOL"]

#: All clients in one thread, a coroutine each.
COROUTINES: Final = """\
import asyncio


async def serve(listener, stop, grace):
    here = {}

    def welcome(reader, writer):
        task = asyncio.create_task(echo(reader, writer))
        here[task] = writer
        task.add_done_callback(here.pop)

    server = await asyncio.start_server(welcome, sock=listener)
    stop.setblocking(False)
    await asyncio.get_running_loop().sock_recv(stop, 1)
    for _ in range(4):  # those in the queue are let in
        await asyncio.sleep(0)
    server.close()
    if here:
        await asyncio.wait(here, timeout=grace)
    for writer in here.values():
        writer.transport.abort()
    if here:
        await asyncio.wait(here)


async def echo(reader, writer):
    writer.transport.set_write_buffer_limits(0)
    try:
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass


def graceful_stop(listener, stop, grace):
    asyncio.run(serve(listener, stop, grace))
"""

#: A pool of threads: the end of its `with` waits for all of them.
POOL: Final = """\
import select
import socket
import threading
from concurrent.futures import ThreadPoolExecutor


def echo(connection, here):
    try:
        while data := connection.recv(4096):
            connection.sendall(data)
    except OSError:
        pass
    here.discard(connection)
    connection.close()


def cut(here):
    for connection in list(here):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def graceful_stop(listener, stop, grace):
    here, over = set(), False
    listener.setblocking(False)
    with ThreadPoolExecutor(64) as pool:
        while True:
            if not over:
                over = stop in select.select([listener, stop], [], [])[0]
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                if over:
                    break
                continue
            connection.setblocking(True)
            here.add(connection)
            pool.submit(echo, connection, here)
        listener.close()
        timer = threading.Timer(grace, cut, args=(here,))
        timer.start()
    timer.cancel()
"""
