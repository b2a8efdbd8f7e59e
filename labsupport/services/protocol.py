r"""What the service says, without a socket: bytes in, answers out.

A question is a line of UTF-8 with at most `LONGEST` bytes.  Its answer is a line too: how many bytes the question
had, and the question in upper case.  A line that is too long, or not UTF-8, is answered by an error, and the talk goes
on.  What has no newline yet is no question.

    >>> talk = Talk()
    >>> talk.answers("hé".encode())
    b''
    >>> talk.answers("llo\n你好\n".encode()).decode()
    '6 HÉLLO\n6 你好\n'
"""

from __future__ import annotations

from typing import Final

__all__ = ["CHUNK", "LONGEST", "Talk", "answer"]

#: Bytes that a question may have, without its newline.
LONGEST: Final = 1000
#: Bytes that a service reads at a time.  An answer is at most nine times as long as its line, so a client costs at most
#: nine times these and the part of a line that came before.
CHUNK: Final = 4096


class Talk:
    """The talk with one client: it keeps the part of a line that has come so far."""

    def __init__(self) -> None:
        self._rest = b""

    def answers(self, data: bytes) -> bytes:
        """The answers, as bytes, to all questions that `data` brings to their end."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[: LONGEST + 1]  # of a line that is too long no more is kept than shows it
        return b"".join(answer(line) for line in lines)


def answer(line: bytes) -> bytes:
    """The answer to one question, given without its newline."""
    if len(line) > LONGEST:
        return b"error: too long\n"
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return b"error: not UTF-8\n"
    return f"{len(line)} {text.upper()}\n".encode()
