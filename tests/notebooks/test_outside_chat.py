"""What chapter 08 takes outside: the chat as three programs, openssl on the other end, and a stranger who knocks."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.test_outside import CELL, script_of

CHAPTER = Path(__file__).parents[2] / "notebooks" / "08_under_attack.ipynb"
CHAT = (sys.executable, "-X", "utf8", "-u", "-m", "labsupport.chat")
#: The hello that the chapter types into openssl.
HELLO = b'\0\0\0\037{"type":"hello","versions":[1]}'


def make_account(folder: Path, name: str, file: str) -> None:
    """As the chapter does it: the key goes into a file."""
    with (folder / file).open("wb") as key:
        subprocess.run([*CHAT, "account", name, "--accounts", "room.json"], cwd=folder, stdout=key, check=True)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The server as a process in this folder, and its port; there are accounts of Ana and Zoë."""
    make_account(folder, "Ana", "ana.key")
    make_account(folder, "Zoë", "zoe.key")
    process = subprocess.Popen(
        [*CHAT, "server", "--accounts", "room.json", "--port", "0", "--authority", "room.pem"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().split()[1])
        assert process.stdout.readline() == "authority file: room.pem\n"
        yield process, port
    finally:
        process.kill()
        process.communicate(timeout=10)


def client(folder: Path, port: int, name: str, key: str) -> subprocess.Popen[str]:
    """A client as a process; what is written to its standard input is said."""
    return subprocess.Popen(
        [*CHAT, "client", "--port", str(port), "--authority", "room.pem", "--name", name, "--key", key],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_the_commands_are_those_of_the_chapter() -> None:
    (cell,) = (cell for cell in nbformat.read(CHAPTER, 4).cells if cell.id == CELL)
    commands = " ".join(cell.source.replace("\\\n", " ").split())  # long ones go on in the next line
    for words in (
        "python -m labsupport.chat account Ana --accounts room.json > ana.key",
        "python -m labsupport.chat server --accounts room.json --port 8000 --authority room.pem",
        "python -m labsupport.chat client --port 8000 --authority room.pem --name Ana --key ana.key",
        r"""printf '\0\0\0\037{"type":"hello","versions":[1]}' | openssl s_client""",
        "openssl s_client -connect localhost:8000 -CAfile room.pem -verify_return_error -quiet",
        "python knock.py 8000 room.pem",
    ):
        assert words in commands


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process of its own in another way there")
def test_two_people_talk_and_ctrl_c_tells_everybody(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, port), client(tmp_path, port, "Ana", "ana.key") as ana:
        assert ana.stdin is not None
        assert ana.stdout is not None
        assert ana.stdout.readline() == "You are Ana. In the room: Ana.\n"
        with client(tmp_path, port, "Zoë", "zoe.key") as zoe:
            assert ana.stdout.readline() == "* Zoë is in\n"
            zoe.communicate("नमस्ते\n", timeout=20)
            assert ana.stdout.readline() == "Zoë: नमस्ते\n"
            assert ana.stdout.readline() == "* Zoë is out (bye)\n"
        process.send_signal(signal.SIGINT)
        assert ana.stdout.read().endswith("The end: stopping.\n")  # her standard input is still open
        _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in log


def test_a_stranger_who_knocks_gets_the_errors_of_the_specification(tmp_path: Path) -> None:
    (tmp_path / "knock.py").write_text(script_of(CHAPTER), "utf-8")
    with serving(tmp_path) as (_, port):
        knocked = subprocess.run(
            [sys.executable, "-X", "utf8", "knock.py", str(port), "room.pem"],
            cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=30, check=True,
        )  # fmt: skip
    assert knocked.stdout.splitlines() == [
        "hello: challenge ",
        "an unknown version: error no-version",
        "bye, too early: error not-now",
        "no JSON: error bad-json",
        "a gibibyte: error bad-frame",
    ]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl on this machine")
def test_openssl_gets_a_challenge(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, port), subprocess.Popen(
        ["openssl", "s_client", "-connect", f"localhost:{port}", "-CAfile", "room.pem",
         "-verify_return_error", "-quiet"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as stranger:  # fmt: skip
        assert stranger.stdin is not None
        assert stranger.stdout is not None
        stranger.stdin.write(HELLO)
        stranger.stdin.flush()
        size = int.from_bytes(stranger.stdout.read(4), "big")
        answer = json.loads(stranger.stdout.read(size))
        stranger.kill()
    assert (answer["type"], answer["version"], len(answer["challenge"])) == ("challenge", 1, 64)
