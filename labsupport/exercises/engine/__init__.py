"""How an exercise is described, run and judged.

case        the words of a description: `Case`, `Outcome`, `Mistake`
run         a learner's code in a thread of its own, with an end
collector   no garbage collection while a case is played
clock       a clock of their own for a learner's programs
scene       one case, played, and the facts that came of it
stage       where the other side's script stands in it
history     what of the tape belongs to it
steps       cases played by the learner's thread alone, also for every chunk size
judging     from facts to a verdict
sentences   what to say of a mistake that nobody listed
values      values, calls and errors as a learner reads them
verdict     what a learner is told, and how it is drawn
sources     answers as text: gaps filled, programs loaded
exercise    `Exercise`, and `Task`, whose answer is a function
choice      `Choice`, whose answer is a choice
deciding    `Deciding`: one of a few for each of several questions
"""

from .case import ANYTHING, Case, Facts, Having, Mistake, Outcome
from .choice import Choice, Fault, Picked
from .deciding import Decided, Deciding, Question, decisions, gaps, tempting_mistakes
from .exercise import Exercise, Task
from .sources import changed, fill
from .stage import Stage
from .steps import Reading, Step, alone, every_size, reading, seen, swept, taken, walked
from .verdict import Verdict, Words

__all__ = [
    "ANYTHING",
    "Case",
    "Choice",
    "Decided",
    "Deciding",
    "Exercise",
    "Facts",
    "Fault",
    "Having",
    "Mistake",
    "Outcome",
    "Picked",
    "Question",
    "Reading",
    "Stage",
    "Step",
    "Task",
    "Verdict",
    "Words",
    "alone",
    "changed",
    "decisions",
    "every_size",
    "fill",
    "gaps",
    "reading",
    "seen",
    "swept",
    "taken",
    "tempting_mistakes",
    "walked",
]
