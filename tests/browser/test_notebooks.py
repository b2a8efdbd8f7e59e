"""Each notebook of the course as a learner meets it: opened, read, run, in both themes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.axe import violations

Open = Callable[..., Any]

LOADED = (
    "[...document.querySelectorAll('.jp-OutputArea-output img')].map(image => image.complete && image.naturalWidth > 0)"
)


def test_nothing_lies_over_the_first_screen(chapter: Path, open_notebook: Open) -> None:
    notebook = open_notebook(notebook=chapter)
    assert notebook.page.locator(".jp-Dialog").count() == 0
    assert notebook.page.locator(".Toastify__toast").count() == 0
    assert notebook.page.locator(".jp-NotebookPanel h1").first.is_visible()
    notebook.picture(f"{chapter.stem} first screen")


def test_a_copy_never_trusted_shows_its_pictures_before_anything_runs(
    chapter: Path, theme: str, open_notebook: Open
) -> None:
    notebook = open_notebook(notebook=chapter, theme=theme)
    assert not notebook.ask("panel.content.widgets.some(cell => cell.model.type === 'code' && cell.model.trusted)")
    assert not notebook.ask("panel.content.widgets.some(cell => cell.model.executionState === 'running')")
    notebook.until(f"{LOADED}.every(loaded => loaded)")
    hidden = notebook.ask("panel.content.widgets.filter(cell => cell.outputHidden).length")
    shown = notebook.ask(LOADED)
    assert shown or hidden, "there is no picture in it"
    for image in notebook.page.locator(".jp-OutputArea-output img").all():
        assert (image.get_attribute("alt") or "").strip()
    assert not violations(notebook.page)
    assert "Error displaying widget" not in notebook.page.locator(".jp-Notebook").inner_text()


def test_all_of_it_runs_clean(chapter: Path, theme: str, open_notebook: Open) -> None:
    notebook = open_notebook(notebook=chapter, theme=theme)
    notebook.run_all()
    assert notebook.errors() == []
    assert "Error displaying widget" not in notebook.page.locator(".jp-Notebook").inner_text()
    assert notebook.page.locator(".jp-Dialog").count() == 0
    notebook.until(f"{LOADED}.every(loaded => loaded)")
    notebook.picture(f"{chapter.stem} run {theme}")
    assert violations(notebook.page) == []


@pytest.mark.parametrize("width", [400, 1400])
def test_no_output_is_wider_than_the_page(chapter: Path, width: int, open_notebook: Open) -> None:
    notebook = open_notebook(notebook=chapter, width=width)
    notebook.run_all()
    notebook.picture(f"{chapter.stem} {width} px")
    wide = notebook.ask(
        """[...document.querySelectorAll('.jp-OutputArea-output img, .jp-OutputArea-output .widget-box')]
           .filter(part => part.getBoundingClientRect().width > part.closest('.jp-OutputArea-output').clientWidth + 1)
           .map(part => part.outerHTML.slice(0, 200))"""
    )
    assert wide == []
