"""A change to a working program: take the whole answer, however it arrives."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Case, Facts, Mistake, Outcome, Stage, Task, fill

__all__ = ["WHOLE_ANSWER"]

STARTER: Final = """\
import socket


def whole_answer(address):
    with socket.create_connection(address, timeout=2) as sock:
        # The web says: return sock.recv(1024)
        raise NotImplementedError
"""

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
    server.says_in_pieces(pieces)
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
    stage.returns = "un café, s'il vous plaît".encode()
    server = stage.accept()
    server.says_in_pieces([b"un caf\xc3", b"\xa9, s'il vous ", "plaît".encode()])
    server.finishes()
    server.hears_the_end()


# --- the signs of mistakes -------------------------------------------------------------------


def _lacks_its_end(outcome: Outcome) -> bool:
    """A result that is the beginning of what was sent, and not all."""
    whole = outcome.returns
    return (
        isinstance(outcome.result, bytes) and isinstance(whole, bytes) and bool(outcome.result)
        and whole != outcome.result and whole.startswith(outcome.result)
    )  # fmt: skip


def _one_recv(outcome: Outcome) -> Facts | None:
    if not _lacks_its_end(outcome) or len(outcome.receives) != 1:
        return None
    return {"call": f"recv({outcome.receives[0].asked[0]})", "k": len(outcome.received)}


def _stops_at_a_short_piece(outcome: Outcome) -> Facts | None:
    if not _lacks_its_end(outcome) or len(outcome.receives) < 2:
        return None
    last = outcome.receives[-1]
    if not last.asked or not isinstance(last.asked[0], int) or not 0 < (last.length or 0) < last.asked[0]:
        return None
    return {"n": last.length, "asked": last.asked[0]}


def _keeps_the_last_piece(outcome: Outcome) -> Facts | None:
    whole, result = outcome.returns, outcome.result
    if not isinstance(result, bytes) or not isinstance(whole, bytes) or not result or result == whole:
        return None
    return {"n": len(result)} if whole.endswith(result) else None


def _asks_after_the_end(outcome: Outcome) -> Facts | None:
    return {} if outcome.deaf() is not None else None


def _hides_the_break(outcome: Outcome) -> Facts | None:
    if outcome.raises is None or outcome.error is not None or not outcome.ended:
        return None
    return {"k": len(outcome.received)} if outcome.failed(ConnectionError) else None


def _decodes_pieces(outcome: Outcome) -> Facts | None:
    error = outcome.error
    return {"piece": bytes(error.object)} if isinstance(error, UnicodeDecodeError) else None


def _returns_text(outcome: Outcome) -> Facts | None:
    return {} if isinstance(outcome.result, str) and outcome.result.encode() == outcome.returns else None


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
        _case("an é comes in two pieces", _cut),
    ),
    praise=(
        "All of it, each time: many pieces, none at all, an é cut in two, and an error where the connection broke. "
        "In the ladder: however the server's bytes were cut, b'' is what ended your loop."
    ),
    mistakes=(
        Mistake(
            "one_recv",
            fill(STARTER, "return sock.recv(1024)"),
            "You called {call} once, got {k} bytes and took them for all. recv() gives what has arrived by then; "
            "the server had more to say. Ask again until you get b''.",
            _one_recv,
            {"call": "recv(1024)", "k": 1024},
        ),
        Mistake(
            "stops_at_a_short_piece",
            fill(
                STARTER,
                """
                answer = b""
                while True:
                    chunk = sock.recv(1024)
                    answer += chunk
                    if len(chunk) < 1024:
                        break
                return answer
                """,
            ),
            "You stopped at a chunk of {n} bytes because it was shorter than {asked}. "
            "A short chunk only says what had arrived by then; the end is b''.",
            _stops_at_a_short_piece,
            {"n": 7, "asked": 1024},
        ),
        Mistake(
            "keeps_the_last_piece",
            fill(
                STARTER,
                """
                answer = b""
                while (chunk := sock.recv(1024)) != b"":
                    answer = chunk
                return answer
                """,
            ),
            "You kept only the last piece ({n} bytes). Add each chunk to those before it.",
            _keeps_the_last_piece,
            {"n": 12},
        ),
        Mistake(
            "asks_after_the_end",
            fill(
                STARTER,
                """
                answer = b""
                while True:
                    answer += sock.recv(1024)
                return answer
                """,
            ),
            "recv() gave b'': the server has finished, and every later recv() gives b'' at once. Your loop asked "
            "again and "
            "again, more than a hundred times before it was stopped. b'' must end it.",
            _asks_after_the_end,
        ),
        Mistake(
            "hides_the_break",
            fill(
                STARTER,
                """
                answer = b""
                try:
                    while chunk := sock.recv(1024):
                        answer += chunk
                except OSError:
                    pass
                return answer
                """,
            ),
            "The connection broke after {k} bytes, and you returned them as if they were all. "
            "Whoever called you cannot tell half an answer from a whole one: let the exception through.",
            _hides_the_break,
            {"k": 8},
        ),
        Mistake(
            "decodes_pieces",
            fill(
                STARTER,
                """
                answer = ""
                while chunk := sock.recv(1024):
                    answer += chunk.decode()
                return answer.encode()
                """,
            ),
            "You decoded one piece, {piece!r}, and it ends in the middle of a character: the rest of it is in the next "
            "piece. Put the bytes together first; decode the whole, if text is wanted.",
            _decodes_pieces,
            {"piece": b"un caf\xc3"},
        ),
        Mistake(
            "returns_text",
            fill(
                STARTER,
                """
                answer = b""
                while chunk := sock.recv(1024):
                    answer += chunk
                return answer.decode()
                """,
            ),
            "All bytes are there, and you turned them into text. Here the bytes themselves are asked: "
            "not every answer is text, and whoever called you may know what it is.",
            _returns_text,
        ),
    ),
)
