"""Say what an error means: what happened, what became of the connection, what the user can do."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from typing import Final

from labsupport.exercises import peers
from labsupport.exercises.engine import Case, Outcome, Stage, Task

from .explain_mistakes import ELSEWHERE, MISTAKES, STARTER, Explanation

__all__ = ["EXPLAIN"]

Address = tuple[str, int]


# --- what happens to a client ----------------------------------------------------------------


def _connects(address: Address) -> None:
    socket.create_connection(address, timeout=2).close()


def _waits(address: Address) -> None:
    with socket.create_connection(address, timeout=2) as client:
        client.settimeout(0.05)
        client.recv(1024)


def _reads(address: Address) -> None:
    with socket.create_connection(address, timeout=2) as client:
        client.recv(1024)


def _looks_up(address: Address) -> None:
    with socket.socket():
        socket.getaddrinfo("no.such.name", address[1], flags=socket.AI_NUMERICHOST)  # asks no name server


def _binds(address: Address) -> None:
    with socket.socket() as second:
        second.bind(address)


def _sends_text(address: Address) -> None:
    with socket.create_connection(address, timeout=2) as client:
        client.sendall("héllo")  # type: ignore[arg-type]  # a bug


def _sends_a_file(address: Address) -> None:
    with socket.create_connection(address, timeout=2) as client, open("no such letter.txt", "rb") as file:  # noqa: PTH123  as learners do
        client.sendfile(file)


def _said(error: Callable[[], Exception]) -> Callable[[Address], None]:
    """A client whose connection stands, and which then meets an error that cannot be made here, or not at once."""

    def happen(address: Address) -> None:
        with socket.create_connection(address, timeout=2):
            raise error()

    return happen


def _numbered(number: int) -> Callable[[Address], None]:
    """Refused, as it was numbered on another system."""

    def happen(address: Address) -> None:
        try:
            _connects(address)
        except ConnectionRefusedError as error:
            raise ConnectionRefusedError(number, os.strerror(errno.ECONNREFUSED)) from error

    return happen


def _system(number: int) -> Callable[[], OSError]:
    return lambda: OSError(number, os.strerror(number))  # Python gives it the class that it has


# --- the other side --------------------------------------------------------------------------


def _nobody(stage: Stage) -> None:
    """Nobody listens."""


def _idle(stage: Stage) -> None:
    stage.accept()


def _resets(stage: Stage) -> None:
    stage.accept().resets()


def _case(
    title: str,
    kind: str,
    happen: Callable[[Address], None],
    play: Callable[[Stage], None] = _idle,
    *,
    raises: type[BaseException] | None = None,
    system: str = "",
) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted.update(kind=kind, system=system, error=None)
        stage.raises = raises
        if kind:
            stage.returns = Explanation((), kind, stage.noted)
        if play is _nobody and happen is not _binds:
            stage.listener = peers.reserve()
        stage.listen()
        return stage, happen

    return Case(title, "explain(error)", play, given, holds=_again, use=_met)


def _met(explain: Callable[[Exception], object], stage: Stage, happen: Callable[[Address], None]) -> object:
    """Let it happen, in the learner's thread, and ask for an explanation."""
    met: Exception
    try:
        happen(stage.address)
        raise AssertionError("nothing went wrong")
    except (OSError, TypeError) as error:
        met = error
    stage.noted["error"] = met
    stage.call = f"explain({met!r})"
    return explain(met)


def _again(outcome: Outcome) -> str:
    """What is raised is the error itself, and not a bug of the explanation."""
    error = outcome.noted["error"]
    through = bool(outcome.noted["kind"]) or outcome.error is error
    return "" if through else f"it raises this {type(error).__name__} again"


def _elsewhere(system: str) -> Case:
    title = f"nobody listens there; the error is from the log of a {system} machine, and is numbered as there"
    return _case(title, "refused", _numbered(ELSEWHERE[system]), _nobody, system=system)


EXPLAIN: Final = Task(
    name="explain",
    chapter=4,
    prompt=(
        "**What the user reads.** `explain(error)` returns a pair: the *kind*, one of the seven words in the starter, "
        "and a *sentence* of your own that a user understands: no class names, no numbers. What is not an error of the "
        "network (a bug, a missing file) is not yours to explain: raise it again. Some errors come from the logs of "
        "other systems, where the numbers are others; an exception's class is the same everywhere."
    ),
    hints=(
        "Which of the kinds have an exception class of their own? Those are the easy ones, on every system.",
        (
            "ConnectionRefusedError before ConnectionError, its family (reset, aborted, broken pipe); socket.gaierror "
            "for names; PermissionError for rights."
        ),
        "TimeoutError is two things: `error.errno is None` is your own timeout, errno.ETIMEDOUT the kernel's.",
        (
            "Three have no class: compare `error.errno` with errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRINUSE. "
            "Only an OSError has an errno. And the last line of all is `raise error`."
        ),
    ),
    starter=STARTER,
    solution="""\
import errno
import socket


def explain(error):
    match error:
        case ConnectionRefusedError():
            return "refused", "Nobody listens at this address. Is the service running, and is it the right port?"
        case ConnectionError():
            return "broken", "The other side broke off. It may have done what you asked: look before you ask again."
        case socket.gaierror():
            return "name", "There is no machine of this name. Is it spelt right?"
        case TimeoutError(errno=None):
            return "patience", "There is no answer yet. You can wait longer: the connection still stands."
        case TimeoutError():
            return "given up", "The other machine has fallen silent, and the connection is lost. Try again later."
        case PermissionError():
            return "here", "This machine does not allow it. Ask whoever looks after it."
        case OSError(errno=errno.EADDRINUSE):
            return "here", "Another program has this port already. Is the service running twice?"
        case OSError(errno=errno.ENETUNREACH | errno.EHOSTUNREACH):
            return "unreachable", "No way leads there at the moment. Are you connected to the network?"
        case _:
            raise error
""",
    alternatives=(
        """\
import errno
import socket

BY_CLASS = [
    (socket.gaierror, "name", "I know no address for that name. Please check how it is written."),
    (ConnectionRefusedError, "refused", "The machine is there, and nobody answers at that door."),
    (BrokenPipeError, "broken", "The conversation was cut off before its end."),
    (ConnectionResetError, "broken", "The conversation was cut off before its end."),
    (ConnectionAbortedError, "broken", "The conversation was cut off before its end."),
    (PermissionError, "here", "You may not do that on this machine."),
]
BY_NUMBER = {
    errno.ETIMEDOUT: ("given up", "The other machine is silent; the connection is lost."),
    errno.ENETUNREACH: ("unreachable", "That network cannot be reached from here."),
    errno.EHOSTUNREACH: ("unreachable", "That machine cannot be reached from here."),
    errno.EADDRINUSE: ("here", "That place is taken by another program."),
}


def explain(error):
    for family, kind, sentence in BY_CLASS:
        if isinstance(error, family):
            return kind, sentence
    if isinstance(error, TimeoutError) and error.errno is None:
        return "patience", "We have waited long enough for now. Wait on, or come back later."
    if isinstance(error, OSError) and error.errno in BY_NUMBER:
        return BY_NUMBER[error.errno]
    raise error
""",
        """\
import errno
import socket


def explain(error):
    try:
        raise error
    except ConnectionRefusedError:
        return ["refused", "Nobody is at home there."]
    except ConnectionError:
        return ["broken", "They hung up on us in the middle."]
    except socket.gaierror:
        return ["name", "Nobody has that name, it seems."]
    except TimeoutError:
        if error.errno:
            return ["given up", "They have not answered for very long; start again."]
        return ["patience", "Still no answer; shall we wait on?"]
    except OSError:
        name = errno.errorcode.get(error.errno, "")
        if name.endswith("UNREACH"):
            return ["unreachable", "There is no road to that place."]
        if name in ("EADDRINUSE", "EACCES", "EPERM"):
            return ["here", "This computer will not let us do that."]
        raise
""",
    ),
    cases=(
        _case("nobody listens there", "refused", _connects, _nobody),
        _case("a name without an address", "name", _looks_up, _nobody),
        *(_elsewhere(system) for system, number in ELSEWHERE.items() if number != errno.ECONNREFUSED),
        _case("a server that says nothing, and a timeout of 0.05 s", "patience", _waits),
        _case("a peer that has vanished, and a kernel that gave up", "given up", _said(_system(errno.ETIMEDOUT))),
        _case("a server that resets the connection", "broken", _reads, _resets),
        _case("a pipe that broke in a later send", "broken", _said(_system(errno.EPIPE))),
        _case("no way to that network", "unreachable", _said(_system(errno.ENETUNREACH))),
        _case("no way to that machine", "unreachable", _said(_system(errno.EHOSTUNREACH))),
        _case("a port that is taken", "here", _binds, _nobody),
        _case("a right that is missing", "here", _said(_system(errno.EACCES))),
        _case("a bug: text where bytes belong", "", _sends_text, raises=TypeError),
        _case("a file that is missing", "", _sends_a_file, raises=FileNotFoundError),
    ),
    praise=(
        "Eight ways for a network to fail, two timeouts told apart, the numbers of three systems, and a bug that you "
        "did not blame on the network. Your user knows what to do next, and so do you."
    ),
    mistakes=MISTAKES,
)
