"""How the board is started: what cannot be is one sentence, and `--new` begins anew."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labsupport.workshop.store import Store
from tests.workshop.running import Running


def said(*options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "labsupport.workshop", *options],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL, env=os.environ,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


def test_what_cannot_be_is_one_sentence(tmp_path: Path, board: Running) -> None:
    assert "form of 192.0.2.7" in said("--bind", "example.org")
    assert "port" in said("--port", "70000")
    (tmp_path / "text").write_text("This is no SQLite file, but a text of more than a hundred bytes. " * 3)
    assert "no file of a board" in said("--file", str(tmp_path / "text"))
    assert "another board" in said("--file", str(board.file))
    assert "no --hours" in said("--hub", "--hours", "3")
    assert "no --own-port" in said("--hub", "--own-port", "8000")


def test_a_file_that_cannot_be_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path))
    for name, option in (("board.sqlite", "--new"), ("board-hub.sqlite", "--hub")):
        (tmp_path / name).write_text("This is no SQLite file, but a text of more than a hundred bytes. " * 3)
        assert said(option).startswith(f"{tmp_path / name}: this is no file of a board")


ON_A_HUB = """
import sys, types
hub = types.ModuleType("labsupport.workshop.hub")
async def run(store):
    print(store.kept())
hub.run = run
sys.modules[hub.__name__] = hub
from labsupport.workshop.__main__ import main
main(["--hub", "--new", "--file", sys.argv[1]])
"""


def test_new_begins_anew_on_a_hub_too(tmp_path: Path) -> None:
    with contextlib.closing(Store(tmp_path / "board.sqlite")) as store:
        store.keep("something", "of before")
    command = [sys.executable, "-c", ON_A_HUB, str(tmp_path / "board.sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "{}\n"
