"""The instructor's guide: that it holds what it must, and that the kept pages are current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labsupport.authoring import __main__ as commands
from labsupport.authoring import beside, chapter, instructor, predictions, rendering
from labsupport.authoring.__main__ import main
from labsupport.authoring.notes import read as read_notes


@pytest.fixture(scope="module")
def pages(chapters: list[Path]) -> dict[str, str]:
    return instructor.pages(chapters)


def test_the_kept_pages_are_current(chapters: list[Path]) -> None:
    assert instructor.stale(chapters) == [], "run `python -m labsupport.authoring instructor`"


def test_a_page_has_every_step_with_its_minutes(chapters: list[Path], pages: dict[str, str]) -> None:
    for path in chapters:
        found = chapter.read(path)
        page = pages[f"{found.number}.md"]
        for step in found.steps:
            assert f"## {step.title} · {step.minutes} min, in a room {step.room}" in page


def test_a_page_has_the_mistakes_of_each_exercise(chapters: list[Path], pages: dict[str, str]) -> None:
    for path in chapters:
        found = chapter.read(path)
        for step in found.steps:
            if step.exercise:
                for mistake in step.exercise.mistakes:
                    assert f"- *{mistake.name.replace('_', ' ')}*: " in pages[f"{found.number}.md"]


def steps_with_exercises(chapters: list[Path]) -> list[tuple[str, chapter.Step]]:
    return [(path.name[:2], step) for path in chapters for step in chapter.read(path).steps if step.exercise]


def test_four_mistakes_are_shown_and_the_others_folded_and_of_a_further_step_all(chapters: list[Path]) -> None:
    for number, step in steps_with_exercises(chapters):
        shown = "\n".join(beside.beside(step, read_notes(number).likely.get(step.name, ()))).partition("<details>")[0]
        assert step.exercise
        most = beside.SHOWN if step.core or step.capstone else 0
        assert shown.count("\n- *") + shown.startswith("- *") == min(most, len(step.exercise.mistakes)), step.name


def test_a_page_has_the_answer_of_each_exercise(chapters: list[Path], pages: dict[str, str]) -> None:
    for number, step in steps_with_exercises(chapters):
        page, exercise = pages[f"{number}.md"], step.exercise
        if questions := getattr(exercise, "questions", ()):
            assert all(beside.one_line(each.choices[each.right]) in page for each in questions), step.name
        elif faults := getattr(exercise, "faults", ()):
            assert all(beside.one_line(each.what) in page for each in faults), step.name
        else:
            assert exercise
            assert exercise.solution.strip() in page, step.name


def test_a_hunt_in_the_text_has_a_row_for_each_of_its_faults(chapters: list[Path], pages: dict[str, str]) -> None:
    numbers = {"two": 2, "five": 5, "eight": 8, "nine": 9, "ten": 10, "twelve": 12}
    hunts = [
        (path.name[:2], question)
        for path in chapters
        for step in chapter.read(path).steps
        if step.name == "bug-hunt"
        for cell in step.cells
        for question in chapter.questions(cell.source)
    ]
    assert len(hunts) >= 7
    for number, question in hunts:
        _, _, table = pages[f"{number}.md"].partition(f"<summary>{question.text}, ")
        count = next(numbers[word] for word in question.text.lower().split() if word in numbers)
        assert len(re.findall(r"^\| \d+ \|", table.partition("</details>")[0], re.MULTILINE)) == count


def test_what_is_folded_is_open_on_the_page_for_print(chapters: list[Path]) -> None:
    page = instructor.guide(chapters[:2])
    assert "<details>" not in page
    assert page.count("<details open>") == page.count("</details>") > 0


def test_a_table_in_what_is_folded_is_a_table() -> None:
    folded = "\n\n".join(beside.folded("x", beside.table(["a", "b"], [["1", "`c|d`"]])))
    assert rendering.markdown(folded).count("<td>") == 2


def test_a_mistake_that_is_none_is_named(chapters: list[Path]) -> None:
    _, step = steps_with_exercises(chapters)[0]
    with pytest.raises(ValueError, match="'nothing_of_it' is no mistake of first_words; there are"):
        list(beside.beside(step, ["nothing_of_it"]))


def test_a_message_is_text_and_no_markup_but_code() -> None:
    assert beside.one_line("a *b*\n  __c__ <d> [e] `f_g`") == r"a \*b\* \_\_c\_\_ \<d> \[e] `f_g`"


def test_a_page_has_the_choices_of_each_vote_with_the_letters_of_the_slides(
    chapters: list[Path], pages: dict[str, str]
) -> None:
    for path in chapters:
        found = chapter.read(path)
        for step in found.steps:
            page = pages[f"{found.number}.md"].partition(f"## {step.title} ·")[2].partition("\n## ")[0]
            for each in predictions.asked(step.cells):
                assert f"**{each.letter(each.right)} {beside.one_line(each.right)}** (right)" in page, step.name
                said = [words for _, choice, words in each.lettered if choice != each.right]
                assert all(beside.one_line(words) in page for words in said), step.name


def test_a_vote_says_where_another_choice_is_right(pages: dict[str, str]) -> None:
    assert "A nobody: listen() raises an error (right on Windows) ·" in pages["01.md"]


def test_the_course_has_its_minutes_and_its_plans(chapters: list[Path], pages: dict[str, str]) -> None:
    page = pages["README.md"]
    found = [chapter.read(path) for path in chapters]
    assert f"| together | {sum(each.core for each in found)} min | {sum(each.room for each in found)} min |" in page
    plans = ["A half day: chapters 00 and 01", "A half day", "A day", "A term"]
    assert re.findall(r"^## (A .+)$", page, re.MULTILINE) == plans


def test_a_plan_that_begins_like_the_one_before_it_says_so(pages: dict[str, str]) -> None:
    _, _, day = pages["README.md"].partition("## A day\n")
    assert re.search(r"Until \d+:\d\d as in \*A half day\*; then:", day)
    assert "00 Start here" not in day.partition("## A term")[0]


def test_the_page_of_the_course_has_the_first_ladder_and_says_of_its_rows_what_is_there(pages: dict[str, str]) -> None:
    ladder = pages["README.md"].partition("```text\n")[2].partition("```")[0]
    rows = dict(re.findall(r"^ *(\d+)  (.+)$", ladder, re.MULTILINE))
    assert "listener: bind, listen" in rows["1"]
    assert "accept() …" in rows["2"]
    assert rows["4"].lstrip().startswith("sendall 5 B 1")
    assert "… accept()" in rows["4"]
    assert "recv(1024) = 5 B 1" in rows["5"]
    assert "recv() = b''" in rows["9"]


def test_links_between_the_pages_lead_somewhere(pages: dict[str, str]) -> None:
    for text in pages.values():
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            assert target in pages or (instructor.GUIDE / target).resolve().exists(), target


def test_a_page_that_is_missing_or_old_is_renewed(chapters: list[Path], tmp_path: Path) -> None:
    assert len(instructor.renew(chapters[:1], tmp_path)) == 3
    assert instructor.renew(chapters[:1], tmp_path) == []
    (tmp_path / "00.md").write_text("old", "utf-8")
    assert instructor.stale(chapters[:1], tmp_path) == ["00.md"]


def test_a_factor_of_ones_own_makes_the_page_for_print_alone(tmp_path: Path, chapters: list[Path]) -> None:
    before = {path: path.read_bytes() for path in instructor.GUIDE.glob("*.md")}
    assert main(["instructor", "00", "--factor", "2", "--to", str(tmp_path)]) == 0
    page = (tmp_path / "instructor.html").read_text("utf-8")
    assert "about 2 times as long" in page
    assert "A first conversation · 2 min, in a room 4" in page
    assert {path: path.read_bytes() for path in instructor.GUIDE.glob("*.md")} == before


def test_a_factor_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["instructor", "--factor", "much"])
    assert "a factor is a number from 1 to 3, such as 1.5, not 'much'" in capsys.readouterr().err


def test_the_command_makes_a_page_for_print(tmp_path: Path, chapters: list[Path]) -> None:
    """With notebooks of another folder it leaves the kept pages alone."""
    (tmp_path / "01_copy.ipynb").write_bytes(chapters[1].read_bytes())
    before = {path: path.read_bytes() for path in instructor.GUIDE.glob("*.md")}
    assert main(["instructor", "--notebooks", str(tmp_path), "--to", str(tmp_path / "out")]) == 0
    assert "Teaching 01: Servers and clients" in (tmp_path / "out" / "instructor.html").read_text("utf-8")
    assert {path: path.read_bytes() for path in instructor.GUIDE.glob("*.md")} == before


def test_check_says_which_page_is_old_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(instructor, "stale", lambda paths: ["01.md"])
    assert commands._check_guide() == 1
    said = capsys.readouterr().err
    assert "labsupport/guide/01.md is not current" in said
    assert "python -m labsupport.authoring instructor" in said
