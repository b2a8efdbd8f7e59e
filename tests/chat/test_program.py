"""The chat outside the notebook: a child process, signals, its options and its files, and the terminal client."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsupport import chat
from labsupport.chat import program as program_of
from labsupport.chat.messages import Joined, Left, Said
from labsupport.tls import Authority
from tests.chat.people import Stranger, drop_members
from tests.leftovers import until

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
PYTHON = [sys.executable, "-m", "labsupport.chat"]


@pytest.fixture
def program() -> Iterator[chat.Program]:
    with chat.Program(["Ana", "Zoë", "Bo"]) as running:
        yield running


def ran(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PYTHON, *arguments], input=typed, capture_output=True, encoding="utf-8", check=False, timeout=60
    )


def test_it_talks(program: chat.Program) -> None:
    with program.client("Ana") as ana, program.client("Zoë") as zoe:
        ana.say("नमस्ते")
        assert zoe.hear(60) == Said(1, "Ana", "नमस्ते")
        assert ana.hear(60) == Joined("Zoë")


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_delivers_what_was_accepted_tells_everybody_and_ends(program: chat.Program, number: int) -> None:
    context = strangers_context(program)
    with Stranger(program, context) as ana, Stranger(program, context) as zoe, Stranger(program, context) as bo:
        for who, name in ((ana, "Ana"), (zoe, "Zoë"), (bo, "Bo")):  # Bo never reads
            who.log_in(name)
        for line in range(10):
            ana.say(f"line {line}")
        accepted = [ana.until("said")["number"] for _ in range(10)]
        os.kill(program.pid, number)
        for who in (ana, zoe):
            *lines, last = drop_members(who.rest())
            assert last["code"] == "stopping"
            if who is zoe:
                assert [line["number"] for line in lines] == accepted
        assert program.wait() == 0
        assert "lines: 10; errors: 3 stopping" in program.log
        *lines, last = drop_members(bo.rest())
        assert ([line["number"] for line in lines], last["code"]) == (accepted, "stopping")


@POSIX
def test_a_second_signal_ends_it_at_once(program: chat.Program) -> None:
    with Stranger(program, strangers_context(program)) as ana:
        ana.log_in("Ana")
        program.terminate()
        assert ana.until("error")["code"] == "stopping"  # it has seen the first
        program.terminate()
        assert program.wait() in (0, -signal.SIGTERM)


def strangers_context(program: chat.Program) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=program.authority_file)


def test_its_files_are_gone_afterwards() -> None:
    with chat.Program(["Ana"]) as program:
        folder = Path(program.authority_file).parent
        until(lambda: "listening on 127.0.0.1" in program.log)
        assert (folder / "accounts.json").exists()
    assert not folder.exists()


@pytest.mark.parametrize("wrong", [KeyboardInterrupt, OSError])
def test_where_it_does_not_start_its_files_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: type[BaseException]
) -> None:
    def fails(*_: object) -> None:
        raise wrong

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(program_of, "start", fails)
    with pytest.raises(wrong):
        chat.Program(["Ana"])
    assert list(tmp_path.iterdir()) == []


# --- what one types ---


def test_accounts(tmp_path: Path) -> None:
    file = str(tmp_path / "room.json")
    made = ran("account", "Ana", "--accounts", file)
    assert (made.returncode, made.stderr) == (0, f"The account Ana is in {file}. Keep its key secret.\n")
    ran("account", "李雷", "--accounts", file)
    accounts = chat.Accounts.load(file)
    assert accounts.names == ["Ana", "李雷"]
    assert accounts.key("Ana").hex() == made.stdout.strip()


def test_a_certificate_from_files(tmp_path: Path) -> None:
    authority, accounts = Authority(), chat.Accounts(["Ana"])
    accounts.save(tmp_path / "room.json")
    options = ["--accounts", str(tmp_path / "room.json"), "--certificate", authority.issue("chat.example").file]
    with subprocess.Popen(
        [*PYTHON, "server", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            host, port = child.stdout.readline().split()
            context = authority.client_context()
            with chat.Client((host, int(port)), "Ana", accounts.key("Ana"), context, host="chat.example") as ana:
                assert ana.members == {"Ana"}
        finally:
            child.kill()


@POSIX
def test_who_listens_on_more_than_loopback_is_told(tmp_path: Path) -> None:
    chat.Accounts(["Ana"]).save(tmp_path / "room.json")
    command = [*PYTHON, "server", "--accounts", str(tmp_path / "room.json"), "--host", "0.0.0.0", "--until-input-ends"]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=True, timeout=60)
    assert "NOTE: 0.0.0.0 is not this machine alone: whoever reaches port" in done.stderr
    assert "stopped; connections: 0" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "the following arguments are required: account | server | client; --help"),
        (["server"], 2, "the following arguments are required: --accounts; --help"),
        (["server", "--accounts", "nowhere.json"], 1, "No such file or directory: nowhere.json"),
        (["server", "--accounts", "x", "--port", "70000"], 2, "argument --port: a port is a number from 0 to 65535"),
        (["account", "<b>", "--accounts", "nowhere.json"], 1, "'<b>' cannot be the name of an account"),
        (
            ["client", "--port", "1", "--name", "Ana", "--key", "nowhere.key"],
            1,
            "No such file or directory: nowhere.key",
        ),
        (["client", "--port", "1", "--name", "Ana", "--key", "-"], 1, "a key is 32 bytes, written as 64 digits of hex"),
    ],
)
def test_bad_arguments_give_one_clear_sentence(arguments: list[str], code: int, sentence: str) -> None:
    done = ran(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1


# --- the terminal client ---


def client(program: chat.Program, name: str, key: Path) -> list[str]:
    key.write_text(program.accounts.key(name).hex(), "ascii")
    return [
        *(*PYTHON, "client", "--port", str(program.address[1]), "--authority", program.authority_file),
        *("--name", name, "--key", str(key)),
    ]


def test_the_terminal_client_through_pipes(program: chat.Program, tmp_path: Path) -> None:
    with program.client("Ana") as ana:
        command = client(program, "Zoë", tmp_path / "key")
        done = subprocess.run(
            command, input="नमस्ते\n\na\tb\nlast", capture_output=True, encoding="utf-8", check=True, timeout=60
        )
        assert done.stdout.splitlines()[0] == "You are Zoë. In the room: Ana, Zoë."
        assert done.stdout.splitlines()[-1] == "The end: bye."
        assert set(done.stdout.splitlines()[1:-1]) == {"Zoë: नमस्ते", "! bad-text: a text has no U+0009", "Zoë: last"}
        assert [ana.hear(60) for _ in range(3)] == [Joined("Zoë"), Said(1, "Zoë", "नमस्ते"), Said(2, "Zoë", "last")]


@POSIX
def test_the_terminal_client_in_a_terminal(program: chat.Program, tmp_path: Path) -> None:
    import pty

    screen, terminal = pty.openpty()
    with program.client("Ana") as ana:
        command = client(program, "Zoë", tmp_path / "key")
        with subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
        ) as child:
            os.close(terminal)
            shown_until(screen, "In the room: Ana, Zoë.")
            os.write(screen, "héllo\n".encode())
            shown_until(screen, "Zoë: héllo")
            assert [ana.hear(60) for _ in range(2)] == [Joined("Zoë"), Said(1, "Zoë", "héllo")]
            ana.say("<b>你好</b>")
            shown_until(screen, "Ana: <b>你好</b>")
            child.send_signal(signal.SIGINT)
            assert child.wait(60) == 130
        os.close(screen)
        assert [ana.hear(60) for _ in range(2)][-1] == Left("Zoë", "bye")


def shown_until(screen: int, text: str) -> None:
    """Read what the terminal shows, until this has come."""
    seen = b""
    while text.encode() not in seen:
        seen += os.read(screen, 4096)


def test_the_key_may_come_first_on_standard_input(program: chat.Program, tmp_path: Path) -> None:
    command = [*client(program, "Zoë", tmp_path / "key")[:-1], "-"]
    done = subprocess.run(
        command,
        input=f"{program.accounts.key('Zoë').hex()}\nhéllo\n",
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["You are Zoë. In the room: Zoë.", "Zoë: héllo", "The end: bye."]


def test_the_terminal_client_is_told_when_the_server_stops(program: chat.Program, tmp_path: Path) -> None:
    command = client(program, "Zoë", tmp_path / "key")
    with (
        program.client("Ana") as ana,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as child,
    ):
        assert ana.hear(60) == Joined("Zoë")
        program.terminate()
        assert child.wait(60) == 0
        assert child.stdout is not None
        assert child.stdout.read().endswith("The end: stopping.\n")
