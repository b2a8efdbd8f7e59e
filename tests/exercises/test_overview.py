"""The map: what is done, what is next, where the learner was; and what a reset does to it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from labsupport import exercises, panels, progress
from labsupport.course import chapters, places
from labsupport.progress import _place


@pytest.fixture(autouse=True)
def _in_the_courses_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_pending", [])
    monkeypatch.chdir(root / "notebooks")


def page() -> str:
    return exercises.progress()._repr_mimebundle_()["text/html"]


def was(notebook: str, cell: str) -> None:
    _place.write_place(progress.home(), progress.Place(notebook, cell))


def test_with_nothing_done_it_begins_at_the_beginning(chapters: list[Path]) -> None:
    text = repr(exercises.progress())
    assert text.startswith("Next: the exercise first_words, in 00 Start here, “A first exercise”\nChapter 00")
    assert "Chapter 01 Servers and clients: 0 of 4 exercises, 0 of 9 predictions" in text
    shown = page()
    assert "Continue" not in shown
    assert shown.count("<img alt=") == len(chapters)
    assert '<a href="00_start_here.ipynb#cell-id=first-exercise">00 Start here' in shown
    for path in chapters:
        assert f'<a href="{path.name}">' in shown
    assert shown == page()


def test_what_is_done_is_in_the_rings_and_in_words() -> None:
    folder = places.originals()
    assert folder is not None
    for question in chapters.chapters(folder)[1].predictions[:3]:
        progress.record_prediction(question.key, "x")
    for name in ("first_words", "echo_server"):
        progress.record_verdict(name, "passed")
    progress.record_verdict("whole_answer", "failed")
    assert 'alt="01: 1 of 4 exercises, 3 of 9 predictions"' in page()
    assert repr(exercises.progress()).startswith("Next: the exercise whole_answer, in 01")


def test_the_core_comes_first_and_then_the_rest() -> None:
    folder = places.originals()
    assert folder is not None
    found = chapters.chapters(folder)
    for chapter in found:
        for name in filter(chapter.is_core, chapter.exercises):
            progress.record_verdict(name, "passed")
    assert repr(exercises.progress()).startswith("Next: the exercise greeting_server, in 01")
    for exercise in exercises.ALL:
        progress.record_verdict(exercise.name, "passed")
    assert repr(exercises.progress()).startswith("Chapter 00")


def test_it_leads_back_to_the_step_that_ran_last() -> None:
    was("01_servers_and_clients.ipynb", "second-socket-predict")
    assert repr(exercises.progress()).startswith(
        "Continue where you were: 01 Servers and clients, “The second socket”\nNext: "
    )
    assert '<a href="01_servers_and_clients.ipynb#cell-id=second-socket">01 Servers' in page()
    was("01_servers_and_clients.ipynb", "a-cell-of-my-own")  # not saved yet
    assert "Continue where you were: 01 Servers and clients\n" in repr(exercises.progress())
    assert '<a href="01_servers_and_clients.ipynb">01 Servers and clients</a></p>' in page()


@pytest.mark.parametrize("notebook", ["99_gone.ipynb", "notes.ipynb", "../../etc/passwd", ""])
def test_of_a_place_that_is_no_chapter_nothing_is_said(notebook: str) -> None:
    was(notebook, "x")
    assert "Continue" not in repr(exercises.progress())


def test_elsewhere_there_are_no_links_that_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "href" not in page()
    monkeypatch.setattr(places, "_root", lambda: tmp_path)
    assert repr(exercises.progress()).startswith("Chapter 00\n  first_words")


def test_questions_that_come_back_are_announced() -> None:
    folder = places.originals()
    assert folder is not None
    key = chapters.chapters(folder)[1].predictions[0].key
    made: progress.Predicted = {"choice": "x", "right": False, "when": "2026-01-01T00:00:00+00:00"}
    state = progress.empty()
    state["predictions"][key] = made
    state["recall"][key] = [{"when": made["when"], "grade": "again"}]
    progress.bring(state)
    assert "4 questions come back today: panels.recall()" in repr(exercises.progress())


def test_a_progress_that_cannot_be_read_is_said_on_the_map() -> None:
    progress.home().mkdir(parents=True, exist_ok=True)
    (progress.home() / "progress.json").write_text('{"version": 77}')
    assert "newer version of the course" in repr(exercises.progress())


def test_one_exercise_begins_anew_and_everything_can_be_taken_back() -> None:
    exercise = exercises.first_words
    progress.record_verdict("first_words", "passed")
    progress.record_verdict("echo_server", "passed")
    exercise.hint()
    said = exercise.reset()
    assert "raise NotImplementedError" in repr(said)
    assert "the cell with your own answer stays as it is" in repr(said)
    assert repr(exercise.hint()).startswith("Hint 1")
    assert sorted(progress.load()["exercises"]) == ["echo_server"]
    assert "`exercises.restore()` takes it back" in repr(exercises.reset())
    assert progress.load()["exercises"] == {}
    assert repr(exercise.hint()).startswith("Hint 1")
    assert repr(exercises.restore()) == "What was forgotten is back."
    assert sorted(progress.load()["exercises"]) == ["echo_server", "first_words"]
    exercise.forget_hints()


def test_every_ring_has_its_own_words() -> None:
    alts = re.findall(r'<img alt="([^"]+)"', page())
    assert len(set(alts)) == len(alts)


def test_without_the_library_of_the_schedule_the_map_is_there_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an update of the course, before what it needs has been installed."""
    folder = places.originals()
    assert folder is not None
    progress.record_prediction(chapters.chapters(folder)[1].predictions[0].key, "x")
    monkeypatch.setitem(sys.modules, "fsrs", None)
    text = repr(exercises.progress())
    assert "No question can come back: " in text
    assert "Chapter 01 Servers and clients: 0 of 4 exercises, 1 of 9 predictions" in text
    assert "Run the first command of the README again." in panels.recall()._says.value
