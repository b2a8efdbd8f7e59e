"""Chapter 08: programs that learners hand in besides the listed mistakes, and what the checks themselves promise."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from labsupport import chat, exercises
from labsupport.exercises import attacks, peers
from labsupport.exercises.attacks.logins import answer_challenge
from labsupport.exercises.chapter_08 import (
    answers,
    challenge_mistakes,
    client_programs,
    frames_mistakes,
    hold_programs,
    least_privilege,
    server_programs,
    session_mistakes,
)
from labsupport.exercises.chapter_08.conversation import BytesError
from labsupport.exercises.chapter_08.dice import dice
from labsupport.exercises.chapter_08.hold_through import Limits
from labsupport.exercises.chapter_08.script import holds
from labsupport.exercises.chapter_08.strangers import Stranger, framed, prove
from labsupport.exercises.engine import Mistake, Task, fill
from labsupport.exercises.engine.scene import play
from labsupport.tape.programs import Owner
from tests.exercises.attacks import undefended
from tests.leftovers import none_left

HOLD: Task = exercises.hold_through
LOGIN: Task = exercises.challenge_login
RIGHTS = exercises.least_privilege
FRAMES: Task = exercises.chat_frames
SESSION: Task = exercises.chat_session
SERVER: Task = exercises.chat_server
CLIENT: Task = exercises.chat_client
ALL = [HOLD, LOGIN, FRAMES, SESSION, SERVER, CLIENT]
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    with none_left():
        yield


def _logs_in(*parts: tuple[str, str], top: str = challenge_mistakes._NOBODY) -> str:
    source = challenge_mistakes.written(top=top)
    for old, new in parts:
        assert old in source
        source = source.replace(old, new)
    return source


_NO = '    connection.sendall(b"no\\n")\n'
_BY_HEX = "compare_digest(bytes.fromhex(proof.decode()), bytes.fromhex(right.decode()))"
_DRAWN = "secrets.token_bytes(16)"
_SLEEPS = """\
        now = time.monotonic()
        if len(asked) == limits.rate and now - asked[0] < 1:
            time.sleep(1 - (now - asked[0]))
        asked.append(time.monotonic())
"""
_ALL_THAT_IS_PENDING = "            if len(pending) >= limits.line:\n                return\n"
_LINES_IN_PIECES = """
import threading


def hold_through(listener, limits):
    here = []
    while True:
        connection, _ = listener.accept()
        here = [thread for thread in here if thread.is_alive()]
        if len(here) >= limits.clients:
            connection.close()
            continue
        here.append(threading.Thread(target=serve, args=(connection, limits), daemon=True))
        here[-1].start()


def serve(connection, limits):
    connection.settimeout(limits.seconds)
    with connection, connection.makefile("rb") as file:
        try:
            while line := file.readline({limit}):
                connection.sendall(line)
        except OSError:
            pass
"""

RECOGNISED = [
    (HOLD, _LINES_IN_PIECES.format(limit=""), "a_timeout_for_each_recv"),
    (HOLD, _LINES_IN_PIECES.format(limit="").replace("connection.settimeout(limits.seconds)", "pass"), "no_deadline"),
    (HOLD, hold_programs.written(("len(pending) >= limits.line:", "False:")), "no_maximum"),
    (HOLD, hold_programs.written(("now - asked[0] < 1", "now - asked[0] < 60")), "counts_for_ever"),
    (HOLD, hold_programs.written(("now - asked[0] < 1", "now - asked[0] < 0")), "no_rate"),
    (HOLD, hold_programs.written(
        (hold_programs.DOOR, "        threading.Thread(target=attend, args=(connection, limits, places)).start()\n"),
        ("        connection, _ = listener", "        places.acquire()\n        connection, _ = listener")),
     "waits_for_a_place"),
    (HOLD, hold_programs.written((hold_programs.RATED, _SLEEPS)), "no_rate"),
    (HOLD, hold_programs.written((hold_programs.RATED, "        time.sleep(1 / limits.rate)\n")), "no_rate"),
    (HOLD, hold_programs.written((hold_programs.TOO_LONG, ""), (hold_programs.WHOLE_TOO_LONG, ""),
                                 (hold_programs.COMES, hold_programs.COMES + _ALL_THAT_IS_PENDING)), "one_byte_less"),
    (LOGIN, _logs_in(("challenge = secrets.token_bytes(16)", "challenge = CHALLENGE"),
                     top=challenge_mistakes._NOBODY + "CHALLENGE = secrets.token_bytes(16)\n"), "same_challenge"),
    (LOGIN, _logs_in(("secrets.token_bytes(16)\n    conn", "bytes([secrets.randbelow(256)])\n    conn")),
     "guessable_challenge"),
    (LOGIN, _logs_in((_DRAWN, "time.time_ns().to_bytes(16, 'big')"), top="import time\n" + challenge_mistakes._NOBODY),
     "not_random"),
    (LOGIN, _logs_in((_DRAWN, "next(COUNT).to_bytes(16, 'big')"),
                     top="import itertools\n" + challenge_mistakes._NOBODY + "COUNT = itertools.count()\n"),
     "not_random"),
    (LOGIN, _logs_in(("challenge + name.encode()", "challenge.hex().encode()")), "of_the_hex"),
    (LOGIN, _logs_in(("hmac.compare_digest(proof, right)", "proof in right")), "only_the_beginning"),
    (LOGIN, _logs_in(("hmac.compare_digest(proof, right)", "proof[:2] == right[:2]")), "only_the_beginning"),
    (LOGIN, _logs_in(("keys.get(name, NOBODY)", "keys[name]")), "tells_who_is_here"),
    (LOGIN, _logs_in((_NO, f"    if name in keys:\n    {_NO}")), "tells_who_is_here"),
    (LOGIN, _logs_in(("keys.get(name, NOBODY)", "keys.get(name, b'')"), (" and name in keys", "")),
     "a_key_for_nobody"),
    (LOGIN, _logs_in(("compare_digest(proof, right)", _BY_HEX)), "dies_of_nonsense"),
    (FRAMES, frames_mistakes.written(('"big"', '"little"')), "the_other_order"),
    (FRAMES, frames_mistakes.written(("not 1 <= length <= self.maximum", "not 0 <= length <= self.maximum")),
     "frames_of_no_bytes"),
    (FRAMES, frames_mistakes.written(("1 <= length <= self.maximum", "length in range(1, self.maximum)")),
     "less_than_the_maximum"),
    (FRAMES, frames_mistakes.written((frames_mistakes._CHECK, "")), "waits_for_the_body"),
    (FRAMES, frames_mistakes.written(("len(self.pending) >= 4:", "len(self.pending[4:]):")), "a_fifth_byte"),
    (SESSION, session_mistakes.written(("return []  # a message of tomorrow", "return None")), "no_list"),
    (SESSION, session_mistakes.written(("[Pong()]", "['pong']")), "no_list"),
    (SESSION, SESSION.starter.replace("raise NotImplementedError", "return 'nonsense' #"), "no_list"),
    (SESSION, session_mistakes.written(("Welcome(name)", "Welcome(name.encode())")), None),
    (SESSION, session_mistakes.written(("self.name, text)]", "self.name, text.rstrip())]")), "without_its_spaces"),
    (SESSION, session_mistakes.written(("self.name, text)]", "self.name, text[:3])]")), None),
    (SESSION, session_mistakes.written(("if 1 not in versions:", "if versions != (1,):")), "the_highest_of_theirs"),
    (SESSION, session_mistakes.written((session_mistakes._CLOSES, "return code != 'login-refused'")),
     "a_second_attempt"),
    (SESSION, session_mistakes.written((session_mistakes._CLOSES, "return False")), None),
    (SESSION, session_mistakes.written(("self.lines += 1", "pass")), None),
    (CLIENT, client_programs.written(("name, proof(key", "name.upper(), proof(key")), None),
    (CLIENT, client_programs.written((client_programs.KEPT, "            raise PermissionError(message.code)\n")),
     "a_refused_text_is_an_end"),
    (CLIENT, client_programs.written(("time.sleep(1 / 8)", "time.sleep(1 / 80)")), "no_pace"),
    (CLIENT, answers.HAND_WRITTEN.replace("        sleep(number // 10 and 1 / 8)\n", ""), "no_pace"),
    (CLIENT, client_programs.written(("expect(Welcome, incoming)", "next(incoming)")), "a_refusal_is_an_end"),
    (CLIENT, client_programs.written((client_programs.BYE, "tls.sendall(encode(Bye()))\nnext(incoming, None)\n")),
     "says_bye_and_goes"),
    (SERVER, server_programs.written(("            session.due(now())\n            continue\n",
                                      "            continue\n")), "never_due"),
    (SERVER, server_programs.written(("wake=news.set", "wake=lambda: writer.write(session.take())")), "no_drain"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "source", "mistake"), RECOGNISED)
def test_what_learners_write_is_recognised(exercise: Task, source: str, mistake: str | None) -> None:
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", mistake), verdict.text()


# --- what is right in another way ------------------------------------------------------------


def test_the_script_s_good_client_logs_in_as_the_exercise_asks() -> None:
    namespace: dict[str, Any] = {}
    exec(compile(LOGIN.solution, "<login>", "exec"), namespace)
    one, other = socket.socketpair()
    found: list[str | None] = []
    server = threading.Thread(target=lambda: found.append(namespace["challenge_login"](other, {"Zoë": b"a key"})))
    with one, other:
        server.start()
        answer_challenge(one, "Zoë", b"a key")
        server.join()
    assert found == ["Zoë"]


@pytest.mark.parametrize(
    "drawn",
    ["secrets.token_bytes(64)", "hashlib.sha256(os.urandom(32)).digest()", "uuid.uuid4().bytes",
     "bytes(secrets.randbelow(256) for _ in range(16))", "time.time_ns().to_bytes(8, 'big') + os.urandom(16)"],
)  # fmt: skip
def test_a_challenge_may_be_made_of_random_bytes_in_any_way(drawn: str) -> None:
    imports = "import hashlib\nimport os\nimport time\nimport uuid\n"
    source = _logs_in((_DRAWN, drawn), top=imports + challenge_mistakes._NOBODY)
    assert LOGIN.check_source(source).passed


def test_asyncio_s_own_buffer_is_a_bound_too() -> None:
    (line,) = (line for line in SERVER.solution.splitlines(keepends=True) if "set_write_buffer_limits" in line)
    assert SERVER.check_source(SERVER.solution.replace(line, "")).passed


@pytest.mark.parametrize("given", least_privilege.GIVEN, ids=lambda given: given.what)
def test_every_choice_is_answered(given: least_privilege.Given) -> None:
    number = least_privilege.GIVEN.index(given) + 1
    right = {n: each.right for n, each in enumerate(least_privilege.GIVEN, 1)}
    wrong = {**right, number: "drop" if given.right == "keep" else "keep"}
    assert RIGHTS.check(right).passed
    assert given.said in RIGHTS.check(wrong).message


def test_a_word_that_is_no_choice_is_told_the_two() -> None:
    assert "none of 'keep' and 'drop'" in RIGHTS.check(["perhaps"] * len(least_privilege.GIVEN)).message


# --- what the checks stand on ----------------------------------------------------------------


def test_a_stranger_s_proof_is_the_specification_s() -> None:
    key, challenge = bytes(range(32)), bytes(range(32, 64)).hex()
    assert prove(key, challenge, "Zoë") == "720fcbcd986a3358e2522a3637931d662ed6d69d29167ed5956511bf82720b11"
    assert framed({"type": "bye"}) == b"\0\0\0\x0e" + b'{"type":"bye"}'


def test_a_stranger_hears_what_is_said_and_what_is_wrong() -> None:
    one, other = socket.socketpair()
    with one, other:
        stranger = Stranger(peers.Peer(one, "Zoë"))
        for message in ({"type": "pong"}, {"type": "said", "number": 2, "name": "Bồ", "text": "你好"}):
            other.sendall(framed(message))
        assert stranger.hears("pong") == {"type": "pong"}
        with pytest.raises(peers.Unmet, match=r"said .number 1. and got said .number 2, name 'Bồ', text '你好'"):
            stranger.hears("said", number=1)
        other.sendall(b"\xff\xff\xff\xff")
        with pytest.raises(peers.Unmet, match="a frame that announces 4,294,967,295 bytes"):
            stranger.hears("pong")


def test_random_bytes_are_the_same_for_one_owner_and_put_back() -> None:
    plain = os.urandom
    draws = []
    for _ in range(2):
        owner = Owner("somebody")
        with dice(owner, None):
            with owner.adopt():
                draws.append((secrets.token_bytes(16), os.urandom(16), secrets.token_hex(4)))
            assert secrets.token_bytes(16) not in draws[-1]
    assert draws[0] == draws[1]
    assert len(set(draws[0])) == 3
    assert os.urandom is plain
    assert secrets.token_bytes(16) != secrets.token_bytes(16)


def test_random_bytes_begin_again() -> None:
    owner = Owner("somebody")
    with dice(owner, None) as draws, owner.adopt():
        first = secrets.token_bytes(16)
        draws.begin_again()
        assert secrets.token_bytes(16) == first
    assert draws.made == [first, first]


def test_the_script_tells_a_server_that_falls() -> None:
    serve = undefended.a_thread_each(undefended.lines)
    verdict = holds(serve, attacks.LINES, (attacks.Idle(clients=10, seconds=0.3),), 0.5)
    assert verdict is not None
    assert verdict.status == "failed"
    assert verdict.called == "attacks.run(…), with idle"


def test_a_server_that_falls_to_the_script_alone_has_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HOLD, "cases", HOLD.cases[:1])
    monkeypatch.setattr("labsupport.exercises.chapter_08.hold_through._LATER", 0.5)
    verdict = HOLD.check_source(next(each for each in HOLD.mistakes if each.name == "a_timeout_for_each_recv").source)
    assert (verdict.status, verdict.mistake) == ("failed", None)
    assert "slowloris" in verdict.called


def test_a_gap_is_where_the_limits_are_to_be_written() -> None:
    assert "write the limits in converse(), and then delete" in HOLD.check_source(HOLD.starter).message


def test_what_was_sent_before_stands_in_the_verdict() -> None:
    verdict = SESSION.check_source(session_mistakes.written(("[Pong()]", "[]")))
    assert "# hello → login → say → ping  (Zoë comes" in verdict.called


def test_a_message_that_cannot_be_sent_is_named_where_there_is_no_check() -> None:
    namespace: dict[str, Any] = {}
    exec(compile(session_mistakes.written(("Welcome(name)", "Welcome(b'')")), "<session>", "exec"), namespace)
    session = namespace["chat_session"](chat.Accounts(["Zoë"]), bytes(32))
    session.accounts.proved = lambda *_: True
    session.receive(framed({"type": "hello", "versions": [1]}))
    with pytest.raises(BytesError, match="`name` of Welcome is bytes"):
        session.receive(framed({"type": "login", "name": "Zoë", "proof": "0" * 64}))


def test_limits_are_shown_as_they_are_asked_for() -> None:
    assert repr(Limits(3)) == "Limits(clients=3, seconds=5.0, line=1000, rate=10)"


def test_a_learner_s_frames_and_ours_give_the_same() -> None:
    data = b"".join(chat.framed(bytes([number])) for number in range(1, 9))
    namespace: dict[str, Any] = {}
    exec(compile(FRAMES.solution, "<frames>", "exec"), namespace)
    for size in range(1, len(data)):
        mine, ours = namespace["chat_frames"](9), chat.Frames(9)
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert [list(mine.receive(each)) for each in pieces] == [list(ours.receive(each)) for each in pieces]


# --- hangs, and what is left behind ----------------------------------------------------------

HANGS = [
    (HOLD, fill(HOLD.starter, "while True: pass")),
    (HOLD, "def hold_through(listener, limits):\n    return 'nonsense'\n"),
    (LOGIN, fill(LOGIN.starter, "while True: pass")),
    (LOGIN, fill(LOGIN.starter, "connection.recv(1)")),
    (FRAMES, fill(FRAMES.starter, "while True: pass")),
    (FRAMES, fill(FRAMES.starter, "return 7")),
    (FRAMES, "def chat_frames(maximum):\n    return None\n"),
    (SESSION, SESSION.starter.replace("raise NotImplementedError", "while True: pass #")),
    (SESSION, SESSION.starter.replace("raise NotImplementedError", "raise KeyError(7) #")),
    (SESSION, "def chat_session(accounts, challenge):\n    return None\n"),
    (SERVER, fill(SERVER.starter, "await asyncio.Event().wait()")),
    (SERVER, fill(SERVER.starter, "while True: pass")),
    (CLIENT, fill(CLIENT.starter, "while True: pass")),
    (CLIENT, fill(CLIENT.starter, "return next(incoming)")),
]


#: Of the two that end with the attack script, what waits or spins; of the others all.
LEAVING = [
    (exercise, mistake)
    for exercise in ALL
    for mistake in exercise.mistakes
    if exercise not in (HOLD, SERVER)
    or mistake.name in {"no_deadline", "never_frees", "handshake_in_accept", "never_due", "sends_in_wake"}
]


@pytest.mark.parametrize(("exercise", "source"), HANGS, ids=lambda value: getattr(value, "name", None))
def test_a_hang_or_nonsense_gets_a_verdict(exercise: Task, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsupport.exercises.engine.exercise.play", partial(play, limit=1.0))
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", None), verdict.text()


@pytest.mark.parametrize("exercise", ALL)
def test_nothing_of_a_solution_is_left_behind(exercise: Task) -> None:
    assert exercise.check_source(exercise.solution).passed


@pytest.mark.parametrize(("exercise", "mistake"), LEAVING, ids=lambda value: value.name)
def test_nothing_of_a_mistake_is_left_behind(exercise: Task, mistake: Mistake) -> None:
    assert exercise.check_source(mistake.source).mistake == mistake.name
