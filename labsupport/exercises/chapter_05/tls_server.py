"""A server that speaks TLS, and that one silent client cannot stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Stage, Task
from labsupport.exercises.peers import Peer
from labsupport.exercises.peers.tls import shakes_hands
from labsupport.tape.watched import Plain

from . import papers
from .papers import HOST
from .server_mistakes import MISTAKES, NAMELESS, SECONDS, STARTER, written

__all__ = ["TLS_SERVER"]

#: Seconds that a client waits to be hung up on, whose time is `SECONDS`.
_WAITS: Final = 1.9


# --- the clients -----------------------------------------------------------------------------


def _case(title: str, play: Callable[[Stage], None]) -> Case:
    return Case(title, "tls_server(certfile)", play, lambda _: (papers.issued().file,), serves=True)


def _greets(stage: Stage, name: str) -> None:
    client = stage.client(name)
    shakes_hands(client, papers.client_side(), HOST)
    client.says(name.encode())
    client.hears(b"hello " + name.encode())
    client.hears_the_end()
    client.leaves()
    stage.rest()


def _polite(stage: Stage) -> None:
    _greets(stage, "Amara")
    _greets(stage, "Bồ")


def _silent(stage: Stage) -> None:
    """Two, so that a server which waits for each in its turn keeps the next one waiting for longer than it will."""
    chen, dewi = stage.client("Chen"), stage.client("Dewi")
    _greets(stage, "Amara")
    for silent in (chen, dewi):
        _loses_patience(silent)


def _nameless(stage: Stage) -> None:
    hana = stage.client(NAMELESS)
    shakes_hands(hana, papers.client_side(), HOST)
    _greets(stage, "Amara")
    _loses_patience(hana)


def _loses_patience(silent: Peer) -> None:
    """The server does, with one that says nothing."""
    Plain.settimeout(silent.sock, _WAITS)
    silent.is_hung_up()
    silent.leaves()


def _no_tls(stage: Stage) -> None:
    eli = stage.client("Eli")
    eli.says(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    eli.is_hung_up()
    eli.leaves()
    _greets(stage, "Bồ")


def _leaves(stage: Stage) -> None:
    stage.client("Femi").resets()
    stage.rest()
    _greets(stage, "Amara")


TLS_SERVER: Final = Task(
    name="tls_server",
    chapter=5,
    prompt=(
        "**A server that a silent client cannot stop.** Clients shake hands, say their name in one short piece, and "
        "get `b'hello '` and the name. But some connect and say nothing; some speak HTTP without TLS; some reset in "
        f"the handshake. Each of them has {SECONDS} second for its handshake and again for its name, and then its "
        "connection ends; nobody else waits for it. The context and the loop are there. About eight lines."
    ),
    hints=(
        "Who waits while the handshake of a silent client goes on? In which thread does it run?",
        "accept() the plain connection in the loop, and give it to a thread: nothing in the loop waits for a client.",
        "In the thread, first `connection.settimeout(1)`, then `context.wrap_socket(connection, server_side=True)`.",
        "A failed handshake raises an OSError (ssl.SSLError is one, TimeoutError too): `try` around the whole turn.",
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        """\
import socketserver
import ssl


def tls_server(certfile):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certfile)

    class Greeter(socketserver.BaseRequestHandler):
        def setup(self):
            self.request.settimeout(0.9)
            self.request = context.wrap_socket(self.request, server_side=True)

        def handle(self):
            self.request.sendall(b"hello " + self.request.recv(100))

        def finish(self):
            self.request.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass

    with Server(("127.0.0.1", 0), Greeter) as server:
        server.serve_forever()
""",
        """\
import asyncio
import ssl


async def greet(reader, writer):
    try:
        async with asyncio.timeout(1):
            writer.write(b"hello " + await reader.read(100))
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(certfile):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certfile)
    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context, ssl_handshake_timeout=1)
    async with server:
        await server.serve_forever()


def tls_server(certfile):
    asyncio.run(main(certfile))
""",
    ),
    cases=(
        _case("Amara and Bồ, both polite", _polite),
        _case("Chen and Dewi connect and say nothing, then Amara comes", _silent),
        _case(f"{NAMELESS} shakes hands and says no name, then Amara comes", _nameless),
        _case("Eli speaks HTTP, without TLS, then Bồ comes", _no_tls),
        _case("Femi resets in the handshake, then Amara comes", _leaves),
    ),
    praise=(
        "Two were silent, one shook hands and said no more, one spoke another language, one was gone before the "
        "handshake ended; and whoever came after them was greeted at once. Each of them cost your server a thread, for "
        "one second."
    ),
    mistakes=MISTAKES,
)
