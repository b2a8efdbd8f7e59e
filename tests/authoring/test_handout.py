"""The handout: what it holds of each chapter."""

from __future__ import annotations

from pathlib import Path

from labsupport.authoring import chapter, handout
from labsupport.authoring.__main__ import main

FIVE = """1. One?
2. Two of 3?
3. Three?

<details>
<summary>The answers</summary>

1 yes. 2 no: 2 of them (or 3). 3 RFC 768.

</details>"""


def test_a_numbered_list_has_an_answer_for_each_question() -> None:
    found = handout._numbered(FIVE)
    assert [each.text for each in found] == ["One?", "Two of 3?", "Three?"]
    assert [each.answer for each in found] == ["yes.", "no: 2 of them (or 3).", "RFC 768."]


def test_every_chapter_has_its_goal_its_screen_and_its_questions(chapters: list[Path]) -> None:
    for path in chapters:
        found = chapter.read(path)
        asked = handout.asked(found)
        assert len(asked.questions) == len(asked.answers)
        assert all(asked.questions)
        assert all(asked.answers), asked.answers
        if found.number != "00":
            assert len(asked.questions) == 8
        assert list(handout.chosen(found))


def test_the_answers_stand_at_the_end_alone(chapters: list[Path]) -> None:
    page = handout.handout(chapters)
    answer = "100,663,296"
    assert page.count(answer) == 1
    assert page.index(answer) > page.index("<h1>Answers</h1>")


def test_a_picture_is_chosen_by_its_cell_and_has_its_sentence(chapters: list[Path]) -> None:
    found = "".join(handout.chosen(chapter.read(chapters[1])))
    assert found.count("<figure>") == 2
    assert "<figcaption>Sent, and not yet read" in found
    assert "max-width" not in found


def test_the_command_writes_one_page(tmp_path: Path) -> None:
    assert main(["handout", "01", "--to", str(tmp_path)]) == 0
    page = (tmp_path / "handout.html").read_text("utf-8")
    assert "Servers and clients" in page
    assert "Streams and messages" not in page
