"""Who comes to be logged in: friends, strangers, and what each of them sends."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Case, Stage
from labsupport.exercises.peers import Peer, Unmet

from .challenge_mistakes import CALLER, FORETOLD, FRESH, KEYS, RANDOM
from .dice import same_every_time

__all__ = ["CASES"]

_WELCOME: Final = b"welcome\n"
_NO: Final = b"no\n"
#: A line of this protocol is never longer.
_LINE: Final = 500


def _case(title: str, play: Callable[[Stage], None]) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted |= {"names": [], "challenges": [], "trying": "", "drawn": []}
        return stage.listen(), stage

    return Case(title, "challenge_login(connection, keys)", play, given, serves=True, use=_serves)


def _serves(answer: Callable[..., object], listener: Any, stage: Stage) -> None:
    """A server around the learner's function: one client after the other."""
    draws = same_every_time(stage, answer)
    stage.noted["drawn"] = draws.made
    while True:
        connection, _ = listener.accept()
        if stage.noted["trying"] == "same bytes":
            draws.begin_again()
        with connection:
            name = None
            with contextlib.suppress(ConnectionError):  # a client that is gone is not let in
                name = answer(connection, dict(KEYS))
            stage.noted["names"].append(name)


def _line(peer: Peer, expected: str) -> bytes:
    peer.awaits, line = expected, b""
    while not line.endswith(b"\n") and len(line) < _LINE:
        piece = peer._recv(_LINE, line)  # noqa: SLF001  a turn of its own
        if not piece:
            raise Unmet(peer.name, expected, f"only {line!r}, then the end" if line else "the end")
        line += piece
    peer.awaits = ""
    peer.steps += 1
    return line


def _challenged(stage: Stage, name: str) -> tuple[Peer, bytes]:
    """A client that has got its challenge."""
    peer = stage.client(name)
    expected = "a line such as b'challenge 9f3c...\\n'"
    line = _line(peer, expected)
    word, _, digits = line.strip().partition(b" ")
    try:
        challenge = bytes.fromhex(digits.decode())
    except ValueError:
        challenge = b""
    if word != b"challenge" or not challenge:
        raise Unmet(name, expected, repr(line))
    stage.noted["challenges"].append(challenge)
    if len(challenge) < FRESH:
        raise Unmet(name, f"a challenge of at least {FRESH} bytes", f"one of {len(challenge)}")
    return peer, challenge


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256").hex().encode()


def _says_to_be(name: str, key: bytes, challenge: bytes) -> bytes:
    """The line of a login with this name and this key."""
    return name.encode() + b" " + _mac(key, challenge + name.encode()) + b"\n"


def _ends(stage: Stage, peer: Peer, said: bytes, name: str | None) -> None:
    """This is the answer, the end, and what whoever called the learner's function gets."""
    if (line := _line(peer, repr(said))) != said:
        raise Unmet(peer.name, repr(said), repr(line))
    peer.hears_the_end()
    peer.leaves()
    stage.rest()
    if (got := stage.noted["names"][-1]) != name:
        raise Unmet(CALLER, repr(name), repr(got))


def _logs_in(stage: Stage, name: str) -> bytes:
    """As it should be; the line that it sent."""
    peer, challenge = _challenged(stage, name)
    said = _says_to_be(name, KEYS[name], challenge)
    peer.says(said)
    _ends(stage, peer, _WELCOME, name)
    return said


def _in_two_pieces(stage: Stage) -> None:
    """As it should be, but that the line comes in two pieces."""
    stage.noted["trying"] = "pieces"
    peer, challenge = _challenged(stage, "Amara")
    said = _says_to_be("Amara", KEYS["Amara"], challenge)
    peer.says(said[:20])
    stage.rest()
    peer.says(said[20:])
    _ends(stage, peer, _WELCOME, "Amara")


def _is_refused(stage: Stage, who: str, trying: str, answer: Callable[[bytes], bytes]) -> None:
    stage.noted["trying"] = trying
    peer, challenge = _challenged(stage, who)
    peer.says(answer(challenge))
    _ends(stage, peer, _NO, None)


def _friends(stage: Stage) -> None:
    """Who is refused with a right answer tries what else the learner's code may have made the MAC of."""
    try:
        for name in KEYS:
            _logs_in(stage, name)
    except Unmet as unmet:
        if unmet.got == repr(_NO):
            stage.noted["makes"] = _what_is_right(stage, unmet.who)
        raise


def _what_is_right(stage: Stage, name: str) -> str:
    told = name.encode()
    texts: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
        ("challenge", lambda challenge: challenge),
        ("name", lambda _: told),
        ("both", lambda challenge: told + challenge),
        ("hex", lambda challenge: challenge.hex().encode() + told),
        ("hex", lambda challenge: challenge.hex().encode()),
    )
    for made, text in texts:
        with contextlib.suppress(Unmet):
            peer, challenge = _challenged(stage, name)
            peer.says(told + b" " + _mac(KEYS[name], text(challenge)) + b"\n")
            if _line(peer, "a word") == _WELCOME:
                return made
            peer.leaves()
    return ""


def _recorded(stage: Stage) -> None:
    said = _logs_in(stage, "Zoë")
    _is_refused(stage, "a stranger", "replay", lambda _: said)


def _same_bytes(stage: Stage) -> None:
    """The same random bytes come again in each call: so does a challenge that is made of them."""
    stage.noted["trying"] = "same bytes"
    for _ in range(2):
        _logs_in(stage, "Amara")
    one, other = stage.noted["challenges"]
    if one != other and not any(len(drawn) >= FRESH // 2 and drawn in other for drawn in stage.noted["drawn"]):
        raise Unmet("Amara", RANDOM, FORETOLD)


def _guesses(stage: Stage) -> None:
    _is_refused(stage, "a stranger", "wrong", lambda challenge: _says_to_be("Amara", b"1234", challenge))
    _is_refused(stage, "Zoë", "another's", lambda challenge: _says_to_be("Amara", KEYS["Zoë"], challenge))
    _is_refused(stage, "a stranger", "beginning", lambda _: b"Amara \n")
    _is_refused(stage, "a stranger", "beginning", lambda c: _says_to_be("Amara", KEYS["Amara"], c)[:8] + b"\n")


def _nobody(stage: Stage) -> None:
    _is_refused(stage, "Chen", "unknown", lambda challenge: _says_to_be("陈", b"a key", challenge))
    _is_refused(stage, "Chen", "no key", lambda challenge: _says_to_be("陈", b"", challenge))


def _nonsense(stage: Stage) -> None:
    digits = b"0" * 62
    for line in (
        b"Amara \xff\xfe\n",
        "Amara proof é\n".encode(),
        b"\xff " + digits + b"\n",
        b"Amara zz" + digits + b"\n",
    ):
        _is_refused(stage, "Eli", "nonsense", lambda _, line=line: line)  # type: ignore[misc]  # mypy: a default
    peer, _ = _challenged(stage, "Eli")
    peer.says(b"Amara 12")
    peer.finishes()
    _ends(stage, peer, _NO, None)
    peer, _ = _challenged(stage, "Eli")
    peer.resets()
    stage.rest()
    _logs_in(stage, "Amara")


def _again(stage: Stage) -> None:
    stage.noted["trying"] = "again"
    peer, challenge = _challenged(stage, "a stranger")
    peer.says(_says_to_be("Amara", b"0000", challenge))
    _ends(stage, peer, _NO, None)


#: What is tried, in this order.
CASES: Final = (
    _case("Amara and Zoë log in with their keys", _friends),
    _case("Amara's line comes in two pieces", _in_two_pieces),
    _case("Zoë's login is overheard, and a stranger sends it again", _recorded),
    _case("Amara logs in twice, and the check has the same random bytes drawn again", _same_bytes),
    _case("strangers say that they are Amara: with another key, with none, with two digits", _guesses),
    _case("Chen has no account, and tries", _nobody),
    _case("a stranger is refused and would like to try again", _again),
    _case("Eli sends nonsense, and leaves; then Amara logs in", _nonsense),
)
