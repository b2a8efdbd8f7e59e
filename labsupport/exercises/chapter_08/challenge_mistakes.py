"""What goes wrong in a login by challenge, and the facts by which it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill

__all__ = ["CALLER", "FORETOLD", "FRESH", "KEYS", "MISTAKES", "RANDOM", "STARTER", "written"]

#: So many bytes of a challenge are enough that none comes twice.
FRESH: Final = 16
#: What a challenge is to be made of, and what it is where it is made of something else.
RANDOM: Final = "a challenge of the system's random bytes"
FORETOLD: Final = "one that is made of something else"
#: Who gets what the function returns.
CALLER: Final = "whoever called challenge_login"
#: The accounts of the check.
KEYS: Final = {"Amara": b"the key of Amara, in the check", "Zoë": b"the key of Zoe, in the check"}

STARTER: Final = '''\
import hmac
import secrets


def challenge_login(connection, keys):
    """Log one client in: its name, or None."""
    raise NotImplementedError  # a challenge, the client's line, and what it is worth


def read_line(connection):
    """The client's next line, without its end; b"" if the client has gone."""
    line = b""
    while not line.endswith(b"\\n") and len(line) < 300:
        piece = connection.recv(300 - len(line))
        if not piece:
            return b""
        line += piece
    return line.rstrip(b"\\n")
'''

_CHALLENGE: Final = """\
challenge = secrets.token_bytes(16)
connection.sendall(b"challenge " + challenge.hex().encode() + b"\\n")
"""
_READ: Final = """\
name, _, proof = read_line(connection).partition(b" ")
name = name.decode(errors="replace")
"""
_RIGHT: Final = """\
right = hmac.digest(keys.get(name, NOBODY), challenge + name.encode(), "sha256").hex().encode()
"""
_VERDICT: Final = """\
if hmac.compare_digest(proof, right) and name in keys:
    connection.sendall(b"welcome\\n")
    return name
connection.sendall(b"no\\n")
return None
"""
_NOBODY: Final = "\nNOBODY = secrets.token_bytes(32)  # a key that nobody has\n"


def written(
    challenge: str = _CHALLENGE, read: str = _READ, right: str = _RIGHT, verdict: str = _VERDICT, top: str = _NOBODY
) -> str:  # fmt: skip
    """A whole answer, from its parts."""
    body = fill(STARTER, challenge + read + right + verdict)
    return body.replace("import secrets\n", f"import secrets\n{top}", 1)


# --- the signs of mistakes -------------------------------------------------------------------
# `noted` has "trying": what somebody does who is to be refused; "challenges": those that were sent; "makes": of what
# the learner's code makes its MAC, where it refused the right answer.


def _who(outcome: Outcome) -> Facts:
    return {"who": outcome.unmet.who if outcome.unmet is not None else ""}


def _tries(outcome: Outcome, *trying: str) -> bool:
    return outcome.noted.get("trying") in trying


def _let_in(*trying: str) -> Callable[[Any], Facts | None]:
    """Somebody was let in who did so."""

    def sign(outcome: Outcome) -> Facts | None:
        welcome = outcome.unmet is not None and outcome.unmet.got == repr(b"welcome\n")
        return _who(outcome) if welcome and _tries(outcome, *trying) else None

    return sign


def _makes(what: str) -> Callable[[Any], Facts | None]:
    def sign(outcome: Outcome) -> Facts | None:
        return _who(outcome) if outcome.noted.get("makes") == what else None

    return sign


def _same_challenge(outcome: Outcome) -> Facts | None:
    sent = outcome.noted["challenges"]
    return _let_in("replay")(outcome) if len(set(sent)) < len(sent) else None


def _guessable(outcome: Outcome) -> Facts | None:
    short = [len(each) for each in outcome.noted["challenges"] if len(each) < FRESH]
    return {"n": 256 ** short[0], "bytes": short[0]} if short else None


def _not_random(outcome: Outcome) -> Facts | None:
    return {} if outcome.unmet is not None and outcome.unmet.got == FORETOLD else None


def _tells_who_is_here(outcome: Outcome) -> Facts | None:
    """One that has no account got another answer than `no`, and than `welcome`; or none."""
    unmet = outcome.unmet
    other = unmet is not None and unmet.expected == repr(b"no\n") and unmet.got != repr(b"welcome\n")
    return {"got": unmet.got} if other and unmet is not None and _tries(outcome, "unknown", "no key") else None


def _asks_again(outcome: Outcome) -> Facts | None:
    """It waits for another line of one whom it has refused."""
    refused = {call.endpoint for call in outcome.sends if call.data == b"no\n"}
    waits = any(call.open and call.endpoint in refused for call in outcome.receives)
    return {} if waits and outcome.unmet is not None else None


def _dies_of_nonsense(outcome: Outcome) -> Facts | None:
    died = isinstance(outcome.error, ValueError | TypeError) and _tries(outcome, "nonsense")
    return {"error": type(outcome.error).__name__} if died else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "name_alone",
        written(right=_RIGHT.replace("challenge + ", "")),
        "{who} answered your challenge and was refused; then somebody sent the MAC of the name, and was let in. That "
        "is the same in every login, so whoever records one has them all. The MAC is of the challenge's bytes, and "
        "the name behind them.",
        _makes("name"),
        {"who": "Amara"},
    ),
    Mistake(
        "challenge_alone",
        written(right=_RIGHT.replace(" + name.encode()", "")),
        "{who} was refused: you made the MAC of the challenge alone. Put the name behind it: then a proof says who it "
        "is for.",
        _makes("challenge"),
        {"who": "Amara"},
    ),
    Mistake(
        "name_first",
        written(right=_RIGHT.replace("challenge + name.encode()", "name.encode() + challenge")),
        "{who} was refused: these are the right parts, in the other order. The challenge comes first, then the name.",
        _makes("both"),
        {"who": "Amara"},
    ),
    Mistake(
        "of_the_hex",
        written(right=_RIGHT.replace("challenge +", "challenge.hex().encode() +")),
        "{who} was refused: you made the MAC of the {digits} hex digits, and {who} of the 16 bytes that they stand "
        "for. Both are safe; but a protocol says which bytes it means, and this one says: of the bytes themselves.",
        lambda outcome: {**facts, "digits": 2 * FRESH} if (facts := _makes("hex")(outcome)) is not None else None,
        {"who": "Amara", "digits": 32},
    ),
    Mistake(
        "one_recv_a_line",
        written(read=_READ.replace("read_line(connection)", "connection.recv(300).strip()")),
        "Amara's line came in two pieces, and you took the first for all of it. One recv() gives what has come so far: "
        "read until the end of the line, as read_line() does.",
        lambda outcome: {} if outcome.unmet is not None and _tries(outcome, "pieces") else None,
    ),
    Mistake(
        "same_challenge",
        written(_CHALLENGE.replace("secrets.token_bytes(16)", 'b"a word for logins"')),
        "A stranger sent what Zoë had sent before, byte for byte, and was let in: your challenge is always the same, "
        "so the same answer is right for ever. Make a fresh one in each call, of random bytes.",
        _same_challenge,
    ),
    Mistake(
        "guessable_challenge",
        written(_CHALLENGE.replace("token_bytes(16)", "token_bytes(2)")),
        "Your challenge has {bytes} bytes, so there are {n:,} of them: who listens long enough has an answer to each. "
        "Of 16 random bytes none ever comes twice.",
        _guessable,
        {"bytes": 2, "n": 65_536},
    ),
    Mistake(
        "not_random",
        written(_CHALLENGE.replace("secrets.token_bytes(16)", "CHANCE.randbytes(16)"),
                top="import random\n" + _NOBODY + "CHANCE = random.Random(8)\n"),
        "Your challenge came from a clock, a counter or `random`: whoever can foretell it can get the answer to it "
        "beforehand. Draw it with secrets.token_bytes().",
        _not_random,
    ),
    Mistake(
        "only_the_beginning",
        written(verdict=_VERDICT.replace("hmac.compare_digest(proof, right)", "right.startswith(proof)")),
        "{who} sent an answer without a proof, or with its first digits alone, and was let in: you compared no more "
        "than what came. A beginning is soon guessed, and nothing at all is a beginning too. Compare the whole.",
        _let_in("beginning"),
        {"who": "a stranger"},
    ),
    Mistake(
        "tells_who_is_here",
        written(
            read=_READ + 'if name not in keys:\n    connection.sendall(b"unknown name\\n")\n    return None\n',
            top="",
            right=_RIGHT.replace("keys.get(name, NOBODY)", "keys[name]"),
        ),
        "A name without an account was to get b'no\\n', as a wrong proof does, and got {got}. Now a stranger can ask "
        "which names there are, and guess only for those. Let it go the same way to the same answer.",
        _tells_who_is_here,
        {"got": repr(b"unknown name\n")},
    ),
    Mistake(
        "a_key_for_nobody",
        written(
            right=_RIGHT.replace("NOBODY", 'b""'), verdict=_VERDICT.replace(" and name in keys", ""), top=""
        ),
        "{who} has no account, and was let in: for an unknown name you computed with a key that everybody knows, "
        "b'' or None. Use a random one, and let in only names that are in `keys`.",
        _let_in("unknown", "no key"),
        {"who": "Chen"},
    ),
    Mistake(
        "asks_again",
        fill(
            STARTER,
            _CHALLENGE
            + "while True:\n"
            + "".join(f"    {line}\n" for line in (_READ + _RIGHT + _VERDICT).splitlines() if line != "return None"),
        ).replace("import secrets\n", f"import secrets\n{_NOBODY}", 1),
        "You refused a stranger and now wait for its next line: on one connection it can guess as fast as the network "
        "is. One attempt for each challenge; then None, and whoever called you closes.",
        _asks_again,
    ),
    Mistake(
        "dies_of_nonsense",
        written(
            read="name, _, proof = read_line(connection).decode().partition(' ')\n",
            right=_RIGHT.replace(".encode()\n", "\n"),
        ),
        "Eli sent bytes that are no answer, and your code ended with {error}: one stranger's nonsense is the end of "
        "the server around it. What comes from outside may be anything: not UTF-8, not hex, nothing. All that is `no`.",
        _dies_of_nonsense,
        {"error": "UnicodeDecodeError"},
    ),
)  # fmt: skip
