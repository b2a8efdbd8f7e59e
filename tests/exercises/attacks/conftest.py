"""The good client and the attackers of all these tests: to start them takes longer than most attacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from labsupport.exercises import attacks
from labsupport.exercises.attacks.helpers import Helper
from labsupport.exercises.attacks.siege import Siege
from labsupport.exercises.engine.collector import held

Attacked = Callable[..., attacks.Result]
#: Seconds between two visits of the good client.
PACE = 0.005


@pytest.fixture(scope="package")
def helpers() -> Iterator[tuple[Helper, Helper]]:
    """The two processes."""
    package = attacks.__name__
    with Helper(f"{package}.good") as good, Helper(f"{package}.crew") as crew:
        yield good, crew


@pytest.fixture
def attacked(helpers: tuple[Helper, Helper]) -> Attacked:
    """One attack on one server, as `attacks.run` does it, but for the start of the two."""

    def attack(
        server: Any,
        attack: attacks.Attack,
        speech: attacks.Speech = attacks.LINES,
        later: float = 0.3,
        seconds: float = 1.0,
    ) -> attacks.Result:
        siege = Siege(server, replace(speech, pace=PACE), *helpers, later, announce=lambda _: None)
        with held():
            result = siege.tried(replace(attack, seconds=seconds))
        assert not result.skipped, result.sentence
        print(result.verdict.text())
        return result

    return attack
