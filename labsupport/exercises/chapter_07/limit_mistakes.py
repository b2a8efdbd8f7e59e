"""What goes wrong in a server with a limit of connections."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Mistake, fill

from .limit_signs import (
    BUSY,
    backlog_is_no_limit,
    counts_the_refused,
    never_frees,
    one_too_many,
    refuses_without_a_word,
    resets_the_refused,
    says_another_word,
    waits_for_a_place,
    waits_for_the_refused,
    waits_in_the_queue,
)

__all__ = ["MISTAKES", "STARTER", "written"]

STARTER: Final = '''\
import threading


def connection_limit(listener, limit):
    """Echo to at most `limit` clients at once; one more hears b"busy\\\\n" and the end.

    Runs until it is stopped.
    """
    while True:
        connection, _ = listener.accept()
        raise NotImplementedError  # is there a place?  Then echo(), in a thread; else the refusal


def echo(connection):
    """Send back what comes, until the client has finished."""
    with connection:
        while data := connection.recv(4096):
            connection.sendall(data)
'''

_LOOP: Final = """\
work = serve if places.acquire(blocking=False) else refuse
threading.Thread(target=work, args=(connection, places), daemon=True).start()
"""
_SERVE: Final = """

def serve(connection, places):
    try:
        echo(connection)
    except OSError:
        pass  # it is gone
    finally:
        places.release()
"""
_REFUSE: Final = '''

def refuse(connection, places):
    """Say it, and read what has been sent: to close with unread bytes is a reset, and may cost the client the word."""
    connection.settimeout(1)
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"busy\\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
'''


def written(loop: str = _LOOP, serve: str = _SERVE, refuse: str = _REFUSE) -> str:
    """A whole answer, from the lines for one client, and what stands below."""
    filled = fill(STARTER, loop).replace(
        "    while True:\n        conn", "    places = threading.Semaphore(limit)\n    while True:\n        conn", 1
    )
    return "import contextlib\nimport socket\n" + filled + serve + refuse


# --- the wrong programs ----------------------------------------------------------------------

_COUNTS: Final = """\
import socket
import threading


def connection_limit(listener, limit):
    clients = []
    while True:
{loop}


def echo(connection, clients):
    try:
        while data := connection.recv(4096):
            connection.sendall(data)
    except OSError:
        pass
    clients.remove(connection)
    connection.close()
"""
_START: Final = """\
        clients.append(connection)
        threading.Thread(target=echo, args=(connection, clients), daemon=True).start()"""


def _counting(loop: str) -> str:
    return _COUNTS.format(loop=loop + _START)


MISTAKES: Final = (
    Mistake(
        "waits_in_the_queue",
        _counting("""\
        while len(clients) >= limit:
            time.sleep(0.1)
        connection, _ = listener.accept()
""").replace("import threading\n", "import threading\nimport time\n", 1),
        "{who} is the one too many, is connected (the kernel did that), and hears nothing: to {who} your server is "
        "dead. A client that waits in the listener's queue cannot be told anything. Accept, say busy, close.",
        waits_in_the_queue,
        {"who": "Chen"},
    ),
    Mistake(
        "backlog_is_no_limit",
        _counting("""\
        listener.listen(limit)
        connection, _ = listener.accept()
"""),
        "listen(n) bounds those that have connected and have not been accepted yet: a queue that you empty at once. "
        "How many you talk with is yours to count. {who} was served too.",
        backlog_is_no_limit,
        {"who": "Chen"},
    ),
    Mistake(
        "one_too_many",
        _counting("""\
        connection, _ = listener.accept()
        if len(clients) > limit:
            threading.Thread(target=refuse, args=(connection,), daemon=True).start()
            continue
""") + _REFUSE.replace(", places", "").replace("with connection, contextlib.suppress(OSError):", "with connection:"),
        "{who} was to be refused, and was served: your limit lets one more in. When as many as `limit` are here "
        "already, the next one has no place.",
        one_too_many,
        {"who": "Chen"},
    ),
    Mistake(
        "refuses_without_a_word",
        _counting("""\
        connection, _ = listener.accept()
        if len(clients) >= limit:
            connection.close()
            continue
"""),
        "{who} was hung up on without a word, and cannot tell a full server from a broken one. Say busy before you "
        "close.",
        refuses_without_a_word,
        {"who": "Chen"},
    ),
    Mistake(
        "resets_the_refused",
        _counting("""\
        connection, _ = listener.accept()
        if len(clients) >= limit:
            connection.sendall(b"busy\\n")
            connection.close()
            continue
"""),
        "{who} had sent something that you did not read, and a close with unread bytes is a reset (RFC 9293 §3.6.1): "
        "it may throw away the word busy on its way. Finish sending with shutdown(SHUT_WR), read until b'', with a "
        "time limit, and close then.",
        resets_the_refused,
        {"who": "Chen"},
    ),
    Mistake(
        "never_frees",
        written(serve="""

def serve(connection, places):
    echo(connection)
    places.release()
"""),
        "A client broke off by a reset, recv() raised, and its place was never given back: {who} is told busy in an "
        "empty house. What must happen however a client ends belongs into `finally`, or a `with`.",
        never_frees,
        {"who": "Dewi"},
    ),
    Mistake(
        "counts_the_refused",
        """\
import contextlib
import socket
import threading


def connection_limit(listener, limit):
    here = 0

    def serve(connection):
        nonlocal here
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(4096):
                connection.sendall(data)
        here -= 1

    while True:
        connection, _ = listener.accept()
        here += 1
        work = serve if here <= limit else refuse
        threading.Thread(target=work, args=(connection,), daemon=True).start()
""" + _REFUSE.replace(", places", ""),
        "{who} was told busy, though a place was free: those that you had refused before ({n}) were counted as they "
        "came, and not taken off when they went. Count those you serve.",
        counts_the_refused,
        {"who": "Eli", "n": 2},
    ),
    Mistake(
        "waits_for_the_refused",
        written(loop="""\
if places.acquire(blocking=False):
    threading.Thread(target=serve, args=(connection, places), daemon=True).start()
else:
    refuse(connection, places)
""", refuse=_REFUSE.replace("    connection.settimeout(1)\n", "")),
        "Your loop waits for the client that it has refused, until that one goes or a time limit is over, and accepts "
        "nobody meanwhile: whoever comes next waits too. Nothing in the loop that accepts may wait for one client: a "
        "thread for the refusal, and a time limit in it.",
        waits_for_the_refused,
    ),
    Mistake(
        "waits_for_a_place",
        written(loop="""\
places.acquire()
threading.Thread(target=serve, args=(connection, places), daemon=True).start()
"""),
        "{who} was accepted, and nothing more was done with that connection: {who} hears nothing, and cannot know why. "
        "acquire() waits until there is a place; acquire(blocking=False) says at once whether there is one. If there "
        "is none, say busy.",
        waits_for_a_place,
        {"who": "Chen"},
    ),
    Mistake(
        "says_another_word",
        written(refuse=_REFUSE.replace("busy\\n", "busy")),
        "{who} was refused, and was told {word}. What it was to hear is {busy}, to the byte: a client that compares "
        "takes nothing else for it.",
        says_another_word,
        {"who": "Chen", "word": b"busy", "busy": BUSY},
    ),
)  # fmt: skip
