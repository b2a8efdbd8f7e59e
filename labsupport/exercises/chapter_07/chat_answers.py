"""Chat rooms that hold, written in three other ways."""

from __future__ import annotations

from typing import Final

__all__ = ["CONDITIONS", "COROUTINES", "SELECTORS"]

#: All members in one thread; a member that is slow loses its oldest lines.
SELECTORS: Final = """\
import selectors
from collections import deque


class Member:
    def __init__(self, sock):
        self.sock, self.said, self.waiting = sock, b"", deque()


def chat_room(listener):
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    members = []
    while True:
        for key, events in selector.select():
            member = key.data
            if member is None:
                sock, _ = listener.accept()
                sock.setblocking(False)
                members.append(Member(sock))
                selector.register(sock, selectors.EVENT_READ, members[-1])
            elif member in members and not go_on(member, events, members):
                members.remove(member)
                selector.unregister(member.sock)
                member.sock.close()
        for member in list(members):
            wants = selectors.EVENT_READ | (selectors.EVENT_WRITE if member.waiting else 0)
            selector.modify(member.sock, wants, member)


def go_on(member, events, members):
    try:
        if events & selectors.EVENT_WRITE and member.waiting:
            line = member.waiting.popleft()
            rest = line[member.sock.send(line) :]
            if rest:
                member.waiting.appendleft(rest)
        if events & selectors.EVENT_READ:
            data = member.sock.recv(4096)
            *lines, member.said = (member.said + data).split(b"\\n")
            for other in members:
                if other is not member:
                    other.waiting.extend(line + b"\\n" for line in lines)
                    while len(other.waiting) > 20:
                        del other.waiting[1]  # the oldest that is not under way
            return bool(data)
    except BlockingIOError:
        pass
    except OSError:
        return False
    return True
"""

#: A coroutine a member; one that is slow is let go.
COROUTINES: Final = """\
import asyncio


async def attend(reader, writer, members):
    members.add(writer)
    try:
        while (line := await reader.readline()).endswith(b"\\n"):
            for other in members - {writer}:
                other.write(line)
                if other.transport.get_write_buffer_size() > 20_000:
                    other.transport.abort()
    except OSError:
        pass
    members.discard(writer)
    writer.close()


async def serve(listener):
    members = set()
    async with await asyncio.start_server(lambda r, w: attend(r, w, members), sock=listener) as server:
        await server.serve_forever()


def chat_room(listener):
    asyncio.run(serve(listener))
"""

#: Two threads a member; one that is slow loses its oldest lines.
CONDITIONS: Final = """\
import threading
from collections import deque


class Member:
    def __init__(self, connection):
        self.connection, self.lines, self.news, self.here = connection, deque(maxlen=20), threading.Condition(), True

    def write(self):
        try:
            while True:
                with self.news:
                    self.news.wait_for(lambda: self.lines or not self.here)
                    if not self.here:
                        return
                    line = self.lines.popleft()
                self.connection.sendall(line)
        except OSError:
            pass

    def read(self, members, lock):
        try:
            with self.connection.makefile("rb") as lines:
                for line in lines:
                    with lock:
                        for other in members:
                            if other is not self:
                                with other.news:
                                    other.lines.append(line)
                                    other.news.notify()
        except OSError:
            pass
        with lock:
            members.remove(self)
        with self.news:
            self.here = False
            self.news.notify()
        self.connection.close()


def chat_room(listener):
    members, lock = [], threading.Lock()
    while True:
        member = Member(listener.accept()[0])
        with lock:
            members.append(member)
        threading.Thread(target=member.write, daemon=True).start()
        threading.Thread(target=member.read, args=(members, lock), daemon=True).start()
"""
