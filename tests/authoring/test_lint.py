from __future__ import annotations

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from labsupport.authoring.lint import COLUMNS, FENCED, LINES, problems
from labsupport.authoring.normal import normalise

PRINTED = [new_output("stream", name="stdout", text="a")]
SHOWN = [new_output("display_data", {"text/plain": "1"})]
PREDICTION = new_code_cell("predict('a', {}, right=1)")


def core_step(minutes: int) -> Any:
    metadata = {"loopback": {"minutes": minutes, "core": True}, "slideshow": {"slide_type": "slide"}}
    return new_markdown_cell("## A step", metadata=metadata)


def said(*cells: Any, **seconds: float) -> str:
    notebook = new_notebook(cells=list(cells))
    normalise(notebook)
    return "\n".join(sentence for _, sentence in problems(notebook, seconds))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([new_markdown_cell("## A step")], "without minutes"),
        ([new_markdown_cell("## A step", metadata={"loopback": {"minutes": "5"}})], "without minutes, but has '5'"),
        ([new_markdown_cell("## A step", metadata={"loopback": {"minutes": 5, "core": True}})], "begins no slide"),
        ([new_markdown_cell("# A part"), *(core_step(11) for _ in range(3))], "a part with 33 minutes of core; 30 are"),
        ([new_code_cell("x", metadata={"tags": ["nbval-ignore-output"]})], "no reason"),
        ([new_code_cell("x", metadata={"tags": ["nbval-skip"]})], "nothing runs it"),
        ([new_code_cell("  # NBVAL_IGNORE_OUTPUT\nx")], "NBVAL_IGNORE_OUTPUT"),
        ([new_code_cell("\n".join("x" * (LINES + 1)))], f"{LINES} fit a screen"),
        (
            [new_code_cell("y\n" + "x" * (COLUMNS + 1))],
            f"a line of {COLUMNS + 1} columns, '{'x' * 24}'…; {COLUMNS} fit",
        ),
        ([new_markdown_cell(f"```\n{'x' * (FENCED + 1)}\n```")], f"a line of {FENCED + 1} columns"),
        ([new_markdown_cell(f"  ~~~python\n  y\n{'x' * COLUMNS}\n  ~~~")], f"{FENCED} fit a screen"),
        ([PREDICTION, new_code_cell("x", outputs=SHOWN)], "Print first"),
        ([PREDICTION, new_code_cell("x")], "Print first"),
    ],
)
def test_each_rule_has_its_sentence(cells: list[Any], words: str) -> None:
    assert words in said(*cells)


def test_a_cell_over_five_seconds_is_named() -> None:
    assert "took 6.2 s; a cell may take 5 s" in said(**{"the-cell": 6.2, "other": 4.9})


def test_a_lesson_as_it_should_be_is_not_spoken_of() -> None:
    reason = {"tags": ["nbval-ignore-output"], "loopback": {"reason": "the port is the system's choice"}}
    assert not said(
        new_markdown_cell("# A chapter"),
        new_markdown_cell("## A step", metadata={"loopback": {"minutes": 5}}),
        *(core_step(10) for _ in range(3)),
        new_markdown_cell("---\n# A second part"),
        core_step(30),
        PREDICTION,
        new_code_cell("x", outputs=PRINTED + SHOWN),
        new_code_cell("x", metadata=reason),
        new_code_cell("\n".join("x" * LINES)),
        new_code_cell("é" * COLUMNS),
        new_markdown_cell(f"```\n{'é' * FENCED}\n```\n\n{'prose is wrapped ' * 20}\n\n```\nx\n```"),
        new_code_cell(f"predict('{'a' * COLUMNS}', {{}}, right=1)"),
        new_code_cell("x", outputs=PRINTED),
    )
