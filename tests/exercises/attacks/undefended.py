"""Servers as people write them first; each falls to an attack."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import pickle
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Any

Serve = Callable[[Any], None]


def lines(connection: Any) -> None:
    """An echo of lines, without a maximum and without a deadline."""
    with connection, contextlib.suppress(OSError), connection.makefile("rb") as file:
        while line := file.readline():
            connection.sendall(line)


def frames(connection: Any) -> None:
    """An echo of messages with a length before them, which is believed."""
    with connection, contextlib.suppress(OSError, EOFError):
        while True:
            (size,) = struct.unpack("!I", exactly(connection, 4))
            connection.sendall(struct.pack("!I", size) + exactly(connection, size))


def exactly(connection: Any, size: int) -> bytes:
    pieces = []
    while size:
        piece = connection.recv(min(size, 65_536))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def a_thread_each(talk: Callable[[Any], None]) -> Serve:
    def serve(listener: Any) -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    return serve


def one_at_a_time(talk: Callable[[Any], None]) -> Serve:
    def serve(listener: Any) -> None:
        while True:
            talk(listener.accept()[0])

    return serve


def a_timeout_each(connection: Any) -> None:
    """A timeout for each recv(): it starts anew with every byte."""
    connection.settimeout(0.5)
    lines(connection)


def a_tls_listener(context: ssl.SSLContext) -> Serve:
    """The handshake is done inside accept()."""

    def serve(listener: Any) -> None:
        with context.wrap_socket(listener, server_side=True) as covered:
            while True:
                with contextlib.suppress(OSError):
                    connection, _ = covered.accept()
                    threading.Thread(target=lines, args=(connection,), daemon=True).start()

    return serve


def unsuspecting(connection: Any) -> None:
    """What recv(), sendall() or decode() raises ends the server."""
    with connection:
        pending = b""
        while data := connection.recv(1024):
            *whole, pending = (pending + data).split(b"\n")
            for line in whole:
                connection.sendall(line.decode().encode() + b"\n")


def without_drain(listener: Any) -> Any:
    """write() only queues."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()

    return asyncio_server(listener, echo)


def costly(listener: Any) -> Any:
    """Each question costs the one loop some milliseconds, and nobody is counted."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                hashlib.pbkdf2_hmac("sha256", line, b"salt", 10_000)
                writer.write(line)
                await writer.drain()
        writer.close()

    return asyncio_server(listener, talk)


async def asyncio_server(listener: Any, talk: Callable[[Any, Any], Any]) -> None:
    server = await asyncio.start_server(talk, sock=listener)
    async with server:
        await server.serve_forever()


def a_short_token(token: bytes) -> Callable[[Any], None]:
    """A token that can be guessed, in as many tries as it takes; and sent again by whoever has heard it."""

    def talk(connection: Any) -> None:
        with contextlib.suppress(OSError):
            if connection.makefile("rb", buffering=0).readline() == b"token %s\n" % token:
                connection.sendall(b"welcome\n")
                return lines(connection)
            connection.sendall(b"no\n")
        connection.close()
        return None

    return talk


def unpickles(connection: Any) -> None:
    with connection, contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
        while True:
            (size,) = struct.unpack("!I", exactly(connection, 4))
            body = exactly(connection, size)
            with contextlib.suppress(Exception):
                pickle.loads(body)
            connection.sendall(struct.pack("!I", size) + body)


def logs_names_as_they_come(connection: Any) -> None:
    with connection, contextlib.suppress(OSError), connection.makefile("rb") as file:
        while line := file.readline():
            print("INFO said:", line.decode(errors="replace"), end="")
            connection.sendall(line)
