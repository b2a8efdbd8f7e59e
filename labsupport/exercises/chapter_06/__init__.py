"""The exercises of chapter 06, socket options: one file each."""

from typing import Final

from labsupport.exercises.engine import Exercise

from .bounded_sender import BOUNDED_SENDER
from .detect_dead_peer import DETECT_DEAD_PEER
from .latency_bug import LATENCY_BUG
from .polite_deadlock import POLITE_DEADLOCK
from .read_report import READ_REPORT
from .restart_at_once import RESTART_AT_ONCE

__all__ = ["EXERCISES"]

EXERCISES: Final[tuple[Exercise, ...]] = (
    LATENCY_BUG,
    RESTART_AT_ONCE,
    READ_REPORT,
    DETECT_DEAD_PEER,
    BOUNDED_SENDER,
    POLITE_DEADLOCK,
)
