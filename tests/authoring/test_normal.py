from __future__ import annotations

import re
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labsupport.authoring.normal import follows_prediction, is_prediction, normalise, written


def normalised(*cells: Any, **metadata: Any) -> Any:
    notebook = new_notebook()
    notebook.cells, notebook.metadata = list(cells), nbformat.from_dict(metadata)  # not validated, hence not mended
    normalise(notebook)
    return notebook


def ids(*cells: Any) -> list[str]:
    return [cell.id for cell in normalised(*cells).cells]


def test_ids_come_from_headings_and_first_words() -> None:
    assert ids(
        new_code_cell("import socket"),
        new_markdown_cell("## Two sends, one surprise\n\nThe client"),
        new_code_cell("predict('Which?', {}, right=1)"),
        new_code_cell("both_sent = Signal()  # an event"),
        new_code_cell("@background\ndef server(): ..."),
        new_markdown_cell("Follow the colours."),
        new_markdown_cell("## Élan: 你好"),
    ) == [
        "start-import-socket",
        "two-sends-one-surprise",
        "two-sends-one-surprise-predict",
        "two-sends-one-surprise-both-sent-signal",
        "two-sends-one-surprise-background",
        "two-sends-one-surprise-follow-the-colours",
        "elan",
    ]


def test_a_readable_id_stays_and_a_random_one_goes() -> None:
    cells = [
        new_code_cell("a", id="the-echo"),
        new_code_cell("b", id="3fa85f64"),
        new_code_cell("c", id="3fa85f64-5717-4562-b3fc-2c963f66afa6"),
        new_code_cell("d", id="the-echo"),
        new_code_cell("d", id="Not_Ours"),
    ]
    assert ids(*cells) == ["the-echo", "start-b", "start-c", "start-d", "start-d-2"]


@given(st.lists(st.tuples(st.booleans(), st.text(max_size=80)), max_size=12))
def test_normal_form_is_a_fixed_point(cells: list[tuple[bool, str]]) -> None:
    notebook = normalised(*(new_code_cell(text) if code else new_markdown_cell(text) for code, text in cells))
    text = written(notebook)
    nbformat.validate(notebook)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell.id) for cell in notebook.cells)
    again = nbformat.reads(text, as_version=4)
    normalise(again)
    assert written(again) == text


def test_what_a_run_leaves_behind_goes() -> None:
    cell = new_code_cell(
        "x = 1  \n\n", execution_count=17, metadata={"execution": {"a": "b"}, "scrolled": True, "tags": ["b", "a"]}
    )
    notebook = normalised(cell, new_code_cell("  \n"), widgets={"a": 1}, kernelspec={"name": "mine"}, loopback={"n": 1})
    assert set(notebook.metadata) == {"kernelspec", "language_info", "loopback"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert len(notebook.cells) == 1
    assert cell.source == "x = 1"
    assert cell.execution_count == 1
    assert cell.metadata == {"tags": ["a", "b"]}


def test_the_cell_after_a_prediction_is_hidden_and_no_other() -> None:
    hidden = {"jupyter": {"outputs_hidden": True}}
    cells = [
        new_code_cell("predict('a', {}, right=1)"),
        new_markdown_cell("words"),
        new_code_cell("x = 1"),
        new_code_cell("y = 1", metadata=hidden),
    ]
    notebook = normalised(*cells)
    assert follows_prediction(notebook) == [cells[2]]
    folded = {"jupyter": {"source_hidden": True}}
    assert [cell.metadata for cell in notebook.cells] == [folded, {}, hidden, {}]


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("predict('a', {}, right=1)", True),
        ("# first\npanels.predict(\n'a', {}, right=1)", True),
        ("asked = predict('a', {}, right=1)", True),
        ("# predict('a')", False),
        ("def f():\n    predict('a')", False),
        ("from labsupport import predict", False),
    ],
)
def test_a_prediction_is_a_statement_of_the_cell(source: str, is_one: bool) -> None:
    assert is_prediction(new_code_cell(source)) is is_one
    assert not is_prediction(new_markdown_cell(source))


def test_the_file_ends_with_one_newline_and_keeps_its_letters() -> None:
    text = written(normalised(new_code_cell("print('你好')")))
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert "你好" in text
