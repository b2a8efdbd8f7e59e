"""What goes wrong in echo servers, and the facts by which it shows."""

from __future__ import annotations

import errno
from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill
from labsupport.tape.events import Call
from labsupport.tape.streams import RECEIVING

__all__ = ["MISTAKES", "STARTER"]

STARTER: Final = """\
import socket


def echo_server(listener):
    while True:
        connection, address = listener.accept()
        with connection:
            # Send back what arrives, as often as anything does, until the client has finished.
            raise NotImplementedError
"""


# --- the signs of mistakes -------------------------------------------------------------------


def _accepted(outcome: Outcome) -> int:
    return len([call for call in outcome.calls("accept") if call.accepted is not None])


def _asks_after_the_end(outcome: Outcome) -> Facts | None:
    if outcome.deaf() is None:
        return None
    return {"again": "again and again, a hundred times before it was stopped" if outcome.flood else "once more"}


def _accepts_once(outcome: Outcome) -> Facts | None:
    once = _accepted(outcome) == 1 == len(outcome.calls("accept"))
    left = outcome.gone and outcome.error is None
    return {} if once and left and outcome.result is None and outcome.deaf() is None else None


def _returns_a_piece(outcome: Outcome) -> Facts | None:
    left = outcome.gone and outcome.error is None and bool(outcome.receives)
    return {"result": outcome.result} if left and isinstance(outcome.result, bytes) else None


def _reads_the_listener(outcome: Outcome) -> Facts | None:
    talk = [*outcome.receives, *outcome.sends]
    return {} if any(call.error is not None and call.endpoint.listening for call in talk) else None


def _answers_once(outcome: Outcome) -> Facts | None:
    if outcome.gone or outcome.unmet is None or outcome.unmet.who != "Amara":
        return None
    closed = {call.endpoint for call in outcome.calls("close")} & {call.endpoint for call in _sent(outcome)}
    reads = [call.endpoint for call in outcome.receives]
    return {} if any(reads.count(endpoint) == 1 for endpoint in closed) else None


def _sent(outcome: Outcome) -> list[Call]:
    return [call for call in outcome.sends if call.error is None and call.data]


def _says_nothing(outcome: Outcome) -> Facts | None:
    met = outcome.unmet is None or outcome.gone or outcome.sends or not outcome.received
    if met or _closed_under_a_thread(outcome) is not None:
        return None
    return {"data": outcome.received} if outcome.calls("close") else None


def _closed_under_a_thread(outcome: Outcome) -> Facts | None:
    closed = {call.endpoint: call.program for call in outcome.calls("close")}
    late = [call for call in [*outcome.receives, *outcome.sends] if call.error and call.error.errno == errno.EBADF]
    return {} if any(closed.get(call.endpoint, call.program) is not call.program for call in late) else None


def _silence_is_no_end(outcome: Outcome) -> Facts | None:
    return {} if outcome.unmet is not None and outcome.failed(TimeoutError, *RECEIVING) else None


def _strips(outcome: Outcome) -> Facts | None:
    blank = [call.data for call in outcome.receives if call.data and not call.data.strip()]
    sent = b"".join(call.data or b"" for call in _sent(outcome))
    return {"data": blank[0]} if blank and outcome.received != sent == outcome.received.strip() else None


def _closes_the_listener(outcome: Outcome) -> Facts | None:
    closed = any(call.endpoint.listening for call in outcome.calls("close"))
    return {} if closed and len(outcome.calls("accept")) > 1 else None


def _sends_text(outcome: Outcome) -> Facts | None:
    return {} if outcome.raised(TypeError, "bytes-like object", "str") else None


def _decodes_pieces(outcome: Outcome) -> Facts | None:
    error = outcome.error
    return {"piece": bytes(error.object)} if isinstance(error, UnicodeDecodeError) else None


MISTAKES: Final = (
    Mistake(
        "asks_after_the_end",
        fill(
            STARTER,
            """
            while True:
                data = connection.recv(1024)
                if not data:
                    continue
                connection.sendall(data)
            """,
        ),
        "recv() gave b'': the client has finished sending, and every later recv() gives b'' at once. Your loop "
        "asked {again}. Leave the loop at b'', close this connection, and go back to accept().",
        _asks_after_the_end,
        {"again": "again and again, a hundred times before it was stopped"},
    ),
    Mistake(
        "accepts_once",
        """\
def echo_server(listener):
    connection, address = listener.accept()
    with connection:
        while data := connection.recv(1024):
            connection.sendall(data)
""",
        "accept() was called once, and your whole server returned when its first client had finished. The second is "
        "connected (the kernel did that) and its bytes wait in a queue that nobody reads. After each client it must "
        "come to accept() again: `break` leaves the loop of one client, `return` the whole server.",
        _accepts_once,
    ),
    Mistake(
        "returns_a_piece",
        fill(STARTER, "return connection.recv(1024)"),
        "`return` left the whole server, with {result!r}, not only this client. To give bytes to the client, send them;"
        " to leave a loop, use `break`.",
        _returns_a_piece,
        {"result": "héllo".encode()},
    ),
    Mistake(
        "hides_an_error",
        fill(
            STARTER,
            """
            try:
                while data := connection.recv(1024):
                    connection.sendal(data)
            except Exception:
                pass
            """,
        ),
        "You took {data!r} and closed the connection without an answer: no send is on the tape. "
        "If an `except` catches everything, it hides why: let the exception through.",
        _says_nothing,
        {"data": "héllo".encode()},
    ),
    Mistake(
        "closed_under_a_thread",
        """\
import threading


def echo(connection):
    while data := connection.recv(1024):
        connection.sendall(data)


def echo_server(listener):
    while True:
        connection, address = listener.accept()
        with connection:
            threading.Thread(target=echo, args=(connection,)).start()
""",
        "`with` closed the connection while your thread still needed it; put `with` into the thread's function.",
        _closed_under_a_thread,
    ),
    Mistake(
        "silence_is_no_end",
        fill(
            STARTER,
            """
            connection.settimeout(0.1)
            try:
                while data := connection.recv(1024):
                    connection.sendall(data)
            except TimeoutError:
                pass
            """,
        ),
        "Your timeout was over before the client spoke again, and you took its pause for the end. "
        "A client may think as long as it likes; only b'' says that it has finished.",
        _silence_is_no_end,
    ),
    Mistake(
        "strips",
        fill(STARTER, "while data := connection.recv(1024).strip():\n    connection.sendall(data)"),
        "You took {data!r} and did not send it back: strip() throws white space away. "
        "An echo changes nothing; spaces and line ends are bytes like others.",
        _strips,
        {"data": b" \n"},
    ),
    Mistake(
        "reads_the_listener",
        """\
def echo_server(listener):
    while True:
        listener.accept()
        while data := listener.recv(1024):
            listener.sendall(data)
""",
        "You read from the listener. It only hands out connections; accept() returned the socket to talk on, and "
        "you "
        "dropped it.",
        _reads_the_listener,
    ),
    Mistake(
        "answers_once",
        fill(STARTER, "data = connection.recv(1024)\nconnection.sendall(data)"),
        "You read once, answered once and closed, while the client had more to say. "
        "Only b'' tells you that it has finished: read again until it comes.",
        _answers_once,
    ),
    Mistake(
        "closes_the_listener",
        """\
def echo_server(listener):
    while True:
        connection, address = listener.accept()
        while data := connection.recv(1024):
            connection.sendall(data)
        connection.close()
        listener.close()
""",
        "You closed the listener after the first client, so nobody else can be accepted. Each client has a "
        "connection "
        "of its own: close that, and keep the listener for the next one.",
        _closes_the_listener,
    ),
    Mistake(
        "sends_text",
        fill(STARTER, "while data := connection.recv(1024):\n    connection.sendall(data.decode())"),
        "Sockets carry bytes, and you gave sendall() text. What recv() gave you is bytes already: send that.",
        _sends_text,
    ),
    Mistake(
        "decodes_pieces",
        fill(
            STARTER,
            """
            while data := connection.recv(1024):
                text = data.decode()
                connection.sendall(text.encode())
            """,
        ),
        "You decoded what one recv() gave, {piece!r}, and it ends in the middle of a character. "
        "TCP cuts anywhere. An echo need not understand: send the bytes back as they came.",
        _decodes_pieces,
        {"piece": b"Zo\xc3"},
    ),
)
