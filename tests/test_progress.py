"""One small file: written whole or not at all, by one at a time, and nothing is lost in silence."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from labsupport import progress

NOTHING = {"version": 2, "exercises": {}, "predictions": {}, "recall": {}}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path / "kept"))
    monkeypatch.setattr(progress, "_pending", [])
    return tmp_path / "kept"


def test_nothing_is_kept_before_the_first_answer(home: Path) -> None:
    assert progress.load() == NOTHING
    assert not home.exists()


def test_a_verdict_and_a_prediction_are_kept(home: Path) -> None:
    assert progress.record_verdict("echo_server", "failed", "accepts_once") == ""
    assert progress.record_prediction("two-sends", "b'héllo'", right=True) == ""
    found = json.loads((home / "progress.json").read_text(encoding="utf-8"))
    assert found == progress.load()
    done = found["exercises"]["echo_server"]
    assert (done["status"], done["mistake"], done["tries"], done["first_passed"]) == ("failed", "accepts_once", 1, None)
    assert done["last"].endswith("+00:00")
    assert found["predictions"]["two-sends"]["choice"] == "b'héllo'"
    assert [path.name for path in home.iterdir() if path.suffix == ".new"] == []


def test_a_reason_is_kept_where_there_is_one(home: Path) -> None:
    progress.record_prediction("with", "a", reason="Ünlikely 你好")
    progress.record_prediction("without", "a")
    found = json.loads((home / "progress.json").read_text(encoding="utf-8"))["predictions"]
    assert found["with"]["reason"] == "Ünlikely 你好"
    assert "reason" not in found["without"]
    assert progress.load()["predictions"] == found  # and a file without reasons is whole


def test_what_was_passed_once_stays_passed() -> None:
    progress.record_verdict("echo_server", "passed")
    first = progress.load()["exercises"]["echo_server"]["first_passed"]
    progress.record_verdict("echo_server", "failed", "accepts_once")
    done = progress.load()["exercises"]["echo_server"]
    assert (done["status"], done["tries"], done["first_passed"]) == ("passed", 2, first)


def test_another_status_is_refused() -> None:
    with pytest.raises(ValueError, match="'passed' or 'failed', not 'great'"):
        progress.record_verdict("echo_server", "great")


def test_what_was_reset_is_gone_and_can_be_taken_back() -> None:
    progress.record_verdict("echo_server", "passed")
    progress.record_verdict("whole_answer", "failed", "one_recv")
    progress.record_prediction("q", "a", right=True)
    before = progress.load()
    assert progress.reset("echo_server") == ""
    assert sorted(progress.load()["exercises"]) == ["whole_answer"]
    assert progress.load()["predictions"] == before["predictions"]
    assert progress.reset() == ""
    found = progress.load()
    assert {name: found[name] for name in NOTHING} == NOTHING  # type: ignore[literal-required]
    progress.record_verdict("echo_server", "failed", "accepts_once")
    assert progress.restore() == ""
    after = progress.load()
    assert after["exercises"]["echo_server"]["status"] == "passed"  # of then, and the mistake of now
    assert after["exercises"]["echo_server"]["mistake"] == "accepts_once"
    assert (after["predictions"], after["recall"]) == (before["predictions"], before["recall"])
    assert progress.restore() == ""  # once more takes back nothing
    assert progress.load() == after


def test_a_file_of_the_first_version_is_carried_over(home: Path) -> None:
    home.mkdir()
    made = {"choice": "b'h\u00e9'", "right": False, "when": "2026-01-02T03:04:05+00:00", "reason": "because"}
    done = {"status": "passed", "mistake": None, "tries": 1, "first_passed": made["when"], "last": made["when"]}
    old = {"version": 1, "exercises": {"echo_server": done}, "predictions": {"two-sends": made}}
    (home / "progress.json").write_text(json.dumps(old))
    progress.record_verdict("first_words", "passed")
    found = json.loads((home / "progress.json").read_text(encoding="utf-8"))
    assert found["version"] == 2
    assert found["exercises"]["echo_server"] == done
    assert found["predictions"] == {"two-sends": made}
    assert found["recall"] == {"two-sends": [{"when": made["when"], "grade": "again"}]}


def test_what_somebody_wrote_beside_it_is_kept(home: Path) -> None:
    home.mkdir()
    (home / "progress.json").write_text('{"version": 2, "notes": [1], "exercises": {}, "predictions": {}}')
    progress.record_prediction("q", "a")
    assert json.loads((home / "progress.json").read_text())["notes"] == [1]


def test_the_file_of_a_newer_course_is_never_touched(home: Path) -> None:
    home.mkdir()
    text = '{"version": 3, "exercises": "elsewhere"}'
    (home / "progress.json").write_text(text)
    for said in (progress.record_verdict("echo_server", "passed"), progress.reset(), progress.trouble()):
        assert "newer version of the course (3; this one knows 2)" in said
        assert "update the course" in said
    assert (home / "progress.json").read_text() == text
    assert sorted(path.name for path in home.iterdir()) == ["progress.json", "progress.lock"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        '{"exercises": [], "predictions": {}}',
        '{"exercises": {"echo_server": {"status": 1}}}',
        '{"version": "2"}',
        '{"version": 2, "recall": {"q": [1]}}',
        '{"version": 2, "recall": {"q": [{"when": "now", "grade": "good"}]}}',
        '{"version": 2, "forgotten": 3}',
        '{"version": 2, "recall": {"q": [{"when": "0001-01-01T00:00:00+14:00", "grade": "good"}]}}',
        '{"version": 2, "recall": {"q": [{"when": "9999-12-31T00:00:00+00:00", "grade": "good"}]}}',
        '{"version": 2, "exercises": {"echo_server": {"status": "failed", "mistake": null, "first_passed": null, '
        '"last": "2026-01-02T03:04:05Z", "tries": ' + "9" * 4300 + "}}}",
        "[" * 100_000,
        "\0\xff",
    ],
    ids=range(13),
)
def test_a_broken_file_is_kept_aside_and_said(home: Path, text: str) -> None:
    home.mkdir()
    (home / "progress.json").write_text(text, encoding="latin-1")
    assert progress.load()["exercises"] == {}
    assert "kept aside" in progress.trouble()
    said = progress.record_verdict("echo_server", "passed")
    assert "progress-unreadable-1.json" in said
    assert (home / "progress-unreadable-1.json").read_text(encoding="latin-1") == text
    assert progress.load()["exercises"]["echo_server"]["status"] == "passed"
    assert progress.record_verdict("echo_server", "passed") == ""


def test_a_full_disk_is_said_and_nothing_is_lost(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress.record_verdict("first_words", "passed")
    before = (home / "progress.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert os.strerror(errno.ENOSPC) in progress.record_verdict("echo_server", "passed")
        assert "safe" in progress.record_prediction("q", "a")
    assert (home / "progress.json").read_bytes() == before
    assert sorted(path.name for path in home.iterdir()) == ["progress.json", "progress.lock"]
    assert progress.load()["exercises"]["echo_server"]["status"] == "passed"

    assert progress.record_verdict("whole_answer", "failed") == ""
    found = json.loads((home / "progress.json").read_text())
    assert sorted(found["exercises"]) == ["echo_server", "first_words", "whole_answer"]
    assert sorted(found["predictions"]) == ["q"]


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path / "file" / "home"))
    assert "could not be written" in progress.record_prediction("q", "a")
    assert progress.load()["predictions"]["q"]["choice"] == "a"


def test_without_the_variable_it_is_the_users_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABSUPPORT_HOME")
    assert progress.home().name == "loopback-course"
    assert progress.home().is_absolute()


def test_a_home_of_nobody_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABSUPPORT_HOME", "~nobody-of-this-name/x")
    with pytest.raises(OSError, match="'~nobody-of-this-name/x', and there is no such user: set it to a folder"):
        progress.home()
    assert progress.load() == progress.load()  # as if nothing was kept
    assert "there is no such user" in progress.record_prediction("q", "a")


@pytest.mark.parametrize("forgotten", ["{}", '{"exercises": {}, "predictions": {}}'])
@pytest.mark.parametrize("change", [progress.reset, progress.restore])
def test_what_was_forgotten_before_there_were_questions_that_come_back_is_whole(
    home: Path, forgotten: str, change: Callable[[], str]
) -> None:
    home.mkdir()
    (home / "progress.json").write_text(f'{{"version": 1, "forgotten": {forgotten}}}')
    assert change() == progress.restore() == progress.reset() == ""
    assert progress.record_verdict("echo_server", "passed") == ""


def test_text_that_no_file_can_hold_as_it_is_is_kept(home: Path) -> None:
    """A half of a surrogate pair: JSON has it as an escape, UTF-8 has no bytes for it."""
    assert progress.record_prediction("q", "\ud800") == ""
    assert progress.record_verdict("echo_server", "passed") == ""
    assert progress.load()["predictions"]["q"]["choice"] == "\ud800"


def test_a_change_that_cannot_be_made_is_not_tried_again(home: Path) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        progress.record_prediction("q", object())  # type: ignore[arg-type]  # it is what this is about
    assert progress.record_verdict("echo_server", "passed") == ""
    assert progress.load()["predictions"] == {}


def test_who_stops_the_writing_finds_it_written_with_the_next_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", stopped)
        with pytest.raises(KeyboardInterrupt):
            progress.record_verdict("echo_server", "passed")
    assert progress.record_verdict("whole_answer", "passed") == ""
    assert sorted(progress.load()["exercises"]) == ["echo_server", "whole_answer"]


@pytest.mark.parametrize("when", ["0002-01-01T00:00:00+00:00", "9998-01-01T00:00:00+00:00"])
def test_every_time_that_is_taken_has_a_next_one(home: Path, when: str) -> None:
    home.mkdir()
    (home / "progress.json").write_text(json.dumps({"version": 2, "recall": {"q": [{"when": when, "grade": "good"}]}}))
    assert progress.record_answer("q", "good") == ""
    answers = progress.load()["recall"]["q"]
    assert len(answers) == 2
    for zone in (-12, 14):
        assert progress.due_after(answers).astimezone(timezone(timedelta(hours=zone))).utcoffset()
