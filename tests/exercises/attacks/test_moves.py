"""What attackers do is data: it goes through a pipe unchanged, is bounded and announced; figures are told right."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from labsupport import tls
from labsupport.exercises import attacks
from labsupport.exercises.attacks.attack import MOST_BYTES
from labsupport.exercises.attacks.felt import Visit, bearable
from labsupport.exercises.attacks.held import ROOM
from labsupport.exercises.attacks.judging import judged
from labsupport.exercises.attacks.moves import bytes_in, connections_in, packed, unpacked
from labsupport.exercises.attacks.told import duration, quantity

ADDRESS = ("127.0.0.1", 50007)
SPEECH = attacks.with_token("0042").over_tls(tls.Authority())


def target(speech: attacks.Speech = SPEECH) -> attacks.Target:
    return attacks.Target(speech, ADDRESS, Path("a folder"))


def of_all() -> list[attacks.Attack]:
    """One of each; what a replayed login is, only a server can tell."""
    return [kind() for kind in attacks.ALL if kind is not attacks.ReplayedLogin]


@pytest.mark.parametrize("attack", of_all(), ids=lambda one: one.name)
def test_an_attack_is_bounded_announced_and_goes_through_a_pipe(attack: attacks.Attack) -> None:
    assert not attack.skipped(SPEECH)
    waves = attack.bounded(target())
    assert unpacked(ast.literal_eval(repr(packed(waves)))) == waves
    assert 1 <= connections_in(waves) <= 2000
    assert bytes_in(waves) <= MOST_BYTES
    told = attack.announced(waves, "127.0.0.1")
    assert told.startswith(f"{attack.name}: {connections_in(waves)} connection")
    assert "at most" in told
    assert "{" not in attack.story
    assert attack.cure.endswith((".", ":"))


@pytest.mark.parametrize("attack", [kind() for kind in attacks.ALL], ids=lambda one: one.name)
def test_what_makes_no_sense_is_skipped_and_says_why(attack: attacks.Attack) -> None:
    bare = attacks.Speech(b"ping\n", b"pong\n")
    if why := attack.skipped(bare):
        assert why.endswith(".")
    else:
        assert attack.bounded(target(bare))
    assert isinstance(attack, attacks.Idle | attacks.Churn | attacks.NeverReads | attacks.Flood) == (not why)


def test_one_that_is_let_in_first_needs_an_account() -> None:
    speech = replace(attacks.with_token("0042"), insider=())
    assert "insider" in attacks.Flood().skipped(speech)
    (wave,) = attacks.Flood().waves(target())
    assert wave.attacker.inside


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: attacks.Idle(0), "clients is a whole number, 1 or more, and is 0"),
        (lambda: attacks.Idle(seconds=31), "at most 30 seconds"),
        (lambda: attacks.Idle(seconds=0), "more than 0"),
        (lambda: attacks.Slowloris(every=0), "from 0.01"),
        (lambda: attacks.Idle(5000).bounded(target()), "5000 connections are more than"),
        (lambda: attacks.Oversize(50, 50).bounded(target()), "256 MiB"),
        (lambda: attacks.Idle().scaled(0), "a number above 0"),
        (lambda: attacks.Speech(b"", b"x"), "cannot be empty"),
        (lambda: attacks.Speech(b"x", b"x", login="a function"), "package.module:function"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_more_strength_is_more_of_what_grows() -> None:
    assert attacks.Idle(100).scaled(0.5) == attacks.Idle(50)
    assert attacks.Oversize(4, 16).scaled(2) == attacks.Oversize(8, 32)
    assert attacks.Idle(1).scaled(0.1) == attacks.Idle(1)
    assert attacks.Pickle().scaled(3) == attacks.Pickle()


# --- figures and verdicts --------------------------------------------------------------------


def felt(*waits: float) -> attacks.Felt:
    """Visits one after the other; inf: not answered within a second."""
    found, began = [], 0.0
    for wait in waits:
        outcome = "unanswered" if math.isinf(wait) else "answered"
        found.append(Visit(began, min(wait, 1.0), outcome))
        began += min(wait, 1.0)
    return attacks.Felt(tuple(found))


def test_what_is_felt() -> None:
    some = felt(*[0.001] * 8, 0.5, math.inf)
    assert (some.answered, some.unanswered) == (9, 1)
    assert (some.median, some.p90, some.p99) == (0.001, 0.5, math.inf)
    assert some.silence == pytest.approx(1.0)
    assert felt(math.inf, math.inf).silence == pytest.approx(2.0)
    assert math.isnan(attacks.Felt().p90)
    assert bearable(felt(0.001)) == pytest.approx(0.012)


def test_figures_that_are_told() -> None:
    assert [quantity(size) for size in (1, 1200, 20_000, 2**24)] == ["1 byte", "1,200 bytes", "19.5 KiB", "16 MiB"]
    assert [duration(each) for each in (0.0004, 1.5, math.inf, math.nan)] == ["≈ 0.4 ms", "≈ 1.5 s", "never", "-"]


QUIET = felt(*[0.001] * 20)
BEFORE = attacks.Held(2, 2, 50 * 2**20)
FINE = attacks.Facts(attacks.Idle(40), quiet=QUIET, felt=QUIET, before=BEFORE, worst=BEFORE, after=BEFORE, back=0.1)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(FINE, felt=felt(*[0.013] * 10)), "waited ≈ 13 ms where it waits ≈ 1 ms in quiet, while 40 clients"),
        (replace(FINE, felt=felt(math.inf, math.inf), doing="waiting in recv()"), "Nobody was answered for ≈ 2 s"),
        (
            replace(FINE, back=None, later=5.0, after=attacks.Held(42, 41, BEFORE.memory)),
            "≈ 40 sockets and ≈ 39 threads",
        ),
        (replace(FINE, back=None, later=5.0, after=attacks.Held(2, 2, 50 * 2**20 + 2 * ROOM)), "≈ 32 MiB of memory"),
        (replace(FINE, ended="it returned"), "serves nobody any more: it returned, while 40 clients"),
        (replace(FINE, got="A stranger was let in."), "A stranger was let in."),
        (replace(FINE, recovered=False), "After the attack"),
    ],
)
def test_a_verdict_says_what_went_wrong_first(facts: attacks.Facts, words: str) -> None:
    verdict = judged(facts)
    assert verdict.status == "failed"
    assert words in verdict.message
    assert verdict.message.endswith(attacks.Idle.cure)


def test_a_verdict_of_one_that_held() -> None:
    assert judged(FINE).passed
    assert judged(replace(FINE, felt=felt(*[0.011] * 10))).passed
    assert judged(replace(FINE, after=attacks.Held(2, 2, BEFORE.memory))).passed


def test_what_is_not_told_is_not_too_much() -> None:
    nothing = attacks.Held()
    assert nothing.within(BEFORE)
    assert attacks.Held(9, None, None).beyond(attacks.Held(2, None, None)) == attacks.Held(7, None, None)
    assert nothing.most(BEFORE) == BEFORE
