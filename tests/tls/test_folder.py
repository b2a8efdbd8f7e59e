"""Where keys stand: in files of their owner alone, and gone when Python ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from labsupport import tls
from tests.tls.meeting import between


@pytest.fixture(scope="module")
def authority() -> tls.Authority:
    return tls.Authority()


def test_python_loads_the_files(authority: tls.Authority) -> None:
    """As the programs on the web do it."""
    issued = authority.issue("localhost")
    for files in [(issued.file,), issued.files()]:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(*files)
        assert between(server, ssl.create_default_context(cafile=authority.file), "localhost") == 0


def test_what_may_be_shown_has_no_key(authority: tls.Authority) -> None:
    issued = authority.issue("localhost")
    for public in (issued.pem, authority.pem, Path(authority.file).read_text(), Path(issued.files()[0]).read_text()):
        assert "BEGIN CERTIFICATE" in public
        assert "PRIVATE" not in public
    for shown in (repr(issued), repr(authority), repr(authority.certificate)):
        assert "PRIVATE" not in shown
        assert "0x" not in shown


def test_a_file_is_written_once_and_outlives_its_certificate() -> None:
    """So that one line is enough where nobody keeps the certificate."""
    issued = tls.Authority().issue("localhost")
    assert [*issued.files(), issued.file] == [*issued.files(), issued.file]
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(tls.Authority().issue("localhost").file)
    ssl.create_default_context(cafile=tls.Authority().file)


def test_a_folder_that_was_cleared_away_is_made_again(authority: tls.Authority) -> None:
    """As the cleaners of a system's temporary folders do in a notebook that stays open for weeks."""
    issued = authority.issue("localhost")
    first = Path(issued.file)
    shutil.rmtree(first.parents[1])
    second = Path(issued.file)
    assert second.parent != first.parent
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(second)
    if os.name == "posix":
        assert [stat.S_IMODE(one.stat().st_mode) for one in (second, second.parent, second.parents[1])] == [
            0o600,
            0o700,
            0o700,
        ]
    shutil.rmtree(second.parents[1])
    authority.server_context("localhost")
    assert "PRIVATE" in Path(issued.files()[1]).read_text("ascii")


def test_threads_that_ask_at_once_get_one_file(authority: tls.Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    issued, made = authority.issue("localhost"), tempfile.mkdtemp
    assert authority.file  # so that the process has its folder
    both, found = threading.Barrier(2), []

    def when_the_other_has_come(**how: Any) -> str:
        with contextlib.suppress(threading.BrokenBarrierError):  # it cannot come: it waits for this one
            both.wait(0.2)
        folder: str = made(**how)
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", when_the_other_has_come)
    threads = [threading.Thread(target=lambda: found.append(issued.file)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [issued.file] * 2
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(issued.file)


@pytest.mark.skipif(os.name != "posix", reason="Windows protects TEMP by access lists, not by modes")
def test_keys_are_their_owners_alone(authority: tls.Authority) -> None:
    issued = authority.issue("localhost")
    before = os.umask(0)  # the most generous one
    try:
        paths = [Path(path) for path in (*issued.files(), issued.file, authority.file)]
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in paths} == {0o700}


def python(code: str, folder: Path) -> str:
    """What a Python of its own prints, whose temporary files stand in `folder`."""
    environment = os.environ | {"TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    command = [sys.executable, "-c", "from labsupport import tls\nimport os, pathlib, sys\n" + code]
    done = subprocess.run(command, check=False, timeout=60, env=environment, capture_output=True, text=True)
    assert not done.stderr
    return done.stdout


def test_keys_are_gone_when_python_ends(tmp_path: Path) -> None:
    code = "authority = tls.Authority(); issued = authority.issue('localhost'); print(issued.file, *issued.files())"
    for end in ("", "\nsys.exit(3)"):
        paths = python(code + end, tmp_path).split()
        assert len(paths) == 3
        assert all(Path(path).is_relative_to(tmp_path) for path in paths)
        assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot lock a folder")
def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    code = "print(tls.Authority().issue('localhost').file, flush=True); os.kill(os.getpid(), 9)"
    killed = Path(python(code, tmp_path).strip())
    (left,) = tmp_path.iterdir()
    assert killed.is_relative_to(left)
    assert killed.exists()
    python("tls.Authority().file", tmp_path)
    assert left.exists()  # so young that it may not have been locked yet
    os.utime(left, (0, 0))
    python("tls.Authority().file", tmp_path)
    assert not left.exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot lock a folder")
def test_what_is_in_use_stays(tmp_path: Path) -> None:
    """However old it is; and so does what bears such a name and is no folder."""
    (tmp_path / "loopback-keys-file").touch()
    (tmp_path / "loopback-keys-link").symlink_to(tmp_path)
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0), follow_symlinks=False)
    code = (
        "import subprocess\n"
        "path = pathlib.Path(tls.Authority().file); os.utime(path.parents[1], (0, 0))\n"
        "another = [sys.executable, '-c', 'from labsupport import tls; print(tls.Authority().file)']\n"
        "subprocess.run(another, check=True)\n"
        "print(path.exists())"
    )
    other, here = python(code, tmp_path).split()
    assert here == "True"
    assert not Path(other).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loopback-keys-file", "loopback-keys-link"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_ends_leaves_its_parents_keys(tmp_path: Path) -> None:
    code = (
        "issued = tls.Authority().issue('localhost'); path = pathlib.Path(issued.file)\n"
        "if not os.fork(): sys.exit()\n"
        "os.wait(); print(path.exists())"
    )
    assert python(code, tmp_path).strip() == "True"
    assert not list(tmp_path.iterdir())


def test_contexts_leave_no_file_behind(tmp_path: Path) -> None:
    """Also while Python runs, and when loading fails."""
    code = (
        "import ssl\n"
        "a = tls.Authority(); kept = [a.server_context('localhost'), a.client_context('maria'), tls.gallery(a)]\n"
        "fails = type('Fails', (ssl.SSLContext,), {'load_cert_chain': lambda self, path: 1 / 0})\n"
        "try: a.issue('localhost').load_into(fails(ssl.PROTOCOL_TLS_SERVER))\n"
        "except ZeroDivisionError as error: kept.append(error)\n"
        f"print([path for path in pathlib.Path({str(tmp_path)!r}).rglob('*') if path.is_file()], len(kept))"
    )
    assert python(code, tmp_path).strip() == "[] 4"
