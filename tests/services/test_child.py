"""A process of our own: its errors are kept, however many, and it ends with its input."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport.services.child import end, said, start

TALKER = """
import sys

print("é" * 200_000, file=sys.stderr)
print("said")
sys.stdin.read()
"""


def test_it_is_not_held_up_by_errors_that_nobody_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "talker.py").write_text(TALKER, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    process = start("talker")
    assert process.stdout is not None
    assert process.stdout.readline() == "said\n"
    assert end(process, 10.0) == "é" * 200_000
    assert process.returncode == 0
    assert end(process, 10.0) == ""


def test_who_is_interrupted_while_it_starts_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> str:
        raise KeyboardInterrupt

    process = start("labsupport.services.selecting")
    monkeypatch.setattr(process.stdout, "readline", interrupt)
    with pytest.raises(KeyboardInterrupt):
        said(process, "the service", 0.0)
    assert process.returncode is not None
