from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_output

Notebook = Callable[..., Path]
Strict = Callable[..., tuple[list[str], str]]

PICTURE = 'from IPython.display import HTML\nHTML(\'<img alt="a" src="data:image/svg+xml;base64,{}">\')'
IGNORE = {"tags": ["nbval-ignore-output"], "loopback": {"reason": "the port is the system's choice"}}


def stored_picture(data: str) -> list[Any]:
    html = f'<img alt="a" src="data:image/svg+xml;base64,{data}">'
    shown = {"text/html": html, "text/plain": "<IPython.core.display.HTML object>"}
    return [new_output("execute_result", shown, execution_count=1)]


PRINTED = new_output("stream", name="stdout", text="a\n")
SHOWN = new_output("display_data", {"text/plain": "1"})
#: It writes once: what print() writes in two goes may come in two, and the second too late.
SUBPROCESS = "import subprocess, sys\n_ = subprocess.run([sys.executable, '-c', r'import os; os.write(1, b\"1\\n\")'])"
RAISED = [new_output("error", ename="ValueError", evalue="no", traceback=["elsewhere"])]


def test_stored_outputs_that_come_again_pass(notebook: Notebook, strict: Strict) -> None:
    cells = [
        ("print('a')", "a\n"),
        ("5;", []),
        ("6", [new_output("execute_result", {"text/plain": "6"}, execution_count=3)]),
        ("_ + 1", [new_output("execute_result", {"text/plain": "7"}, execution_count=4)]),
        ("from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')", "stays\n"),
        (PICTURE.format("AAAA"), stored_picture("AAAA")),
        (SUBPROCESS, "1\n"),
        ("print('≈ 12.3 ms each')", "≈ 950 µs each\n"),
        ("print('a')\ndisplay(1)", [PRINTED, SHOWN]),
        ("raise ValueError('no')", RAISED, {"tags": ["raises-exception"]}),
        ("import random\nprint(random.random())", "0.1\n", IGNORE),
    ]
    outcomes, said = strict(notebook(*cells))
    assert outcomes == ["PASSED"] * len(cells), said


DIFFERENCES = {
    "another text": ("print('b')", "a\n"),
    "an output more": ("print('a')", []),
    "an output less": ("pass", "a\n"),
    "another stream": ("import sys\nprint('a', file=sys.stderr)", "a\n"),
    "another order": ("print('a')\ndisplay(1)", [SHOWN, PRINTED]),
    "another picture": (PICTURE.format("AAAA"), stored_picture("AAAB")),
    "a figure that does not say it was measured": ("print('about 3 s')", "about 4 s\n"),
    "an error": ("1 / 0", []),
    "another error": ("raise ValueError('yes')", RAISED, {"tags": ["raises-exception"]}),
    "an error less": ("pass", RAISED, {"tags": ["raises-exception"]}),
    "an unknown magic": ("%nosuchmagic", [], IGNORE),
    "an error where outputs are ignored": ("undefined", [], IGNORE),
    "an opt-out without a reason": ("pass", [], {"tags": ["nbval-ignore-output"]}),
    "an opt-out by comment": ("# NBVAL_IGNORE_OUTPUT\nprint(1)", "2\n"),
    "a skipped cell": ("pass", [], {"tags": ["nbval-skip"]}),
}


def test_what_differs_fails_and_the_rest_is_run(notebook: Notebook, strict: Strict) -> None:
    outcomes, said = strict(notebook(*DIFFERENCES.values(), ("print('after')", "after\n")))
    passed = [name for name, outcome in zip(DIFFERENCES, outcomes, strict=False) if outcome != "FAILED"]
    assert not passed, said
    assert outcomes[len(DIFFERENCES) :] == ["PASSED"], said
    assert "UsageError" in said
    assert "metadata.loopback.reason" in said


def test_a_cell_never_run_fails(notebook: Notebook, strict: Strict) -> None:
    path = notebook(("x = 1", []))
    path.write_text(path.read_text("utf-8").replace('"execution_count": 1', '"execution_count": null'), "utf-8")
    outcomes, said = strict(path)
    assert outcomes == ["FAILED"], said
    assert "never run" in said


def test_a_dead_kernel_is_seen_before_the_timeout_and_its_last_words_are_shown(
    notebook: Notebook, strict: Strict
) -> None:
    path = notebook(
        ("x = 1", []),
        ("import os\nos.kill(os.getpid(), 11)", []),
        ("print('after')", "after\n"),
    )
    outcomes, said = strict(path, "--nbval-cell-timeout=3600")
    assert outcomes == ["PASSED", "FAILED", "FAILED"], said
    assert "Kernel died" in said
    assert "Fatal Python error: Segmentation fault" in said
    assert "Not run: the kernel died in Cell 1" in said


def test_a_cell_that_hangs_is_interrupted_and_shows_where(notebook: Notebook, strict: Strict) -> None:
    path = notebook(
        ("import threading\nprint('waits')\nthreading.Event().wait()", "waits\n"), ("print('after')", "after\n")
    )
    outcomes, said = strict(path, "--nbval-cell-timeout=1")
    assert outcomes == ["FAILED", "PASSED"], said
    assert "KeyboardInterrupt" in said
    assert "line 3" in said


def test_a_cell_that_ignores_interrupts_is_given_up(notebook: Notebook, strict: Strict) -> None:
    deaf = "while True:\n    try:\n        threading.Event().wait()\n    except KeyboardInterrupt:\n        pass"
    outcomes, said = strict(notebook("import threading", deaf, "x = 1"), "--nbval-cell-timeout=1")
    assert outcomes == ["PASSED", "FAILED", "FAILED"], said
    assert "an interrupt did not end it" in said


def test_state_is_empty_and_the_settings_are_nobodys(
    notebook: Notebook, strict: Strict, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "progress").touch()
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path))
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "0.py").write_text("print = None", "utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    source = "import os\nprint(os.listdir(os.environ['LABSUPPORT_HOME']), 'PYTEST_CURRENT_TEST' in os.environ)"
    outcomes, said = strict(notebook((source, "[] False\n")))
    assert outcomes == ["PASSED"], said


def test_the_cells_of_a_notebook_share_a_kernel_under_xdist(notebook: Notebook, strict: Strict) -> None:
    path = notebook("x = 1", ("print(x)", "1\n"), ("print(x + 1)", "2\n"), ("print(x + 2)", "3\n"))
    outcomes, said = strict(path, "-p", "xdist.plugin", "-n2")
    assert outcomes == ["PASSED"] * 4, said


def test_another_sanitize_file_counts_besides(notebook: Notebook, strict: Strict, tmp_path: Path) -> None:
    more = tmp_path / "more.cfg"
    more.write_text("regex: port \\d+\nreplace: port #\n", "ascii")
    path = notebook(("print('port 4 after ≈ 2 s')", "port 3 after ≈ 3 s\n"))
    outcomes, said = strict(path, f"--nbval-sanitize-with={more}")
    assert outcomes == ["PASSED"], said
