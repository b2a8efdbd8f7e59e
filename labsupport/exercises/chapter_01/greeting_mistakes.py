"""What goes wrong in greeting servers, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill
from labsupport.tape.events import Endpoint

__all__ = ["EVERYWHERE", "MISTAKES", "STARTER", "fixed_ports", "listeners", "served"]

STARTER: Final = """\
import socket


def greeting_server():
    # Listen on 127.0.0.1 at port 0 (any free port), and greet one client after another, for ever.
    raise NotImplementedError
"""
EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})


# --- the signs of mistakes -------------------------------------------------------------------


def listeners(outcome: Outcome) -> list[Endpoint]:
    """What the learner's code made to listen."""
    return [call.endpoint for call in outcome.calls("listen") if call.error is None]


def fixed_ports(outcome: Outcome) -> list[int]:
    """The ports other than 0 that the learner's code asked for and got."""
    asked = [call.asked[0] for call in outcome.calls("bind") if call.asked and call.error is None]
    return [where[1] for where in asked if isinstance(where, tuple) and isinstance(where[1], int) and where[1]]


def _fixed_port(outcome: Outcome) -> Facts | None:
    found = fixed_ports(outcome)
    return {"port": found[0]} if found and outcome.unmet is None and not outcome.gone else None


def _dies_with_a_reset(outcome: Outcome) -> Facts | None:
    error = outcome.error
    if not isinstance(error, ConnectionError) or not outcome.receives or outcome.receives[-1].error is None:
        return None
    return {"error": type(error).__name__}


def _guards_only_recv(outcome: Outcome) -> Facts | None:
    error = outcome.error
    if not isinstance(error, ConnectionError) or not outcome.sends or outcome.sends[-1].error is None:
        return None
    return {"error": type(error).__name__}


def _guards_the_whole_loop(outcome: Outcome) -> Facts | None:
    return {} if outcome.gone and outcome.error is None and outcome.failed(ConnectionError) else None


def _serves_one(outcome: Outcome) -> Facts | None:
    once = len(outcome.calls("accept")) == 1
    quietly = outcome.error is None and not outcome.failed(ConnectionError)
    return {} if outcome.gone and quietly and once and not _silent(outcome) else None


def _silent(outcome: Outcome) -> bool:
    """Whether the last client said nothing at all."""
    return bool(outcome.receives) and outcome.receives[-1].length == 0


def _ends_with_the_silent(outcome: Outcome) -> Facts | None:
    quietly = outcome.error is None and not outcome.failed(ConnectionError)
    return {} if outcome.gone and quietly and _silent(outcome) else None


def _mixes_text(outcome: Outcome) -> Facts | None:
    return {"error": outcome.error} if outcome.raised(TypeError, "bytes") and outcome.at else None


def _everyone(outcome: Outcome) -> Facts | None:
    found = [end.local[0] for end in listeners(outcome) if end.local is not None and end.local[0] in EVERYWHERE]
    return {"host": found[0]} if found and outcome.unmet is None else None


def _greets_nobody(outcome: Outcome) -> Facts | None:
    ends = {call.endpoint for call in outcome.receives if call.length == 0 and not call.open and call.error is None}
    sent = [call for call in outcome.sends if call.endpoint in ends and call.data]
    return {"data": sent[0].data} if sent and outcome.unmet is not None and outcome.unmet.got.startswith("b'") else None


def _keeps_the_connection(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    waits = unmet is not None and unmet.expected.startswith("the end") and unmet.got == "nothing"
    return {"who": unmet.who} if waits and unmet is not None and outcome.sends else None


# --- the wrong programs ----------------------------------------------------------------------

_GREETING: Final = """
with socket.create_server(("127.0.0.1", 0)) as listener:
    while True:
        connection, _ = listener.accept()
        with connection:
            {body}
"""


def served(body: str) -> str:
    """A whole server, in which `body` is what is done with one `connection`."""
    return fill(STARTER, _GREETING.format(body=body.strip().replace("\n", "\n" + " " * 12)))


MISTAKES: Final = (
    Mistake(
        "dies_with_a_reset",
        served("""
if name := connection.recv(100):
    connection.sendall(b"hello " + name)
"""),
        "One client reset its connection, and your whole server ended with {error}. "
        "Catch ConnectionError around one client, inside the loop, so that the next one is served.",
        _dies_with_a_reset,
        {"error": "ConnectionResetError"},
    ),
    Mistake(
        "guards_only_recv",
        served("""
try:
    name = connection.recv(100)
except ConnectionError:
    continue
if name:
    connection.sendall(b"hello " + name)
"""),
        "You caught the reset in recv(), and this one came in sendall(): the name had arrived, and then the "
        "client was "
        "gone. Your server ended with {error}. Put the whole of one client's turn inside the try.",
        _guards_only_recv,
        {"error": "ConnectionResetError"},
    ),
    Mistake(
        "guards_the_whole_loop",
        """\
import socket


def greeting_server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if name := connection.recv(100):
                        connection.sendall(b"hello " + name)
        except ConnectionError:
            print("a client has gone")
""",
        "Your `except` stands around the loop: it caught the reset, and the loop was over with it. "
        "Put try and except inside the loop, around one client, so that the next one is served.",
        _guards_the_whole_loop,
    ),
    Mistake(
        "serves_one",
        """\
import socket


def greeting_server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection, _ = listener.accept()
        with connection:
            if name := connection.recv(100):
                connection.sendall(b"hello " + name)
""",
        "Your server took one client, and then its function was over. After a client, go back to accept(): a loop.",
        _serves_one,
    ),
    Mistake(
        "ends_with_the_silent",
        served("""
try:
    name = connection.recv(100)
    if not name:
        break
    connection.sendall(b"hello " + name)
except ConnectionError:
    pass
"""),
        "A client left without a word: recv() gave b'', and with that you left the loop, so your whole server ended. "
        "b'' is the end of this one client; go on with the next, by `continue` for instance.",
        _ends_with_the_silent,
    ),
    Mistake(
        "mixes_text_and_bytes",
        served("""
name = connection.recv(100)
connection.sendall("hello " + name)
"""),
        "Sockets carry bytes, and 'hello ' is text; the two do not mix ({error}). "
        "b'hello ' is bytes; .encode() makes bytes of a text, .decode() text of bytes.",
        _mixes_text,
        {"error": 'can only concatenate str (not "bytes") to str'},
    ),
    Mistake(
        "everyone_can_reach_it",
        """\
import socket


def greeting_server():
    listener = socket.socket()
    listener.bind(("", 0))
    listener.listen()
    while True:
        connection, _ = listener.accept()
        with connection:
            if name := connection.recv(100):
                connection.sendall(b"hello " + name)
""",
        "Your server listens on every network interface of this machine ('' means 0.0.0.0; here it was {host}), so "
        "others on your network can reach it. Bind 127.0.0.1 while you practise. (listen() without bind() does "
        "the same on Linux and macOS.)",
        _everyone,
        {"host": "0.0.0.0"},
    ),
    Mistake(
        "fixed_port",
        served("""
try:
    if name := connection.recv(100):
        connection.sendall(b"hello " + name)
except ConnectionError:
    pass
""").replace('"127.0.0.1", 0', '"127.0.0.1", 21347'),
        "You bound port {port}. A fixed port belongs to whoever took it first, and then bind() fails; "
        "port 0 takes one that is free.",
        _fixed_port,
        {"port": 21347},
    ),
    Mistake(
        "greets_nobody",
        served("""
try:
    name = connection.recv(100)
    connection.sendall(b"hello " + name)
except ConnectionError:
    pass
"""),
        "A client left without a word: recv() gave b'', which is no name but the end. You greeted nobody with "
        "{data!r}. "
        "Answer only if there is a name.",
        _greets_nobody,
        {"data": b"hello "},
    ),
    Mistake(
        "keeps_the_connection",
        """\
import socket


def greeting_server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        while True:
            connection, _ = listener.accept()
            try:
                if name := connection.recv(100):
                    connection.sendall(b"hello " + name)
            except ConnectionError:
                pass
""",
        "{who} has the greeting and still waits: your server never closed the connection, so no end comes. "
        "`with connection:` closes it when the client's turn is over.",
        _keeps_the_connection,
        {"who": "Amara"},
    ),
)
