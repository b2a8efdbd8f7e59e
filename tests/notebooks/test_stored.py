"""What the notebooks' files hold, as a reader meets them who has no kernel."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labsupport.authoring import lint
from labsupport.authoring.normal import follows_prediction, is_prediction, normalise, written


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def test_a_file_is_in_normal_form_and_lint_has_nothing_to_say(chapter: Path) -> None:
    notebook = read(chapter)
    assert not list(lint.problems(notebook))
    normalise(notebook)
    assert written(notebook) == chapter.read_text("utf-8")


def test_at_most_one_cell_in_twenty_opts_out_and_says_why(chapters: list[Path]) -> None:
    cells = [cell for path in chapters for cell in code(path)]
    out = [cell for cell in cells if lint.opts_out(cell)]
    assert all(lint.reason(cell) for cell in out)
    assert len(out) <= 0.05 * len(cells), sorted(cell.id for cell in out)


def test_every_code_cell_was_run(chapter: Path) -> None:
    assert [cell.execution_count for cell in code(chapter)] == list(range(1, len(code(chapter)) + 1))


def test_no_stored_result_gives_away_a_prediction(chapter: Path) -> None:
    notebook = read(chapter)
    for cell in follows_prediction(notebook):
        assert cell.metadata.jupyter.outputs_hidden is True
        assert (cell.outputs[0].output_type, cell.outputs[0].name) == ("stream", "stdout")
    for cell in filter(is_prediction, notebook.cells):
        stored = str(cell.outputs)
        for answer in answers(cell.source):
            assert answer not in stored, f"cell {cell.id} stores an answer"


def answers(source: str) -> list[str]:
    """What a `predict(...)` says to those who chose each choice, cut to its first words."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    asked = [call for call in calls if "predict" in ast.unparse(call.func)]
    choices: dict[str, str] = ast.literal_eval(asked[0].args[1])
    assert choices
    return [" ".join(text.split()[:6]) for text in choices.values()]


def test_no_output_needs_a_kernel_or_the_network(chapter: Path) -> None:
    for cell in code(chapter):
        for output in cell.outputs:
            data = output.get("data", {})
            assert "application/vnd.jupyter.widget-view+json" not in data
            assert not {"image/svg+xml", "application/javascript"} & set(data), f"{cell.id}: not shown when untrusted"
            for address in ('src="http', "src='http", "<script", "url(http"):
                assert address not in str(data.get("text/html", "")), f"{cell.id}: {address}"


def test_every_stored_picture_has_a_sentence_and_a_text_twin(chapter: Path) -> None:
    for cell in code(chapter):
        for data in (output.data for output in cell.outputs if "<img" in str(output.get("data", {}).get("text/html"))):
            assert 'alt="' in data["text/html"], cell.id
            assert 'alt=""' not in data["text/html"], cell.id
            assert len(data["text/plain"]) > 40, cell.id


@pytest.mark.parametrize("trace", ["/root/", "/home/", "\\Users\\", "/tmp/", "site-packages"])
def test_no_output_names_the_machine_that_built_it(chapter: Path, trace: str) -> None:
    for cell in code(chapter):
        assert trace not in str(cell.outputs), cell.id
