"""A gap: the loop of an echo server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Facts, Mistake, Outcome, Stage, Task, fill

__all__ = ["ECHO_SERVER"]

STARTER: Final = """\
import socket


def echo_server(listener):
    while True:
        connection, address = listener.accept()
        with connection:
            # Send back what arrives, as often as something arrives, until the client has finished sending.
            raise NotImplementedError
"""


# --- the other side --------------------------------------------------------------------------


def _case(title: str, play: Callable[[Stage], None]) -> Case:
    return Case(title, "echo_server(listener)", play, given=lambda stage: (stage.listen(),), serves=True)


def _two_clients(stage: Stage) -> None:
    amara = stage.client("Amara")
    amara.says("héllo".encode())
    amara.hears("héllo".encode())
    stage.rest()
    amara.says(b"still here")
    amara.hears(b"still here")
    bo = stage.client("Bo")
    bo.says("你好".encode())
    amara.finishes()
    amara.hears_the_end()
    bo.hears("你好".encode())
    bo.finishes()
    bo.hears_the_end()


def _without_a_word(stage: Stage) -> None:
    stage.client("Chen").leaves()
    stage.rest()
    amara = stage.client("Amara")
    amara.says(b"me too")
    amara.hears(b"me too")
    amara.finishes()
    amara.hears_the_end()


def _cut(stage: Stage) -> None:
    zoe = stage.client("Zoë")
    zoe.says(b"Zo\xc3")
    zoe.hears(b"Zo\xc3")
    stage.rest()
    zoe.says(b"\xab")
    zoe.hears(b"\xab")
    zoe.finishes()
    zoe.hears_the_end()


# --- the signs of mistakes -------------------------------------------------------------------


def _sent_nothing(outcome: Outcome) -> bool:
    return any(call.length == 0 for call in outcome.sends)


def _accepted(outcome: Outcome) -> int:
    return len([call for call in outcome.calls("accept") if call.accepted is not None])


def _asks_after_the_end(outcome: Outcome) -> Facts | None:
    return {} if outcome.deaf() is not None and not _sent_nothing(outcome) else None


def _accepts_once(outcome: Outcome) -> Facts | None:
    stays = outcome.deaf() is not None and _sent_nothing(outcome)
    leaves = outcome.gone and outcome.error is None
    return {} if _accepted(outcome) == 1 == len(outcome.calls("accept")) and (stays or leaves) else None


def _reads_the_listener(outcome: Outcome) -> Facts | None:
    talk = [*outcome.receives, *outcome.sends]
    return {} if any(call.error is not None and call.endpoint.listening for call in talk) else None


def _answers_once(outcome: Outcome) -> Facts | None:
    if outcome.gone or outcome.unmet is None or outcome.unmet.who != "Amara":
        return None
    closed = {call.endpoint for call in outcome.calls("close")}
    reads = [call.endpoint for call in outcome.receives]
    return {} if any(reads.count(endpoint) == 1 for endpoint in closed) else None


def _closes_the_listener(outcome: Outcome) -> Facts | None:
    closed = any(call.endpoint.listening for call in outcome.calls("close"))
    return {} if closed and len(outcome.calls("accept")) > 1 else None


def _sends_text(outcome: Outcome) -> Facts | None:
    return {} if outcome.raised(TypeError, "bytes-like object", "str") else None


def _decodes_pieces(outcome: Outcome) -> Facts | None:
    error = outcome.error
    return {"piece": bytes(error.object)} if isinstance(error, UnicodeDecodeError) else None


ECHO_SERVER: Final = Task(
    name="echo_server",
    chapter=1,
    prompt=(
        "**The echo server's loop.** `listener` listens already. For each client: send back every byte that comes, "
        "in as "
        "many pieces as it comes, until the client has finished sending; then take the next one. At most five lines."
    ),
    hints=(
        "Which value of `recv()` tells you that this client will send no more?",
        "`recv(1024)` waits until something has come and gives at most 1024 bytes. b'' means: finished sending.",
        (
            "Two loops, one inside the other: the outer takes clients, the inner takes what one client says. "
            "When the inner one ends, `with` closes the connection."
        ),
        "`while data := connection.recv(1024):` takes pieces until b'', which counts as false. One line goes inside.",
    ),
    starter=STARTER,
    solution=fill(STARTER, "while data := connection.recv(1024):\n    connection.sendall(data)"),
    alternatives=(
        fill(
            STARTER,
            """
            while True:
                data = connection.recv(16)
                if not data:
                    break
                connection.sendall(data)
            """,
        ),
        """\
import threading


def echo(connection):
    with connection:
        for piece in iter(lambda: connection.recv(4096), b""):
            connection.sendall(piece)


def echo_server(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=echo, args=(connection,), daemon=True).start()
""",
        """\
import selectors


def echo_server(listener):
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                selector.register(listener.accept()[0], selectors.EVENT_READ)
            elif data := key.fileobj.recv(1024):
                key.fileobj.sendall(data)
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()
""",
    ),
    cases=(
        _case("Amara is served while Bo waits; then it is Bo's turn", _two_clients),
        _case("Chen leaves without a word, then Amara comes", _without_a_word),
        _case("Zoë's ë comes in two pieces", _cut),
    ),
    praise=(
        "Every byte came back, each client was served, and b'' ended each conversation. The server never looked at "
        "what "
        "the bytes mean: the two halves of ë went through it one by one."
    ),
    mistakes=(
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
            "asked "
            "again and again, more than a hundred times before it was stopped. Leave the loop and close this "
            "connection.",
            _asks_after_the_end,
        ),
        Mistake(
            "accepts_once",
            """\
def echo_server(listener):
    connection, address = listener.accept()
    while True:
        connection.sendall(connection.recv(1024))
""",
            "You call accept() once. The second client is connected (the kernel did that) and its bytes wait in a "
            "queue "
            "that nobody reads. Let b'' end the conversation with one client; after it, go back to accept().",
            _accepts_once,
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
    ),
)
