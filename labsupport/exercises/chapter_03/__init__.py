"""The exercises of chapter 03, TCP versus UDP: one file each."""

from typing import Final

from labsupport.exercises.engine import Exercise

from .choose_protocol import CHOOSE_PROTOCOL
from .sequence_numbers import SEQUENCE_NUMBERS
from .stop_and_wait import STOP_AND_WAIT
from .udp_echo import UDP_ECHO

__all__ = ["EXERCISES"]

EXERCISES: Final[tuple[Exercise, ...]] = (UDP_ECHO, CHOOSE_PROTOCOL, STOP_AND_WAIT, SEQUENCE_NUMBERS)
