"""What a server can do wrong, on real sockets, and the program of a client that meets it.

One row of `MISDEEDS` is all that there is of a misdeed: the panel's choices, its texts and the tests come from it.
"""

from __future__ import annotations

import inspect
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from labsupport import kernel
from labsupport.panels.parts.experiment import LIMIT
from labsupport.tape.events import Address, Endpoint
from labsupport.tape.linger import RESETS
from labsupport.tape.watched import Plain, endpoint_of
from labsupport.threads import Signal

__all__ = ["MISDEEDS", "Misdeed", "Scene"]

#: A server that drips sends so many bytes, each when so much of the client's timeout has gone by.
BYTES: Final = 5
SHARE: Final = 0.4

_LOCALHOST: Final = "127.0.0.1"


class Scene:
    """Where a server does wrong: the client's `timeout`, the `address`, and what the two sides tell each other.

    - `ready`: there is an address; `over`: the client has finished, or somebody has stopped it all.
    - `told`: what the client waits for besides, on the ladder, where no connection says what came first.
    - `gave_up`: the client expects nothing more, for the servers that wait for it; `ends`: what belongs on the ladder.
    """

    def __init__(self, timeout: float, ends: list[Endpoint]) -> None:
        self.timeout = timeout
        self.address: Address = (_LOCALHOST, 0)
        self.ends = ends
        self.ready, self.over = threading.Event(), threading.Event()
        self.told: Signal | None = None
        self.gave_up = Signal("the client gives up")

    def opens(self, address: Address, told: str = "") -> None:
        """Tell the client where to go, and what has happened before."""
        self.address = address
        if told:
            self.told = Signal(told)
            self.told.set()
        self.ready.set()

    def end(self) -> None:
        """Let everybody go who waits; it is not on the ladder."""
        self.over.set()
        threading.Event.set(self.gave_up)

    @contextmanager
    def listening(self, backlog: int | None = None) -> Iterator[socket.socket]:
        """A listener that belongs on the ladder."""
        with socket.create_server((_LOCALHOST, 0), backlog=backlog) as listener:
            listener.settimeout(LIMIT)
            self.ends.append(endpoint_of(listener))
            yield listener

    @contextmanager
    def asked(self) -> Iterator[socket.socket]:
        """A connection whose first message has been read."""
        with self.listening() as listener:
            self.opens(listener.getsockname())
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(LIMIT)
                connection.recv(100)
                yield connection


# --- the servers ----------------------------------------------------------------------------------


def _nobody(scene: Scene) -> None:
    with Plain() as reserved:  # bound, so that nobody else gets the port; and it does not listen
        reserved.bind((_LOCALHOST, 0))
        scene.opens(reserved.getsockname())
        scene.over.wait(LIMIT)


def _silent(scene: Scene) -> None:
    with scene.asked() as connection:
        scene.gave_up.wait(LIMIT)
        connection.sendall(b"here I am\n")


def _drips(scene: Scene) -> None:
    with scene.asked() as connection:
        for byte in b"yes!\n"[:BYTES]:
            if scene.over.wait(scene.timeout * SHARE):
                break
            connection.sendall(bytes([byte]))


def _resets(scene: Scene) -> None:
    with scene.asked() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)


def _closes(scene: Scene) -> None:
    with scene.asked():
        pass


def _closes_in_the_middle(scene: Scene) -> None:
    with scene.asked() as connection:
        connection.sendall(b"bonne journ")


def _goes_away(scene: Scene) -> None:
    with scene.asked() as connection:
        connection.sendall(b"yes\n")


def _full(scene: Scene) -> None:
    with scene.listening(backlog=0) as listener, socket.socket() as earlier:
        endpoint_of(earlier).label = "an earlier client"
        scene.ends.append(endpoint_of(earlier))
        earlier.settimeout(LIMIT)
        earlier.connect(listener.getsockname())
        until = time.monotonic() + 1  # where the kernel does not tell, it has had time enough
        while not kernel.snapshot(listener).waiting and time.monotonic() < until:
            time.sleep(0.001)
        scene.opens(listener.getsockname(), "the queue is full")
        scene.gave_up.wait(LIMIT)


def _has_it(scene: Scene) -> None:
    with scene.listening() as listener:
        scene.opens(listener.getsockname(), "a server listens")
        scene.gave_up.wait(LIMIT)


def _no_server(scene: Scene) -> None:
    scene.opens(("no.such.name", 80))


def _far_away(scene: Scene) -> None:
    scene.opens(("127.255.255.255", 9))  # a broadcast address of this machine: TCP cannot go there


# --- the clients: what the panel shows of them is their source as it stands here -----------------


def asks(sock: socket.socket, address: Address) -> bytes:
    """Ask, and read an answer of one line."""
    sock.connect(address)
    sock.sendall("héllo\n".encode())
    answer = b""
    while not answer.endswith(b"\n") and (piece := sock.recv(100)):
        answer += piece
    return answer


def asks_and_goes_on(sock: socket.socket, address: Address) -> bytes:
    """Ask, read the answer, and go on talking."""
    sock.connect(address)
    sock.sendall("héllo\n".encode())
    answer = sock.recv(100)
    for _ in range(50):
        time.sleep(0.05)
        sock.sendall("и ещё одно\n".encode())
    return answer


def looks_up(sock: socket.socket, address: Address) -> bytes:
    """Look the name up, without asking a name server (AI_NUMERICHOST), and ask there."""
    host, port = address
    *_, found = socket.getaddrinfo(host, port, socket.AF_INET, flags=socket.AI_NUMERICHOST)[0]
    sock.connect(found)
    sock.sendall("héllo\n".encode())
    return sock.recv(100)


def becomes_a_server(sock: socket.socket, address: Address) -> bytes:
    """Be a server at this address."""
    sock.bind(address)
    sock.listen()
    return b""


class Misdeed(NamedTuple):
    """What goes wrong, who does it, who meets it, and what can come of it.

    - `does`: what happens, said without saying what comes of it; `server`: it, in a thread of its own.
    - `client`: the program that meets it; `call`: the call in which it ends; `endings`: names of `ENDINGS`.
    - `once_more`: whether there is a connection on which another recv() shows what is left.
    """

    does: str
    server: Callable[[Scene], None]
    client: Callable[[socket.socket, Address], bytes]
    call: str
    endings: tuple[str, ...]
    once_more: bool = False

    @property
    def source(self) -> str:
        """The client's program as it stands in this file, without what a type checker needs."""
        return "".join(map(_plain, inspect.getsource(self.client).splitlines(keepends=True)))


def _plain(line: str) -> str:
    return line.replace(": socket.socket, address: Address) -> bytes:", ", address):")


#: What can go wrong, in the order of the choices.  Several endings: by luck or by system one or the other.
MISDEEDS: Final = {
    "nobody listens at the port": Misdeed(
        "The machine is up, and no program listens at this port.", _nobody, asks, "connect", ("refused",)
    ),
    "it reads, and says nothing": Misdeed(
        "The server reads the message, and is busy with something else for a long time.",
        _silent, asks, "recv", ("patience",), once_more=True,
    ),
    "it answers a byte at a time": Misdeed(
        f"The server sends its answer of {BYTES} bytes one by one, each when {SHARE:g} of your timeout has gone by.",
        _drips, asks, "recv", ("whole",),
    ),
    "it breaks the connection off": Misdeed(
        "The server reads the message, and ends the connection abruptly (SO_LINGER 0, then close).",
        _resets, asks, "recv", ("reset",), once_more=True,
    ),
    "it closes before it answers": Misdeed(
        "The server reads the message, and closes in the usual way.",
        _closes, asks, "recv", ("end",), once_more=True,
    ),
    "it closes in the middle of its answer": Misdeed(
        "The server sends half of its line, and closes in the usual way.",
        _closes_in_the_middle, asks, "recv", ("cut off",), once_more=True,
    ),
    "it goes away while you talk": Misdeed(
        "The server answers and closes in the usual way; the client does not look, and goes on sending.",
        _goes_away, asks_and_goes_on, "sendall", ("broken pipe", "reset"), once_more=True,
    ),
    "its queue is full": Misdeed(
        "The server listens with the shortest queue and never calls accept(). Another client was earlier.",
        _full, asks, "connect", ("no answer to connect", "refused"),
    ),
    "its name does not exist": Misdeed(
        "The client was given a name that means no address.", _no_server, looks_up, "getaddrinfo", ("name",)
    ),
    "the port is taken": Misdeed(
        "The client wants to be a server itself, at an address where another server listens.",
        _has_it, becomes_a_server, "bind", ("taken",),
    ),
    "no way leads there": Misdeed(
        "The address is one to which this machine has no way: 127.255.255.255, where no TCP can go.",
        _far_away, asks, "connect", ("unreachable",),
    ),
}  # fmt: skip
