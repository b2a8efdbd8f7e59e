"""How an exercise is described, run and judged.

case        the words of a description: `Case`, `Outcome`, `Mistake`
run         a learner's code in a thread of its own, with an end
stage       one case, played, and the facts that came of it
judging     from facts to sentences
verdict     what a learner is told, and how it is drawn
sources     answers as text: gaps filled, programs loaded
exercise    `Exercise`, and `Task`, whose answer is a function
choice      `Choice`, whose answer is a choice
"""

from .case import ANYTHING, Case, Facts, Mistake, Outcome
from .choice import Choice, Fault, Picked
from .exercise import Exercise, Task
from .sources import fill
from .stage import Stage
from .verdict import Verdict, Words

__all__ = [
    "ANYTHING",
    "Case",
    "Choice",
    "Exercise",
    "Facts",
    "Fault",
    "Mistake",
    "Outcome",
    "Picked",
    "Stage",
    "Task",
    "Verdict",
    "Words",
    "fill",
]
