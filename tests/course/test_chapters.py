"""What is read from a notebook: titles, steps, exercises, questions; and that the course's own have it all."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport import exercises
from labsupport.course import chapters, places
from labsupport.course.questions import asked, key_of, recalled
from labsupport.panels.prediction import Prediction
from tests.course.making import cell, write

PREDICT = """\
predict(
    "What does `recv` give?",
    {"b'héllo'": "It waits.", "b''": "That is "
     "the end."},
    right="b''",
)
"""
RECALL = """\
# Three questions

<details><summary>What does <code>b''</code> mean? (01)</summary>The end &amp; no more: <code>recv</code> says
so.</details>
"""


def test_a_chapter_is_read_from_its_cells(tmp_path: Path) -> None:
    path = write(
        tmp_path / "04_some_thing.ipynb",
        cell("# 04 Some thing\n\nAt the end you can do **it**, 你好. And more.", name="top"),
        cell("## ● A step · 3 min\n\ntext", name="step", core=True, minutes=3),
        cell(PREDICT, "code", "step-predict"),
        cell("## Further · 9 min", name="more", core=False),
        cell("Write it.", name="prompt", **{"from": "prompt echo_server"}),
        cell(RECALL, name="recall"),
    )
    chapter = chapters.read(path)
    assert chapter is not None
    assert (chapter.number, chapter.file, chapter.title) == (4, "04_some_thing.ipynb", "Some thing")
    assert chapter.able == "do **it**, 你好."
    assert dict(chapter.exercises) == {"echo_server": "prompt"}
    assert not chapter.is_core("echo_server")
    assert chapter.step("step-predict") == chapters.Step("step", "A step", True)
    assert chapter.step("nowhere") is None
    (prediction, recall) = chapter.questions
    assert chapter.predictions == [prediction]
    assert (prediction.choices["b''"], prediction.right) == ("That is the end.", "b''")
    assert (recall.text, recall.answer) == ("What does `b''` mean? (01)", "The end & no more: `recv` says so.")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"cells": 3}', '{"cells": [1]}', '{"cells": [{"source": "x"}]}', "[" * 100_000]
)
def test_what_is_no_notebook_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "01_broken.ipynb").write_text(text)
    (tmp_path / "my notes.ipynb").write_text("{}")
    write(tmp_path / "01_servers.new.ipynb", "# beside")
    write(tmp_path / "02_whole.ipynb", "# 02 Whole")
    assert [chapter.title for chapter in chapters.chapters(tmp_path)] == ["Whole"]


@pytest.mark.parametrize(
    "source",
    [
        "predict(question, {}, right='a')",
        "predict('q', {'a': 'b'})",
        "predict('q', right='a')",
        "predict('q', {'a': 1}, right='a')",
        "predict(1, {'a': 'b'}, right='a')",
        "predict('q', {'a': 'b'}, right=1)",
        "%predict(",
        "predict(",
    ],
)
def test_a_prediction_that_is_not_written_out_is_passed_over(source: str) -> None:
    assert list(asked(source, 1)) == []


def test_the_key_is_the_one_under_which_a_prediction_is_kept() -> None:
    (question,) = asked(PREDICT, 1)
    prediction = Prediction(question.text, question.choices, None)
    assert prediction.name == question.key == key_of("What  does\n`recv` give?", ["b'héllo'", "b''"])
    assert next(iter(recalled(RECALL, 1))).key == key_of("What does `b''` mean? (01)")


def test_the_course_has_every_exercise_once_and_no_question_twice() -> None:
    folder = places.originals()
    assert folder is not None
    found = chapters.chapters(folder)
    assert [chapter.number for chapter in found] == list(range(len(found)))
    named = [name for chapter in found for name in chapter.exercises]
    assert sorted(named) == sorted(exercise.name for exercise in exercises.ALL)
    keys = [question.key for chapter in found for question in chapter.questions]
    assert len(keys) == len(set(keys))
    for chapter in found[1:]:
        assert chapter.able, chapter.file
        assert len(chapter.questions) == len(chapter.predictions) + 3
        assert any(map(chapter.is_core, chapter.exercises))
