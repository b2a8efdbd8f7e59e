"""What goes wrong where exactly n bytes are read."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Mistake, fill

from . import recv_exactly_signs as signs
from .recv_exactly_signs import AFTER, STARTER, WHOLE

__all__ = ["MISTAKES"]

# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "recv_once",
        fill(STARTER, "data = sock.recv(n)"),
        "recv(n) returns at most n: you got {k} of {n} bytes and took them for all. Ask again for the rest.",
        signs.recv_once,
        {"k": 5, "n": len(WHOLE)},
    ),
    Mistake(
        "short_is_no_end",
        fill(STARTER, "data = sock.recv(n)\nif len(data) < n:\n    raise EOFError"),
        "recv() gave {k} bytes, fewer than it was asked for, and you raised EOFError. A short piece is not the end: "
        "the rest was on its way. Only b'' says that the peer has finished; until then ask again.",
        signs.short_is_no_end,
        {"k": 5},
    ),
    Mistake(
        "waits_for_more",
        fill(
            STARTER,
            """
            while len(data) < n:
                data = sock.recv(n - len(data))
                if not data:
                    raise EOFError
            """,
        ),
        "All {n} bytes had come, the last piece was {last!r}, and your code did not see that it had them all. "
        "Does `data` hold every piece, or the last one only? `data = …` puts the new piece in the place of the old "
        "ones, `data += …` adds it. And the loop ends when n bytes are there.",
        signs.waits_for_more,
        {"n": len(WHOLE), "last": WHOLE[5:]},
    ),
    Mistake(
        "takes_too_much",
        fill(
            STARTER,
            """
            while len(data) < n:
                chunk = sock.recv(4096)
                if not chunk:
                    raise EOFError
                data += chunk
            """,
        ),
        "You took {k} bytes where {n} were asked: the extra ones are the beginning of the next message, and now "
        "they are lost to whoever reads that. Ask for n - len(data).",
        signs.takes_too_much,
        {"k": len(WHOLE + AFTER), "n": len(WHOLE)},
    ),
    Mistake(
        "throws_the_rest_away",
        fill(
            STARTER,
            """
            while len(data) < n:
                chunk = sock.recv(4096)
                if not chunk:
                    raise EOFError
                data += chunk
            data = data[:n]
            """,
        ),
        "The {n} bytes are right, but you took {k} more out of the socket and cut them off. They were the next "
        "message, and nobody can read them any more. Take no more than are missing: n - len(data).",
        signs.throws_the_rest_away,
        {"k": len(AFTER), "n": len(WHOLE)},
    ),
    Mistake(
        "asks_after_the_end",
        fill(STARTER, "while len(data) < n:\n    data += sock.recv(n - len(data))"),
        "The peer left after {k} of {n} bytes. recv() now returns b'' at once, for ever, and your loop cannot end: "
        "b'' must end it.",
        signs.asks_after_the_end,
        {"k": 5, "n": len(WHOLE)},
    ),
    Mistake(
        "returns_half",
        fill(
            STARTER,
            """
            while len(data) < n:
                chunk = sock.recv(n - len(data))
                if not chunk:
                    break
                data += chunk
            """,
        ),
        "The peer finished after {k} of {n} bytes, and you returned those {k} as if they were all. "
        "Whoever asked for {n} relies on getting {n}: raise EOFError.",
        signs.returns_half,
        {"k": 5, "n": len(WHOLE)},
    ),
    Mistake(
        "asks_for_nothing",
        fill(
            STARTER,
            """
            while True:
                chunk = sock.recv(n - len(data))
                if not chunk:
                    raise EOFError
                data += chunk
                if len(data) == n:
                    break
            """,
        ),
        "0 bytes were asked, and you called recv(0). It gives b'' because nothing was wanted, not because the peer has "
        "finished. Look first whether any byte is missing, then ask.",
        signs.asks_for_nothing,
    ),
    Mistake(
        "hides_the_break",
        fill(
            STARTER,
            """
            while len(data) < n:
                try:
                    chunk = sock.recv(n - len(data))
                except ConnectionError:
                    break
                if not chunk:
                    raise EOFError
                data += chunk
            """,
        ),
        "The connection broke after {k} bytes, and you returned them as if they were all. Let the exception through: "
        "whoever called you must know.",
        signs.hides_the_break,
        {"k": 5},
    ),
    Mistake(
        "silence_is_no_end",
        fill(
            STARTER,
            """
            while len(data) < n:
                try:
                    chunk = sock.recv(n - len(data))
                except TimeoutError:
                    raise EOFError
                if not chunk:
                    raise EOFError
                data += chunk
            """,
        ),
        "The peer fell silent after {k} bytes, the socket's timeout was over, and you took that for the end. Silence "
        "is not the end: only b'' is. Let TimeoutError through.",
        signs.silence_is_no_end,
        {"k": 5},
    ),
    Mistake(
        "changes_the_timeout",
        fill(
            STARTER,
            """
            sock.settimeout(5)
            while len(data) < n:
                chunk = sock.recv(n - len(data))
                if not chunk:
                    raise EOFError
                data += chunk
            """,
        ),
        "You called {call}: so the socket's own timeout, which was shorter, is gone, and your code was still waiting "
        "when that would have been over. Whoever lends you a socket has decided how long it may wait: leave that as "
        "it is.",
        signs.changes_the_timeout,
        {"call": "settimeout(5)"},
    ),
)
