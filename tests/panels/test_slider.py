"""A slider of our own: a number between two ends, by dragging or typed."""

from __future__ import annotations

import math

import pytest
import traitlets

from labsupport.panels.parts import slider
from labsupport.panels.parts.slider import Slider


def test_it_keeps_its_number_between_its_ends() -> None:
    one = Slider("Loss", 20, least=0, most=60, step=5, unit="%")
    assert (one.description, one.value, one.unit) == ("Loss", 20, "%")
    for asked, got in ((70, 60), (-1, 0), (33, 33)):
        one.value = asked
        assert one.value == got


def test_where_the_step_is_whole_so_is_the_number() -> None:
    whole, part = Slider("n", 0, step=1), Slider("p", 0, most=1, step=0.05)
    whole.value = part.value = 0.7
    assert (whole.value, part.value) == (1, 0.7)


def test_what_is_no_number_is_refused_with_a_sentence() -> None:
    one = Slider("Loss", 20, most=60)
    with pytest.raises(traitlets.TraitError, match="Loss is a number from 0 to 60"):
        one.value = math.nan
    assert one.value == 20


def test_all_that_the_browser_needs_goes_over() -> None:
    state = Slider("Loss", 20).get_state()
    assert {"min", "max", "step", "value", "unit", "description", "disabled", "_esm", "_css"} <= state.keys()


def test_the_script_keeps_the_keys_and_fetches_nothing() -> None:
    script = (slider._HERE / "slider.js").read_text("utf-8")
    assert '"data-lm-suppress-shortcuts": "true"' in script
    assert "innerHTML" not in script
    assert "import" not in script
    assert "http" not in script
