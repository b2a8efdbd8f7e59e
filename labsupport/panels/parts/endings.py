"""How a talk with a server can end for a client: what it means, and what a program and a user should make of it."""

from __future__ import annotations

import errno
import socket
from typing import Final, NamedTuple

__all__ = ["ENDINGS", "GUESSES", "Ending", "ending_of", "family", "number"]


class Ending(NamedTuple):
    """One row: what came, and what follows from it.

    - `guess`: what somebody may expect, before; several endings can share one.
    - `left`: what is left of the connection; `program`: what a program should do; `user`: what to tell its user.
    """

    guess: str
    left: str
    program: str
    user: str


_NO_ERROR: Final = "no exception: recv() gives b''"
_BY_ITS_ERRNO: Final = "another OSError, known by its errno"

#: Every ending by its name.
ENDINGS: Final = {
    "refused": Ending(
        "ConnectionRefusedError",
        "There never was one.",
        "This may pass, for a server that starts again: try again, after a random pause and until a deadline.",
        "Nobody listens at this address. Is the service running, and is the port right?",
    ),
    "no answer to connect": Ending(
        "TimeoutError",
        "There is none, as far as you know: your own timeout ended the waiting.",
        "Close this socket. It may pass: try again with a new one, after a random pause and until a deadline.",
        "The server does not take new connections at the moment. It may be busy; try again later.",
    ),
    "patience": Ending(
        "TimeoutError",
        "It stands. Your own timeout ended the waiting (it has no errno), and the answer may come yet.",
        "Wait on, until a deadline, or close. To ask again may do the work twice.",
        "The server has not answered yet. It may have done what was asked.",
    ),
    "given up": Ending(
        "TimeoutError",
        "Gone: the kernel gave the other side up (ETIMEDOUT).",
        "Connect anew, if what was asked may be done twice.",
        "The other machine has fallen silent, and the connection is lost.",
    ),
    "reset": Ending(
        "ConnectionResetError",
        "Gone, and what was on its way with it.",
        "Connect anew. Whether the request was done, nobody knows: repeat it only if that does no harm.",
        "The server broke off. It may have done what was asked: look before you ask again.",
    ),
    "broken pipe": Ending(
        "BrokenPipeError",
        "Gone. The call that raised is not the first whose bytes were lost.",
        "Connect anew. All that was sent since the last answer is in doubt.",
        "The server went away in the middle. Part of it may have arrived.",
    ),
    "end": Ending(
        _NO_ERROR,
        "It stands in one direction: the server has finished sending, and you could still send.",
        "Look for b'' after every recv(). Here an answer was expected, so raise an error of your own.",
        "The server ended the conversation without an answer.",
    ),
    "cut off": Ending(
        _NO_ERROR,
        "It stands in one direction: the server has finished sending.",
        "The answer has no end, so it is not whole: raise an error of your own, and do not use the half.",
        "The server's answer is incomplete. It may have done what was asked.",
    ),
    "whole": Ending(
        "no exception: the whole answer",
        "It stands.",
        "A timeout is for each call. Where somebody waits for the whole, compute what is left of a deadline each time.",
        "Nothing: there is an answer. But how long did it take?",
    ),
    "name": Ending(
        "gaierror",
        "There never was one: nobody was asked.",
        "Do not try again: the name will mean as little in a second. (EAI_AGAIN, another number, may pass.)",
        "There is no machine of this name. Is it spelt right?",
    ),
    "taken": Ending(
        _BY_ITS_ERRNO,
        "It was never about one: the server could not begin.",
        "Choose another port, or end the other program. To try again helps only if that one is about to end.",
        "Another program has this port already. Is the service running twice?",
    ),
    "unreachable": Ending(
        _BY_ITS_ERRNO,
        "There never was one: this machine knows no way there.",
        "This may pass, when a network comes back: try again, after a random pause and until a deadline.",
        "No way leads there at the moment. Are you connected to the network?",
    ),
    "other": Ending(
        _BY_ITS_ERRNO,
        "Ask the kernel.",
        "Do not try again before you know what this is. Keep the errno's name: it can be looked up.",
        "Something that nobody expected. Here is what it said.",
    ),
}

#: What can be guessed, each once.
GUESSES: Final = tuple(dict.fromkeys(ending.guess for ending in ENDINGS.values()))

_CLASSES: Final[tuple[tuple[type[OSError], str], ...]] = (
    (ConnectionRefusedError, "refused"),
    (ConnectionResetError, "reset"),
    (BrokenPipeError, "broken pipe"),
    (socket.gaierror, "name"),
)
_NUMBERS: Final = {
    errno.ETIMEDOUT: "given up",
    errno.EADDRINUSE: "taken",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTUNREACH: "unreachable",
}


def ending_of(error: OSError | None, answer: bytes, *, connected: bool) -> str:
    r"""The name of an ending; `answer` is what came, which is whole with b"\n"; `connected`: connect() had returned."""
    if error is None:
        return "whole" if answer.endswith(b"\n") else "cut off" if answer else "end"
    if isinstance(error, TimeoutError) and error.errno is None:
        return "patience" if connected else "no answer to connect"
    by_class = next((name for kind, name in _CLASSES if isinstance(error, kind)), None)
    return by_class or _NUMBERS.get(error.errno or 0, "other")


def family(error: OSError) -> str:
    """Its class and those above it, down from OSError: "OSError > ConnectionError > BrokenPipeError"."""
    classes = [kind.__name__ for kind in type(error).__mro__ if issubclass(kind, OSError)]
    return " > ".join(reversed(classes))


def number(error: OSError) -> tuple[str, int | None]:
    """The name and the number behind an error, ("ECONNREFUSED", 111); ("", None) where it has none."""
    if error.errno is None:
        return "", None
    if isinstance(error, socket.gaierror):
        return next((name for name in dir(socket) if name.startswith("EAI_") and getattr(socket, name) == error.errno),
                    "a number of getaddrinfo"), error.errno  # fmt: skip
    return errno.errorcode.get(error.errno, "a number without a name"), error.errno
