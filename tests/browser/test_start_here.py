"""What chapter 00 shows of a learner's progress: the map, the questions that come back, the work as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import expect

from labsupport.authoring.normal import METADATA
from tests.browser.axe import violations
from tests.browser.ways import WAYS, Open, Press, focus, ran, status

#: Nobody's progress, so that no other test's is seen.
ALONE = "import os, tempfile\nos.environ['LABSUPPORT_HOME'] = tempfile.mkdtemp()\n"
CHAPTER = "01_servers_and_clients.ipynb"


@pytest.fixture
def two_steps(tmp_path: Path) -> Path:
    """Something like chapter 01: two steps."""
    cells = [
        new_markdown_cell("# 01 Servers and clients", id="top"),
        new_code_cell("from labsupport import exercises", id="first"),
        new_markdown_cell("\n\n".join(["a long text"] * 60), id="text"),
        new_markdown_cell("## ● The second step · 3 min", id="second-step"),
        new_code_cell("print('你好')", id="second-step-run"),
    ]
    nbformat.write(new_notebook(cells=cells, metadata=METADATA), tmp_path / CHAPTER)
    return tmp_path / CHAPTER


def go_to(notebook: Any, lab: Any, name: str, *sources: str) -> None:
    """Open another notebook of these cells, in the folder of the one that is open."""
    folder, _, _ = notebook.path.rpartition("/")
    cells = [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=cells, metadata=METADATA), lab.folder / folder / name)
    notebook.path = f"{folder}/{name}"
    notebook.ask("jupyterapp.commands.execute('docmanager:open', {path: argument}).then(() => null)", notebook.path)
    notebook.ready()


def test_the_map_leads_back_to_the_step_that_ran_last(
    lab: Any, two_steps: Path, chapters: list[Path], open_notebook: Open
) -> None:
    notebook = open_notebook(notebook=two_steps)
    notebook.run(1)
    notebook.run(4)
    go_to(notebook, lab, "00_map.ipynb", "from labsupport import exercises\nexercises.progress()")
    notebook.run(0)
    shown = notebook.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output")
    link = shown.get_by_role("link", name="01 Servers and clients, “The second step”")
    expect(link).to_be_visible()
    expect(shown.get_by_role("img")).to_have_count(len(chapters))
    expect(shown.get_by_role("img").first).to_have_attribute("alt", "00: 0 of 1 exercise, 0 of 2 predictions")
    for theme in ("light", "dark"):
        notebook.set_theme(theme)
        assert violations(notebook.page) == []
        notebook.picture(f"map {theme}")
    link.click()
    notebook.until(f"panel?.context?.path?.endsWith('/{CHAPTER}')")
    expect(notebook.page.get_by_role("heading", name="The second step")).to_be_in_viewport()


def test_a_reset_puts_a_fresh_starter_into_a_new_cell(open_notebook: Open) -> None:
    notebook = open_notebook(ALONE + "from labsupport import exercises\nexercises.first_words.reset()", "mine = '你好'")
    notebook.run(0)
    sources = notebook.ask("panel.content.widgets.map(cell => cell.model.sharedModel.getSource())")
    assert len(sources) == 3
    assert sources[1].endswith("exercises.first_words.check(first_words)")
    assert sources[2] == "mine = '你好'"
    expect(notebook.output(0)).to_contain_text("A fresh starter is in a new cell below")


DUE = """
from labsupport import panels, progress
from labsupport.course import chapters, places
found = chapters.chapters(places.originals())[1]
long_ago = "2026-01-01T00:00:00+00:00"
question = found.predictions[0]
state = progress.empty()
state["predictions"][question.key] = {"choice": "x", "right": False, "when": long_ago}
state["recall"][question.key] = [{"when": long_ago, "grade": "again"}]
for other in found.questions[-2:]:
    state["recall"][other.key] = [{"when": progress._now(), "grade": "good"}]
progress.bring(state)
panels.recall()
"""


@WAYS
def test_questions_that_come_back_are_answered(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, ALONE + DUE, theme=theme)
    expect(panel).to_contain_text("2 questions are due today")
    assert violations(notebook.page) == []
    notebook.picture(f"recall {theme}")
    focus(notebook, 0)
    press(panel.get_by_role("radio").first)
    press(panel.get_by_role("button", name="That is my answer"))
    status(panel, "You chose:", "It comes back")
    press(panel.get_by_role("button", name="Next question"))
    press(panel.get_by_role("button", name="Show the answer"))
    status(panel, "Did you know it?")
    assert violations(notebook.page) == []
    focus(notebook, 0)
    press(panel.get_by_role("radio", name="I knew it"))
    press(panel.get_by_role("button", name="Next question"))
    status(panel, "That was all for today.")


def test_the_work_goes_out_of_the_browser_and_in_again(open_notebook: Open, tmp_path: Path) -> None:
    source = ALONE + "from labsupport import panels, progress\nprogress.record_verdict('x', 'passed')\npanels.my_work()"
    notebook = open_notebook(source, "progress.reset()\nsorted(progress.load()['exercises'])", "progress.load()")
    notebook.run(0)
    panel = notebook.output(0)
    assert violations(notebook.page) == []
    with notebook.page.expect_download() as download:
        panel.get_by_role("button", name="Download my work").click()
    assert download.value.suggested_filename == "loopback-work.zip"
    download.value.save_as(tmp_path / "work.zip")
    status(panel, "is with your browser's downloads")
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("[]")
    panel.get_by_label("Bring it back:").set_input_files(tmp_path / "work.zip")
    status(panel, "Your progress is joined with what was here")
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("'exercises': {'x': {'status': 'passed'")
    (tmp_path / "other.zip").write_bytes(b"no zip")
    panel.get_by_label("Bring it back:").set_input_files(tmp_path / "other.zip")
    status(panel, "This file is not taken")
    (tmp_path / "large.zip").write_bytes(bytes(10 * 2**20))
    panel.get_by_label("Bring it back:").set_input_files(tmp_path / "large.zip")
    status(panel, "python -m labsupport import FILE")
