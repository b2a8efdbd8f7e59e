"""predict: nothing is given away before the learner has committed and the next cell has run."""

from __future__ import annotations

from typing import Any

import pytest
import traitlets
from IPython.core.interactiveshell import InteractiveShell

from labsupport import progress
from labsupport.panels.parts import cells
from labsupport.panels.prediction import Prediction, predict

QUESTION = "What does recv() return?"
CHOICES = {"b'hello '": "That would be a queue of messages.", "b'hello world'": "Both were waiting: `recv` takes all."}
RIGHT = "b'hello world'"


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A shell that runs cells, in which `made` collects what predict() gives."""
    shell = InteractiveShell.instance()
    monkeypatch.setattr(cells, "_shell", lambda: shell)
    shell.user_ns.update(predict=predict, question=QUESTION, choices=CHOICES, right=RIGHT)
    yield shell
    InteractiveShell.clear_instance()


def ask(notebook: Any) -> Prediction:
    notebook.run_cell("asked = predict(question, choices, right=right)")
    asked = notebook.user_ns["asked"]
    assert isinstance(asked, Prediction)
    return asked


def shown(asked: Prediction) -> bool:
    """Whether the answer is on the screen."""
    return bool(asked.answer_shown)


def text_of(widget: Any) -> str:
    """All text that the widget shows."""
    own = str(getattr(widget, "value", "")) + str(getattr(widget, "description", ""))
    return own + "".join(text_of(child) for child in getattr(widget, "children", ()))


def test_nothing_is_given_away_before_the_cell_has_run(notebook: Any) -> None:
    asked = ask(notebook)
    assert "queue of messages" not in text_of(asked)
    asked.choice = "b'hello '"
    assert "queue of messages" not in text_of(asked)
    asked.committed = True
    assert "Now run the next cell" in text_of(asked)
    assert "queue of messages" not in text_of(asked)
    assert not shown(asked)


def test_the_answer_appears_after_the_next_cell(notebook: Any) -> None:
    asked = ask(notebook)
    asked.choice, asked.committed = "b'hello '", True
    notebook.run_cell("1 + 1")
    assert shown(asked)
    assert "queue of messages" in text_of(asked)
    assert "What happens: <code>b&#x27;hello world&#x27;</code>" in text_of(asked)
    assert "wrong" not in text_of(asked).lower()


def test_the_right_choice_is_not_told_twice(notebook: Any) -> None:
    asked = ask(notebook)
    asked.choice, asked.committed = RIGHT, True
    notebook.run_cell("1 + 1")
    assert "Both were waiting: <code>recv</code> takes all." in text_of(asked)
    assert "What happens" not in text_of(asked)


def test_an_experiment_that_ends_in_an_error_has_run(notebook: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ask(notebook)
    asked.choice, asked.committed = RIGHT, True
    notebook.run_cell("raise OSError('that was the experiment')")
    assert shown(asked)


def test_an_interrupted_cell_has_not_run(notebook: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ask(notebook)
    asked.choice, asked.committed = RIGHT, True
    notebook.run_cell("raise KeyboardInterrupt")
    assert not shown(asked)
    notebook.run_cell("1 + 1")
    assert shown(asked)


def test_run_all_is_not_held_up_and_the_choice_can_come_later(notebook: Any) -> None:
    asked = ask(notebook)
    notebook.run_cell("1 + 1")
    assert not shown(asked)
    assert "you have not committed" in text_of(asked)
    assert "queue of messages" not in text_of(asked)
    asked.choice, asked.committed = "b'hello '", True
    assert shown(asked)
    assert "queue of messages" in text_of(asked)


def test_the_answers_can_be_looked_at_without_a_choice(notebook: Any) -> None:
    asked = ask(notebook)
    notebook.run_cell("1 + 1")
    asked.show_answers()
    assert shown(asked)
    assert "queue of messages" in text_of(asked)
    assert "Both were waiting" in text_of(asked)
    assert progress.load()["predictions"] == {}


def test_a_prediction_waits_for_one_cell_and_leaves_nothing_behind(notebook: Any) -> None:
    before = {event: len(functions) for event, functions in notebook.events.callbacks.items()}
    asked = ask(notebook)
    asked.choice, asked.committed = RIGHT, True
    notebook.run_cell("1 + 1")
    assert {event: len(functions) for event, functions in notebook.events.callbacks.items()} == before
    ask(notebook).close()
    assert {event: len(functions) for event, functions in notebook.events.callbacks.items()} == before


def test_running_the_cell_again_asks_afresh(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = iter(["first", "second"])
    parent = {"metadata": {"cellId": "predict-1"}, "header": {}}
    monkeypatch.setattr(notebook, "get_parent", lambda: parent, raising=False)
    parent["header"] = {"msg_id": next(runs)}
    first = ask(notebook)
    parent["header"] = {"msg_id": next(runs)}
    second = ask(notebook)
    assert first.comm is None  # closed
    assert second.choice is None
    assert not second.committed


def test_two_predictions_in_one_cell_live_side_by_side(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = {"metadata": {"cellId": "predict-2"}, "header": {"msg_id": "one run"}}
    monkeypatch.setattr(notebook, "get_parent", lambda: parent, raising=False)
    first, second = ask(notebook), ask(notebook)
    assert first.comm is not None
    assert second.comm is not None


def test_it_is_kept_under_a_name_that_does_not_change(notebook: Any) -> None:
    asked = ask(notebook)
    asked.choice, asked.committed = "b'hello '", True
    kept = progress.load()["predictions"][asked.name]
    assert (kept["choice"], kept["right"]) == ("b'hello '", False)
    assert predict("What does  recv()\nreturn?", CHOICES, right=RIGHT).name == asked.name
    assert predict("What does send() return?", CHOICES, right=RIGHT).name != asked.name


def test_the_reason_is_kept_with_the_choice(notebook: Any) -> None:
    notebook.run_cell("asked = predict(question, choices, right=right, because=True)")
    asked = notebook.user_ns["asked"]
    asked._why.value = "TCP is a byte stream. \n"
    asked.choice, asked.committed = RIGHT, True
    assert progress.load()["predictions"][asked.name]["reason"] == "TCP is a byte stream."


def test_a_progress_that_cannot_be_written_stops_nothing_and_is_said(
    notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "record_prediction", lambda *_, **__: "The disk is <full>.")
    asked = ask(notebook)
    asked.choice, asked.committed = RIGHT, True
    assert "Now run the next cell" in text_of(asked)
    assert "The disk is &lt;full&gt;." in text_of(asked)


def test_without_a_notebook_the_answer_follows_the_commitment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "_shell", lambda: None)
    asked = predict(QUESTION, CHOICES, right=RIGHT)
    asked.choice, asked.committed = RIGHT, True
    assert shown(asked)


def test_the_controls_follow_and_cannot_be_changed_after_the_commitment(notebook: Any) -> None:
    asked = ask(notebook)
    assert asked._button.disabled
    asked._radio.value = RIGHT
    assert asked.choice == RIGHT
    assert not asked._button.disabled
    asked._button.click()
    assert asked.committed
    assert asked._radio.disabled


def test_what_is_stored_shows_question_and_choices_but_never_the_answer(notebook: Any) -> None:
    bundle = ask(notebook)._repr_mimebundle_()
    for kind in ("text/plain", "text/html"):
        assert "What does recv() return?" in bundle[kind]
        assert "hello world" in bundle[kind]
        assert "queue of messages" not in bundle[kind]
        assert "Both were waiting" not in bundle[kind]
    again = predict(QUESTION, CHOICES, right="b'hello '")._repr_mimebundle_()
    assert {**bundle, **again, "application/vnd.jupyter.widget-view+json": None} == {
        **again,
        "application/vnd.jupyter.widget-view+json": None,
    }


def test_what_a_learner_may_have_typed_is_escaped(notebook: Any) -> None:
    answers = {"<script>alert(1)</script>": "<b>no</b>", "nothing": "yes"}
    asked = predict("Is <script> run?", answers, right="nothing")
    asked.choice, asked.committed = "<script>alert(1)</script>", True
    notebook.run_cell("1")
    notebook.run_cell("1")
    assert shown(asked)
    pages = "".join(widget.value for widget in asked.children if type(widget).__name__ == "HTML")
    assert "&lt;script&gt;" in pages
    assert "<script>" not in pages
    assert "<b>" not in pages
    assert "<script>" not in asked._repr_mimebundle_()["text/html"]


def test_a_reason_is_asked_for_now_and_then() -> None:
    assert predict(QUESTION, CHOICES, right=RIGHT)._why.layout.display == "none"
    assert "Why" in predict(QUESTION, CHOICES, right=RIGHT, because=True)._why.description
    assert predict(QUESTION, CHOICES, right=RIGHT, because="Who told you?")._why.description == "Who told you?"


@pytest.mark.parametrize(("system", "right"), [("Linux", "it times out"), ("Windows", "refused"), ("Darwin", None)])
def test_what_is_right_may_differ_by_system(monkeypatch: pytest.MonkeyPatch, system: str, right: str | None) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    by_system = {"linux": "it times out", "windows": "refused"}
    assert predict("Full backlog?", {"it times out": "…", "refused": "…"}, right=by_system).right == right


def test_there_is_no_commitment_without_a_choice() -> None:
    asked = predict(QUESTION, CHOICES, right=RIGHT)
    with pytest.raises(traitlets.TraitError, match=r"set \.choice first"):
        asked.committed = True
    with pytest.raises(traitlets.TraitError):
        asked.choice = "none of these"


@pytest.mark.parametrize(
    ("arguments", "right", "sentence"),
    [
        ((QUESTION, {"only": "one"}), "only", "needs two choices or more to choose from, and got 1"),
        ((QUESTION, ["a", "b"]), "a", r"takes \{choice: what to say"),
        ((None, CHOICES), RIGHT, "begins with the question, a piece of text, not None"),
        ((" ", CHOICES), RIGHT, "begins with the question"),
        ((QUESTION, {"a": "x", 2: "y"}), "a", "unlike 2: 'y'"),
        ((QUESTION, {"a": "x", "b": ""}), "a", "unlike 'b': ''"),
        ((QUESTION, CHOICES), "hello", r"right='hello' is none of the choices, which are: \"b'hello '\""),
        ((QUESTION, CHOICES), ["hello"], r"right=\['hello'\] is none of the choices"),
        ((QUESTION, CHOICES), {"linux": "hello"}, "right='hello' is none of the choices"),
        ((QUESTION, CHOICES), {"beos": RIGHT}, "'linux', 'macos' and 'windows', not 'beos'"),
    ],
)
def test_bad_input_gets_a_sentence(arguments: Any, right: Any, sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        predict(*arguments, right=right)
