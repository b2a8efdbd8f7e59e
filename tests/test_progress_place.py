"""Where a learner was: what a kernel is told by JupyterLab and by the server, and nothing where it is not told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import IPython
import pytest

from labsupport import progress
from labsupport.authoring.kernels import CleanKernel
from labsupport.progress import _place

SESSION = "JPY_SESSION_NAME"


class Shell:
    """An interactive shell, as far as it is asked: which events it knows, and which request it works on."""

    def __init__(self) -> None:
        self.events = self
        self.after: list[Any] = []
        self.parent: Any = {"metadata": {"cellId": "second-step-run"}}

    def register(self, event: str, function: Any) -> None:
        assert event == "post_run_cell"
        self.after.append(function)

    def get_parent(self) -> Any:
        return self.parent


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A notebook's shell that is followed."""
    made = Shell()
    monkeypatch.setattr(IPython, "get_ipython", lambda: made)
    monkeypatch.setattr(_place, "_followed", [])
    progress.follow()
    progress.follow()
    assert len(made.after) == 1
    return made


def run(shell: Shell) -> None:
    for function in shell.after:
        function(None)


@pytest.mark.parametrize("path", ["01_next.ipynb", "my-course/01_next.ipynb", "RTC:deep/01_next.ipynb"])
def test_the_cell_that_ran_last_is_the_place(shell: Shell, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SESSION, path)
    run(shell)
    assert progress.place() == progress.Place("01_next.ipynb", "second-step-run")
    shell.parent = {"metadata": {"cellId": "third"}}
    run(shell)
    assert progress.place() == progress.Place("01_next.ipynb", "third")


@pytest.mark.parametrize(
    ("path", "parent"),
    [
        ("", {"metadata": {"cellId": "x"}}),
        ("4c1e-a-console", {"metadata": {"cellId": "x"}}),
        ("00_start_here.ipynb", {"metadata": {"cellId": "x"}}),
        ("01_next.ipynb", {"metadata": {}}),
        ("01_next.ipynb", {}),
        ("01_next.ipynb", None),
    ],
)
def test_where_it_is_not_told_nothing_is_noted(
    shell: Shell, path: str, parent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SESSION, path)
    shell.parent = parent
    run(shell)
    assert progress.place() is None


def test_a_home_that_cannot_be_written_is_in_nobodys_way(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SESSION, "01_next.ipynb")
    monkeypatch.setenv("LABSUPPORT_HOME", "/dev/null/here")
    run(shell)
    assert progress.place() is None


@pytest.mark.parametrize("text", ["", "[]", '{"notebook": 1, "cell": 2}', '{"notebook": "01_next.ipynb"}', "\0"])
def test_a_note_that_cannot_be_read_is_none(text: str) -> None:
    (progress.home() / _place.FILE).write_text(text)
    assert progress.place() is None


def test_a_kernel_notes_the_cell_of_its_notebook(tmp_path: Path) -> None:
    """A real kernel, told as JupyterLab and Jupyter's server do."""
    with CleanKernel(tmp_path) as kernel:
        kernel.run(f"import os; os.environ[{SESSION!r}] = 'my-course/01_next.ipynb'", "none-is-followed-yet")
        kernel.run("import labsupport.exercises\nfrom labsupport import progress", "step-one")
        found = kernel.run("print(progress.place())", "step-two")
        assert found.outputs[0]["text"] == "Place(notebook='01_next.ipynb', cell='step-one')\n"
        found = kernel.run("print(progress.place())", "step-three")
        assert found.outputs[0]["text"] == "Place(notebook='01_next.ipynb', cell='step-two')\n"


def test_the_place_travels_with_the_work_and_does_not_replace_a_newer_one() -> None:
    there = progress.Place("01_next.ipynb", "there")
    progress.bring(progress.empty(), there)
    assert progress.place() == there
    progress.bring(progress.empty(), progress.Place("02_other.ipynb", "here"))
    assert progress.place() == there
