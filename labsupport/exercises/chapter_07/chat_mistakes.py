"""What goes wrong in a chat room with one slow reader, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill
from labsupport.tape.events import Call, Endpoint
from labsupport.tape.streams import RECEIVING

__all__ = ["ALL_OF_THEM", "LEFT", "MISTAKES", "MOST", "SOLUTION", "STARTER", "TOLD"]

#: So many lines may wait for one member.
MOST: Final = 20
#: What one who reads nothing gets, in the end, from a room that keeps everything for it.
ALL_OF_THEM: Final = "every one of the lines"
#: Where the script notes how many threads are left of members that have gone.
LEFT: Final = "threads left"

STARTER: Final = f'''\
import threading

MOST = {MOST}  # so many lines may wait for one member


def chat_room(listener):
    """What a member says, line by line, all others hear, whole and in order.  Runs until it is stopped."""
    members = []
    while True:
        connection, _ = listener.accept()
        member = Member(connection)
        members.append(member)
        threading.Thread(target=attend, args=(member, members), daemon=True).start()


def attend(member, members):  # in a thread of its own: pass on what one member says, until it goes
    try:
        for line in member.connection.makefile("rb"):
            for other in list(members):
                if other is not member:
                    other.tell(line)
    except OSError:
        pass  # it is gone
    members.remove(member)
    member.leave()


class Member:
    def __init__(self, connection):
        self.connection = connection
        raise NotImplementedError  # where do lines wait for this member, and who sends them?

    def tell(self, line):  # have this member hear a line; called in the threads of the others
        self.connection.sendall(line)  # works, until this member stops reading

    def leave(self):  # it has gone
        self.connection.close()
'''

_TOP, _, _REST = STARTER.partition("        raise NotImplementedError")
#: The room without its gap: a sendall() to each member in turn.
TOLD: Final = _TOP + _REST.partition("\n")[2]
_IN_TURN: Final = "        self.connection.sendall(line)  # works, until this member stops reading\n"

SOLUTION: Final = (
    "import contextlib\nimport queue\nimport socket\n"
    + _TOP
    + '''\
        self.waiting = queue.Queue(MOST)
        threading.Thread(target=self.write, daemon=True).start()

    def tell(self, line):
        """Have this member hear a line; called in the threads of the others."""
        try:
            self.waiting.put_nowait(line)
        except queue.Full:  # it does not read: it is let go
            self.hang_up()

    def write(self):
        """Send what waits; in a thread of its own, so that nobody else waits for this member."""
        with contextlib.suppress(OSError):
            while (line := self.waiting.get()) is not None:
                self.connection.sendall(line)

    def hang_up(self):
        """Wake whoever waits for it in recv() or sendall()."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def leave(self):
        """It has gone."""
        self.hang_up()
        with contextlib.suppress(queue.Full):  # then write() is in sendall(), which has been woken
            self.waiting.put_nowait(None)
        self.connection.close()
'''
)


# --- the signs of mistakes -------------------------------------------------------------------


def _waits_in_sendall(outcome: Outcome) -> dict[Endpoint, list[Call]]:
    """The open sendall() calls, by connection."""
    found: dict[Endpoint, list[Call]] = {}
    for call in outcome.calls("sendall"):
        if call.open:
            found.setdefault(call.endpoint, []).append(call)
    return found


def _in_turn(outcome: Outcome) -> Facts | None:
    """One member reads nothing, a thread waits for it, and somebody who reads gets nothing."""
    waits = _waits_in_sendall(outcome)
    unmet = outcome.unmet
    if unmet is None or outcome.ended or len(waits) != 1 or not unmet.got.endswith(("nothing", "nothing more")):
        return None
    return {"who": unmet.who} if all(len(calls) == 1 for calls in waits.values()) else None


def _a_thread_a_line(outcome: Outcome) -> Facts | None:
    """Several threads that do nothing but send have sent to one member."""
    readers = {call.program for call in (*outcome.receives, *outcome.calls("accept"))}
    writers = {(call.endpoint, call.program) for call in outcome.sends if call.program not in readers}
    ends = [end for end, _ in writers]
    return {} if outcome.unmet is not None and any(ends.count(end) > 1 for end in ends) else None


def _keeps_everything(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    if unmet is None or unmet.got != ALL_OF_THEM or _a_thread_a_line(outcome) is not None:
        return None
    return {"who": unmet.who}


def _removes_while_walking(outcome: Outcome) -> Facts | None:
    """A send to one failed, and a neighbour got nothing."""
    unmet = outcome.unmet
    if unmet is None or unmet.got != "nothing" or _waits_in_sendall(outcome):
        return None
    failed = outcome.failed(ConnectionError, "sendall", "send") or outcome.thrown("RuntimeError")
    return {"who": unmet.who} if failed else None


def _leaves_threads(outcome: Outcome) -> Facts | None:
    left = outcome.noted.get(LEFT, 0)
    return {"n": left} if left else None


def _a_timeout_both_ways(outcome: Outcome) -> Facts | None:
    return {} if outcome.unmet is not None and outcome.failed(TimeoutError, *RECEIVING) else None


# --- the wrong programs ----------------------------------------------------------------------


def _with(init: str, tell: str, more: str = "", top: str = "") -> str:
    """The room with these lines in `__init__` and in `tell`, and `more` below."""
    told = "".join(f"        {line}\n" for line in tell.splitlines())
    return top + fill(STARTER, init).replace(_IN_TURN, told) + more


_WRITE: Final = '''
    def write(self):
        """Send what waits."""
        try:
            while line := self.waiting.get():
                self.connection.sendall(line)
        except OSError:
            pass
'''
_WRITER: Final = "self.waiting = queue.Queue({})\nthreading.Thread(target=self.write, daemon=True).start()"

MISTAKES: Final = (
    Mistake(
        "sends_in_turn",
        TOLD,
        "One member has stopped reading, and the room is silent: sendall() to that member waits for room, and {who} "
        "waits behind it. Give each member a queue with a bound, and a writer of its own.",
        _in_turn,
        {"who": "Amara"},
    ),
    Mistake(
        "keeps_everything",
        _with(_WRITER.format(""), "self.waiting.put(line)", _WRITE, "import queue\n").replace(
            "        self.connection.close()", "        self.waiting.put(None)\n        self.connection.close()"
        ),
        "{who} read nothing while the others talked, and got every line in the end: your room kept them all, and it "
        "keeps more the longer that lasts. Bound the queue, and say what happens when it is full: let the member go, "
        "or drop its oldest lines.",
        _keeps_everything,
        {"who": "Eli"},
    ),
    Mistake(
        "a_thread_a_line",
        _with("pass", "threading.Thread(target=self.connection.sendall, args=(line,), daemon=True).start()"),
        "A thread for each line: nobody waits, but several threads stand in sendall() on the same connection. Each "
        "sends when there is room, so lines come in any order, one inside another; and the threads are your queue, "
        "without a bound. One writer a member.",
        _a_thread_a_line,
    ),
    Mistake(
        "removes_while_walking",
        TOLD.replace("list(members)", "members").replace("                    other.tell(line)\n", """\
                    try:
                        other.tell(line)
                    except OSError:
                        members.remove(other)
""").replace("    members.remove(member)\n    member.leave()\n", ""),
        "One member had gone, and the next one in the list, {who}, missed the line: you remove from the list while "
        "walking over it, so all that follow move up by one, and the walk steps over one of them. Walk over a copy: "
        "for other in list(members).",
        _removes_while_walking,
        {"who": "Chen"},
    ),
    Mistake(
        "leaves_threads",
        _with(_WRITER.format("MOST"), """\
try:
    self.waiting.put_nowait(line)
except queue.Full:
    self.connection.shutdown(socket.SHUT_RDWR)
""", _WRITE, "import queue\nimport socket\n"),
        "{n} members have come and gone, and {n} threads of your room are still there: each waits in get() for a line "
        "to a member that has left. Give the writer its end, such as put(None), when the member goes.",
        _leaves_threads,
        {"n": 6},
    ),
    Mistake(
        "a_timeout_both_ways",
        _with("connection.settimeout(0.5)", """\
try:
    self.connection.sendall(line)
except OSError:
    self.leave()
"""),
        "A timeout on a socket is one for both directions. You set it so that sendall() does not wait for ever, and "
        "recv() took the silence of a member who listens for its end. A member may say nothing as long as it likes.",
        _a_timeout_both_ways,
    ),
)  # fmt: skip
