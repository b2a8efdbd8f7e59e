"""What goes wrong in a server of the chat, and the facts by which it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Facts, Mistake, Outcome

from .server_programs import ALL_TOLD, DRAINED, IN_ACCEPT, IN_WAKE, WAITS, written

__all__ = ["GONE", "KEPT", "LOST", "MISTAKES", "NEVER", "SILENT", "SLOW", "STOP", "TALK"]

#: Titles of cases.
TALK: Final = "Amara and Bồ talk, then Bồ leaves"
SILENT: Final = "Chen connects and says nothing; Amara talks; Dewi does no more than shake hands"
LOST: Final = "Bồ's connection breaks; then Bồ comes again"
SLOW: Final = "Chen reads nothing while the others talk"
NEVER: Final = "Chen never reads, and Amara has much to say"
STOP: Final = "the server is stopped while Amara and Bồ talk"
#: What the others hear of one who reads nothing, and the kilobytes that are said to her before.
GONE: Final = "left (name 'Chen', why 'too-slow')"
KEPT: Final = 1536

# --- the signs of mistakes -------------------------------------------------------------------


def _missing(title: str, expected: str, *got: str) -> Callable[[Any], Facts | None]:
    """In this case somebody did not get this, or got one of these in its place."""

    def sign(outcome: Outcome) -> Facts | None:
        unmet = outcome.unmet
        if unmet is None or outcome.case.title != title or not unmet.expected.startswith(expected):
            return None
        return {"who": unmet.who} if not got or unmet.got in got else None

    return sign


def _in_accept(outcome: Outcome) -> Facts | None:
    sealed = any(call.layer == "tls" for call in outcome.calls("accept"))
    return _missing(SILENT, "a TLS handshake")(outcome) if sealed else None


def _in_wake(outcome: Outcome) -> Facts | None:
    """Somebody who reads hears nothing, while a send to another waits."""
    waits = any(call.open for call in outcome.sends)
    return _missing(SLOW, "said", "nothing")(outcome) if waits else None


def _no_drain(outcome: Outcome) -> Facts | None:
    """All was said, and who reads nothing is still in."""
    return {"n": KEPT} if _missing(NEVER, GONE, "none")(outcome) is not None else None


def _tells_left(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    left = unmet is not None and unmet.got.startswith("left (") and unmet.got.endswith("why 'stopping')")
    return {"who": unmet.who} if left and unmet is not None and outcome.case.title == STOP else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "answers_the_speaker_alone",
        written(
            ("wake=news.set", "wake=lambda: None"),
            ("receive(reader, session, loop.time)", "receive(reader, session, loop.time, news)"),
            ("async def receive(reader, session, now):", "async def receive(reader, session, now, news):"),
            ("        session.receive(data, now())", "        session.receive(data, now())\n        news.set()"),
        ),
        "{who} was to hear what others do, and heard nothing: you send what a session has when its own client has said "
        "something. What others say comes without that. `wake` is called each time that there is something to send.",
        _missing(TALK, "joined", "nothing"),
        {"who": "Amara"},
    ),
    Mistake(
        "handshake_in_accept",
        IN_ACCEPT,
        "One client that connects and stays silent has stopped your server, and {who} waits: the handshake runs inside "
        "accept(). Accept the plain socket, set a timeout, and do the handshake in the worker.",
        _in_accept,
        {"who": "Amara"},
    ),
    Mistake(
        "handshake_without_a_deadline",
        written(('"ssl_handshake_timeout": limits.login, ', "")),
        "{who} has connected and says nothing, not even in TLS, and is still there. The session's deadline begins when "
        "the handshake has ended; before that nobody counts, and asyncio waits for 60 s. ssl_handshake_timeout is "
        "yours to set.",
        _missing(SILENT, "the end of the connection", "none"),
        {"who": "Chen"},
    ),
    Mistake(
        "never_due",
        written((WAITS, "            data = await reader.read(4096)\n")),
        "{who} has shaken hands and never says who she is; nobody has told her that her time is over. A session has no "
        "clock: wait for bytes until session.deadline and no longer, and then call session.due().",
        _missing(SILENT, "error", "nothing"),
        {"who": "Dewi"},
    ),
    Mistake(
        "sends_in_wake",
        IN_WAKE,
        "Chen has stopped reading, and {who} waits: `wake` sends what Chen is to hear, in the thread of whoever spoke, "
        "and there is no room for it. `wake` may only tell that there is news; who sends to Chen waits for Chen alone.",
        _in_wake,
        {"who": "Amara"},
    ),
    Mistake(
        "no_drain",
        written((DRAINED, "")),
        "Chen reads nothing, {n:,} KB were said to her, and she is still in: your server keeps them. write() only "
        "queues, and what you take out of a session no longer counts for its limit. Await drain(), or whatever tells "
        "you that the last has gone, before you take more.",
        _no_drain,
        {"n": KEPT},
    ),
    Mistake(
        "never_lost",
        written(("        finally:\n            session.lost(loop.time())\n", "        finally:\n")),
        "The connection of Bồ broke, and {who} has not heard of it: to your room Bồ is in for ever, and that name can "
        "never come back. However a connection ends, tell its session: session.lost().",
        _missing(LOST, "left", "nothing"),
        {"who": "Amara"},
    ),
    Mistake(
        "tells_left",
        written(("    room.close()\n", "")),
        "{who} was to hear that the server stops, and heard that somebody left: each session that you refuse leaves "
        "the room, and the room tells the others. First room.close(), then nobody hears of it.",
        _tells_left,
        {"who": "Bồ"},
    ),
    Mistake(
        "stops_without_a_word",
        written((ALL_TOLD, "")),
        "The server was stopped, and {who} heard nothing of it but the end: nobody can tell that from a crash. Refuse "
        "everybody with `stopping`, and wait until it is sent, for limits.linger seconds at most.",
        _missing(STOP, "error", "the end", "a reset"),
        {"who": "Amara"},
    ),
)  # fmt: skip
