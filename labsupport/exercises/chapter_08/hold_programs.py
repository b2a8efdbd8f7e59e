"""The programs of `hold_through`: the starter, a solution, and the parts of it that the wrong ones exchange."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import changed

__all__ = [
    "ATTEND",
    "COMES",
    "DEADLINE",
    "DOOR",
    "LEFT",
    "LINES",
    "RATED",
    "STARTER",
    "TOO_LONG",
    "WHOLE_TOO_LONG",
    "written",
]

_IMPORTS: Final = "import collections\nimport threading\nimport time\n"
_BEGINS: Final = '''

def hold_through(listener, limits):
    """Echo lines, within `limits`: .clients, .seconds, .line, .rate.  Runs until it is stopped."""
'''
_PLACES: Final = """\
    places = threading.Semaphore(limits.clients)
    while True:
        connection, _ = listener.accept()
"""
DOOR: Final = """\
        if places.acquire(blocking=False):
            threading.Thread(target=attend, args=(connection, limits, places), daemon=True).start()
        else:
            connection.close()
"""
ATTEND: Final = """\
def attend(connection, limits, places):
    try:
        with connection:
            converse(connection, limits)
    except OSError:
        pass  # it is gone, or its time is over
    finally:
        places.release()  # however it ended
"""
LINES: Final = """\
    asked = collections.deque(maxlen=limits.rate)  # when the last lines came
    pending = b""
    while True:
"""
DEADLINE: Final = "        deadline = time.monotonic() + limits.seconds\n"
TOO_LONG: Final = """\
            if len(pending) >= limits.line:
                return
"""
WHOLE_TOO_LONG: Final = """\
        if len(line) >= limits.line:
            return
"""
LEFT: Final = """\
            left = deadline - time.monotonic()
            if left <= 0:
                return
            connection.settimeout(left)
"""
COMES: Final = """\
            data = connection.recv(4096)
            if not data:
                return
            pending += data
"""
RATED: Final = """\
        now = time.monotonic()
        if len(asked) == limits.rate and now - asked[0] < 1:
            return
        asked.append(now)
"""
STARTER: Final = (
    _IMPORTS
    + _BEGINS
    + "    raise NotImplementedError  # delete this line when converse() keeps to the limits\n"
    + _PLACES
    + DOOR
    + "\n\n"
    + ATTEND
    + '''

def converse(connection, limits):
    """Answer one client, line by line; it keeps to no limit yet."""
    pending = b""
    while True:
        while b"\\n" not in pending:
            if not (data := connection.recv(4096)):
                return
            pending += data
        line, _, pending = pending.partition(b"\\n")
        connection.sendall(line + b"\\n")
'''
)
_SOLUTION: Final = (
    _IMPORTS
    + _BEGINS
    + _PLACES
    + DOOR
    + "\n\n"
    + ATTEND
    + '''

def converse(connection, limits):
    """Answer one client, line by line, until it goes or has to."""
'''
    + LINES
    + DEADLINE
    + '        while b"\\n" not in pending:\n'
    + TOO_LONG
    + LEFT
    + COMES
    + '        line, _, pending = pending.partition(b"\\n")\n'
    + WHOLE_TOO_LONG
    + RATED
    + """\
        connection.settimeout(limits.seconds)
        connection.sendall(line + b"\\n")
"""
)


def written(*changes: tuple[str, str]) -> str:
    """The solution, with these parts exchanged."""
    return changed(_SOLUTION, *changes)
