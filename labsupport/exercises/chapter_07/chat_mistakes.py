"""What goes wrong in a chat room with one slow reader."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Mistake, fill

from .chat_signs import (
    a_thread_a_line,
    a_timeout_both_ways,
    full_and_not_caught,
    half_a_line,
    in_turn,
    keeps_everything,
    leaves_threads,
    removes_while_walking,
    waits_in_put,
)

__all__ = ["MISTAKES", "MOST", "SOLUTION", "STARTER", "TOLD"]

#: So many lines may wait for one member.
MOST: Final = 20

STARTER: Final = f'''\
import threading

MOST = {MOST}  # so many lines may wait for one member


def chat_room(listener):
    """What a member says, all others hear: whole lines, in order.  Runs until it is stopped."""
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


def _queued(bound: str, tell: str) -> str:
    """The room with a queue and a writer for each member, and these lines in `tell`."""
    return _with(_WRITER.format(bound), tell, _WRITE, "import queue\n").replace(
        "        self.connection.close()", "        self.waiting.put(None)\n        self.connection.close()"
    )


MISTAKES: Final = (
    Mistake(
        "sends_in_turn",
        TOLD,
        "One member has stopped reading, and the room is silent: sendall() to that member waits for room, and {who} "
        "waits behind it. Give each member a queue with a bound, and a writer of its own.",
        in_turn,
        {"who": "Amara"},
    ),
    Mistake(
        "waits_in_put",
        _queued("MOST", "self.waiting.put(line)"),
        "A member has stopped reading, its queue is full, and put() waits until there is room: whoever speaks waits "
        "behind it, and {who} hears nothing more. put_nowait() never waits; say what happens on queue.Full.",
        waits_in_put,
        {"who": "Amara"},
    ),
    Mistake(
        "full_and_not_caught",
        _queued("MOST", "self.waiting.put_nowait(line)"),
        "The queue of a member that has stopped reading was full, queue.Full was raised, nobody caught it, and the "
        "thread of whoever spoke ended: {who} hears nothing more. Catch it where you put the line, and let that "
        "member go, or drop a line.",
        full_and_not_caught,
        {"who": "Amara"},
    ),
    Mistake(
        "half_a_line",
        _with("pass", """\
try:
    self.connection.send(line, socket.MSG_DONTWAIT)
except BlockingIOError:
    pass  # no room: the line is dropped
""", top="import socket\n"),
        "{op}() took a part of a line, as much as there was room for, and the rest is gone: {who} reads half a line, "
        "and the next one right behind it. Who has sent the beginning must send the rest, or let the member go. Drop "
        "whole lines: let them wait in a queue, for a writer that may wait.",
        half_a_line,
        {"op": "send", "who": "Eli"},
    ),
    Mistake(
        "keeps_everything",
        _queued("", "self.waiting.put(line)"),
        "{who} read nothing while the others talked, and got every line in the end: your room kept them all, and it "
        "keeps more the longer that lasts. Bound the queue, and say what happens when it is full: let the member go, "
        "or drop its oldest lines.",
        keeps_everything,
        {"who": "Eli"},
    ),
    Mistake(
        "a_thread_a_line",
        _with("pass", "threading.Thread(target=self.connection.sendall, args=(line,), daemon=True).start()"),
        "A thread for each line: nobody waits, but several threads stand in sendall() on the same connection. Each "
        "sends when there is room, so lines come in any order, one inside another; and the threads are your queue, "
        "without a bound. One writer a member.",
        a_thread_a_line,
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
        removes_while_walking,
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
        "{n} members have come and gone, and {n} threads of your room are still there: each waits for a line to a "
        "member that has left. Give the writer its end when the member goes, such as put(None) in its queue.",
        leaves_threads,
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
        a_timeout_both_ways,
    ),
)  # fmt: skip
