"""Each attack brings a server down that does not expect it, and leaves one that does answering a good client."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import pytest

from labsupport import tls
from labsupport.exercises import attacks
from tests.exercises.attacks import undefended
from tests.exercises.attacks.conftest import Attacked
from tests.exercises.attacks.defended import Server
from tests.leftovers import none_left

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

KEY = b"a key of Amara's"
LINES, FRAMES = attacks.LINES, attacks.FRAMES


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    with none_left():
        yield


# --- servers that do not expect it ------------------------------------------------------------


def test_a_line_without_end_fills_the_memory(attacked: Attacked) -> None:
    result = attacked(undefended.a_thread_each(undefended.lines), attacks.Oversize())
    assert (
        result.worst.memory is None
        or result.before.memory is None
        or (result.worst.memory - result.before.memory > 2**24)
    )
    assert result.back is None
    assert not result.passed


def test_a_length_that_is_believed_fills_the_memory(attacked: Attacked) -> None:
    result = attacked(undefended.a_thread_each(undefended.frames), attacks.Oversize(), FRAMES)
    assert result.back is None
    assert "more than before" in result.sentence or "in quiet" in result.sentence
    assert not result.passed


def test_a_timeout_for_each_byte_keeps_everybody(attacked: Attacked) -> None:
    result = attacked(undefended.a_thread_each(undefended.a_timeout_each), attacks.Slowloris(40))
    assert result.after.threads is not None
    assert result.after.sockets is not None
    assert min(result.after.threads, result.after.sockets) >= 40
    assert result.back is None
    assert not result.passed


def test_a_thread_for_each_that_says_nothing(attacked: Attacked) -> None:
    result = attacked(undefended.a_thread_each(undefended.lines), attacks.Idle(40))
    assert result.after.threads is not None
    assert result.after.threads >= 40
    assert not result.passed


def test_one_that_says_nothing_stops_a_server_for_one(attacked: Attacked) -> None:
    result = attacked(undefended.one_at_a_time(undefended.lines), attacks.Idle(1))
    assert result.felt.unanswered
    assert math.isinf(result.felt.p99)
    assert "Nobody was answered" in result.sentence
    assert "1 clients" not in result.sentence
    assert not result.passed


def test_a_handshake_inside_accept_stops_everybody(attacked: Attacked) -> None:
    authority = tls.Authority()
    serve = undefended.a_tls_listener(authority.server_context("localhost"))
    result = attacked(serve, attacks.StalledHandshake(1), LINES.over_tls(authority))
    assert result.felt.unanswered
    assert "Nobody was answered" in result.sentence
    assert "inside accept()" in result.sentence
    assert not result.passed


def test_a_client_that_resets_ends_the_server(attacked: Attacked) -> None:
    result = attacked(undefended.one_at_a_time(undefended.unsuspecting), attacks.Churn())
    assert "ConnectionResetError" in result.sentence
    assert result.felt.refused
    assert not result.passed


@pytest.mark.skipif(sys.platform == "win32", reason="the kernel keeps more than what is sent")
def test_without_drain_the_memory_fills(attacked: Attacked) -> None:
    result = attacked(undefended.without_drain, attacks.NeverReads(4, 16))
    assert result.back is None
    assert "of memory more than before" in result.sentence or "in quiet" in result.sentence
    assert not result.passed


def test_whoever_is_waited_for_in_sendall_holds_a_thread(attacked: Attacked) -> None:
    result = attacked(undefended.a_thread_each(undefended.lines), attacks.NeverReads(10, 8))
    assert result.after.threads is not None
    assert result.after.threads >= 10
    assert not result.passed


def test_one_client_takes_all_the_time_there_is(attacked: Attacked) -> None:
    result = attacked(undefended.costly, attacks.Flood())
    assert result.felt.unanswered
    assert not result.passed


def test_one_who_was_let_in_never_reads(attacked: Attacked) -> None:
    serve = undefended.a_thread_each(undefended.a_short_token(b"0042"))
    result = attacked(serve, attacks.NeverReads(10, 8), attacks.with_token("0042"))
    assert result.after.threads is not None
    assert result.after.threads >= 5  # on a busy machine not all are let in within a second
    assert not result.passed


def test_a_short_token_is_guessed(attacked: Attacked) -> None:
    serve = undefended.a_thread_each(undefended.a_short_token(b"0009"))
    result = attacked(serve, attacks.GuessedToken(60), attacks.with_token("0009"))
    assert result.did.found == 1
    assert "guessed token" in result.sentence
    assert not result.passed


def test_a_token_is_replayed(attacked: Attacked) -> None:
    serve = undefended.a_thread_each(undefended.a_short_token(b"7aa1"))
    result = attacked(serve, attacks.ReplayedLogin(), attacks.with_token("7aa1"))
    assert result.did.found == 5
    assert "recorded login" in result.sentence
    assert not result.passed


def test_a_pickle_runs(attacked: Attacked) -> None:
    result = attacked(undefended.a_thread_each(undefended.unpickles), attacks.Pickle(), FRAMES)
    assert "Code of a stranger ran" in result.sentence
    assert not result.passed


def test_half_a_character_ends_the_server(attacked: Attacked) -> None:
    result = attacked(undefended.one_at_a_time(undefended.unsuspecting), attacks.HalfCharacter())
    assert "UnicodeDecodeError" in result.sentence
    assert not result.passed


def test_a_log_that_a_terminal_obeys(attacked: Attacked) -> None:
    result = attacked(undefended.a_thread_each(undefended.logs_names_as_they_come), attacks.ControlCharacters(3))
    assert "control characters" in result.sentence
    assert not result.passed


# --- and one that does ------------------------------------------------------------------------


def holds(result: attacks.Result) -> None:
    """It answered whoever meant well, gave nothing away, and let go of everybody else.  (How soon is a benchmark's.)"""
    assert result.facts is not None
    assert not result.facts.ended
    assert not result.facts.got
    assert result.facts.recovered
    assert result.back is not None, result.verdict.text()
    assert result.felt.answered * 10 >= len(result.felt.visits) * 9, result.verdict.text()


EVERY = [
    attacks.Oversize(),
    attacks.Slowloris(40),
    attacks.Idle(40),
    attacks.Churn(),
    attacks.NeverReads(4, 16),
    attacks.Flood(),
    attacks.Pickle(),
    attacks.HalfCharacter(),
    attacks.ControlCharacters(),
]


@pytest.mark.parametrize("attack", EVERY, ids=lambda attack: attack.name)
def test_a_defended_server_of_lines_holds(attack: attacks.Attack, attacked: Attacked) -> None:
    holds(attacked(Server(), attack, later=5.0, seconds=0.5))


@pytest.mark.parametrize(
    "attack", [attacks.Oversize(), attacks.Slowloris(40), attacks.Pickle()], ids=lambda one: one.name
)
def test_a_defended_server_of_frames_holds(attack: attacks.Attack, attacked: Attacked) -> None:
    holds(attacked(Server(framed=True), attack, FRAMES, later=5.0, seconds=0.5))


@pytest.mark.parametrize("attack", [attacks.StalledHandshake(20), attacks.Oversize()], ids=lambda one: one.name)
def test_a_defended_server_of_tls_holds(attack: attacks.Attack, attacked: Attacked) -> None:
    authority = tls.Authority()
    server = Server(context=authority.server_context("localhost"))
    holds(attacked(server, attack, LINES.over_tls(authority), later=5.0, seconds=0.5))


@pytest.mark.skipif(sys.platform != "linux", reason="attackers and the good client share one address")
@pytest.mark.parametrize(
    "attack",
    [attacks.GuessedToken(60), attacks.ReplayedLogin(), attacks.NeverReads(4, 16), attacks.Flood()],
    ids=lambda one: one.name,
)
def test_a_login_by_challenge_holds(attack: attacks.Attack, attacked: Attacked) -> None:
    holds(attacked(Server(key=KEY), attack, attacks.with_challenge("Amara", KEY), later=5.0, seconds=0.5))
