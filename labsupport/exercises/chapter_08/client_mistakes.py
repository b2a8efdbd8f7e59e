"""What goes wrong in a client of the chat, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, changed, fill
from labsupport.tape.streams import RECEIVING

__all__ = ["BAD_TEXT", "MISTAKES", "REFUSED", "STARTER", "TALK", "TOMORROW", "WAITING", "written"]

#: Titles of cases.
TALK: Final = "Zoë says two lines; Bồ says one between"
TOMORROW: Final = "a server of tomorrow sends what is not written yet"
BAD_TEXT: Final = "one of three texts is refused"
REFUSED: Final = "the server does not let Zoë in"
#: What a server awaits that has heard bye.
WAITING: Final = "a client that waits for its bye"

STARTER: Final = '''\
import socket

from labsupport.chat import Frames, encode, proof
from labsupport.chat.messages import Bye, Hello, Login, Say  # what you say
from labsupport.chat.messages import Challenge, Error, Said, Welcome, from_server


def chat_client(address, host, context, name, key, texts):
    """Log in, say the texts, leave.  What was said: (name, text), up to one's own last line."""
    with socket.create_connection(address, timeout=5) as sock:
        with context.wrap_socket(sock, server_hostname=host) as tls:
            incoming = received(tls)
            raise NotImplementedError


def received(tls):
    """The messages that come, one after the other, but for those of a type that we do not know."""
    frames = Frames(4096)
    while data := tls.recv(4096):
        for body in frames.receive(data):
            message = from_server(body)
            if message is not None:
                yield message
    raise ConnectionResetError("the server has gone")
'''

_TALK: Final = """\
    for message in incoming:
        if isinstance(message, Said):
            heard.append((message.name, message.text))
            if message.name == name:
                break
        elif isinstance(message, Error):
            if message.code != "bad-text":
                raise ConnectionAbortedError(message.code)
            break
"""
_BYE: Final = """\
tls.sendall(encode(Bye()))
while not isinstance(next(incoming), Bye):
    pass
"""
_EXPECT: Final = '''

def expect(kind, incoming):
    """The next message, which is to be of this kind."""
    message = next(incoming)
    if not isinstance(message, kind):
        raise PermissionError(message.code if isinstance(message, Error) else f"not expected: {message}")
    return message
'''
_BODY: Final = (
    """\
tls.sendall(encode(Hello((1,))))
challenge = expect(Challenge, incoming)
tls.sendall(encode(Login(name, proof(key, challenge.challenge, name))))
expect(Welcome, incoming)
heard = []
for text in texts:
    tls.sendall(encode(Say(text)))
"""
    + _TALK
    + _BYE
    + "return heard\n"
)


def written(*changes: tuple[str, str], expect: str = _EXPECT) -> str:
    """A whole answer, with these parts exchanged."""
    source = fill(STARTER, _BODY) + expect
    for old, new in changes:
        lines = "".join(f"            {line}\n" if line else "\n" for line in old.splitlines())
        source = changed(source, (old, new) if old in source else (lines, _indented(new)))
    return source


def _indented(text: str) -> str:
    return "".join(f"            {line}\n" for line in text.splitlines())


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
    return {} if outcome.unmet is not None and outcome.unmet.expected == WAITING else None


def _refusal_is_an_end(outcome: Outcome) -> Facts | None:
    return {} if _in(outcome, REFUSED) and isinstance(outcome.error, ConnectionError) else None


# --- the wrong programs ----------------------------------------------------------------------

_YIELDS: Final = """\
            message = from_server(body)
            if message is not None:
                yield message
"""

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
        written((_TALK, """\
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
        written((_TALK, """\
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
        written((_YIELDS, """\
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
        written((_TALK, """\
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
        "no_bye",
        written((_BYE, "")),
        "You closed without a word. The server cannot tell that from a cable that was pulled, so the others hear that "
        "you were lost; and what was still on its way to you is gone. Say bye, and wait for the server's.",
        _no_bye,
    ),
    Mistake(
        "says_bye_and_goes",
        written((_BYE, "tls.sendall(encode(Bye()))\n")),
        "You said bye and closed at once. What the server had sent by then you have not read, so your close is a reset "
        "for it, and may throw away what you said last, bye too. Its bye says that it has heard all: wait for that.",
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
