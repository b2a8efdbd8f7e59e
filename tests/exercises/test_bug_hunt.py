"""The listing says what the answers claim."""

from __future__ import annotations

import ast

import pytest

from labsupport import exercises
from labsupport.exercises.chapter_01.bug_hunt import BUG_HUNT, LISTING

LINES = dict(enumerate(LISTING.splitlines(), 1))
CLAIMS = {
    2: "HOST = ''", 3: "PORT", 5: "bind", 7: "accept", 12: "decode", 13: "send(", 19: "12345", 22: "recv(1024)",
    23: "decode", 24: "socket.timeout", 26: "except Exception", 27: "network error", 29: "s.close()",
    4: "AF_INET", 6: "listen(5)", 8: "while True", 9: "recv(1024)", 10: "if not data", 11: "break",
    14: "connection.close()", 17: "try", 18: "socket.socket", 20: "sendall", 21: "SHUT_WR", 25: "too slow",
    28: "finally", 1: "import", 15: "", 16: "import",
}  # fmt: skip


def test_the_listing_is_a_program_and_its_lines_are_where_the_answers_say() -> None:
    ast.parse(LISTING)
    for number, text in CLAIMS.items():
        assert text in LINES[number], number
        assert f"{number:>2}  {LINES[number]}".rstrip() in BUG_HUNT.prompt
    named = {line for fault in BUG_HUNT.faults for line in fault.lines}
    assert named | set(BUG_HUNT.sound) == set(CLAIMS)
    assert not named & set(BUG_HUNT.sound)
    assert len(BUG_HUNT.faults) == 10


def test_each_missing_fault_has_its_question() -> None:
    every = {fault.lines[0] for fault in BUG_HUNT.faults}
    for fault in BUG_HUNT.faults:
        verdict = BUG_HUNT.check(set())
        assert BUG_HUNT.faults[0].question in verdict.message
        found = BUG_HUNT.check({line for line in every if line != fault.lines[0]})
        assert found.passed
        assert any(note.startswith(f"Line {fault.lines[0]}, not found: ") for note in found.notes)


@pytest.mark.parametrize("line", sorted(BUG_HUNT.sound))
def test_each_sound_line_is_defended(line: int) -> None:
    verdict = BUG_HUNT.check({2, 7, 13, 22, 24, 29, line})
    assert verdict.status == "failed"
    assert f"ine {line} " in verdict.message
    assert BUG_HUNT.sound[line] in verdict.message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (7, "this is 7"),
        ("2, 7", "set of line numbers"),
        ({"2"}, "set of line numbers, without quotes"),
        ({True}, "set of line numbers"),
        ({2: 3}, "set of line numbers"),
        ({0, 2}, "no line 0"),
        ({2, 300}, "no line 300: the lines run from 1 to 29"),
    ],
)
def test_what_is_no_answer_is_said(answer: object, words: str) -> None:
    verdict = exercises.bug_hunt.check(answer)
    assert verdict.status == "failed"
    assert words in verdict.message


def test_an_iterator_that_raises_is_no_answer() -> None:
    assert BUG_HUNT.check(1 / each for each in (1, 0)).status == "failed"


@pytest.mark.parametrize("line", [4, 8, 14, 17, 18, 25, 28])
def test_a_right_idea_counts_at_each_line_that_shows_it(line: int) -> None:
    fault = next(fault for fault in BUG_HUNT.faults if line in fault.lines)
    others = {each.lines[0] for each in BUG_HUNT.faults if each is not fault}
    assert BUG_HUNT.check({*others, line}).returned == "10 of 10 faults, and 0 lines that are sound"


def test_the_example_gives_nothing_away() -> None:
    assert BUG_HUNT.example in BUG_HUNT.prompt
    assert BUG_HUNT.check(ast.literal_eval(BUG_HUNT.example)).returned.startswith("0 of 10")


@pytest.mark.parametrize(
    ("answer", "begins"),
    [(set(), "The set is empty; six"), ({7}, "One fault so far; six"), ({2, 7}, "So far 2 faults; six")],
)
def test_too_few_are_counted_in_words_that_fit(answer: set[int], begins: str) -> None:
    assert BUG_HUNT.check(answer).message.startswith(begins)
