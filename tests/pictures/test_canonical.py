"""What is drawn, and in which order, does not depend on the order in which it was found."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.pictures import Picture
from tests.pictures.histories import Script
from tests.pictures.partings import PARTINGS
from tests.pictures.stories import STORIES, told
from tests.pictures.strategies import scripts


def _drawn(picture: Picture) -> tuple[str, ...]:
    return picture.svg(), picture.svg(400), picture.svg(1400), picture.text(), picture.alt()


def _shuffled(picture: Picture, seed: int) -> Picture:
    """The same events, with all that the exchange lists in another order."""
    draw = random.Random(seed)
    found, other = picture.exchange, Picture(picture.events, picture.dropped)
    lists: dict[str, Any] = {}
    for name in ("connections", "arrows", "controls"):
        listed = getattr(found, name)
        lists[name] = tuple(draw.sample(listed, len(listed)))
    vars(other)["exchange"] = dataclasses.replace(found, **lists)
    return other


@given(scripts(), st.integers(0, 999))
@settings(deadline=None, max_examples=60)
def test_shuffled_lists_give_the_same_svg_letter_for_letter(script: Script, seed: int) -> None:
    picture = Picture(script.events(seed))
    assert _drawn(_shuffled(picture, seed)) == _drawn(picture)


@pytest.mark.parametrize("name", [*STORIES, *PARTINGS])
def test_so_it_is_for_real_sockets(name: str) -> None:
    picture = told({**STORIES, **PARTINGS}[name])
    for seed in range(5):
        assert _drawn(_shuffled(picture, seed)) == _drawn(picture)
