"""A client and a server by somebody who saw nothing but the specification, against ours."""

from __future__ import annotations

import json
import os
import queue
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from labsupport import chat
from labsupport.chat.messages import Joined, Left, Said
from labsupport.tls import Authority
from tests.chat.people import Stranger

STRANGER = Path(__file__).parent / "stranger"
NAMES = ["Ana", "Zoë", "李雷"]
PATIENCE = 60.0


class Child:
    """A child process that is spoken to line by line; it is ended at the latest with the block."""

    def __init__(self, *command: str | Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put("")

    def line(self) -> str:
        """The next line; an empty one at the end."""
        return self._lines.get(timeout=PATIENCE)

    def until(self, kind: str) -> dict[str, Any]:
        """The next message of this type."""
        heard = []
        while line := self.line():
            heard.append(line)
            message: dict[str, Any] = json.loads(line)
            if message["type"] == kind:
                return message
        raise AssertionError(f"no {kind} came: {heard}")

    def write(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self) -> int:
        return self.process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


# --- the stranger's client, our server ---


@pytest.fixture
def service() -> Iterator[chat.Running]:
    with chat.Running(NAMES) as running:
        yield running


def strangers_client(service: chat.Running, folder: Path, name: str, key: bytes | None = None) -> Child:
    key_file = folder / f"{name}.key"
    key_file.write_text((key or service.accounts.key(name)).hex())
    host, port = service.address
    return Child(STRANGER / "client.py", host, str(port), name, key_file, service.authority.file)


def test_the_strangers_client_logs_in_talks_and_leaves(service: chat.Running, tmp_path: Path) -> None:
    with service.client("Ana") as ana, strangers_client(service, tmp_path, "Zoë") as zoe:
        assert zoe.until("welcome")["name"] == "Zoë"
        assert zoe.until("members")["names"] == ["Ana", "Zoë"]
        assert ana.hear(PATIENCE) == Joined("Zoë")
        ana.say('नमस्ते <b>"\\')
        said = zoe.until("said")
        assert (said["number"], said["name"], said["text"]) == (1, "Ana", 'नमस्ते <b>"\\')
        zoe.write("say Grüße, 李雷 🌍")
        zoe.write("ping")
        assert zoe.until("said")["text"] == "Grüße, 李雷 🌍"
        zoe.until("pong")
        assert [ana.hear(PATIENCE) for _ in range(2)] == [
            Said(1, "Ana", 'नमस्ते <b>"\\'),
            Said(2, "Zoë", "Grüße, 李雷 🌍"),
        ]
        with service.client("李雷"):
            assert zoe.until("joined")["name"] == "李雷"
        left = zoe.until("left")
        assert (left["name"], left["why"]) == ("李雷", "bye")
        zoe.write("bye")
        zoe.until("bye")
        assert zoe.line() == ""
        assert zoe.wait() == 0
        assert [ana.hear(PATIENCE) for _ in range(3)] == [Joined("李雷"), Left("李雷", "bye"), Left("Zoë", "bye")]


def test_a_text_that_is_refused_keeps_the_strangers_client(service: chat.Running, tmp_path: Path) -> None:
    with strangers_client(service, tmp_path, "Ana") as ana:
        ana.write("say \u202eright to left")
        ana.write("say")
        ana.write("say left to right")
        assert [ana.until("error")["code"] for _ in range(2)] == ["bad-text", "bad-text"]
        assert ana.until("said")["number"] == 1
        ana.write("bye")
        assert ana.wait() == 0


@pytest.mark.parametrize(("name", "key"), [("Ana", bytes(32)), ("Nobody", bytes(32))])
def test_the_strangers_client_with_a_wrong_key(service: chat.Running, tmp_path: Path, name: str, key: bytes) -> None:
    with strangers_client(service, tmp_path, name, key) as child:
        assert child.until("error")["code"] == "login-refused"
        assert child.line() == ""
        assert child.wait() == 1


def test_the_strangers_client_trusts_no_other_authority(service: chat.Running, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(service.accounts.key("Ana").hex())
    host, port = service.address
    with Child(STRANGER / "client.py", host, str(port), "Ana", tmp_path / "key", Authority().file) as child:
        assert "CERTIFICATE_VERIFY_FAILED" in child.until("error")["text"]
        assert child.wait() == 1


def test_the_strangers_client_hears_that_the_server_stops(service: chat.Running, tmp_path: Path) -> None:
    with strangers_client(service, tmp_path, "Ana") as ana:
        ana.until("members")
        service.ask_to_stop()
        assert ana.until("error")["code"] == "stopping"
        assert ana.wait() == 1


# --- our client, the stranger's server ---


class StrangersServer(Child):
    """The stranger's server with accounts, and clients of ours for it."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.accounts = Authority(), chat.Accounts(NAMES)
        accounts = folder / "accounts.json"
        accounts.write_text(json.dumps({name: self.accounts.key(name).hex() for name in NAMES}))
        certificate = self.authority.issue("localhost").file
        super().__init__(STRANGER / "server.py", accounts, certificate, certificate)
        host, port = self.line().split()
        self.address = host, int(port)

    def client(self, name: str, key: bytes | None = None, context: ssl.SSLContext | None = None) -> chat.Client:
        context = context or self.authority.client_context()
        return chat.Client(self.address, name, key or self.accounts.key(name), context, timeout=PATIENCE)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StrangersServer]:
    with StrangersServer(tmp_path) as running:
        yield running


def test_our_clients_talk_on_the_strangers_server(server: StrangersServer) -> None:
    with server.client("Ana") as ana:
        with server.client("Zoë") as zoe:
            assert (ana.members, zoe.members) == ({"Ana"}, {"Ana", "Zoë"})
            ana.say("नमस्ते")
            zoe.say("Grüße 🌍")
            assert ana.hear(PATIENCE) == Joined("Zoë")
            heard = [[one.hear(PATIENCE) for _ in range(2)] for one in (ana, zoe)]
            assert heard[0] == heard[1]
            assert {(said.name, said.text) for said in heard[0] if isinstance(said, Said)} == {
                ("Ana", "नमस्ते"),
                ("Zoë", "Grüße 🌍"),
            }
        assert ana.hear(PATIENCE) == Left("Zoë", "bye")
        with closing(server.client("李雷")) as lost:
            assert ana.hear(PATIENCE) == Joined("李雷")
            lost.cut()
            assert ana.hear(PATIENCE) == Left("李雷", "lost")


def test_the_strangers_server_refuses_as_ours_does(server: StrangersServer) -> None:
    with server.client("Ana"):
        for name, key, code in [("Zoë", bytes(32), "login-refused"), ("Ana", None, "name-in-use")]:
            with pytest.raises(chat.Gone) as gone:
                server.client(name, key)
            assert gone.value.code == code
    with Stranger(server, server.authority.client_context()) as zoe:  # our client would not send this
        zoe.log_in("Zoë").say("\u202e")
        zoe.send({"type": "say"}, {"type": "later"}, {"type": "hello", "versions": [1]})
        assert [message["code"] for message in zoe.rest()] == ["bad-text", "bad-message", "not-now"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_strangers_server_stops_on_a_signal(server: StrangersServer) -> None:
    with ExitStack() as stack:
        people = [stack.enter_context(closing(server.client(name))) for name in NAMES]
        people[0].say("the last line")
        assert people[0].hear(PATIENCE) == Joined("Zoë")
        server.process.send_signal(signal.SIGTERM)
        for one in people:
            heard: list[object] = []
            with pytest.raises(chat.Gone) as gone:
                heard.extend(iter(partial(one.hear, PATIENCE), None))
            assert gone.value.code == "stopping"
        assert server.wait() == 0


def test_our_terminal_client_on_the_strangers_server(server: StrangersServer, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(server.accounts.key("Zoë").hex())
    options: list[str | Path] = ["--port", str(server.address[1]), "--name", "Zoë", "--key", tmp_path / "key"]
    with (
        server.client("Ana") as ana,
        Child("-m", "labsupport.chat", "client", *options, "--authority", server.authority.file) as zoe,
    ):
        assert ana.hear(PATIENCE) == Joined("Zoë")
        zoe.write("Grüße")
        assert ana.hear(PATIENCE) == Said(1, "Zoë", "Grüße")
        ana.say("auch Grüße")
        while "auch Grüße" not in (line := zoe.line()):
            assert line
        zoe.end_input()
        assert ana.hear(PATIENCE) == Said(2, "Ana", "auch Grüße")
        assert ana.hear(PATIENCE) == Left("Zoë", "bye")
        assert zoe.wait() == 0
