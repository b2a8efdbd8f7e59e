"""The exercise of chapter 00: the first words that a learner's own program says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .engine import Case, Facts, Mistake, Outcome, Stage, Task, fill

__all__ = ["EXERCISES"]

STARTER = """\
import socket


def first_words(address, name):
    with socket.create_connection(address, timeout=2) as client:
        # Send the name, take what comes back, and return it as text.  Two lines will do.
        raise NotImplementedError
"""


def _answer(name: str) -> str:
    return f"Hello {name}, I got {len(name.encode())} bytes."


def _greeted(name: str) -> Case:
    """A server that is told `name`, answers in one piece, and has said all."""

    def play(stage: Stage) -> None:
        stage.returns = _answer(name)
        server = stage.accept()
        server.hears(name.encode())
        stage.rest()  # a client that closes without asking has closed by now, on every run
        server.says(_answer(name).encode())
        server.finishes()
        server.hears_the_end()

    return Case(
        title="the server says hello and counts",
        call=f"first_words(address, {name!r})",
        given=lambda stage: (stage.address, name),
        play=play,
    )


# --- the signs of mistakes -------------------------------------------------------------------


def _text_for_bytes(outcome: Outcome) -> Facts | None:
    return {} if outcome.raised(TypeError, "bytes-like object", "str") else None


def _only_ascii(outcome: Outcome) -> Facts | None:
    error = outcome.error
    if not isinstance(error, UnicodeEncodeError):
        return None
    return {"letter": error.object[error.start], "codec": error.encoding}


def _bytes_for_text(outcome: Outcome) -> Facts | None:
    if isinstance(outcome.result, bytes) and outcome.result and outcome.result == outcome.received:
        return {"result": outcome.result}
    return None


def _kept_to_itself(outcome: Outcome) -> Facts | None:
    got = len(outcome.received)
    return {"n": got} if outcome.ended and outcome.error is None and outcome.result is None and got else None


def _listens_first(outcome: Outcome) -> Facts | None:
    silent = not outcome.sends and any(call.endpoint.connected for call in outcome.receives)
    return {} if silent and (outcome.waiting is not None or outcome.raised(TimeoutError)) else None


def _never_listens(outcome: Outcome) -> Facts | None:
    return {} if outcome.error is None and outcome.ended and outcome.sends and not outcome.receives else None


def _sent(outcome: Outcome) -> bytes:
    return b"".join(call.data or b"" for call in outcome.sends if call.error is None)


def _sends_other_bytes(outcome: Outcome) -> Facts | None:
    unmet, sent = outcome.unmet, _sent(outcome)
    if unmet is None or not sent or not unmet.expected.startswith("b"):
        return None
    why = "Did you send the variable?" if b"name" in sent else "name.encode() gives the right ones."
    return {"sent": sent, "expected": unmet.expected, "why": why}


def _sends_more(outcome: Outcome) -> Facts | None:
    more = outcome.unmet.got.removesuffix(" more") if outcome.unmet is not None else ""
    right = isinstance(outcome.result, str) and outcome.result == outcome.returns
    return {"more": more} if right and outcome.unmet is not None and more != outcome.unmet.got else None


def _mistake(
    name: str, body: str, says: str, sign: Callable[[Outcome], Facts | None], facts: Facts | None = None
) -> Mistake:
    return Mistake(name, fill(STARTER, body), says, sign, facts or {})


EXERCISES: Final = (
    Task(
        name="first_words",
        chapter=0,
        prompt=(
            "**Your first words.** A server waits at `address`. It wants a name, in bytes, and answers with one short "
            "line. Fill the gap: send `name`, take the answer, and return it as text (`str`). "
            "Names come from everywhere: try `'Zoë'`."
        ),
        hints=(
            "Two calls and two changes of form: text to bytes on the way out, bytes to text on the way in.",
            (
                "`'Zoë'.encode()` gives the bytes of a text (in UTF-8; ë takes two); `.decode()` gives the text of "
                "bytes."
            ),
            (
                "`client.sendall(data)` sends bytes; `client.recv(1024)` waits for an answer and gives at most 1024 "
                "bytes of it."
            ),
            ("First `client.sendall(name.encode())`; then `return client.recv(1024)`, and one method is missing."),
        ),
        starter=STARTER,
        solution=fill(STARTER, "client.sendall(name.encode())\nreturn client.recv(1024).decode()"),
        alternatives=(
            fill(
                STARTER,
                """
                client.sendall(bytes(name, "utf-8"))
                answer = b""
                while chunk := client.recv(5):
                    answer += chunk
                return str(answer, "utf-8")
                """,
            ),
            fill(
                STARTER,
                """
                with client.makefile("rw", encoding="utf-8") as file:
                    file.write(name)
                    file.flush()
                    return file.read()
                """,
            ),
        ),
        cases=tuple(_greeted(name) for name in ("Amara", "Zoë", "李娜")),
        praise=(
            "Your program spoke, and was understood. In the ladder: your bytes leave with a number, wait in the "
            "server's kernel, and come out of its recv() with the same number. 李娜 is two characters and six bytes. "
            "One recv() is enough here only because the answer is short and comes at once; chapter 01 does better."
        ),
        mistakes=(
            _mistake(
                "text_for_bytes",
                "client.sendall(name)\nreturn client.recv(1024).decode()",
                "Sockets carry bytes, and `name` is text. name.encode() makes bytes of it; .decode() makes text of "
                "bytes.",
                _text_for_bytes,
            ),
            _mistake(
                "only_ascii",
                "client.sendall(name.encode('ascii'))\nreturn client.recv(1024).decode()",
                "'{letter}' has no place in {codec}, so encode() could not make bytes of it. "
                "UTF-8 has a place for every letter, and it is what encode() uses when you name nothing else.",
                _only_ascii,
                {"letter": "ë", "codec": "ascii"},
            ),
            _mistake(
                "bytes_for_text",
                "client.sendall(name.encode())\nreturn client.recv(1024)",
                "The answer is right and still in bytes: {result!r}. recv() always gives bytes; .decode() makes text "
                "of them.",
                _bytes_for_text,
                {"result": _answer("Amara").encode()},
            ),
            _mistake(
                "kept_to_itself",
                "client.sendall(name.encode())\nprint(client.recv(1024).decode())",
                "The answer came ({n} bytes), and your function did not hand it on: it returned None. "
                "print() shows a value to you; `return` gives it to whoever called.",
                _kept_to_itself,
                {"n": len(_answer("Amara"))},
            ),
            _mistake(
                "listens_first",
                "answer = client.recv(1024)\nclient.sendall(name.encode())\nreturn answer.decode()",
                "Your client listens before it has spoken, and the server waits for a name: each waits for the other, "
                "until the timeout. Send first, then recv().",
                _listens_first,
            ),
            _mistake(
                "sends_other_bytes",
                "client.sendall(b'name')\nreturn client.recv(1024).decode()",
                "The server got {sent!r}; it was to get {expected}. {why}",
                _sends_other_bytes,
                {"sent": b"name", "expected": "b'Amara'", "why": "Did you send the variable?"},
            ),
            _mistake(
                "sends_more",
                "client.sendall((name + '\\n').encode())\nreturn client.recv(1024).decode()",
                "The server got {more} more than the name. Send the name alone.",
                _sends_more,
                {"more": "b'\\n'"},
            ),
            _mistake(
                "never_listens",
                "client.sendall(name.encode())",
                "You sent the name and never asked for the answer: there is no recv() on the tape. "
                "The server's answer found no reader: your client closed without asking for it.",
                _never_listens,
            ),
        ),
    ),
)
