"""Radio buttons of our own: one of the options or none, and a group to the browser."""

from __future__ import annotations

import pytest
import traitlets

from labsupport.panels.parts import choices
from labsupport.panels.parts.choices import Choices


def test_nothing_is_chosen_at_first_and_then_one_of_the_options() -> None:
    asked = Choices(["one", "two"], "Which?")
    assert asked.value is None
    asked.value = "two"
    assert (asked.options, asked.value, asked.description) == (["one", "two"], "two", "Which?")


def test_what_is_no_option_is_refused_and_changes_nothing() -> None:
    asked = Choices(["one", "two"], "Which?")
    asked.value = "one"
    with pytest.raises(traitlets.TraitError, match="'three' is none of the choices: 'one', 'two'"):
        asked.value = "three"
    assert asked.value == "one"


def test_all_that_the_browser_needs_goes_over() -> None:
    state = Choices(["one", "two"], "Which?").get_state()
    assert {"options", "value", "description", "disabled", "_esm", "_css"} <= state.keys()


def test_the_script_keeps_the_keys_and_fetches_nothing() -> None:
    script = (choices._HERE / "choices.js").read_text("utf-8")
    assert '"data-lm-suppress-shortcuts": "true"' in script
    assert "innerHTML" not in script  # what a question says is text
    assert "import" not in script
    assert "http" not in script
