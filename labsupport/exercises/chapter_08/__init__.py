"""The exercises of chapter 08, under attack, and the steps to the capstone: one file each."""

from typing import Final

from labsupport.exercises.engine import Exercise

from .challenge_login import CHALLENGE_LOGIN
from .chat_client import CHAT_CLIENT
from .chat_frames import CHAT_FRAMES
from .chat_server import CHAT_SERVER
from .chat_session import CHAT_SESSION
from .hold_through import HOLD_THROUGH
from .least_privilege import LEAST_PRIVILEGE

__all__ = ["EXERCISES"]

EXERCISES: Final[tuple[Exercise, ...]] = (
    HOLD_THROUGH,
    CHALLENGE_LOGIN,
    LEAST_PRIVILEGE,
    CHAT_FRAMES,
    CHAT_SESSION,
    CHAT_SERVER,
    CHAT_CLIENT,
)
