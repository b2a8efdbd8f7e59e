"""The two ways in which a learner uses a panel, and how a test comes to one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

__all__ = ["WAYS", "Open", "Press", "by_keyboard", "by_mouse", "focus", "press_in", "ran", "status"]

Open = Callable[..., Any]
Press = Callable[[Locator], None]


def by_mouse(target: Locator) -> None:
    target.click()


def by_keyboard(target: Locator) -> None:
    """Go on with Tab until it has the focus, then press Space."""
    page = target.page
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Space")
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {target}")


#: Each way in one theme: what is seen does not depend on how it was reached.
WAYS = pytest.mark.parametrize(("press", "theme"), [(by_mouse, "light"), (by_keyboard, "dark")], ids=["mouse", "keys"])


def ran(open_notebook: Open, *sources: str, theme: str = "light") -> tuple[Any, Locator]:
    """A new notebook of these cells, after they have run; and what stands below the last."""
    notebook = open_notebook(*sources, theme=theme)
    for index in range(len(sources)):
        notebook.run(index)
    return notebook, notebook.output(len(sources) - 1)


def focus(notebook: Any, index: int) -> None:
    """Put the focus in front of what stands below a cell, as one who has just run it with the keyboard."""
    notebook.output(index).evaluate("element => { element.tabIndex = -1; element.focus(); }")


def press_in(control: Locator, *keys: str) -> None:
    """Give the focus to this control and press the keys."""
    control.focus()
    for key in keys:
        control.page.keyboard.press(key)


def status(panel: Locator, *said: str) -> None:
    """Wait until the panel's status line says this."""
    for text in said:
        expect(panel.locator(".loopback-status")).to_contain_text(text)
