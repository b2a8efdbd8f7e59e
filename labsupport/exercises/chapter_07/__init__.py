"""The exercises of chapter 07, many clients: one file each."""

from typing import Final

from labsupport.exercises.engine import Exercise

from .chat_room import CHAT_ROOM
from .connection_limit import CONNECTION_LIMIT
from .graceful_stop import GRACEFUL_STOP
from .port_to_asyncio import PORT_TO_ASYNCIO
from .selector_echo import SELECTOR_ECHO

__all__ = ["EXERCISES"]

EXERCISES: Final[tuple[Exercise, ...]] = (
    SELECTOR_ECHO,
    CHAT_ROOM,
    CONNECTION_LIMIT,
    GRACEFUL_STOP,
    PORT_TO_ASYNCIO,
)
