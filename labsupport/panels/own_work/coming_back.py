"""`panels.recall()`: the questions that come back today, one at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport import progress
from labsupport.course import places
from labsupport.course.chapters import chapters
from labsupport.course.questions import Question
from labsupport.course.recall import due
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.choices import Choices
from labsupport.panels.parts.words import STYLE, rich, status
from labsupport.panels.prediction import right_here

__all__ = ["Recall", "recall"]

_NOTHING: Final = (
    "Nothing comes back today. A question that you have answered comes again after some days; "
    "how many follows from how often you have known it."
)
_DONE: Final = "That was all for today."
_COMMIT: Final = "That is my answer"
_SHOW: Final = "Show the answer"
_NEXT: Final = "Next question"
#: What a learner says of an answer of their own, and the grade that it is for the schedule.
_OWN: Final = {"I knew it": "good", "I knew a part of it": "hard", "Not this time": "again"}


class Recall(ipywidgets.VBox):
    """The questions that are due, one after the other.

    - `choice`: what is chosen, or None; `answered`: the answer is on the screen; `left`: how many questions there are
      still, this one among them.
    - `answer()` commits to the choice, or shows the answer of a question without choices; `go_on()` takes the next.
    """

    choice = traitlets.Unicode(None, allow_none=True)
    answered = traitlets.Bool(False)
    left = traitlets.Int(0)

    def __init__(self, questions: list[Question], said: str = "") -> None:
        self._questions = list(questions)
        self._said = said  # what there is to say besides: a progress that could not be written, a package not there
        self._asks = ipywidgets.HTML()
        self._group: Any = ipywidgets.VBox([])
        self._link: Any = None  # between the buttons on the page and `choice`
        self._says = ipywidgets.HTML()
        # One button for all steps, never disabled: whoever works by keyboard stays on it.
        self._button = ipywidgets.Button(button_style="primary")
        self._button.on_click(lambda _: self.go_on() if self._is_over() else self.answer())
        super().__init__([self._asks, self._group, self._says, ipywidgets.HBox([self._button])])
        self.add_class("loopback-panel")
        self._ask()

    @property
    def question(self) -> Question | None:
        """The question that is asked now; None after the last."""
        return self._questions[0] if self._questions else None

    def _is_over(self) -> bool:
        """Whether all is said to this question, so that the button leads to the next."""
        question = self.question
        return self.answered and question is not None and (bool(question.choices) or self.choice is not None)

    def _ask(self) -> None:
        """Show the question, or that there is none."""
        self.answered, self.left = False, len(self._questions)
        question = self.question
        if question is None:
            self._asks.value = STYLE
            self._group.children, self._button.layout.display = (), "none"
            self.choice = None
            self._says.value = status(_NOTHING if not self._says.value else _DONE, escape(self._said))
            return
        of = f"Chapter {question.chapter:02}. {_count(self.left)}."
        self._asks.value = f'{STYLE}<p>{of}</p><p class="loopback-question">{rich(question.text)}</p>'
        self._offer(question.choices, "Your answer:")
        self._button.description = _COMMIT if question.choices else _SHOW
        self._says.value = status("Answer from memory." if question.choices else "Say it to yourself first.")

    def _offer(self, choices: Any, name: str) -> None:
        """Put these choices on the page; none for a question that has none."""
        if self._link is not None:
            self._link.unlink()
        self.choice, self._group.children, self._link = None, (), None
        if choices:
            group = Choices(choices, name)
            self._link = traitlets.link((group, "value"), (self, "choice"))
            self._group.children = (group,)

    def answer(self) -> None:
        """Commit to what is chosen, and show what happens; without choices show the answer, then ask how it went."""
        question = self.question
        if question is None or self._is_over():
            return
        if not question.choices and not self.answered:
            self.answered = True
            self._says.value = status(rich(question.answer), "Did you know it?")
            self._offer(_OWN, "For yourself:")
            self._button.description = _NEXT
            return
        if self.choice is None:
            self._says.value = status("Choose one of them first.")
            return
        self._judge(question)

    def _judge(self, question: Question) -> None:
        """Keep the answer to a question with choices, and say what there is to say to it."""
        assert self.choice is not None
        right = right_here(question.right, question.choices)
        self._keep(question, "again" if right not in (None, self.choice) else "good")
        shown = f"You chose: <code>{escape(self.choice)}</code>"
        happens = f"What happens: <code>{escape(right)}</code>" if right not in (None, self.choice) else ""
        known = "That is what happens." if right == self.choice else ""
        self._says.value = status(
            shown, happens, known, rich(question.choices[self.choice]), _when(question), escape(self._said)
        )
        self._group.children[0].disabled = True
        self.answered = True
        self._button.description = _NEXT

    def _keep(self, question: Question, grade: str) -> None:
        self._said = progress.record_answer(question.key, grade)

    def go_on(self) -> None:
        """Take the next question; of one without choices, keep how it went first."""
        if not self._is_over():
            return
        question = self._questions.pop(0)
        if not question.choices and self.choice is not None:
            self._keep(question, _OWN[self.choice])
        self._ask()

    def __repr__(self) -> str:
        question = self.question
        if question is None:
            return _NOTHING
        return "\n".join([f"{_count(self.left)}. {question.text}", *(f"  ( ) {each}" for each in question.choices)])

    def _repr_mimebundle_(self, **_settings: Any) -> dict[str, Any]:
        """The widget, and for a reader without a kernel the question."""
        lines = "".join(f"<p>{escape(line)}</p>" for line in repr(self).splitlines())
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"text/plain": repr(self), "text/html": lines, "application/vnd.jupyter.widget-view+json": view}


def _count(left: int) -> str:
    return "One question is due today" if left == 1 else f"{left} questions are due today"


def _when(question: Question) -> str:
    """In how many days it comes back."""
    answers = progress.load()["recall"].get(question.key)
    if not answers:
        return ""
    days = max(1, (progress.due_after(answers).astimezone().date() - datetime.now(UTC).astimezone().date()).days)
    return f"It comes back in {days} days." if days > 1 else "It comes back tomorrow."


def recall() -> Recall:
    """The questions that come back today: predictions that you made, and those at the end of chapters that you began.

    When a question comes back follows from how you answered it before, by FSRS (free spaced repetition scheduler).
    """
    folder = places.originals()
    try:
        return replace_earlier(Recall(due(chapters(folder)) if folder is not None else []))
    except ImportError as error:  # the course was renewed, and what it needs now was not installed
        return replace_earlier(Recall([], f"{error}. Run the first command of the README again."))
