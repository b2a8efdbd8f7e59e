"""The exercises of chapter 01, servers and clients: one file each."""

from typing import Final

from labsupport.exercises.engine import Exercise

from .bug_hunt import BUG_HUNT
from .echo_server import ECHO_SERVER
from .greeting_server import GREETING_SERVER
from .whole_answer import WHOLE_ANSWER

__all__ = ["EXERCISES"]

EXERCISES: Final[tuple[Exercise, ...]] = (ECHO_SERVER, WHOLE_ANSWER, GREETING_SERVER, BUG_HUNT)
