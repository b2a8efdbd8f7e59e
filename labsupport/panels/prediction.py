"""`predict`: a question before an experiment, to which the learner commits before the answer is seen."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.course.questions import key_of

from .parts.cells import NextCell, replace_earlier
from .parts.choices import Choices
from .parts.words import STYLE, rich, status

__all__ = ["Prediction", "predict", "right_here"]

_ASK: Final = "Choose what you expect, then press the button. Nothing is given away before that."
_NEXT: Final = "Now run the next cell."
_LATE: Final = (
    "The next cell has run, and you have not committed to a prediction. You still can: choose and press the button. "
    "Or look at the answers."
)
_WHY: Final = "Why do you think so? One sentence, for yourself:"
_SYSTEMS: Final = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}


class Prediction(ipywidgets.VBox):
    """A question with radio buttons, and its answer once the learner has committed and the next cell has run.

    - `choice`: what is chosen, or None; `committed`: the learner has pressed the button; both can be set.
    - `cell_ran`: the cell after this one has run; `answer_shown`: the answer is on the screen.
    - `reason`: what the learner wrote, where a reason is asked for.
    """

    choice = traitlets.Unicode(None, allow_none=True)
    committed = traitlets.Bool(False)
    cell_ran = traitlets.Bool(False)
    answer_shown = traitlets.Bool(False)
    reason = traitlets.Unicode("")

    def __init__(self, question: str, answers: Mapping[str, str], right: str | None, because: str = "") -> None:
        self.question = question
        self.answers = dict(answers)
        self.right = right
        self._radio = Choices(answers, "Your prediction:")
        self._why = ipywidgets.Textarea(description=because, rows=2, style={"description_width": "initial"})
        self._button = ipywidgets.Button(description="That is my prediction", button_style="primary", disabled=True)
        self._show = ipywidgets.Button(description="Show the answers")
        self._says = ipywidgets.HTML(status(_ASK))
        self._asks_why = bool(because)
        self._trouble = ""  # what the progress has to say, if it could not be written
        super().__init__(self._parts())
        self.add_class("loopback-panel")
        self._wire()
        self._next = NextCell(self._cell_has_run)

    def _parts(self) -> list[Any]:
        asked = ipywidgets.HTML(f'{STYLE}<p class="loopback-question">{rich(self.question)}</p>')
        self._buttons = ipywidgets.HBox([self._button], layout={"flex_flow": "row wrap"})
        self._why.layout.display = None if self._asks_why else "none"
        return [asked, self._radio, self._why, self._buttons, self._says]

    def _wire(self) -> None:
        traitlets.link((self._radio, "value"), (self, "choice"))
        traitlets.link((self._why, "value"), (self, "reason"))
        self.observe(self._refresh, ["choice", "committed", "cell_ran"])
        self._button.on_click(lambda _: setattr(self, "committed", True))
        self._show.on_click(lambda _: self.show_answers())

    @traitlets.validate("choice")
    def _only_what_was_asked(self, proposal: Any) -> str | None:
        choice: str | None = proposal["value"]
        if choice is not None and choice not in self.answers:
            raise traitlets.TraitError(f"{choice!r} is none of the choices: {', '.join(map(repr, self.answers))}")
        return choice

    @traitlets.validate("committed")
    def _only_with_a_choice(self, proposal: Any) -> bool:
        if proposal["value"] and self.choice is None:
            raise traitlets.TraitError("there is no prediction to commit to: set .choice first")
        return bool(proposal["value"])

    def _refresh(self, change: Any) -> None:
        if change["name"] == "committed":
            self._remember()
        done = self.committed or self.answer_shown
        self._radio.disabled = self._why.disabled = done
        self._button.disabled = done or self.choice is None
        if self.committed and (self.cell_ran or not self._next.there):
            self._answer()
        elif self.committed:
            expect = f"You expect: <code>{escape(self.chosen)}</code>"
            self._says.value = status(expect, f"<strong>{_NEXT}</strong>", escape(self._trouble))
        elif self.cell_ran and not self.answer_shown:
            self._says.value = status(_LATE)
            self._buttons.children = (self._button, self._show)

    def _cell_has_run(self) -> None:
        self.cell_ran = True

    def _answer(self) -> None:
        expected = f"You expected: <code>{escape(self.chosen)}</code>"
        happens = "" if self.right in (None, self.choice) else f"What happens: <code>{escape(self.right or '')}</code>"
        self._says.value = status(expected, happens, rich(self.answers[self.chosen]))
        self._buttons.children = ()
        self.answer_shown = True

    def show_answers(self) -> None:
        """Show what there is to say to each choice, to somebody who does not want to commit."""
        self._next.forget()
        rows = [
            f"{'What happens: ' if choice == self.right else ''}<code>{escape(choice)}</code><br>{rich(answer)}"
            for choice, answer in self.answers.items()
        ]
        self._says.value = status(*rows)
        self._radio.disabled = self._why.disabled = True
        self._buttons.children = ()
        self.answer_shown = True

    @property
    def chosen(self) -> str:
        """What the learner has chosen; "" before."""
        return self.choice or ""

    @property
    def name(self) -> str:
        """Under which it is kept with the progress: the same as long as question and choices are."""
        return key_of(self.question, self.answers)

    def _remember(self) -> None:
        if not self.committed:
            return
        from labsupport import progress

        right = None if self.right is None else self.choice == self.right
        self._trouble = progress.record_prediction(self.name, self.chosen, right=right, reason=self.reason.strip())

    def close(self) -> None:
        """Take it off the page, and wait for no cell any more."""
        self._next.forget()
        super().close()

    def __repr__(self) -> str:
        choices = (f"  ( ) {each}" for each in self.answers)
        return "\n".join([f"Before you run the next cell: {self.question}", *choices])

    def _repr_mimebundle_(self, **_settings: Any) -> dict[str, Any]:
        """The widget, and for a reader without a kernel the question and the choices, never the answer."""
        choices = "".join(f"<li>{rich(each)}</li>" for each in self.answers)
        page = f"<p><strong>Before you run the next cell:</strong> {rich(self.question)}</p><ul>{choices}</ul>"
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"text/plain": repr(self), "text/html": page, "application/vnd.jupyter.widget-view+json": view}


def predict(
    question: str,
    choices: Mapping[str, str],
    *,
    right: str | Mapping[str, str],
    because: bool | str = False,
) -> Prediction:
    """Ask what will happen, before it happens.

    `choices` maps each choice to what is said to those who chose it, once the next cell has run.  `right` is one of
    them, or a dict by system: ``{"linux": …, "macos": …, "windows": …}``.  `because` asks for a reason, in these words
    if it is text; what the learner writes is kept with the choice, and judged by nobody.
    TypeError or ValueError, with a sentence, when something is missing.
    """
    _check_texts(question, choices)
    why = because if isinstance(because, str) else _WHY if because else ""
    prediction = Prediction(question, choices, right_here(right, choices), why)
    replace_earlier(prediction)
    return prediction


def _check_texts(question: Any, choices: Any) -> None:
    if not isinstance(question, str) or not question.strip():
        raise TypeError(f"predict() begins with the question, a piece of text, not {question!r}")
    if not isinstance(choices, Mapping):
        raise TypeError(f"predict() takes {{choice: what to say to those who chose it, …}}, not {choices!r}")
    if len(choices) < 2:
        raise ValueError(f"a prediction needs two choices or more to choose from, and got {len(choices)}")
    for choice, answer in choices.items():
        if not isinstance(choice, str) or not isinstance(answer, str) or not choice.strip() or not answer.strip():
            raise TypeError(f"each choice and each answer is a text that is not empty, unlike {choice!r}: {answer!r}")


def right_here(right: Any, choices: Mapping[str, str]) -> str | None:
    """The choice that is right on this system, or None where `right` does not name the system.

    ValueError, with a sentence, for what is no choice.
    """
    by_system = dict(right) if isinstance(right, Mapping) else {}
    unknown = set(by_system) - set(_SYSTEMS.values())
    if unknown:
        one = min(unknown, key=str)
        raise ValueError(f"right= by system takes the keys 'linux', 'macos' and 'windows', not {one!r}")
    for value in by_system.values() if isinstance(right, Mapping) else [right]:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"right={value!r} is none of the choices, which are: {', '.join(map(repr, choices))}")
    return by_system.get(_SYSTEMS.get(platform.system(), "")) if isinstance(right, Mapping) else str(right)
