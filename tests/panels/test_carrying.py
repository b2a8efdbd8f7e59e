"""The panel that hands a learner's work to the browser, and takes it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labsupport import panels, progress
from labsupport.course import archive, places, updates
from labsupport.panels.own_work import carrying
from labsupport.panels.own_work.carrying import MyWork
from tests.course.making import notebook, write

FILE = "01_next.ipynb"


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The learner's folder, in which the notebook runs."""
    monkeypatch.setattr(progress, "_pending", [])
    monkeypatch.setattr(places, "_root", lambda: tmp_path)
    write(tmp_path / "notebooks" / "00_start_here.ipynb", "# Start here")
    write(tmp_path / "notebooks" / FILE, "# 01 Next")
    updates.renew(tmp_path / "notebooks", tmp_path / "my-course")
    monkeypatch.chdir(tmp_path / "my-course")
    return tmp_path / "my-course"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], list[bytes]]]:
    """What the panel sends to the browser."""
    found: list[tuple[dict[str, Any], list[bytes]]] = []
    from labsupport.panels.own_work.carrying import Carrier

    monkeypatch.setattr(Carrier, "send", lambda _self, content, buffers: found.append((content, buffers)))
    return found


def hear(panel: MyWork, content: dict[str, Any], *buffers: bytes) -> None:
    """As the browser's message comes in: buffers are memory of somebody else."""
    panel.carrier._handle_custom_msg(content, [memoryview(each) for each in buffers])


def test_what_is_downloaded_can_be_brought_back(mine: Path, sent: list[tuple[dict[str, Any], list[bytes]]]) -> None:
    progress.record_verdict("echo_server", "passed")
    write(mine / FILE, "edited: 你好")
    panel = panels.my_work()
    hear(panel, {"kind": "pack"})
    ((content, (data,)),) = sent
    assert content == {"kind": "packed", "name": "loopback-work.zip"}
    assert f"{len(data):,} bytes" in panel.said
    progress.reset()
    write(mine / FILE, "edited otherwise")
    hear(panel, {"kind": "bring"}, data)
    assert "01_next.ipynb was edited here too: yours stays, and the other one is 01_next.brought.ipynb." in panel.said
    assert (mine / "01_next.brought.ipynb").read_bytes() == notebook("edited: 你好")
    assert progress.load()["exercises"]["echo_server"]["status"] == "passed"
    assert "brought.ipynb" in panel._says.value


@pytest.mark.parametrize("data", [b"", b"no zip", b"<script>alert(1)</script>"])
def test_what_is_not_taken_is_said_and_changes_nothing(mine: Path, data: bytes) -> None:
    before = sorted(path.name for path in mine.iterdir())
    panel = panels.my_work()
    hear(panel, {"kind": "bring"}, data)
    assert panel.said.startswith("This file is not taken: this is no zip file")
    assert sorted(path.name for path in mine.iterdir()) == before


@pytest.mark.parametrize("content", [{}, {"kind": "bring"}, {"kind": "rm"}])
def test_a_message_that_it_does_not_know_is_passed_over(content: dict[str, Any]) -> None:
    panel = panels.my_work()
    hear(panel, content)
    assert panel.said == ""


def test_a_file_too_large_for_the_browsers_way_leads_to_the_terminal() -> None:
    panel = panels.my_work()
    hear(panel, {"kind": "too large", "bytes": 10_000_000})
    assert "10,000,000 bytes" in panel.said
    assert "python -m labsupport import" in panel.said


def test_a_disk_that_is_full_is_said(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(mine / FILE, "edited")
    data, _ = archive.pack(mine, places.originals())
    (mine / FILE).unlink()
    monkeypatch.setenv("LABSUPPORT_HOME", "/dev/null/here")
    panel = panels.my_work()
    hear(panel, {"kind": "bring"}, data)
    assert panel.said.startswith("That did not work: ")
    assert not (mine / FILE).exists()


@pytest.mark.parametrize("why", [ValueError("no such year"), MemoryError(), RuntimeError("no thread")])
def test_whatever_goes_wrong_is_said(monkeypatch: pytest.MonkeyPatch, why: Exception) -> None:
    def fails(*_: Any) -> None:
        raise why

    monkeypatch.setattr(carrying, "pack", fails)
    panel = panels.my_work()
    hear(panel, {"kind": "pack"})
    assert panel.said.startswith(f"That did not work: {type(why).__name__}")
    assert str(why) in panel.said


def test_what_stands_in_a_notebook_is_the_same_for_everybody(mine: Path) -> None:
    bundle = panels.my_work()._repr_mimebundle_()
    assert str(mine) not in str(bundle)
    assert bundle["text/plain"].startswith("Download my work")
