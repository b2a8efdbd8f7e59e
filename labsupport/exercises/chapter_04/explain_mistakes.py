"""What goes wrong where errors are explained, and the facts by which it shows."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labsupport.exercises.engine import Facts, Having, Mistake, Outcome

__all__ = ["ELSEWHERE", "KINDS", "MISTAKES", "STARTER", "Explanation"]

KINDS: Final = ("refused", "patience", "given up", "broken", "name", "unreachable", "here")

#: Numbers that ECONNREFUSED has on Linux, on macOS and on Windows.
ELSEWHERE: Final = {"Linux": 111, "macOS": 61, "Windows": 10061}

STARTER: Final = '''\
import errno
import socket


def explain(error):
    """What happened, as a pair: (kind, a sentence for the user).

    "refused"      nobody listens there; there was no connection
    "patience"     our own timeout is over; the connection still stands
    "given up"     the kernel heard nothing for so long that it gave the connection up
    "broken"       the other side broke the connection off; was our request done? Nobody knows
    "name"         the name has no address; nobody was asked
    "unreachable"  no way leads there
    "here"         this machine says no: the address is taken, or we may not
    """
    # Anything else is no error of the network: raise it again.
    raise NotImplementedError
'''


# --- what an explanation is ------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Explanation(Having):
    """What is expected: this kind, and a sentence in a user's words about ``noted["error"]``."""

    kind: str
    noted: Mapping[str, Any]

    def fits(self, value: object) -> bool:
        """Whether it is a pair of the two."""
        kind, sentence = _pair(value)
        understood = isinstance(sentence, str) and len(sentence.split()) > 2
        return kind == self.kind and understood and not _raw_words(sentence, self.noted["error"])

    def __repr__(self) -> str:
        return f"a pair: '{self.kind}', and a sentence in a user's words"


def _pair(value: object) -> tuple[object, object]:
    return (value[0], value[1]) if isinstance(value, tuple | list) and len(value) == 2 else (None, None)


def _raw_words(sentence: object, error: Exception) -> list[str]:
    """What stands in the sentence and is for programmers: the error's class, its number, its text."""
    words = (type(error).__name__, "Errno", "errno", str(error))
    return [word for word in words if word and isinstance(sentence, str) and word in sentence]


# --- the signs of mistakes -------------------------------------------------------------------


def _kind(outcome: Outcome) -> object:
    return _pair(outcome.result)[0]


def _sentence(outcome: Outcome) -> object:
    return _pair(outcome.result)[1]


def _wrong(outcome: Outcome, expected: str, *named: object) -> bool:
    """Whether this kind was right, and one of those was named."""
    return outcome.noted["kind"] == expected and _kind(outcome) in named


def _numbers_of_one_system(outcome: Outcome) -> Facts | None:
    system = outcome.noted.get("system")
    if not system or (isinstance(outcome.result, tuple) and _kind(outcome) == "refused"):
        return None
    return {"system": system, "theirs": ELSEWHERE[system], "ours": errno.ECONNREFUSED}


def _one_timeout(outcome: Outcome) -> Facts | None:
    return {} if _wrong(outcome, "given up", "patience") else None


def _patience_is_no_end(outcome: Outcome) -> Facts | None:
    return {} if _wrong(outcome, "patience", "given up") else None


def _one_family(outcome: Outcome) -> Facts | None:
    if not _wrong(outcome, "broken", "refused") or outcome.noted.get("system"):
        return None
    return {"error": type(outcome.noted["error"]).__name__}


def _swallows_a_bug(outcome: Outcome) -> Facts | None:
    error, hidden = outcome.noted["error"], outcome.ended and outcome.error is None and outcome.result is not None
    if outcome.noted["kind"] or isinstance(error, OSError) or not hidden:
        return None
    return {"error": type(error).__name__, "said": _shortened(outcome)}


def _shortened(outcome: Outcome) -> object:
    sentence = _sentence(outcome)
    return sentence if isinstance(sentence, str) else _kind(outcome) or outcome.result


def _every_oserror(outcome: Outcome) -> Facts | None:
    error, hidden = outcome.noted["error"], outcome.ended and outcome.error is None and outcome.result is not None
    if outcome.noted["kind"] or not isinstance(error, OSError) or not hidden:
        return None
    return {"error": type(error).__name__, "kind": _kind(outcome) or outcome.result}


def _lets_names_through(outcome: Outcome) -> Facts | None:
    error = outcome.noted["error"]
    through = outcome.error is error or isinstance(outcome.error, KeyError) or _kind(outcome) in KINDS[:-3]
    return {"number": error.errno} if outcome.noted["kind"] == "name" and through else None


def _for_programmers(outcome: Outcome) -> Facts | None:
    found = _raw_words(_sentence(outcome), outcome.noted["error"])
    right = bool(outcome.noted["kind"]) and _kind(outcome) == outcome.noted["kind"]
    return {"said": _sentence(outcome)} if found and right else None


# --- the wrong programs ----------------------------------------------------------------------

_SENTENCES: Final = """\
SENTENCES = {
    "refused": "Nobody listens there. Is the service running?",
    "patience": "We stopped waiting for an answer. It may come yet; wait longer, or ask again.",
    "given up": "The other machine has not answered for so long that the connection is lost. Connect again.",
    "broken": "The connection broke. Look whether it was done before you ask again.",
    "name": "There is no machine of this name. Check the spelling.",
    "unreachable": "There is no way to that network at the moment. Check your connection.",
    "here": "This machine does not allow it: the port is taken, or the right is missing.",
}
"""

#: A right answer, line by line; a mistake leaves a line out, or puts another in its place.
_LINES: Final = {
    "name": "if isinstance(error, socket.gaierror):\n    return 'name'",
    "refused": "if isinstance(error, ConnectionRefusedError):\n    return 'refused'",
    "broken": "if isinstance(error, ConnectionError):\n    return 'broken'",
    "patience": "if isinstance(error, TimeoutError):\n    return 'patience' if error.errno is None else 'given up'",
    "unreachable": "if isinstance(error, OSError) and error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):\n"
    "    return 'unreachable'",
    "here": "if isinstance(error, PermissionError) or isinstance(error, OSError) and error.errno == errno.EADDRINUSE:\n"
    "    return 'here'",
    "else": "raise error",
}


def _program(**other: str) -> str:
    lines = "\n".join({**_LINES, **other}.values()).strip().replace("\n", "\n    ")
    return f"""\
import errno
import socket

{_SENTENCES}

def kind_of(error):
    {lines}


def explain(error):
    kind = kind_of(error)
    return kind, SENTENCES[kind]
"""


def _mistake(
    name: str, source: str, says: str, sign: Callable[[Outcome], Facts | None], facts: Facts | None = None
) -> Mistake:
    return Mistake(name, source, says, sign, facts or {})


#: The system that is played first: one that this is not.
_OTHER: Final = next(system for system, number in ELSEWHERE.items() if number != errno.ECONNREFUSED)

MISTAKES: Final = (
    _mistake(
        "numbers_of_one_system",
        _program(refused="if isinstance(error, OSError) and error.errno == errno.ECONNREFUSED:\n    return 'refused'"),
        "This error comes from the log of a {system} machine, where 'refused' has the number {theirs}; here it is "
        "{ours}, and on each system another. The exception's class, ConnectionRefusedError, is the same everywhere. "
        "(Where an error has no class of its own, compare with a name such as errno.ENETUNREACH, never with a number.)",
        _numbers_of_one_system,
        {"system": _OTHER, "theirs": ELSEWHERE[_OTHER], "ours": errno.ECONNREFUSED},
    ),
    _mistake(
        "one_timeout",
        _program(patience="if isinstance(error, TimeoutError):\n    return 'patience'"),
        "There are two timeouts, and this is the other one. Yours has no errno: you lost patience, and the connection "
        "still stands. This one says ETIMEDOUT: the kernel has given the connection up. The advice differs: wait "
        "longer there, connect again here.",
        _one_timeout,
    ),
    _mistake(
        "patience_is_no_end",
        _program(patience="if isinstance(error, TimeoutError):\n    return 'given up'"),
        "You told the user that the connection is lost, and it stands: this TimeoutError has no errno, so it is your "
        "own timeout. You lost patience; the answer may still come. Only ETIMEDOUT says that the kernel has given the "
        "connection up.",
        _patience_is_no_end,
    ),
    _mistake(
        "one_family",
        _program(name=_LINES["name"] + "\nif isinstance(error, ConnectionError):\n    return 'refused'"),
        "You call {error} 'refused'. ConnectionError is a family: refused means that there was no connection; reset, "
        "aborted and a broken pipe mean that there was one, and what you had sent may have been done. Ask for "
        "ConnectionRefusedError first.",
        _one_family,
        {"error": "ConnectionResetError"},
    ),
    _mistake(
        "lets_names_through",
        _program(name=""),
        "A name without an address is an error of the network too, and you did not know it. It raises socket.gaierror, "
        "whose number, {number}, is none of errno's: getaddrinfo has numbers of its own. Ask for the class, before you "
        "look at any number.",
        _lets_names_through,
        {"number": int(socket.EAI_NONAME)},
    ),
    _mistake(
        "swallows_a_bug",
        _program(**{"else": "return 'broken'"}),
        "What you explained was a {error}: a bug in the program, and the user reads '{said}'. The network is fine. "
        "Explain errors of the network, and raise everything else again, so that the bug is seen.",
        _swallows_a_bug,
        {"error": "TypeError", "said": "The connection broke. Look whether it was done before you ask again."},
    ),
    _mistake(
        "every_oserror",
        _program(**{"else": "if isinstance(error, OSError):\n    return 'here'\nraise error"}),
        "A {error} is an OSError too, and has nothing to do with the network: you called it '{kind}'. OSError is what "
        "the system raises for files, rights and sockets alike. Name those that you know; raise the others again.",
        _every_oserror,
        {"error": "FileNotFoundError", "kind": "here"},
    ),
    _mistake(
        "for_programmers",
        _program().replace("SENTENCES[kind]", "str(error)"),
        "Your user reads: '{said}'. That is for a log. Say in their words what happened and what they can do: who does "
        "not answer, and whether to wait, to look at the address, or to try again.",
        _for_programmers,
        {"said": f"[Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}"},
    ),
)
