"""The programs of `chat_server`: the starter, a solution, the parts that wrong ones exchange, and ones with threads."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import changed

__all__ = ["ALL_TOLD", "DRAINED", "IN_ACCEPT", "IN_WAKE", "OURS", "STARTER", "WAITS", "written"]

_TOP: Final = '''\
import asyncio
import contextlib

from labsupport.chat import Refusal
from labsupport.chat.room import Room
from labsupport.chat.session import Session


def chat_server(listener, accounts, context, limits, stop):
    """Serve the chat until `stop` can be read; then tell everybody, and end."""
    asyncio.run(serve_all(listener, accounts, context, limits, stop))

'''
STARTER: Final = (
    _TOP
    + """
async def serve_all(listener, accounts, context, limits, stop):
    loop, room = asyncio.get_running_loop(), Room(limits)
    # session = Session(room, accounts, loop.time(), wake=...); at the stop first room.close()
    raise NotImplementedError  # a session for each connection, and somebody who carries its bytes
"""
)
_START: Final = (
    'patience = {"ssl_handshake_timeout": limits.login, "ssl_shutdown_timeout": limits.linger}\n'
    "    server = await asyncio.start_server(attend, sock=listener, ssl=context, **patience)\n"
)
ALL_TOLD: Final = """\
    room.close()
    for session in list(here):
        session.refuse(Refusal("stopping"), loop.time())
    if here:
        await asyncio.wait(here.values(), timeout=limits.linger)
"""
DRAINED: Final = "                await writer.drain()\n"
WAITS: Final = """\
            async with asyncio.timeout_at(session.deadline):
                data = await reader.read(4096)
"""
_SOLUTION: Final = (
    _TOP
    + """
async def serve_all(listener, accounts, context, limits, stop):
    loop, room, here = asyncio.get_running_loop(), Room(limits), {}

    async def attend(reader, writer):
        writer.transport.set_write_buffer_limits(high=16_384)  # asyncio's own for TLS is 512 KiB
        news = asyncio.Event()
        session = Session(room, accounts, loop.time(), wake=news.set)
        here[session] = asyncio.current_task()
        sending = asyncio.create_task(send(writer, session, news))
        try:
            await receive(reader, session, loop.time)
        finally:
            session.lost(loop.time())
            del here[session]
            sending.cancel()
            writer.close()

    """
    + _START
    + """\
    stop.setblocking(False)
    await loop.sock_recv(stop, 1)
    server.close()
"""
    + ALL_TOLD
    + '''

async def receive(reader, session, now):
    """Give the session what comes, and the time, until the client has gone."""
    while not session.cut:
        try:
'''
    + WAITS
    + '''\
        except TimeoutError:
            session.due(now())
            continue
        except OSError:
            return  # a reset, or no TLS
        if not data:
            return
        session.receive(data, now())


async def send(writer, session, news):
    """Send what the session has, whenever it has news; at the end close, or break off."""
    with contextlib.suppress(OSError):
        while not session.cut and not (session.over and not session.waiting):
            await news.wait()
            news.clear()
            while data := session.take():
                writer.write(data)
'''
    + DRAINED
    + "    writer.transport.abort() if session.cut else writer.close()\n"
)


def written(*changes: tuple[str, str]) -> str:
    """The solution, with these parts exchanged."""
    return changed(_SOLUTION, *changes)


#: The reference.
OURS: Final = """\
from labsupport import chat


def chat_server(listener, accounts, context, limits, stop):
    chat.Server(accounts, context, limits).serve(listener, stop)
"""

_ATTEND: Final = """
def attend(connection, accounts, room, lock):
    def wake():
        with contextlib.suppress(OSError):
            connection.sendall(session.take(65536))

    with connection:
        session = Session(room, accounts, time.monotonic(), wake=wake)
        try:
            while not session.over and (data := connection.recv(4096)):
                with lock:
                    session.receive(data, time.monotonic())
        except TimeoutError:
            with lock:
                session.due(time.monotonic())
        except OSError:
            pass
        with lock:
            session.lost(time.monotonic())
"""
IN_ACCEPT: Final = (
    """\
import contextlib
import threading
import time

from labsupport.chat.room import Room
from labsupport.chat.session import Session


def chat_server(listener, accounts, context, limits, stop):
    room, lock = Room(limits), threading.RLock()
    with context.wrap_socket(listener, server_side=True) as sealed:
        while True:
            connection, _ = sealed.accept()
            threading.Thread(target=attend, args=(connection, accounts, room, lock), daemon=True).start()

"""
    + _ATTEND
)
IN_WAKE: Final = (
    """\
import contextlib
import threading
import time

from labsupport.chat.room import Room
from labsupport.chat.session import Session


def chat_server(listener, accounts, context, limits, stop):
    room, lock = Room(limits), threading.RLock()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=shake_hands, args=(connection, context, accounts, room, lock), daemon=True).start()


def shake_hands(connection, context, *more):
    connection.settimeout(more[1].limits.login)
    with contextlib.suppress(OSError):
        attend(context.wrap_socket(connection, server_side=True), *more)

"""
    + _ATTEND
)
