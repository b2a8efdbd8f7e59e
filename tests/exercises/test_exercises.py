"""What must hold of every exercise, also of those that later chapters bring."""

from __future__ import annotations

import ast
import os
import threading
from typing import Any

import pytest

from labsupport import exercises
from labsupport.exercises.engine import Choice, Exercise, Mistake, Task
from labsupport.exercises.engine import exercise as engine
from tests.leftovers import none_left

ALL = exercises.ALL
MISTAKES = [(each, mistake) for each in ALL for mistake in each.mistakes]
pytestmark = [
    # One right answer lets a client's thread end with its reset: the server goes on.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    # A warning that pytest keeps keeps its socket, which then is not collected.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    # What is deprecated is among the mistakes of chapter 05.
    pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning"),
]
RIGHT = [(each, source) for each in ALL for source in (each.solution, *each.alternatives)]


def _name(value: object) -> str | None:
    return getattr(value, "name", None) if isinstance(value, Exercise | Mistake) else None


@pytest.mark.parametrize(("exercise", "source"), RIGHT, ids=_name)
def test_what_is_right_passes(exercise: Exercise, source: str) -> None:
    with none_left():
        verdict = exercise.check_source(source)
    assert verdict.status == "passed", verdict.text()
    assert verdict.mistake is None
    assert not [note for note in verdict.notes if "could not be ended" in note]


@pytest.mark.parametrize("exercise", ALL, ids=_name)
def test_a_starter_is_not_attempted(exercise: Exercise) -> None:
    verdict = exercise.check_source(exercise.starter)
    assert (verdict.status, verdict.mistake) == ("not attempted", None)


@pytest.mark.parametrize("exercise", ALL, ids=_name)
def test_none_is_failed(exercise: Exercise) -> None:
    verdict = exercise.check(None)
    assert (verdict.status, verdict.mistake) == ("failed", None)
    assert "None" in verdict.message


#: Mistakes that are races, between two threads of the learner's or with a clock: the ladder tells how this one ended.
RACES = frozenset(
    {"closed_under_a_thread", "a_timeout_both_ways", "grace_for_each", "leaves_threads"}
    | {"silence_is_no_end", "hides_the_timeout"}  # with a timeout of their own
    | {"a_timeout_for_each_call"}  # recv_with_deadline: it may have had all before our patience is over
    | {"finishes_too_soon", "never_reads_again"}
    | {"reads_to_an_end", "asks_for_ever", "takes_a_part", "knows_only_the_newest", "drops_the_answer"}  # udp_echo
    | {"sends_twice"}  # stop_and_wait: of two equal datagrams on their way nobody can tell which is which
    | {"no_rate", "one_deadline_for_all"}  # hold_through
)
#: Mistakes that show where a kernel's buffers are full: how much they hold is its own business, and is in the ladder.
FULL = frozenset(
    {"sends_all", "sends_unasked", "ignores_the_count", "reads_on", "drops_the_rest"}  # selector_echo
    | {"sends_in_turn", "keeps_everything", "a_thread_a_line"}  # chat_room
    | {"waits_in_put", "full_and_not_caught", "half_a_line"}
    | {"no_drain"}  # port_to_asyncio
)
#: Mistakes in programs that leave TLS to asyncio: what the ladder shows of them is encrypted, and differs.
SEALED = frozenset(
    {"answers_the_speaker_alone", "handshake_without_a_deadline", "never_due", "never_lost", "sends_in_wake"}
    | {"stops_without_a_word", "tells_left"}
)  # chat_server
#: Mistakes that show in what a thread ended with, which pytest keeps to itself and a notebook prints.
PRINTED = frozenset({"full_and_not_caught"})


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=_name)
def test_a_mistake_gets_its_own_message_and_no_other_twice(
    exercise: Exercise, mistake: Mistake, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mistake.name in PRINTED:
        monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    seen = _watch(exercise, monkeypatch)
    with none_left():
        verdict = exercise.check_source(mistake.source)
    assert (verdict.status, verdict.mistake) == ("failed", mistake.name), verdict.text()
    assert verdict.message == mistake.message
    assert "{" not in mistake.message
    assert verdict.expected
    if isinstance(exercise, Task):
        assert verdict.called
        assert verdict.tape is not None
    signs = [other.name for other in exercise.mistakes if other.sign(seen[0]) is not None]
    assert signs == [mistake.name]
    if "LOOPBACK_ONCE" in os.environ:  # on a second Python
        return
    again = exercise.check_source(mistake.source)
    assert (again.status, again.mistake, again.message) == (verdict.status, verdict.mistake, verdict.message)
    if mistake.name not in RACES | FULL | SEALED:
        assert again.text() == verdict.text()


def _watch(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the signs of the mistakes are shown."""
    seen: list[Any] = []
    where, name = (Choice, "_judged") if isinstance(exercise, Choice) else (engine, "failed")
    judge = getattr(where, name)

    def judged(*args: Any) -> Any:
        seen.append(args[1] if where is Choice else args[0])
        return judge(*args)

    monkeypatch.setattr(where, name, judged)
    return seen


@pytest.mark.parametrize("exercise", ALL, ids=_name)
def test_it_is_complete(exercise: Exercise) -> None:
    assert len(exercise.mistakes) >= 3
    assert len({mistake.name for mistake in exercise.mistakes}) == len(exercise.mistakes)
    assert len({mistake.message for mistake in exercise.mistakes}) == len(exercise.mistakes)
    assert 1 <= len(exercise.hints) <= 4
    assert exercise.alternatives
    assert len(exercise.prompt.partition("```")[0]) < 600
    for source in (exercise.starter, exercise.solution, *exercise.alternatives):
        assert exercise.name in _bound(source)
    for mistake in exercise.mistakes:
        assert exercise.name in _bound(mistake.source)


def _bound(source: str) -> set[str]:
    tree = ast.parse(source)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    names = {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
             if isinstance(target, ast.Name)}  # fmt: skip
    return functions | names


def test_names_are_unique_and_the_chapters_in_order() -> None:
    assert len({each.name for each in ALL}) == len(ALL)
    assert [each.chapter for each in ALL] == sorted(each.chapter for each in ALL)
