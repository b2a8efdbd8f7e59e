"""A server for Loopback chat, version 1, from its specification: python server.py ACCOUNTS.json CERT.pem KEY.pem

One thread and a selector. It prints its host and its port, and runs until SIGTERM or SIGINT.
"""

import json
import selectors
import signal
import socket
import ssl
import sys
import time
import unicodedata
from pathlib import Path

import wire
from connection import CHUNK, IDLE, LOGIN, WAITING, Connection, State
from room import Room

DOOR = 100


class Server:
    """The network side: connections, deadlines, endings."""

    def __init__(self, room: Room, context: ssl.SSLContext) -> None:
        self._room = room
        self._context = context
        self._connections: set[Connection] = set()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=DOOR)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._alarm, self._alarm_bell = socket.socketpair()
        self._alarm.setblocking(False)
        self._alarm_bell.setblocking(False)
        self._selector.register(self._alarm, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._alarm_bell.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # the byte that wakes the selector is what counts

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._listener.getsockname()
        return host, port

    def run(self) -> None:
        """Until the server was stopped and everybody is out."""
        while self._connections or not self._room.stopping:
            nearest = min((one.deadline for one in self._connections), default=None)
            timeout = None if nearest is None else max(0.0, nearest - time.monotonic())
            for key, events in self._selector.select(timeout):
                if key.fileobj is self._alarm:
                    self._stop()
                elif key.fileobj is self._listener:
                    self._accept()
                elif key.data.state is not State.GONE:
                    self._serve(key.data, events)
                self._settle()
            self._expire()
            self._watch()

    def _watch(self) -> None:
        """Waits for the network where something is to be sent."""
        for one in self._connections:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if one.outgoing else 0)
            if events != one.events:
                one.events = events
                self._selector.modify(one.sock, events, one)

    def _accept(self) -> None:
        if self._room.stopping:
            return
        now = time.monotonic()
        try:
            raw, _ = self._listener.accept()
        except OSError:
            return  # it is gone already
        try:
            raw.setblocking(False)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock = self._context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        except OSError:
            raw.close()
            return
        fresh = Connection(sock, now, now + LOGIN)
        self._connections.add(fresh)
        self._selector.register(sock, fresh.events, fresh)
        waiting = [one for one in self._connections if one.state in WAITING]
        if len(waiting) > DOOR:
            self._room.close(min(waiting, key=lambda one: one.since), "busy")

    def _serve(self, one: Connection, events: int) -> None:
        try:
            if one.state is State.HANDSHAKE:
                one.sock.do_handshake()
                one.state = State.GREETING
            if events & selectors.EVENT_WRITE:
                one.flush()
            if events & selectors.EVENT_READ:
                self._receive(one)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except (OSError, ValueError):  # ValueError: it was never connected
            one.fail("lost")

    def _receive(self, one: Connection) -> None:
        more = True
        while more and not one.failure:
            data = one.sock.recv(CHUNK)
            if data:
                one.incoming += data
                self._take_frames(one)
            else:
                one.flush()
                one.fail("lost")
            more = one.state is not State.GONE and one.sock.pending() > 0

    def _take_frames(self, one: Connection) -> None:
        """All whole frames; what comes after the end is thrown away."""
        try:
            while one.state not in (State.OVER, State.GONE):
                frame = wire.take_frame(one.incoming)
                if frame is None:
                    return
                now = time.monotonic()
                if one.state is State.IN:
                    one.deadline = now + IDLE
                self._room.hear(one, frame, now)
                self._settle()
        except wire.FrameError:
            self._room.close(one, "bad-frame")
        one.incoming.clear()

    def _settle(self) -> None:
        """Puts out who failed; telling the others may make more of them fail."""
        while failed := [one for one in self._connections if one.failure]:
            for one in failed:
                self._room.leave(one, one.failure)
                self._drop(one)

    def _drop(self, one: Connection) -> None:
        one.state = State.GONE
        self._connections.discard(one)
        self._selector.unregister(one.sock)
        one.sock.close()

    def _expire(self) -> None:
        now = time.monotonic()
        for one in [one for one in self._connections if one.deadline <= now]:
            if one.state is State.OVER:
                self._drop(one)
            elif one.state is not State.GONE:
                self._room.close(one, "idle" if one.state is State.IN else "login-timeout")
            self._settle()

    def _stop(self) -> None:
        self._alarm.recv(64)
        if self._room.stopping:
            return
        self._room.stopping = True
        self._selector.unregister(self._listener)
        self._listener.close()
        for one in self._connections:
            if one.state is not State.OVER:
                self._room.close(one, "stopping")


def read_accounts(path: Path) -> dict[str, bytes]:
    """Names and keys; ValueError for a name that is none, or two that look alike."""
    accounts = {name: wire.read_key(key) for name, key in json.loads(path.read_text("utf-8")).items()}
    folded = {unicodedata.normalize("NFC", name.casefold()) for name in accounts}
    if not all(map(wire.is_name, accounts)) or len(folded) != len(accounts):
        raise ValueError("a name is not as described, or two are equal after case folding")
    return accounts


def main() -> int:
    if len(sys.argv) != 4:
        print("usage: python server.py ACCOUNTS.json CERT.pem KEY.pem", file=sys.stderr)
        return 2
    try:
        accounts = read_accounts(Path(sys.argv[1]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF  # what is cut off is `lost` in any case; no alert for it
        context.load_cert_chain(sys.argv[2], sys.argv[3])
    except (OSError, ValueError) as error:
        print(f"server.py: {error}", file=sys.stderr)
        return 2
    server = Server(Room(accounts), context)
    print(*server.address, flush=True)
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
