"""The panel of the questions that come back: as a learner answers them, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import traitlets

from labsupport import panels, progress
from labsupport.course import places
from labsupport.panels.own_work.coming_back import Recall
from tests.course.making import cell, write

PREDICT = """\
predict(
    "What does `recv` give, Zoë?",
    {"b'héllo'": "It waits for <all> of it.", "b''": "That is the end."},
    right="b''",
)
"""
RECALL = "# Recall\n<details><summary>What is <code>dashed</code>?</summary>SYN &amp; FIN</details>"
LONG_AGO = "2026-01-01T00:00:00+00:00"


@pytest.fixture(autouse=True)
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of one chapter, whose prediction was made long ago, with another choice than the right one."""
    monkeypatch.setattr(progress, "_pending", [])
    monkeypatch.setattr(places, "_root", lambda: tmp_path)
    write(tmp_path / "notebooks" / "00_start_here.ipynb", "# Start here")
    write(tmp_path / "notebooks" / "01_one.ipynb", "# 01 One", cell(PREDICT, "code"), cell(RECALL, name="recall"))
    return tmp_path


@pytest.fixture
def keys() -> list[str]:
    """The keys of the two questions, which are due."""
    from labsupport.course.chapters import chapters

    folder = places.originals()
    assert folder is not None
    (first, second) = chapters(folder)[1].questions
    state = progress.empty()
    state["predictions"][first.key] = {"choice": "b'héllo'", "right": False, "when": LONG_AGO}
    state["recall"][first.key] = [{"when": LONG_AGO, "grade": "again"}]
    progress.bring(state)
    return [first.key, second.key]


def says(panel: Recall) -> str:
    return str(panel._says.value)


def press(panel: Recall) -> None:
    """As the learner does."""
    panel._button.click()


def test_with_nothing_due_it_says_so() -> None:
    panel = panels.recall()
    assert panel.question is None
    assert "Nothing comes back today." in says(panel)
    assert panel._button.layout.display == "none"
    assert repr(panel).startswith("Nothing comes back today.")


def test_a_question_with_choices_is_answered_and_scheduled(keys: list[str]) -> None:
    panel = panels.recall()
    assert panel.left == 2
    assert "What does <code>recv</code> give, Zoë?" in panel._asks.value
    panel.choice = "b''"
    press(panel)
    assert panel.answered
    assert "That is what happens." in says(panel)
    assert "It comes back in " in says(panel)
    assert [answer["grade"] for answer in progress.load()["recall"][keys[0]]] == ["again", "good"]
    assert panel._group.children[0].disabled


def test_to_another_choice_it_says_what_happens_and_never_that_it_is_wrong(keys: list[str]) -> None:
    panel = panels.recall()
    panel.choice = "b'héllo'"
    press(panel)
    shown = says(panel)
    assert "What happens: <code>b&#x27;&#x27;</code>" in shown
    assert "It waits for &lt;all&gt; of it." in shown
    assert "comes back tomorrow" in shown
    assert "wrong" not in shown.lower()
    assert progress.load()["recall"][keys[0]][-1]["grade"] == "again"


def test_without_a_choice_it_asks_for_one(keys: list[str]) -> None:
    panel = panels.recall()
    press(panel)
    assert "Choose one of them first." in says(panel)
    assert not panel.answered
    assert len(progress.load()["recall"][keys[0]]) == 1
    with pytest.raises(traitlets.TraitError, match="none of the choices"):
        panel._group.children[0].value = "something else"


@pytest.mark.parametrize(("own", "grade"), [("I knew it", "good"), ("I knew a part of it", "hard")])
def test_a_question_without_choices_is_judged_by_the_learner(keys: list[str], own: str, grade: str) -> None:
    panel = panels.recall()
    panel.choice = "b''"
    press(panel)
    press(panel)
    assert panel.left == 1
    assert "What is <code>dashed</code>?" in panel._asks.value
    assert panel._button.description == "Show the answer"
    press(panel)
    assert "SYN &amp; FIN" in says(panel)
    press(panel)
    assert "Choose one of them first." in says(panel)
    panel.choice = own
    press(panel)
    assert [answer["grade"] for answer in progress.load()["recall"][keys[1]]] == [grade]
    assert "That was all for today." in says(panel)
    assert panels.recall().question is None


def test_a_progress_that_cannot_be_written_is_said(
    keys: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    panel = panels.recall()
    (tmp_path / "file").touch()
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path / "file" / "home"))
    panel.choice = "b''"
    press(panel)
    assert "could not be written" in says(panel)


def test_what_stands_in_a_notebook_is_the_question_and_no_answer(keys: list[str]) -> None:
    bundle: dict[str, Any] = panels.recall()._repr_mimebundle_()
    assert "2 questions are due today. What does `recv` give" in bundle["text/plain"]
    assert "That is the end" not in bundle["text/plain"] + bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
