"""The questions of a chapter: its predictions, as the notebook writes them, and the recall questions at its end."""

from __future__ import annotations

import ast
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Question", "asked", "key_of", "recalled"]

_FOLDED: Final = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
_TAG: Final = re.compile(r"</?(?:b|i|em|strong)>")


@dataclass(frozen=True, eq=False)
class Question:
    """A question of a chapter, with code between backticks.

    A prediction has `choices`, each with what is said to those who chose it, and `right`, one of them or a choice for
    each system.  A recall question has none of them, and an `answer`.
    """

    key: str
    chapter: int
    text: str
    choices: Mapping[str, str]
    right: str | Mapping[str, str]
    answer: str


def key_of(question: str, choices: Iterable[str] = ()) -> str:
    """Under which a question is kept: the same as long as its words are, however they are spaced.  12 hex digits."""
    text = "\n".join(" ".join(each.split()) for each in (question, *choices))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def asked(source: str, chapter: int) -> Iterator[Question]:
    """The predictions of a cell: its calls `predict("…", {…}, right=…)`, if they are written out."""
    if "predict(" not in source:
        return
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a learner's cell, or one with a magic
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "predict":
            question = _from_call(node, chapter)
            if question is not None:
                yield question


def _from_call(call: ast.Call, chapter: int) -> Question | None:
    try:
        text, choices = (ast.literal_eval(argument) for argument in call.args)
        right = ast.literal_eval(next(each.value for each in call.keywords if each.arg == "right"))
    except (ValueError, StopIteration):
        return None
    if not isinstance(text, str) or not _is_texts(choices) or not (isinstance(right, str) or _is_texts(right)):
        return None
    return Question(key_of(text, choices), chapter, text, choices, right, "")


def _is_texts(found: Any) -> bool:
    return isinstance(found, dict) and all(isinstance(text, str) for pair in found.items() for text in pair)


def recalled(source: str, chapter: int) -> Iterator[Question]:
    """The folded questions of a cell of Markdown."""
    for question, answer in _FOLDED.findall(source):
        text = _plain(question)
        yield Question(key_of(text), chapter, text, {}, "", _plain(answer))


def _plain(markup: str) -> str:
    """HTML of the few kinds that such a cell has, as text with backticks."""
    text = re.sub(r"<code>(.*?)</code>", r"`\1`", _TAG.sub("", markup), flags=re.DOTALL)
    return " ".join(html.unescape(text).split())
