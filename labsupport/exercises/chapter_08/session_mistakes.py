"""What goes wrong in the states of a connection, and the facts by which it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, changed

__all__ = ["MISTAKES", "OVER", "SENT", "STARTER", "written"]

#: What stands between the messages that were sent, by name, behind a call.
SENT: Final = " → "
#: What stands behind the messages where the connection is to be closed.
OVER: Final = "(over)"

_TOP: Final = '''\
from labsupport.chat import Refusal
from labsupport.chat.messages import Bye, Hello, Login, Ping, Say  # what comes; help(Hello): its fields
from labsupport.chat.messages import Challenge, Members, Pong, Said, Welcome
from labsupport.chat.words import check_name, check_text
from labsupport.exercises.chapter_08.conversation import Conversation


class Session(Conversation):
    """The server's side of one connection; `Conversation` reads frames and JSON, and asks this."""

    def __init__(self, accounts, challenge):
        super().__init__()
        self.accounts = accounts  # accounts.proved(name, challenge in hex, proof): is this login right?
        self.challenge = challenge  # 32 bytes; in messages it is hex
        self.state = "greeting"  # then "login" and "in"; "over" closes the connection
        self.name = ""
        self.lines = 0
'''
_GAPS: Final = '''
    def answer(self, message):
        """The messages to send back, a list; for an error raise Refusal(code).

        `message` is None where its type is unknown.
        """
        raise NotImplementedError  # in which state is this?  What does it lead to?

    def closes(self, code):
        """Whether an error of this code ends the connection."""
        return True  # does it?


chat_session = Session
'''
STARTER: Final = _TOP + _GAPS

_GREET: Final = """\
                if 1 not in versions:
                    raise Refusal("no-version")
                self.state = "login"
                return [Challenge(1, self.challenge.hex())]
"""
_ENTER: Final = """\
                check_name(name)
                if not self.accounts.proved(name, self.challenge.hex(), proof):
                    raise Refusal("login-refused")
"""
_CLOSES: Final = 'return self.state != "in" or code not in ("bad-message", "bad-text")'
_IGNORES: Final = """\
            case "in", None:
                return []  # a message of tomorrow
"""
_SOLUTION: Final = (
    _TOP
    + '''
    def answer(self, message):
        """The messages to send back."""
        match self.state, message:
            case "greeting", Hello(versions):
'''
    + _GREET
    + '            case "login", Login(name, proof):\n'
    + _ENTER
    + """\
                self.state, self.name = "in", name
                return [Welcome(name), Members((name,), more=False)]
            case "in", Say(text):
                check_text(text)
                self.lines += 1
                return [Said(self.lines, self.name, text)]
            case "in", Ping():
                return [Pong()]
            case "in", Bye():
                self.state = "over"
                return [Bye()]
"""
    + _IGNORES
    + '''\
        raise Refusal("not-now")

    def closes(self, code):
        """Whether an error of this code ends the connection."""
        '''
    + _CLOSES
    + "\n\n\nchat_session = Session\n"
)


def written(*changes: tuple[str, str]) -> str:
    """The solution, with these parts exchanged."""
    return changed(_SOLUTION, *changes)


# --- the signs of mistakes -------------------------------------------------------------------


def _answers(name: str, wanted: str, told: Callable[[list[str]], bool]) -> Callable[[Any], Facts | None]:
    """To this message, `wanted` was the answer (its first line), and something else came."""

    def sign(outcome: Outcome) -> Facts | None:
        result, returns = outcome.result, outcome.returns
        if not isinstance(result, list) or not isinstance(returns, list) or outcome.error is not None:
            return None
        here = _sent(outcome) == name and returns[:1] == ([wanted] if wanted else [])
        return {} if here and told(result) else None

    return sign


def _sent(outcome: Outcome) -> str:
    """The name of the message that came last."""
    return outcome.case.call.rpartition("# ")[2].split(SENT)[-1]


def _unsendable(kind: str, what: str = "") -> Callable[[Any], Facts | None]:
    def sign(outcome: Outcome) -> Facts | None:
        here = type(outcome.error).__name__ == kind and str(outcome.error).startswith(what)
        return {"what": str(outcome.error)} if here else None

    return sign


def _without_its_spaces(outcome: Outcome) -> Facts | None:
    """The line is said, and spaces of its text are gone, and no more."""
    result, returns = outcome.result, outcome.returns
    if _sent(outcome) != "say" or not isinstance(result, list) or not isinstance(returns, list) or result == returns:
        return None
    return {} if [line.replace(" ", "") for line in result] == [line.replace(" ", "") for line in returns] else None


def _is(*lines: str) -> Callable[[list[str]], bool]:
    return lambda result: result == list(lines)


_OTHER_VERSION: Final = ("challenge of version 7", "error no-version")

# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "no_list",
        written(("return [Pong()]", "return Pong()")),
        "{what}, and is to return a list of messages: also where it is one alone, and [] where nothing is to be sent.",
        _unsendable("MessagesError"),
        {"what": "`answer` returned Pong()"},
    ),
    Mistake(
        "bytes_for_hex",
        written(("Challenge(1, self.challenge.hex())", "Challenge(1, self.challenge)")),
        "In what `answer` returned, {what}. JSON has no bytes, so the specification writes them as digits of hex: "
        "self.challenge.hex().",
        _unsendable("BytesError", "`challenge` "),
        {"what": "`challenge` of Challenge is bytes"},
    ),
    Mistake(
        "without_its_spaces",
        written(("Said(self.lines, self.name, text)", "Said(self.lines, self.name, text.strip())")),
        "A text came with a space at each end, and went on with fewer: the specification has it passed on as it came. "
        "You cannot know what a space means to those who talk.",
        _without_its_spaces,
    ),
    Mistake(
        "the_highest_of_theirs",
        written((_GREET, """\
                self.state = "login"
                return [Challenge(max(versions), self.challenge.hex())]
""")),
        "The client speaks versions 7 and 1, you speak 1, and you did not agree on 1. Choose the highest version that "
        "both speak: versions that you do not know are no reason to refuse, and none to pretend.",
        _answers("a hello from the future", "challenge of version 1", lambda result: result[:1] != [] and result[0]
                 in _OTHER_VERSION),
    ),
    Mistake(
        "before_the_login",
        written(('case "in", Say(text)', "case _, Say(text)")),
        "Somebody who has not logged in said a line, and the room heard it. A message is right in its state alone: "
        "look at both, and let all that fits nothing be not-now.",
        _answers("say", "error not-now", lambda result: result[:1] != [] and result[0].startswith("said ")),
    ),
    Mistake(
        "a_second_attempt",
        written((_CLOSES, 'return code not in ("bad-message", "bad-text", "login-refused")')),
        "A login was refused, and the connection is open: on it somebody may guess on, against the same challenge. A "
        "connection has one attempt; before `in` each error ends it.",
        _answers("a wrong login", "error login-refused", _is("error login-refused")),
    ),
    Mistake(
        "any_name",
        written((_ENTER, _ENTER.replace("                check_name(name)\n", ""))),
        "A name with markup was answered by login-refused, and the specification has bad-name for it. The account "
        "table has saved you this time: check what a name is made of before anybody looks it up, logs it, or shows it.",
        _answers("a login as <b>", "error bad-name", _is("error login-refused", OVER)),
    ),
    Mistake(
        "any_text",
        written(("                check_text(text)\n", "")),
        "A text with a line break went to everybody: in a terminal or a log, its second line looks like somebody "
        "else's. check_text() says what a text may not have, and raises bad-text.",
        _answers("say a line of two", "error bad-text", lambda result: result[:1] != [] and
                 result[0].startswith("said ")),
    ),
    Mistake(
        "ends_for_a_text",
        written((_CLOSES, "return True")),
        "One line with a character that is not allowed, and the connection is over. The specification keeps it: what "
        "was wrong is one text, and both sides know where the next message begins. bad-message and bad-text are such.",
        _answers("say a line of two", "error bad-text", _is("error bad-text", OVER)),
    ),
    Mistake(
        "refuses_tomorrow",
        written((_IGNORES, "")),
        "A message of a type that you do not know came from a client that is in, and you ended the connection. Ignore "
        "it: so a client of tomorrow can talk to a server of today.",
        _answers("a message from the future", "", _is("error not-now", OVER)),
    ),
    Mistake(
        "goes_on_after_bye",
        written(('self.state = "over"\n                return [Bye()]', "return [Bye()]")),
        "The client said bye and you answered; but the connection is not over. The answer to bye is the last that you "
        "say, and nothing is heard after it.",
        _answers("bye", "bye", _is("bye")),
    ),
    Mistake(
        "keeps_what_is_no_json",
        written((_CLOSES, 'return self.state != "in"')),
        "What came was no JSON, and the connection is kept. After bad-frame, bad-json, not-now or too-fast nobody "
        "knows what the other side means by what it sends: close. Two errors alone are harmless enough to go on.",
        _answers("no JSON", "error bad-json", _is("error bad-json")),
    ),
)  # fmt: skip
