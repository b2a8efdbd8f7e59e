"""A menu of our own: one of the options, at first the first."""

from __future__ import annotations

import pytest
import traitlets

from labsupport.panels.parts import menu
from labsupport.panels.parts.menu import Menu


def test_the_first_option_is_chosen_and_then_another() -> None:
    asked = Menu(["uno", "दो"], "Which?")
    assert (asked.options, asked.value, asked.description) == (["uno", "दो"], "uno", "Which?")
    asked.value = "दो"
    with pytest.raises(traitlets.TraitError, match="'drei' is none of the choices"):
        asked.value = "drei"
    assert asked.value == "दो"


def test_other_options_are_offered_and_the_first_of_them_is_chosen() -> None:
    asked = Menu(["uno", "दो"], "Which?")
    asked.value = "दो"
    asked.offer(["三", "four"])
    assert (asked.options, asked.value) == (["三", "four"], "三")
    with pytest.raises(traitlets.TraitError, match="'uno' is none of the choices"):
        asked.value = "uno"


def test_all_that_the_browser_needs_goes_over() -> None:
    assert {"options", "value", "description", "disabled", "_esm", "_css"} <= Menu(["uno"], "Which?").get_state().keys()


def test_the_script_keeps_the_keys_and_fetches_nothing() -> None:
    script = (menu._HERE / "menu.js").read_text("utf-8")
    assert '"data-lm-suppress-shortcuts": "true"' in script
    for word in ("innerHTML", "import", "http"):
        assert word not in script
