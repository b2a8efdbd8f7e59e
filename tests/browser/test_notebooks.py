"""Each notebook of the course as a learner meets it: opened, read, run, in both themes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labsupport.pictures.ladder.across import NARROW
from tests.browser.axe import violations

Open = Callable[..., Any]

THEMES = ("light", "dark")
LOADED = (
    "[...document.querySelectorAll('.jp-OutputArea-output img')].map(image => image.complete && image.naturalWidth > 0)"
)


WIDE = """[...document.querySelectorAll('.jp-OutputArea-output img, .jp-OutputArea-output .widget-box')]
    .filter(part => !(part.getAttribute('src') || '').startsWith('data:image/svg'))  // a ladder's output scrolls
    .filter(part => part.getBoundingClientRect().width > part.closest('.jp-OutputArea-output').clientWidth + 1)
    .map(part => part.outerHTML.slice(0, 200))"""


def test_a_copy_never_trusted_shows_its_pictures_before_anything_runs(chapter: Path, open_notebook: Open) -> None:
    notebook = open_notebook(notebook=chapter)
    assert nothing_lies_over(notebook)
    assert notebook.page.locator(".jp-NotebookPanel h1").first.is_visible()
    notebook.picture(f"{chapter.stem} first screen")
    assert not notebook.ask("panel.content.widgets.some(cell => cell.model.type === 'code' && cell.model.trusted)")
    assert not notebook.ask("panel.content.widgets.some(cell => cell.model.executionState === 'running')")
    notebook.until(f"{LOADED}.every(loaded => loaded)")
    hidden = notebook.ask("panel.content.widgets.filter(cell => cell.outputHidden).length")
    assert notebook.ask(LOADED) or hidden, "there is no picture in it"
    for image in notebook.page.locator(".jp-OutputArea-output img").all():
        assert (image.get_attribute("alt") or "").strip()
    assert "Error displaying widget" not in notebook.page.locator(".jp-Notebook").inner_text()
    for theme in THEMES:
        notebook.set_theme(theme)
        assert violations(notebook.page) == [], theme


def test_all_of_it_runs_clean(chapter: Path, open_notebook: Open) -> None:
    """Once, for it is slow; then looked at in both themes, and as narrow as a telephone."""
    notebook = open_notebook(notebook=chapter)
    notebook.run_all()
    assert notebook.errors() == []
    assert "Error displaying widget" not in notebook.page.locator(".jp-Notebook").inner_text()
    assert nothing_lies_over(notebook)
    notebook.until(f"{LOADED}.every(loaded => loaded)")
    assert notebook.ask(WIDE) == []
    for theme in THEMES:
        notebook.set_theme(theme)
        notebook.picture(f"{chapter.stem} run {theme}")
        assert violations(notebook.page) == [], theme
    notebook.set_width(400)
    notebook.picture(f"{chapter.stem} 400 px")
    assert notebook.ask(WIDE) == []


def nothing_lies_over(notebook: Any) -> bool:
    """Whether no dialog and no message covers the page."""
    return bool(notebook.page.locator(".jp-Dialog, .Toastify__toast").count() == 0)


LADDER = """
from labsupport import background, watch
import socket

@background
def server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.accept()[0].close()

with watch() as tape, socket.create_connection(server.address, timeout=2) as client:
    client.recv(10)
tape
"""


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("width", [400, 1400])
def test_the_text_of_a_ladder_is_never_smaller_than_12_px(trusted: bool, width: int, open_notebook: Open) -> None:
    """Where there is less room than the narrow arrangement needs, its output is scrolled, and not the page."""
    notebook = open_notebook(LADDER, width=width)
    notebook.run_all()
    if not trusted:
        notebook.ask("panel.content.widgets.forEach(cell => { cell.model.trusted = false; })")
    notebook.until(f"{LOADED}.every(loaded => loaded)")
    notebook.picture(f"ladder {width} px trusted {trusted}")
    (shown,) = notebook.ask(
        """[...document.querySelectorAll('.jp-OutputArea-output img')].map(image => {
            const place = image.closest('.jp-OutputArea-output');
            return {image: image.clientWidth, place: place.clientWidth, overflow: getComputedStyle(place).overflowX};
        })"""
    )
    assert shown["image"] >= NARROW
    assert shown["image"] <= shown["place"] or shown["overflow"] == "auto"
    assert notebook.ask("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
