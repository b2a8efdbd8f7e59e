"""The exercises of chapter 02, streams and messages: one file each."""

from typing import Final

from labsupport.exercises.engine import Exercise

from .break_this_reader import BREAK_THIS_READER
from .file_transfer import FILE_TRANSFER
from .line_reader import LINE_READER
from .messages import MESSAGES
from .recv_exactly import RECV_EXACTLY
from .utf8_decoder import UTF8_DECODER

__all__ = ["EXERCISES"]

EXERCISES: Final[tuple[Exercise, ...]] = (
    RECV_EXACTLY,
    MESSAGES,
    LINE_READER,
    UTF8_DECODER,
    BREAK_THIS_READER,
    FILE_TRANSFER,
)
