"""What the torture run does inside the kernel: count what is open, and press the stop button on a cell that waits.

Imported by the kernel from PYTHONPATH, so that nothing of it stands among the learner's names.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from IPython.core.getipython import get_ipython

STATES = {
    "01": "ESTABLISHED",
    "02": "SYN-SENT",
    "04": "FIN-WAIT-1",
    "05": "FIN-WAIT-2",
    "08": "CLOSE-WAIT",
    "0A": "LISTEN",
}

#: How often in a row the main thread must be seen at one instruction of a cell before it counts as waiting.
LOOKS = 4

watchers: list[Watcher] = []


def report() -> None:
    """Print the names of the live threads and what each open socket is, without its port, as JSON."""
    forget_the_last_error()
    gc.collect()
    threads = [thread.name for thread in threading.enumerate() if not of_no_lesson(thread)]
    print(json.dumps({"threads": sorted(map(plain, threads)), "sockets": sorted(sockets())}))


def forget_the_last_error() -> None:
    """Python and IPython keep the frames of the last error for a debugger, and with them what the frames hold open.

    `create_connection`, interrupted while it connects, holds a socket that nobody else has.
    """
    for name in ("last_exc", "last_value", "last_traceback"):
        setattr(sys, name, None)
    if shell := get_ipython():
        shell.InteractiveTB.tb = None


def of_no_lesson(thread: threading.Thread) -> bool:
    """The watcher's own, and the one that pyzmq starts with its first large message and keeps."""
    return isinstance(thread, Watcher) or type(thread).__module__.startswith("zmq.")


def plain(name: str) -> str:
    """The name of a thread without its running number."""
    return "".join("#" if letter.isdigit() else letter for letter in name)


def sockets() -> list[str]:
    """Each socket that this process has open, by protocol and state, from the kernel's tables (Linux)."""
    known: dict[str, str] = {}
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        for row in Path("/proc/self/net", protocol).read_text().splitlines()[1:]:
            fields = row.split()
            known[fields[9]] = f"{protocol} {STATES.get(fields[3], 'unconnected')}"
    targets = (os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())  # noqa: PTH115
    inodes = (target[len("socket:[") : -1] for target in targets if target.startswith("socket:["))
    return [known.get(inode, "unix, or in no table") for inode in inodes]


class Watcher(threading.Thread):
    """Interrupts the cell that runs next, once, when its main thread waits (or spins within one call).

    The main thread looks at its frames and presses the button itself, by whatever handles SIGINT then.  From another
    thread both would come too late: the cell may have ended, and an interrupt would hit the kernel; and Python 3.11 has
    crashed while one thread walked through the frames of another that ran on.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.pressed = False
        self.last: tuple[int, int] | None = None
        self.times = 0
        signal.signal(signal.SIGUSR1, self.look)

    def look(self, _number: int, frame: FrameType | None) -> None:
        """Interrupt what runs, if it is a cell of a lesson and stands still."""
        seen = where(frame)
        self.times = self.times + 1 if seen == self.last else 0
        self.last = seen
        if not self.done.is_set() and seen is not None and self.times >= LOOKS:
            self.done.set()
            self.pressed = True
            handler = signal.getsignal(signal.SIGINT)
            assert callable(handler)
            handler(signal.SIGINT, frame)

    def run(self) -> None:
        while not self.done.wait(0.01):
            os.kill(os.getpid(), signal.SIGUSR1)


def where(top: FrameType | None) -> tuple[int, int] | None:
    """The frame and the instruction at which the main thread stands; None where no cell of a lesson is running."""
    return (id(top), top.f_lasti) if top is not None and of_a_lesson(top) else None


def of_a_lesson(frame: FrameType | None) -> bool:
    """Whether a cell of a lesson is running above this frame."""
    while frame is not None:
        if frame.f_code.co_filename == __file__:  # it is arming, or disarming, which may wait as well
            return False
        if f"ipykernel_{os.getpid()}" in frame.f_code.co_filename:  # as ipykernel names the files of cells
            return True
        frame = frame.f_back
    return False


def arm() -> None:
    """Watch the next cell."""
    watchers.append(Watcher())
    watchers[-1].start()


def disarm() -> None:
    """Print whether the cell was interrupted."""
    watcher = watchers.pop()
    watcher.done.set()
    watcher.join()
    print(json.dumps(watcher.pressed))
