"""The question of a `predict(...)`, read from its source, for pages on which nothing runs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Prediction", "read"]


@dataclass(frozen=True)
class Prediction:
    """A question, its choices with what is said to those who chose each, and the choice that is right.

    Where systems differ, that of Linux, on which the stored outputs were made.
    """

    question: str
    choices: Mapping[str, str]
    right: str


def read(source: str) -> Prediction:
    """The prediction that a cell asks for; its arguments are constants."""
    call = next(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "predict"
    )
    question, choices = (ast.literal_eval(argument) for argument in call.args[:2])
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    right = given["right"]
    return Prediction(question, choices, right["linux"] if isinstance(right, dict) else right)
