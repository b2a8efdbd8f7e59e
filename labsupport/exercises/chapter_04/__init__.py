"""The exercises of chapter 04, error handling: one file each."""

from typing import Final

from labsupport.exercises.engine import Exercise

from .bad_day import BAD_DAY
from .connect_with_retry import CONNECT_WITH_RETRY
from .explain import EXPLAIN
from .recv_with_deadline import RECV_WITH_DEADLINE

__all__ = ["EXERCISES"]

EXERCISES: Final[tuple[Exercise, ...]] = (RECV_WITH_DEADLINE, CONNECT_WITH_RETRY, EXPLAIN, BAD_DAY)
