"""What goes wrong in a client of the chat, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.streams import RECEIVING

from .client_programs import BYE, KEPT, PACED, STARTER, TAKES, YIELDS, written

__all__ = ["BAD_TEXT", "MISTAKES", "PACE", "REFUSED", "TALK", "TOMORROW", "WAITING"]

#: Titles of cases.
TALK: Final = "Zoë says two lines; Bồ says one between"
TOMORROW: Final = "a server of tomorrow sends what is not written yet"
BAD_TEXT: Final = "one of three texts is refused"
REFUSED: Final = "the server does not let Zoë in"
#: What a server awaits that hears many lines.
PACE: Final = "at most 10 frames at once, and 8 a second"
#: What a server awaits that has heard bye.
WAITING: Final = "a client that waits for its bye"

# --- the signs of mistakes -------------------------------------------------------------------


def _in(outcome: Outcome, title: str) -> bool:
    return outcome.case.title == title


def _one_recv(outcome: Outcome) -> Facts | None:
    """Several messages in one piece, or half of one, were no message to it."""
    return {} if outcome.thrown("Refusal") and _in(outcome, TALK) else None


def _next_is_mine(outcome: Outcome) -> Facts | None:
    """It said its second line when somebody else's had come, and its own first had not."""
    result = outcome.result
    if not isinstance(result, list) or not isinstance(outcome.returns, list):
        return None
    fewer = len(result) < len(outcome.returns) and result == outcome.returns[: len(result)]
    return {} if _in(outcome, TALK) and fewer and outcome.error is None and outcome.unmet is None else None


def _dies_of_others(outcome: Outcome) -> Facts | None:
    died = outcome.thrown("AttributeError") and _in(outcome, TALK)
    return {"error": str(outcome.error)} if died else None


def _dies_of_tomorrow(outcome: Outcome) -> Facts | None:
    return {} if _in(outcome, TOMORROW) and outcome.error is not None and not outcome.raised(TimeoutError) else None


def _waits_for_a_refused_one(outcome: Outcome) -> Facts | None:
    waits = any(call.open for call in outcome.calls(*RECEIVING)) or outcome.raised(TimeoutError)
    return {} if _in(outcome, BAD_TEXT) and waits and outcome.unmet is not None else None


def _no_bye(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    ended = unmet is not None and unmet.expected == "bye" and unmet.got in ("the end", "a reset")
    return {} if ended and outcome.error is None else None


def _goes(outcome: Outcome) -> Facts | None:
    return {} if outcome.unmet is not None and outcome.unmet.expected == WAITING and outcome.error is None else None


def _a_text_is_an_end(outcome: Outcome) -> Facts | None:
    ended = _in(outcome, BAD_TEXT) and outcome.error is not None and not outcome.raised(TimeoutError)
    return {"error": type(outcome.error).__name__} if ended else None


def _hears_on(outcome: Outcome) -> Facts | None:
    """What came after its own last line is in the list too."""
    result, returns = outcome.result, outcome.returns
    if not isinstance(result, list) or not isinstance(returns, list) or outcome.error is not None:
        return None
    return {} if len(result) > len(returns) and result[: len(returns)] == returns else None


def _too_fast(outcome: Outcome) -> Facts | None:
    return {} if outcome.unmet is not None and outcome.unmet.expected == PACE else None


def _refusal_is_an_end(outcome: Outcome) -> Facts | None:
    return {} if _in(outcome, REFUSED) and isinstance(outcome.error, ConnectionError) else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "one_recv_a_message",
        written((STARTER.partition("    frames = Frames")[2].partition("    raise Conn")[0], """\
(4096)
    while data := tls.recv(4096):
        yield from_server(data[4:])
""")),
        "Welcome, members and joined came in one piece, and you took it for one message. A record of TLS is no more a "
        "message than a segment of TCP is: take frames out of what comes, however it comes.",
        _one_recv,
    ),
    Mistake(
        "next_is_mine",
        written((TAKES, """\
    for message in incoming:
        if isinstance(message, Said):
            heard.append((message.name, message.text))
            break
        if isinstance(message, Error):
            break
""")),
        "You took the next line that came for your own. Bồ had spoken first: all hear one order, and your line is in "
        "it where the server numbered it. Look whose it is.",
        _next_is_mine,
    ),
    Mistake(
        "answers_only",
        written((TAKES, """\
    message = next(incoming)
    heard.append((message.name, message.text))
""")),
        "You took what came next for the answer to your line, and it was something else: {error}. A chat is no row of "
        "questions and answers: members, joined, and what others say come whenever they come.",
        _dies_of_others,
        {"error": "'Members' object has no attribute 'name'"},
    ),
    Mistake(
        "dies_of_tomorrow",
        written((YIELDS, """\
            message = from_server(body)
            if message is None:
                raise ValueError("this is no message of the chat")
            yield message
""")),
        "The server sent a message of a type that you do not know, and your client ended. Such messages are ignored: "
        "that is how version 1 can grow, and both sides need not change on one day.",
        _dies_of_tomorrow,
    ),
    Mistake(
        "waits_for_a_refused_line",
        written((TAKES, """\
    for message in incoming:
        if isinstance(message, Said):
            heard.append((message.name, message.text))
            if message.name == name:
                break
""")),
        "The server refused one text (bad-text) and kept the connection; you wait for a line that nobody will ever "
        "hear. Each say is answered by your own said, or by an error.",
        _waits_for_a_refused_one,
    ),
    Mistake(
        "a_refused_text_is_an_end",
        written((KEPT, "            raise ConnectionError(message.code)\n")),
        "The server refused one text (bad-text), kept the connection, and your client ended with {error}. In the "
        "specification each error is closed or kept, and this one is kept: nobody hears that text. Say the next one.",
        _a_text_is_an_end,
        {"error": "ConnectionError"},
    ),
    Mistake(
        "hears_on",
        written((BYE, """\
tls.sendall(encode(Bye()))
while not isinstance(message := next(incoming), Bye):
    if isinstance(message, Said):
        heard.append((message.name, message.text))
""")),
        "Bồ said something when your last line had come back, and it is in your list: what is to be returned ends with "
        "your own last line. Until bye take the messages that come, and keep none of them.",
        _hears_on,
    ),
    Mistake(
        "no_pace",
        written((PACED, "")),
        "You had thirty texts, and said them faster than the server takes them: it ended the connection with "
        "too-fast. Limits in the specification: at most 10 at once and 8 a second are safe.",
        _too_fast,
    ),
    Mistake(
        "no_bye",
        written((BYE, "")),
        "You closed without a word. The server cannot tell that from a cable that was pulled, so the others hear that "
        "you were lost; and what was still on its way to you is gone. Say bye, and wait for the server's.",
        _no_bye,
    ),
    Mistake(
        "says_bye_and_goes",
        written((BYE, "tls.sendall(encode(Bye()))\n")),
        "You said bye and closed before the server's came. What it had sent by then you have not read, so your "
        "close is a reset for it, and may throw away what you said last, bye too. Its bye says that it has heard all: "
        "wait for that.",
        _goes,
    ),
    Mistake(
        "a_refusal_is_an_end",
        written(("            expect(Welcome, incoming)\n", """\
            while not isinstance(next(incoming), Welcome):
                pass
""")),
        "The server said login-refused, and your user reads that the connection broke: you waited for welcome, over "
        "the error, until the end. Look at what comes instead: an Error before welcome is a PermissionError.",
        _refusal_is_an_end,
    ),
)  # fmt: skip
