"""Ladders for the tests: what they show, and a ladder whose messages are kept."""

from __future__ import annotations

import json
import socket
from typing import Any

from labsupport.panels.parts.ladder import LiveLadder
from labsupport.tape.events import Call, Endpoint, Event, Program
from labsupport.threads import background
from labsupport.window import Tape, watch


class Asked(LiveLadder):
    """A ladder whose messages to the browser are kept."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(*given, **settings)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def ask(self, **message: Any) -> dict[str, Any]:
        before = len(self.sent)
        self._handle_custom_msg(message, [])
        assert len(self.sent) == before + 1
        json.dumps(self.sent[-1])
        return self.sent[-1]


def history(calls: int) -> list[Event]:
    """A client and a server that talk, written by hand: `calls` sends and as many recvs."""
    main, served = Program("main"), Program("server")
    client, server = Endpoint(socket.AF_INET, socket.SOCK_STREAM), Endpoint(socket.AF_INET, socket.SOCK_STREAM)
    door = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
    door.local, door.listening = ("127.0.0.1", 5000), True
    client.local, client.peer, client.connected = ("127.0.0.1", 40001), door.local, True
    server.local, server.peer, server.listener = door.local, client.local, door
    events: list[Event] = []

    def add(program: Program, endpoint: Endpoint, op: str, **came: Any) -> None:
        call = Call(program, endpoint, op)
        events.append(call)
        for name, value in came.items():
            setattr(call, name, value)
        call.finish()

    add(main, client, "connect")
    add(served, door, "accept", accepted=server, result=client.local, address=client.local)
    for number in range(calls):
        data = b"message %d" % number
        offset = sum(len(b"message %d" % earlier) for earlier in range(number)) if calls < 100 else 0
        add(main, client, "sendall", data=data, length=len(data), asked=(len(data),), offset=offset)
        add(served, server, "recv", data=data, length=len(data), result=data, asked=(1024,), offset=offset)
    return events


def talk() -> Tape:
    def echo() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(1024):
                    connection.sendall(data)

    server = background(echo)
    with watch() as tape, socket.create_connection(server.address, timeout=2) as client:
        client.sendall(b"h\xc3\xa9llo")
        client.recv(100)
    return tape
