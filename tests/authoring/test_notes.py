"""The teacher's notes: their form, and that every step has its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport.authoring import chapter, notes

TEXT = """# 42

Before the chapter.

## one

- ask: Where is it?
- say: A sentence
  that goes on.
- likely: answers once, keeps_all
- saves: 3

## Often argued

### "A claim."

An answer.
"""


def test_notes_are_read_by_step_and_kind_in_the_order_in_which_they_are_written() -> None:
    found = notes.parse(TEXT)
    assert found.before == "Before the chapter."
    assert list(found.steps["one"].items()) == [("ask", "Where is it?"), ("say", "A sentence that goes on.")]
    assert found.argued.startswith('### "A claim."')
    assert found.likely == {"one": ("answers_once", "keeps_all")}
    assert found.saves == {"one": 3}


@pytest.mark.parametrize(
    ("body", "words"),
    [("- poem: x", "'poem' is no kind of note; known are say, ask"), ("a paragraph", "expected items such as")],
)
def test_what_is_no_note_is_named(body: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        notes.parse(f"# 42\n\n## one\n\n{body}\n", "42.md")


def test_a_chapter_without_notes_has_none(tmp_path: Path) -> None:
    assert notes.read("42", tmp_path) == notes.Notes("", {}, "")


def test_every_step_has_its_notes_and_no_note_is_left_over(chapters: list[Path]) -> None:
    for path in chapters:
        found = chapter.read(path)
        written = notes.read(found.number)
        assert set(written.steps) == {step.name for step in found.steps}, path.name
        assert written.before
        assert written.argued


def test_the_core_has_a_question_what_to_wait_for_and_what_to_leave_out(chapters: list[Path]) -> None:
    for path in chapters:
        found = chapter.read(path)
        written = notes.read(found.number).steps
        for step in found.steps:
            lacks = {"ask", "watch", "late", "wrong"} - set(written[step.name]) if step.core else set()
            lacks -= {"wrong"} if step.minutes < 2 else set()
            assert not lacks, f"{path.name}, {step.name}: {lacks}"
            assert written[step.name].get("say") or step.core


def test_no_more_is_saved_than_a_step_takes_and_only_by_what_is_left_out(chapters: list[Path]) -> None:
    for path in chapters:
        found = chapter.read(path)
        written = notes.read(found.number)
        room = {step.name: step.room for step in found.steps if "late" in written.steps[step.name]}
        assert len(written.saves) >= 5
        for name, minutes in written.saves.items():
            assert 0 < minutes <= room[name], f"{path.name}, {name}"


def test_of_many_mistakes_the_four_likeliest_are_named(chapters: list[Path]) -> None:
    for path in chapters:
        found = chapter.read(path)
        likely = notes.read(found.number).likely
        for step in found.steps:
            if step.exercise and len(step.exercise.mistakes) > 4:
                assert len(set(likely[step.name])) == 4, step.name


def test_what_is_argued_has_a_source(chapters: list[Path]) -> None:
    for path in chapters:
        argued = notes.read(path.name[:2]).argued
        for answer in argued.split("### ")[1:]:
            assert "](https://" in answer, answer
