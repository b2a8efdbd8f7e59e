"""What goes wrong where a server starts again on its port, and the facts by which it shows."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Iterable
from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.events import Call, Endpoint
from labsupport.tape.watched import endpoint_of

from .restarts import Restart

__all__ = ["MISTAKES", "STARTER", "written"]

#: The addresses that mean every network interface.
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})
_REUSE: Final = "listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)"
_BIND: Final = ("listener.bind(address)", "listener.listen()")


def written(
    before: Iterable[str] = (), bind: Iterable[str] = _BIND, imports: Iterable[str] = (), *, gap: bool = False
) -> str:
    """The listener maker, with lines before bind(), or others in its place; with the starter's gap."""
    raised = "    raise NotImplementedError  # take this line out, and change what is below\n" if gap else ""
    lines = "".join(f"    {line}\n" for line in (*before, *bind))
    return f"""\
import socket
{"".join(f"import {name}{chr(10)}" for name in imports)}

def restart_at_once(address):
{raised}    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
{lines}    return listener
"""


STARTER: Final = written(gap=True)


# --- the signs of mistakes -------------------------------------------------------------------


def _day(outcome: Outcome) -> Restart:
    day: Restart = outcome.noted["restart"]
    return day


def _set(outcome: Outcome, option: str) -> list[Call]:
    """The calls that switched on this option of SOL_SOCKET; none where the system has no such option."""
    wanted = (socket.SOL_SOCKET, getattr(socket, option, -1))
    calls = outcome.calls("setsockopt")
    return [call for call in calls if call.asked[:2] == wanted and call.asked[2] and call.error is None]


def _in_time(outcome: Outcome) -> set[Endpoint]:
    """The sockets that had SO_REUSEADDR when they called bind()."""
    options, binds = _set(outcome, "SO_REUSEADDR"), outcome.calls("bind")
    return {bind.endpoint for bind in binds for option in options
            if option.endpoint is bind.endpoint and option.order < bind.order}  # fmt: skip


def _first(outcome: Outcome) -> Endpoint:
    """What listened in the first life."""
    return endpoint_of(_day(outcome).listeners[0])


def _refused(outcome: Outcome) -> bool:
    """A start that was to succeed, and ended with bind()'s error, without a sleep."""
    error = getattr(outcome.error, "errno", None)
    return outcome.raises is None and error == errno.EADDRINUSE and bool(_day(outcome).listeners)


def _elsewhere(outcome: Outcome) -> list[Call]:
    """The calls of listen() at another port than the first life's."""
    port = _day(outcome).address[1]
    listens = [call for call in outcome.calls("listen") if call.error is None and port]
    return [call for call in listens if call.endpoint.local is not None and call.endpoint.local[1] != port]


def _has_bound(outcome: Outcome, listen: Call) -> bool:
    return any(bind.endpoint is listen.endpoint and bind.error is None for bind in outcome.calls("bind"))


def _never_set(outcome: Outcome) -> Facts | None:
    return {} if _refused(outcome) and not _set(outcome, "SO_REUSEADDR") else None


def _set_after_bind(outcome: Outcome) -> Facts | None:
    late = _set(outcome, "SO_REUSEADDR") and not _in_time(outcome)
    return {} if _refused(outcome) and late else None


def _only_when_refused(outcome: Outcome) -> Facts | None:
    in_time = _in_time(outcome)
    return {} if _refused(outcome) and in_time and _first(outcome) not in in_time else None


def _sleeps(outcome: Outcome) -> Facts | None:
    if not _day(outcome).clock.naps:
        return None
    return {"why": _ANOTHER if outcome.raises is OSError else _OLD}


def _another_port(outcome: Outcome) -> Facts | None:
    failed = outcome.failed(OSError, "bind")
    return {} if failed and any(_has_bound(outcome, listen) for listen in _elsewhere(outcome)) else None


def _any_port(outcome: Outcome) -> Facts | None:
    """It asked for another port without having been refused this one."""
    elsewhere = [listen for listen in _elsewhere(outcome) if _has_bound(outcome, listen)]
    return {} if elsewhere and not outcome.failed(OSError, "bind") else None


def _everywhere(outcome: Outcome) -> Facts | None:
    """It asked for every interface, and was not refused."""
    hosts = [call.endpoint.local[0] for call in outcome.calls("bind") if call.endpoint.local and call.error is None]
    return {"host": hosts[0]} if hosts and hosts[0] in _EVERYWHERE else None


def _no_port_at_all(outcome: Outcome) -> Facts | None:
    return {} if any(not _has_bound(outcome, listen) for listen in _elsewhere(outcome)) else None


def _shares(outcome: Outcome) -> Facts | None:
    """Two listen at one address."""
    shared = outcome.raises is OSError and outcome.ended and outcome.error is None and not _elsewhere(outcome)
    option = "SO_REUSEADDR" if sys.platform == "win32" else "SO_REUSEPORT"
    return {"option": option} if shared and _set(outcome, option) else None


def _resets(outcome: Outcome) -> Facts | None:
    by_linger = any(call.ending == "linger" for call in outcome.calls("close"))
    return {} if by_linger and outcome.unmet is not None else None


# --- the wrong programs ----------------------------------------------------------------------

_OLD: Final = (
    "The port is held by your own old connections in TIME-WAIT (the side that closes first keeps it, on Linux for a "
    "minute). SO_REUSEADDR, set on every start, says that you know."
)
_ANOTHER: Final = "Another server listens there, and may do so for years: let bind()'s error through."

MISTAKES: Final = (
    Mistake(
        "never_set",
        written(),
        "The second start raised 'Address already in use'. Nobody listens there any more: it is an old connection of "
        "your own server, in TIME-WAIT because the server closed first. SO_REUSEADDR, set before bind() on every "
        "start, says that you know.",
        _never_set,
    ),
    Mistake(
        "set_after_bind",
        written(bind=(_BIND[0], _REUSE, _BIND[1])),
        "Too late: bind() has already looked. SO_REUSEADDR is read by bind(), so set it before. No error tells you.",
        _set_after_bind,
    ),
    Mistake(
        "only_when_refused",
        written(bind=("try:", f"    {_BIND[0]}", "except OSError:", f"    {_REUSE}", f"    {_BIND[0]}", _BIND[1])),
        "You set SO_REUSEADDR when bind() had failed, and it failed again: on Linux the sockets of the first life must "
        "have had it too, for connections inherit it from their listener. Set it on every start, the first as well.",
        _only_when_refused,
    ),
    Mistake(
        "sleeps_it_out",
        written(
            imports=("time",),
            bind=("while True:", "    try:", f"        {_BIND[0]}", "        break", "    except OSError:",
                  "        time.sleep(60)", _BIND[1]),
        ),
        "The server slept when bind() had failed, and its clients have nobody to talk to. {why}",
        _sleeps,
        {"why": _OLD},
    ),
    Mistake(
        "another_port",
        written(
            bind=("try:", f"    {_BIND[0]}", "except OSError:", "    listener.bind((address[0], 0))", _BIND[1])
        ),
        "bind() failed, and you took another port: the server runs, and no client will find it, for they ask at the "
        "old one. Ask for the same port, with SO_REUSEADDR; and if it cannot be had, let the error through.",
        _another_port,
    ),
    Mistake(
        "any_port",
        written(before=(_REUSE,), bind=("listener.bind((address[0], 0))", _BIND[1])),
        "You bound port 0, which is any free port: each start gets another one, and no client will find the server, "
        "for they ask at the old one. `address` says which: bind(address).",
        _any_port,
    ),
    Mistake(
        "every_interface",
        written(before=(_REUSE,), bind=('listener.bind(("", address[1]))', _BIND[1])),
        "Your server listens on every network interface of this machine ('' means 0.0.0.0; here it was {host}), and "
        "`address` names one. Others on your network can reach it: bind(address).",
        _everywhere,
        {"host": "0.0.0.0"},
    ),
    Mistake(
        "goes_on_without_a_port",
        written(bind=("try:", f"    {_BIND[0]}", "except OSError:", "    pass", _BIND[1])),
        "bind() failed, you caught its error and went on; and listen() without bind() listens at a random port, on "
        "every network interface. Nobody asks there whom you want, and others can. Let the error through.",
        _no_port_at_all,
    ),
    Mistake(
        "shares_the_port",
        written(before=("listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)",)),
        "Your old server is still running, and from now on each of the two gets some of the clients: {option} "
        "shares the port. What you want after a restart is that old connections do not count, and on POSIX that is "
        "SO_REUSEADDR.",
        _shares,
        {"option": "SO_REUSEPORT"},
    ),
    Mistake(
        "no_time_wait_no_goodbye",
        written(
            imports=("struct",),
            before=('listener.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))',),
        ),
        "No TIME-WAIT any more, and no goodbye either: accepted sockets inherit SO_LINGER, and with 0 seconds their "
        "close() is a reset, which throws away what was not yet sent. Your clients were to get the end, and got an "
        "error. Leave TIME-WAIT as it is, and set SO_REUSEADDR.",
        _resets,
    ),
)  # fmt: skip
