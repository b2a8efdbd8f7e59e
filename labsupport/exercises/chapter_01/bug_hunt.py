"""A bug hunt: the pair of programs that everybody has copied from the web has ten faults; find six."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Choice, Facts, Fault, Mistake, Picked

__all__ = ["BUG_HUNT", "LISTING"]

#: The pair, written by us with the faults of the web.  Line numbers count over both programs.
LISTING: Final = """\
import socket                                                  # the server
HOST = ''
PORT = 12345
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind((HOST, PORT))
server.listen(5)
connection, address = server.accept()
while True:
    data = connection.recv(1024)
    if not data:
        break
    print('client says:', data.decode())
    connection.send(data.upper())
connection.close()

import socket                                                  # the client
try:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.connect(('127.0.0.1', 12345))
    s.sendall('héllo wörld'.encode())
    s.shutdown(socket.SHUT_WR)
    answer = s.recv(1024)
    print('server says:', answer.decode())
except socket.timeout:
    print('the server is too slow')
except Exception:
    print('network error')
finally:
    s.close()
"""

_FAULTS: Final = (
    Fault(
        (2,),
        "'' means every network interface (0.0.0.0), so anybody on your network can reach it. Bind 127.0.0.1.",
        "who can reach this server: only this machine, or more than that?",
    ),
    Fault(
        (7, 8),
        "accept() is called once, so a second client is connected by the kernel and never served. It belongs in a "
        "loop of its own, around the one in line 8.",
        "two clients come. Which line serves the second?",
    ),
    Fault(
        (22,),
        "one recv() is taken for the whole answer. It gives what has arrived by then; read until b''.",
        "the answer comes in two pieces. What does the client print?",
    ),
    Fault(
        (12, 23),
        "a piece is decoded, and TCP may cut an 'é' in two: UnicodeDecodeError. Decode when you have the whole.",
        "recv() gives the first byte of an 'é' and not the second. Which line minds?",
    ),
    Fault(
        (3, 19),
        "a fixed port belongs to whoever took it first, and on a shared machine that is somebody else. "
        "Port 0 takes a free one.",
        "a neighbour on the same machine runs the same tutorial. Which number do you both want?",
    ),
    Fault(
        (13,),
        "send() may take only a part of the bytes and says how many; nobody looks. sendall() sends all.",
        "which call returns a number that nobody looks at?",
    ),
    Fault(
        (24, 25),
        "no timeout was ever set, so this cannot be the client's own: it waits for ever. settimeout() before "
        "connect().",
        "which line waits for something that no other line has asked for?",
    ),
    Fault(
        (26, 27),
        "every error becomes 'network error', a typing mistake of yours too. Catch OSError, and say what it was.",
        "you misspell a name in line 23. What does the program print?",
    ),
    Fault(
        (29, 17, 18, 28, 4, 14),
        "if socket() failed there is no s: a NameError hides the real error, and in a notebook an s of an older cell "
        "is closed instead. The server's listener (line 4) is never closed at all; line 14 closes only the connection, "
        "and that loses nothing. Make each socket with `with`.",
        "socket() itself fails in line 18. What does the last line do?",
    ),
    Fault(
        (5,),
        "if the server closes first (Ctrl-C while a client is connected), a restart fails with 'Address already in "
        "use'. On POSIX set SO_REUSEADDR before bind, as create_server() does (chapter 06).",
        "you press Ctrl-C while a client is connected and start the server again. Which line complains?",
    ),
)

_SOUND: Final = {
    1: "It only imports what the server needs.",
    6: "listen(5) bounds the queue of clients that wait for accept(), not the clients that can be served. It is small, "
    "and no fault.",
    9: "Here recv(1024) stands in a loop that b'' ends, so nothing is lost: what is beyond 1024 bytes comes next time. "
    "(Line 22 is another matter.)",
    10: "`not data` is the test for b'', the end of what the client sends. It is right.",
    11: "Leaving the loop at b'' is right.",
    15: "It is empty: the server ends above it, the client begins below.",
    16: "It only imports what the client needs.",
    20: "encode() uses UTF-8 when you name nothing else, and sendall() sends all of it.",
    21: "shutdown(SHUT_WR) says 'I have finished sending', and the client can still read the answer. "
    "It is what lets the server's loop end.",
}


def _names(*lines: int) -> Callable[[Picked], Facts | None]:
    """The sign of a belief: one of these sound lines is the first that was named."""
    return lambda picked: {} if picked.sound and picked.sound[0] in lines else None


def _everything(picked: Picked) -> Facts | None:
    return {"n": len(picked.sound)} if len(picked.sound) >= 6 else None


def _not_enough(picked: Picked) -> Facts | None:
    if picked.sound or not picked.missing:
        return None
    found = len(picked.found)
    so_far = ("The set is empty", "One fault so far")[found] if found < 2 else f"So far {found} faults"
    return {"so_far": so_far, "question": picked.missing[0].question}


def _belief(name: str, line: int, says: str) -> Mistake:
    def sign(picked: Picked) -> Facts | None:
        return None if _everything(picked) is not None else _names(line)(picked)

    return Mistake(name, f"bug_hunt = {{2, 7, 13, 22, 24, 29, {line}}}\n", says, sign)


BUG_HUNT: Final = Choice(
    name="bug_hunt",
    chapter=1,
    prompt=(
        "**Bug hunt.** A pair of programs as the web has them: they run, and they have ten faults. Find six. "
        "Answer with a set of line numbers, such as `{1, 16}`, of lines that are wrong or come at the wrong moment. "
        "No sound line may be in the set; the answer tells you which one is, and why."
        "\n\n```text\n"
        + "".join(f"{number:>2}  {line}".rstrip() + "\n" for number, line in enumerate(LISTING.splitlines(), 1))
        + "```"
    ),
    hints=(
        "Think of a client that is not alone, an answer that comes in pieces, and a server that is started twice.",
        (
            "Server: who can reach it (2), how many it can serve (one line), and two lines in the loop that trust too "
            "much."
        ),
        (
            "Client: one line trusts a single recv(); and read the four lines from `except socket.timeout` on with the "
            "question 'when does this happen?'"
        ),
        (
            "Six of them: the empty host, the lonely accept(), the recv() that stands alone, send(), the timeout that "
            "nobody set, and the close() of an s that may not exist."
        ),
    ),
    starter="bug_hunt = ...  # a set of line numbers\n",
    solution="bug_hunt = {2, 3, 5, 7, 12, 13, 22, 24, 26, 29}\n",
    alternatives=(
        "bug_hunt = {2, 7, 13, 22, 24, 29}\n",
        "bug_hunt = [19, 5, 7, 23, 13, 27]\n",
        "bug_hunt = {2, 8, 13, 22, 25, 17, 28}\n",
        "bug_hunt = {3, 4, 14, 7, 8, 12, 24, 26}\n",
    ),
    praise="You would not have shipped it. Here are all ten.",
    faults=_FAULTS,
    sound=_SOUND,
    enough=6,
    last=len(LISTING.splitlines()),
    example="{1, 16}",
    mistakes=(
        Mistake(
            "everything",
            "bug_hunt = set(range(1, 30))\n",
            "You named {n} lines that are sound. A hunt is worth something when the sound lines are left out: "
            "for each line, say what would go wrong, and when.",
            _everything,
            {"n": 9},
        ),
        _belief("fears_the_backlog", 6, f"Line 6 is sound. {_SOUND[6]}"),
        _belief("fears_1024", 9, f"Line 9 is sound. {_SOUND[9]}"),
        _belief("fears_shutdown", 21, f"Line 21 is sound. {_SOUND[21]}"),
        Mistake(
            "not_enough_yet",
            "bug_hunt = {2, 7, 13}\n",
            "{so_far}; six are asked. A question that leads to another: {question}",
            _not_enough,
            {"so_far": "So far 3 faults", "question": _FAULTS[2].question},
        ),
    ),
)
