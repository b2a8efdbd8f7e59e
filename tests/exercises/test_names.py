"""How a notebook finds an exercise, and what it is told when there is none."""

from __future__ import annotations

import pytest

from labsupport import exercises
from labsupport.exercises.engine import Exercise


def test_an_exercise_is_found_by_its_name() -> None:
    for each in exercises.ALL:
        assert getattr(exercises, each.name) is each
        assert isinstance(each, Exercise)
        assert each.name in dir(exercises)


def test_a_wrong_name_lists_the_near_ones() -> None:
    with pytest.raises(AttributeError, match=r"no exercise 'echo_sever'\. Did you mean echo_server"):
        _ = exercises.echo_sever


def test_a_name_near_to_none_lists_all() -> None:
    with pytest.raises(AttributeError, match="There are: first_words, echo_server"):
        _ = exercises.zzz


def test_progress_shows_what_is_done() -> None:
    hunt = exercises.bug_hunt
    assert "bug_hunt             · not tried yet" in repr(exercises.progress())
    assert hunt.check({4}).status == "failed"
    assert "bug_hunt             ○ tried" in repr(exercises.progress())
    assert hunt.check({2, 7, 13, 22, 24, 29}).status == "passed"
    shown = exercises.progress()
    assert "bug_hunt             ✓ passed" in repr(shown)
    assert "<code>bug_hunt</code></td><td>✓ passed" in shown._repr_mimebundle_()["text/html"]


def test_not_attempted_is_not_kept() -> None:
    assert exercises.bug_hunt.check(...).status == "not attempted"
    assert "bug_hunt             · not tried yet" in repr(exercises.progress())


def test_checking_a_source_is_not_kept() -> None:
    assert exercises.bug_hunt.check_source(exercises.bug_hunt.solution).passed
    assert "bug_hunt             · not tried yet" in repr(exercises.progress())


def test_a_progress_that_cannot_be_kept_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("LABSUPPORT_HOME", "/dev/null/here")
    monkeypatch.setattr("labsupport.progress._pending", [])
    verdict = exercises.bug_hunt.check({2, 7, 13, 22, 24, 29})
    assert verdict.passed
    assert any("could not be written" in note for note in verdict.notes)


def test_hints_come_one_by_one_and_the_last_stays() -> None:
    exercise = exercises.ALL[0]
    exercise._hinted = 0
    shown = [repr(exercise.hint()) for _ in range(len(exercise.hints) + 1)]
    assert shown[0].startswith("Hint 1: ")
    assert "3 more" in shown[0]
    assert shown[-1] == shown[-2]
    assert ".reveal()" in shown[-1]
    exercise._hinted = 0


def test_a_solution_and_a_prompt_are_shown() -> None:
    exercise = exercises.echo_server
    assert repr(exercise.reveal()) == exercise.solution.strip()
    assert exercise.reveal()._repr_mimebundle_()["text/markdown"].startswith("```python\n")
    assert exercise._repr_mimebundle_()["text/markdown"] == exercise.prompt
    assert "echo_server" in repr(exercise)
