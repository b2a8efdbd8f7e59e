"""A gap: the loop of an echo server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Stage, Task, fill

from .echo_mistakes import MISTAKES, STARTER

__all__ = ["ECHO_SERVER"]


# --- the other side --------------------------------------------------------------------------


def _case(title: str, play: Callable[[Stage], None]) -> Case:
    return Case(title, "echo_server(listener)", play, given=lambda stage: (stage.listen(),), serves=True)


def _two_clients(stage: Stage) -> None:
    amara = stage.client("Amara")
    amara.shortens_the_timeout()
    amara.says("héllo".encode())
    amara.hears("héllo".encode())
    stage.rest()
    amara.pauses()
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
    stage.rest()
    zoe.says(b" \n")
    zoe.hears(b" \n")
    zoe.finishes()
    zoe.hears_the_end()


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
        _case("Zoë's ë comes in two pieces, then a space and the end of a line", _cut),
    ),
    praise=(
        "Every byte came back, each client was served, and b'' ended each conversation. The server never looked at "
        "what "
        "the bytes mean: the two halves of ë went through it one by one."
    ),
    mistakes=MISTAKES,
)
