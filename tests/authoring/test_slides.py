"""The decks, without a browser: what becomes of each cell, and that nothing in a deck is fetched."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from labsupport.authoring import chapter, rendering, slides
from labsupport.authoring.__main__ import main
from labsupport.authoring.notes import Notes
from labsupport.authoring.notes import read as read_notes

ASKS = """predict(
    "What does `recv` give?",
    {"all": "Look " "again.", "some": "Yes."},
    right={"linux": "some", "macos": "some", "windows": "all"},
)"""
IMAGE = '<img alt="a ladder" height="900" src="data:image/svg+xml;base64,PHN2Zy8+">'
NOTES = Notes("Before.", {"step": {"say": "To say.", "ask": "To ask?", "watch": "To see.", "wrong": "Wrong."}}, "")


def shown(*printed: str, image: str = "") -> list[nbformat.NotebookNode]:
    outputs = [new_output("stream", name="stdout", text=text) for text in printed]
    return outputs + ([new_output("display_data", {"text/html": image, "text/plain": "a ladder"})] if image else [])


@pytest.fixture
def deck(tmp_path: Path) -> chapter.Chapter:
    core = {"loopback": {"core": True, "minutes": 5}, "slideshow": {"slide_type": "slide"}}
    further = {"loopback": {"core": False, "minutes": 3}, "slideshow": {"slide_type": "subslide"}}
    skip = {"slideshow": {"slide_type": "skip"}}
    cells = [
        new_markdown_cell("# 42 Names\n\nAt the end you can.\n\n<details><summary>x</summary>y</details>"),
        new_code_cell("import socket", metadata=skip),
        new_markdown_cell("---\n# Part 1", metadata={"slideshow": {"slide_type": "slide"}}),
        new_markdown_cell("## ● A `step` · 5 min\n\nWhere?", metadata=core, id="step"),
        new_code_cell(ASKS),
        new_code_cell("print('<some>')", outputs=shown("<some>\n", image=IMAGE)),
        new_markdown_cell("Because."),
        new_markdown_cell("not here", metadata=skip),
        new_markdown_cell("spoken", metadata={"slideshow": {"slide_type": "notes"}}),
        new_markdown_cell("## More · 3 min\n\nMore.", metadata=further),
        new_code_cell("\n\n\n".join(["x = 1\ny = 2"] * 12)),
        new_markdown_cell("# Questions\n\n<details><summary>Why?</summary>So.</details>", metadata=further),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "42_names.ipynb")
    return chapter.read(tmp_path / "42_names.ipynb")


def kinds(deck: chapter.Chapter, core_only: bool = False) -> list[list[str]]:
    return [[slide.kind for slide in column] for column in slides.columns(deck, NOTES, core_only)]


def test_tags_make_columns_and_a_step_its_slides(deck: chapter.Chapter) -> None:
    step = ["head", "question", "code", "picture", "answer", "text"]
    assert kinds(deck) == [["title"], ["head"], [*step, "head", "code", "code", "head", "recall"]]
    assert kinds(deck, core_only=True)[2] == step


def test_a_prediction_asks_before_its_experiment_and_answers_after_it(deck: chapter.Chapter) -> None:
    found = slides.columns(deck, NOTES)[2]
    question, answer = found[1].body, found[4].body
    assert "What does <code>recv</code> give?" in question
    assert "Look again." not in question
    assert answer.count("fragment") >= 2
    assert re.search(r"<li class=right>.*some.*Yes\.", answer)
    assert "class=right" not in question


def test_the_notes_stand_where_they_are_spoken(deck: chapter.Chapter) -> None:
    found = {slide.kind: slide.notes for slide in reversed(slides.columns(deck, NOTES)[2][:6])}
    assert "To ask?" in found["question"]
    assert "To see." in found["picture"]
    assert "Wrong." in found["answer"]
    assert found["head"].startswith("**5 min**, in a room 7")
    assert "To say." in found["head"]
    assert "spoken" in found["head"]
    assert not found["text"]


def test_what_to_wait_for_stands_with_the_first_print_too(deck: chapter.Chapter) -> None:
    found = slides.columns(deck, NOTES)[2]
    assert found[2].prints
    assert "To see." in found[2].notes


def test_a_panel_is_no_slide_and_says_so(deck: chapter.Chapter) -> None:
    cell = new_code_cell("panels.client(server)", outputs=shown("<a client by hand: run this cell to use it>\n"))
    step = chapter.Step("x", "X", 5, True, False, (cell,))
    (found,) = slides._with_notes(list(slides._step(step)), step, {})
    assert "Switch to the notebook" in found.notes


def test_what_is_said_last_stands_with_the_answer(deck: chapter.Chapter) -> None:
    last = {"ask": "To ask?", "watch": "To see.", "say": "So."}
    found = {slide.kind: slide.notes for slide in slides.columns(deck, Notes("", {"step": last}, ""))[2][:6]}
    assert "So." in found["answer"]
    assert "So." not in found["head"]


def test_a_note_whose_slide_is_not_there_stands_with_the_first(deck: chapter.Chapter) -> None:
    more = deck.steps[1]
    found = slides.columns(deck, Notes("", {more.name: {"watch": "Look."}}, ""))[2][6]
    assert "Look." in found.notes


def test_what_was_printed_is_text_and_a_tall_picture_scrolls(deck: chapter.Chapter) -> None:
    found = slides.columns(deck, NOTES)[2]
    assert "&lt;some&gt;" in found[2].body
    assert found[3].body.count("scroll") >= 1
    assert IMAGE in found[3].body


def test_nothing_in_a_deck_is_fetched(chapters: list[Path]) -> None:
    """Every address is a link that somebody may click, or a source in a comment."""
    for path in chapters:
        text = re.sub(r"<script>.*?</script>", "", slides.deck(path), flags=re.DOTALL)  # the browser's tests run them
        assert not re.search(r"<(script|iframe|img|link)[^>]*(src|href)=[\"'](?!data:)", text)
        assert not re.search(r"@import|url\((?![\"']?data:)", text)


def test_every_picture_of_a_chapter_is_in_its_deck(chapters: list[Path]) -> None:
    for path in chapters:
        read = chapter.read(path)
        steps = [step for step in read.steps if not step.exercise]
        shown = [cell for step in steps for cell in step.cells if cell.cell_type == "code"]
        pictures = sum(len(chapter.images(cell)) for cell in shown if slides._tag(cell) != "skip")
        found = [slide for column in slides.columns(read, read_notes(read.number)) for slide in column]
        assert sum(slide.kind == "picture" for slide in found) == pictures


def test_predictions_of_all_chapters_can_be_read(chapters: list[Path]) -> None:
    for path in chapters:
        read = chapter.read(path)
        found = [slide for column in slides.columns(read, read_notes(read.number)) for slide in column]
        asked = [slide for slide in found if slide.kind == "question"]
        assert asked
        assert sum(slide.kind == "answer" for slide in found) == len(asked)


#: reveal.js 6.0.2, as its npm package has it.
SUMS = {
    "reveal.js": "aa1bbbf2617b23a623b23612cb3c5bdb63de512e652bf20fcfa832b045d37844",
    "reveal.css": "615ee850cbbb98a0f688b60ed37b21819a3f54c9f3e6f20e33e63693ab74a0c0",
    "notes.js": "447c42f365876e41853de81453d0c53c580c5b2099132e8f61200de4a0ba2af3",
}


@pytest.mark.parametrize("name", SUMS)
def test_the_files_of_others_are_as_they_came(name: str) -> None:
    data = (Path(rendering.__file__).parent / "vendor" / "reveal" / name).read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(data).hexdigest() == SUMS[name]


def test_a_script_cannot_be_ended_by_its_own_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.js").write_text("const end = '</script>';", "utf-8")
    monkeypatch.setattr(rendering, "_HERE", tmp_path)
    assert rendering.shipped("x.js") == r"const end = '<\/script>';"


def test_the_command_writes_a_deck_with_or_without_what_leads_further(tmp_path: Path) -> None:
    assert main(["slides", "01", "--to", str(tmp_path / "all")]) == 0
    assert main(["slides", "01", "--core", "--to", str(tmp_path / "core")]) == 0
    whole, core = (next((tmp_path / name).iterdir()) for name in ("all", "core"))
    assert whole.name == core.name == "01_servers_and_clients.slides.html"
    assert "<h2>Take it outside</h2>" in whole.read_text("utf-8")
    assert "<h2>Take it outside</h2>" not in core.read_text("utf-8")
    assert "<h2>Further</h2>" not in core.read_text("utf-8")
