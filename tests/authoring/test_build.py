from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labsupport.authoring.__main__ import main
from labsupport.authoring.build import build, programs_a_core

Notebook = Callable[..., Path]
IGNORE = {"tags": ["nbval-ignore-output"], "loopback": {"reason": "chance"}}


def command(path: Path, *words: str) -> int:
    return main([words[0], "--notebooks", str(path.parent), *words[1:]])


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return found


def test_building_twice_changes_nothing(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(
        "import time, ipywidgets\nbegan = time.perf_counter()",
        "print(f'≈ {time.perf_counter() - began:.9f} s')",
        "ipywidgets.HTML('a')",
        ("print(time.perf_counter())", [], IGNORE),
        ("1 / 0", [], {"tags": ["raises-exception"]}),
    )
    assert command(path, "check") == 1
    assert command(path, "build") == 0
    text = path.read_bytes()
    assert command(path, "build") == 0
    assert path.read_bytes() == text
    assert command(path, "check") == 0
    assert "tiny.ipynb: as built" in capsys.readouterr().out
    stored = cells(path)
    assert stored[2]["outputs"][0]["data"] == {"text/plain": ["HTML(value='a')"]}
    assert [cell["execution_count"] for cell in stored] == [1, 2, 3, 4, 5]
    assert "perf_counter" not in str(stored[3]["outputs"])
    assert stored[3]["outputs"][0]["text"]


def test_check_tells_a_changed_output_from_a_changed_form(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    path = notebook(("print('new')", "old\n"))
    before = path.read_bytes()
    assert command(path, "check") == 1
    said = capsys.readouterr().err
    assert "the output of cell start-print-new changes" in said
    assert "-old" in said
    assert "+new" in said
    assert path.read_bytes() == before
    assert command(path, "build") == 0
    path.write_text(path.read_text("utf-8").replace('"execution_count": 1', '"execution_count": 2'), "utf-8")
    assert command(path, "check") == 1
    assert "not in normal form" in capsys.readouterr().err


def test_a_cell_that_raises_is_not_written(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook("print('a')", "1 / 0", "print('b')")
    before = path.read_bytes()
    assert command(path, "build") == 1
    assert path.read_bytes() == before
    captured = capsys.readouterr()
    assert "not written" in captured.out
    assert "cell start-1-0 raised ZeroDivisionError: division by zero" in captured.err


def test_a_kernel_that_dies_is_said(notebook: Notebook) -> None:
    built = build(notebook("import os\nos._exit(3)"))
    assert "Kernel died" in built.failures[0]
    assert not built.changed


def test_what_lint_says_fails_a_build_that_is_written(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(("print('a')", [], {"tags": ["nbval-ignore-output"]}))
    assert command(path, "build") == 1
    assert "no reason" in capsys.readouterr().err
    assert "a" in str(cells(path)[0]["outputs"])


@pytest.mark.parametrize(("load", "cores", "programs"), [(0.3, 2, 1), (10.0, 2, 5), (3.0, None, 3)])
def test_a_cell_may_take_longer_where_others_keep_the_machine_busy(
    load: float, cores: int | None, programs: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert programs_a_core() == programs
    monkeypatch.delattr(os, "getloadavg")
    assert programs_a_core() == 1


def test_fresh_keeps_nothing(notebook: Notebook) -> None:
    path = notebook(("print('≈ 2 s')", "≈ 1 s\n"), ("print('new')", "old\n", IGNORE))
    assert command(path, "build") == 0
    assert [cell["outputs"][0]["text"][0] for cell in cells(path)] == ["≈ 1 s\n", "old\n"]
    assert command(path, "build", "--fresh") == 0
    assert [cell["outputs"][0]["text"][0] for cell in cells(path)] == ["≈ 2 s\n", "new\n"]


def test_names_choose_notebooks(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    notebook("x = 1", name="00_first.ipynb")
    path = notebook("x = 1", name="01_second.ipynb")
    assert command(path, "build", "01") == 0
    assert capsys.readouterr().out == "01_second.ipynb: written\n"
    assert command(path, "build", "00_first.ipynb", "02") == 2
    assert "No notebook begins with '02'. There are: 00_first.ipynb, 01_second.ipynb." in capsys.readouterr().err


def test_a_folder_without_notebooks_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path / "x.ipynb", "check") == 2
    assert f"There is no notebook in {tmp_path}" in capsys.readouterr().err
