"""What goes wrong where a dead peer is to be noticed, and the options in force by which it shows."""

from __future__ import annotations

from typing import Any, Final

from labsupport.exercises.engine import Facts, Mistake, Outcome

from .in_force import DEFAULT_IDLE, HAS_USER_TIMEOUT, InForce

__all__ = ["LEAST", "MISTAKES", "MOST", "STARTER", "found", "written"]

#: Milliseconds that a living peer may be slow, and after which a dead one is to be noticed.
LEAST: Final = 500
MOST: Final = 2000
#: Seconds before the first probe that nobody sets who wants two in all: it is milliseconds that they meant.
_THOUSANDS: Final = 500

STARTER: Final = '''\
import socket


def detect_dead_peer(sock):
    """Have the kernel notice within about 2 s a peer that is gone, with data on its way or not."""
    raise NotImplementedError  # set the options of sock
'''


def written(*switches: str, **values: int) -> str:
    """An answer that switches on options of SOL_SOCKET, and sets others of IPPROTO_TCP, named without TCP_."""
    lines = [f"sock.setsockopt(socket.SOL_SOCKET, socket.{name}, 1)" for name in switches]
    lines += [f"sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_{name}, {value})" for name, value in values.items()]
    body = "".join(f"    {line}\n" for line in lines)
    return f"import socket\n\n\ndef detect_dead_peer(sock):\n{body}"


# --- the signs of mistakes -------------------------------------------------------------------


def found(outcome: Outcome) -> InForce:
    """The options that the learner's function left in force."""
    now: InForce = outcome.noted["in force"]
    return now


def _left(outcome: Outcome) -> InForce | None:
    """The same, if the function came to its end."""
    now: Any = outcome.noted.get("in force")
    return now if isinstance(now, InForce) else None


def _two_hours(outcome: Outcome) -> Facts | None:
    now = _left(outcome)
    return {"idle": now.idle} if now and now.keepalive and now.idle >= DEFAULT_IDLE else None


def _thousands(outcome: Outcome) -> Facts | None:
    now = _left(outcome)
    meant = now and now.keepalive and _THOUSANDS <= now.idle < DEFAULT_IDLE
    return {"idle": now.idle, "minutes": now.idle // 60} if now and meant else None


def _too_many(outcome: Outcome) -> Facts | None:
    """The probes are as they should be, but too many or too far apart."""
    now = _left(outcome)
    if now is None or not now.keepalive or now.idle >= _THOUSANDS or (now.idle_noticed or 0) * 1000 <= MOST:
        return None
    by = "TCP_USER_TIMEOUT" if now.user_timeout else f"{now.count} probes"
    return {"idle": now.idle, "interval": now.interval, "by": by, "seconds": now.idle_noticed}


def _never_on(outcome: Outcome) -> Facts | None:
    now = _left(outcome)
    return {} if now and not now.keepalive and now.idle < DEFAULT_IDLE else None


def _only_in_flight(outcome: Outcome) -> Facts | None:
    now = _left(outcome)
    alone = now and not now.keepalive and now.idle >= DEFAULT_IDLE and now.user_timeout
    return {"timeout": now.user_timeout} if now and alone else None


def _own_timeout(outcome: Outcome) -> Facts | None:
    now = _left(outcome)
    alone = now and now.waits is not None and not now.keepalive and not now.user_timeout and now.idle >= DEFAULT_IDLE
    return {"seconds": f"{now.waits:g}"} if now and alone else None


def _silent_in_flight(outcome: Outcome) -> Facts | None:
    now = _left(outcome)
    noticed = now and now.keepalive and (now.idle_noticed or DEFAULT_IDLE) * 1000 <= MOST and not now.user_timeout
    return {} if noticed and HAS_USER_TIMEOUT and now and now.waits is None else None


def _seconds_for_milliseconds(outcome: Outcome) -> Facts | None:
    now = _left(outcome)
    short = now and 0 < now.user_timeout < LEAST and (now.idle_noticed or DEFAULT_IDLE) * 1000 <= MOST
    return {"timeout": now.user_timeout} if now and short else None


# --- the wrong programs ----------------------------------------------------------------------

_ALL: Final = {"KEEPIDLE": 1, "KEEPINTVL": 1, "KEEPCNT": 1}

_OF_KEEPALIVE: Final = (
    Mistake(
        "keepalive_alone",
        written("SO_KEEPALIVE", USER_TIMEOUT=MOST),
        "Keepalive is on, and the first probe goes out after {idle} s of silence: the default is made for connections "
        "that last for days. Set TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT too.",
        _two_hours,
        {"idle": DEFAULT_IDLE},
    ),
    Mistake(
        "milliseconds_for_seconds",
        written("SO_KEEPALIVE", KEEPIDLE=1000, KEEPINTVL=1, KEEPCNT=1, USER_TIMEOUT=MOST),
        "TCP_KEEPIDLE is in seconds (TCP_USER_TIMEOUT is in milliseconds): the first probe goes out after {idle} s, "
        "which is {minutes} minutes.",
        _thousands,
        {"idle": 1000, "minutes": 16},
    ),
    Mistake(
        "too_many_probes",
        written("SO_KEEPALIVE", KEEPIDLE=1, KEEPINTVL=1, KEEPCNT=3),
        "The first probe goes out after {idle} s, the next ones {interval} s apart, and {by} decide: so a dead peer is "
        "noticed after {seconds} s. The time before the first probe counts too.",
        _too_many,
        {"idle": 1, "interval": 1, "by": "3 probes", "seconds": 4},
    ),
    Mistake(
        "never_switched_on",
        written(**_ALL, USER_TIMEOUT=MOST),
        "The times of the probes are set, and there are none: SO_KEEPALIVE, at the level SOL_SOCKET, is what switches "
        "them on.",
        _never_on,
    ),
    Mistake(
        "a_timeout_of_its_own",
        "def detect_dead_peer(sock):\n    sock.settimeout(2)\n",
        "settimeout({seconds}) ends a wait of your own program, and says nothing of the peer: one who is well, and "
        "silent for longer, would be taken for dead; and while your program waits for nothing, nobody looks. Let the "
        "kernel probe: SO_KEEPALIVE and its three times.",
        _own_timeout,
        {"seconds": "2"},
    ),
)
_OF_THE_USER_TIMEOUT: Final = (
    Mistake(
        "only_in_flight",
        written(USER_TIMEOUT=MOST),
        "TCP_USER_TIMEOUT ({timeout} ms) gives up what is unacknowledged for so long. On an idle connection nothing "
        "is: a peer that goes away then is never missed. There keepalive sends the probes.",
        _only_in_flight,
        {"timeout": MOST},
    ),
    Mistake(
        "silent_with_data_in_flight",
        written("SO_KEEPALIVE", **_ALL),
        "On an idle connection that does. But keepalive sends no probe while data is unacknowledged (RFC 9293, section "
        "3.8.4). The peer takes nothing, its kernel still answers, and this can go on for ever: set TCP_USER_TIMEOUT "
        "too.",
        _silent_in_flight,
    ),
    Mistake(
        "seconds_for_milliseconds",
        written("SO_KEEPALIVE", **_ALL, USER_TIMEOUT=2),
        "TCP_USER_TIMEOUT is in milliseconds (the keepalive options are in seconds): you gave the peer {timeout} ms, "
        "and it was slow for a moment, and lives.",
        _seconds_for_milliseconds,
        {"timeout": 2},
    ),
)
MISTAKES: Final = (*_OF_KEEPALIVE, *(_OF_THE_USER_TIMEOUT if HAS_USER_TIMEOUT else ()))
