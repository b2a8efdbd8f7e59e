"""A change to a working program: take the whole answer, however it arrives."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Case, Stage, Task, fill

from .answer_mistakes import MISTAKES, STARTER

__all__ = ["WHOLE_ANSWER"]


_LONG: Final = b"All roads lead to Rome, and every one has its own length. " * 20


# --- the other side --------------------------------------------------------------------------


def _case(title: str, play: object) -> Case:
    assert callable(play)
    return Case(title, "whole_answer(address)", play, given=lambda stage: (stage.address,))


def _full_then_short(stage: Stage) -> None:
    """The first piece is as long as the reader's recv() allows, so that it looks complete; the second is short."""
    server = stage.accept()
    size = server.size_asked()
    pieces = ((_LONG * (size // len(_LONG) + 1))[:size], b"short, ", b"and the end.")
    stage.returns = b"".join(pieces)
    server.says_in_pieces(pieces[:2])
    server.pauses()
    server.says_in_pieces(pieces[2:])
    server.finishes()
    server.hears_the_end()


def _broken(stage: Stage) -> None:
    stage.raises = ConnectionResetError
    server = stage.accept()
    server.says_in_pieces([b"half of "])
    server.resets()


def _nothing(stage: Stage) -> None:
    stage.returns = b""
    server = stage.accept()
    server.finishes()
    server.hears_the_end()


def _cut(stage: Stage) -> None:
    stage.returns = whole = "un café, s'il vous plaît\n".encode()
    server = stage.accept()
    server.says_in_pieces([whole[:7], *(whole[at : at + 1] for at in range(7, 21)), whole[21:]])
    server.finishes()
    server.hears_the_end()


WHOLE_ANSWER: Final = Task(
    name="whole_answer",
    chapter=1,
    prompt=(
        "**The whole answer, however it arrives.** The server at `address` speaks first: it says all that it has to "
        "say "
        "and then finishes sending. Return every byte of it, in order, as `bytes`. It may come in one piece, in "
        "many, or "
        "be empty. If the connection breaks in the middle, let the exception through: half an answer is not the answer."
    ),
    hints=(
        "How can you know that no more will come? Not from the length of a piece.",
        "`recv(1024)` gives what has arrived by now, at most 1024 bytes. Only b'' says that the server has finished.",
        "Start with `answer = b''`, and add each piece to it in a loop that b'' ends.",
        "`while chunk := sock.recv(1024):` is that loop. One line goes inside it, and the return after it.",
    ),
    starter=STARTER,
    solution=fill(
        STARTER,
        """
        answer = b""
        while chunk := sock.recv(1024):
            answer += chunk
        return answer
        """,
    ),
    alternatives=(
        fill(STARTER, 'with sock.makefile("rb") as file:\n    return file.read()'),
        fill(STARTER, 'return b"".join(iter(lambda: sock.recv(7), b""))'),
        fill(
            STARTER,
            """
            answer, buffer = bytearray(), bytearray(512)
            while n := sock.recv_into(buffer):
                answer += buffer[:n]
            return bytes(answer)
            """,
        ),
    ),
    cases=(
        _case("the first piece fills your recv(), the second is short, a third follows", _full_then_short),
        _case("the connection breaks after a piece", _broken),
        _case("the answer is empty", _nothing),
        _case("sixteen pieces: an é is cut in two, and the last ends a line", _cut),
    ),
    praise=(
        "All of it, each time: many pieces, none at all, an é cut in two, and an error where the connection broke. "
        "In the ladder: however the server's bytes were cut, b'' is what ended your loop."
    ),
    mistakes=MISTAKES,
)
