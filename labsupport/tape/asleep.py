"""Does a thread sleep, or has its call come back already, and it waits for its turn?

Between the moment in which the kernel ends a call and the one in which Python writes down that it has ended, the
thread waits for a processor, and then for the interpreter.  On a busy machine that takes milliseconds, in which the
tape says that the call is open, and the kernel that nothing waits for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["SURELY", "naps", "selects"]

#: A thread that waits for the interpreter looks up at least every 5 ms (`sys.getswitchinterval`), so one that was
#: never on a processor for as long as this sleeps in the kernel.
SURELY: Final = 0.006

_TASKS: Final = Path("/proc/self/task")
_TELLS: Final = _TASKS.is_dir()

#: Where in Linux a thread sleeps that called select(), poll() or epoll_wait().
_IN_SELECT: Final = ("poll_schedule_timeout", "do_select", "do_sys_poll", "do_epoll_wait", "ep_poll")


def naps(native: int | None) -> int | None:
    """How often a thread has been taken from the processor; None while it is on one or waits for one.

    `native`: its `threading.Thread.native_id`.  Always 0 where the system does not tell: what Linux says is in
    proc_pid_status(5).
    """
    if not _TELLS or native is None:
        return 0
    try:
        text = (_TASKS / str(native) / "status").read_text()
    except OSError:  # it has ended
        return None
    rows = dict(line.partition(":\t")[::2] for line in text.splitlines())
    if rows.get("State", "").startswith("R"):
        return None
    return int(rows.get("voluntary_ctxt_switches", "0")) + int(rows.get("nonvoluntary_ctxt_switches", "0"))


def selects(native: int | None) -> bool:
    """Whether a thread sleeps in select(), poll() or epoll_wait(), as far as the system tells (proc_pid_wchan(5))."""
    if not _TELLS or native is None:
        return False
    try:
        return (_TASKS / str(native) / "wchan").read_text().startswith(_IN_SELECT)
    except OSError:  # it has ended, or we may not ask
        return False
