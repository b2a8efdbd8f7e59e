"""A client for Loopback chat, version 1, from its specification: python client.py HOST PORT NAME KEYFILE AUTHORITY.pem

Each message that it hears is one line of JSON (in ASCII) on stdout; commands, one a line, come from stdin:
`say TEXT`, `ping`, `bye`. The end of stdin is a `bye`. The exit code is 0 after `bye`, else 1.
"""

import argparse
import io
import json
import queue
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import wire
from tunnel import Tunnel

LOGIN_SECONDS = 15.0
PING_SECONDS = 30.0
SILENCE_SECONDS = 75.0  # two pings without any answer
BURST, RATE = 10, 8.0
KEPT = {"bad-message", "bad-text"}


class ChatError(Exception):
    """Why the client gives up, with a code of its own."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class ServerSaidError(Exception):
    """The server said `error` and closes; the message is printed already."""


class Sender(threading.Thread):
    """Sends the commands, no faster than is safe, and a `ping` when there were none for long."""

    def __init__(self, tunnel: Tunnel) -> None:
        super().__init__(daemon=True)
        self.commands: queue.Queue[wire.Message] = queue.Queue()
        self.pings = 0
        self.said_bye = False
        self._tunnel = tunnel
        self._tokens, self._counted = float(BURST), time.monotonic()

    def run(self) -> None:
        while not self.said_bye:
            try:
                message = self.commands.get(timeout=PING_SECONDS)
            except queue.Empty:
                message = {"type": "ping"}
            try:
                frame = wire.pack(message)
            except (wire.FrameError, UnicodeEncodeError) as error:
                print(f"not sent: {error}", file=sys.stderr)
                continue
            self._wait_for_token()
            self.pings += message["type"] == "ping"
            self.said_bye = message["type"] == "bye"
            try:
                self._tunnel.send(frame)
            except OSError:
                return  # the reader learns why

    def _wait_for_token(self) -> None:
        while True:
            now = time.monotonic()
            self._tokens = min(BURST, self._tokens + (now - self._counted) * RATE)
            self._counted = now
            if self._tokens >= 1:
                self._tokens -= 1
                return
            time.sleep((1 - self._tokens) / RATE)


def read_commands(commands: queue.Queue[wire.Message]) -> None:
    """Passes on what stdin says. Unbuffered, as a buffer's lock would be held when the program ends."""
    for line in io.FileIO(0, closefd=False):
        try:
            verb, _, rest = line.rstrip(b"\n").decode("utf-8").partition(" ")
        except UnicodeDecodeError:
            print("a command is not UTF-8", file=sys.stderr)
            continue
        if verb == "say":
            commands.put({"type": "say", "text": rest})
        elif verb in ("ping", "bye"):
            commands.put({"type": verb})
        elif verb:
            print(f"no such command: {verb!a}", file=sys.stderr)
    commands.put({"type": "bye"})


class Session:
    """One login and one stay; a server that breaks the rules is left."""

    def __init__(self, tunnel: Tunnel, name: str) -> None:
        self._tunnel = tunnel
        self._name = name
        self._members: set[str] = set()
        self._number: int | None = None  # of the next line
        self._pongs = 0
        self._in = False
        self._sender = Sender(tunnel)
        self._frames = self._read_frames()

    def run(self, key: bytes) -> None:
        self._tunnel.send(wire.pack({"type": "hello", "versions": [wire.VERSION]}))
        challenge = self._expect("challenge")
        if challenge["version"] != wire.VERSION:
            raise ChatError("bad-server", "the server chose a version that was not offered")
        proof = wire.proof(key, bytes.fromhex(str(challenge["challenge"])), self._name)
        self._tunnel.send(wire.pack({"type": "login", "name": self._name, "proof": proof}))
        if self._expect("welcome")["name"] != self._name:
            raise ChatError("bad-server", "the server welcomes somebody else")
        self._in = True
        self._hear_members()
        self._tunnel.sock.settimeout(SILENCE_SECONDS)
        self._sender.start()
        threading.Thread(target=read_commands, args=[self._sender.commands], daemon=True).start()
        while (message := self._next())["type"] != "bye":
            self._follow(message)
        if not self._sender.said_bye:
            raise ChatError("bad-server", "a bye that was not asked for")

    def _read_frames(self) -> Iterator[bytes]:
        buffer = bytearray()
        while data := self._tunnel.receive():
            buffer += data
            while (frame := wire.take_frame(buffer)) is not None:
                yield frame
        raise ChatError("lost", "the server closed the connection")

    def _next(self) -> wire.Message:
        """The next message that counts, checked and printed."""
        while True:
            try:
                message = wire.parse(next(self._frames))
            except (wire.FrameError, wire.StrictJsonError) as error:
                raise ChatError("bad-server", f"the server broke the rules: {error}") from error
            kind = message.get("type")
            fields = wire.FROM_SERVER.get(kind) if isinstance(kind, str) else None
            if fields is None and isinstance(kind, str) and self._in and kind not in wire.FROM_CLIENT:
                continue
            if fields is None or not wire.fits(message, fields):
                raise ChatError("bad-server", f"the server sent what is no message: {message!a:.200}")
            show(message)
            if kind == "error" and not (self._in and message["code"] in KEPT):
                raise ServerSaidError
            return message

    def _expect(self, kind: str) -> wire.Message:
        message = self._next()
        if message["type"] != kind:
            raise ChatError("bad-server", f"{message['type']} in place of {kind}")
        return message

    def _hear_members(self) -> None:
        more = True
        while more:
            message = self._expect("members")
            names, more = message["names"], message["more"] is True
            assert isinstance(names, list)
            if len(set(names)) != len(names) or not self._members.isdisjoint(names):
                raise ChatError("bad-server", "a member twice")
            self._members.update(names)
        if self._name not in self._members:
            raise ChatError("bad-server", "we are not among the members")

    def _follow(self, message: wire.Message) -> None:
        """Keeps the list of members, and holds the server to it."""
        kind, name, number = message["type"], message.get("name"), message.get("number")
        if kind == "joined" and name not in self._members:
            self._members.add(str(name))
        elif kind == "left" and name in self._members and name != self._name:
            self._members.remove(str(name))
        elif kind == "said" and name in self._members and isinstance(number, int) and self._number in (None, number):
            self._number = number + 1
        elif kind == "pong" and self._pongs < self._sender.pings:
            self._pongs += 1
        elif kind != "error":
            raise ChatError("bad-server", f"an unexpected {kind}")


def show(message: wire.Message) -> None:
    """ASCII only, so nothing in it can act on a terminal."""
    print(json.dumps(message), flush=True)


def chat(arguments: argparse.Namespace) -> None:
    try:
        key = wire.read_key(Path(arguments.keyfile).read_text("ascii"))
        context = ssl.create_default_context(cafile=arguments.authority)
    except (OSError, ValueError) as error:
        raise ChatError("no-key", f"the key or the authority cannot be read: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    sock = socket.create_connection((arguments.host, arguments.port), timeout=LOGIN_SECONDS)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tunnel = Tunnel(sock, context, arguments.host_name)
    try:
        tunnel.handshake()
        Session(tunnel, arguments.name).run(key)
    finally:
        tunnel.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="A client for Loopback chat.")
    for argument in ("host", "port", "name", "keyfile", "authority"):
        parser.add_argument(argument, type=int if argument == "port" else str)
    parser.add_argument("--host-name", default="localhost", help="the name in the server's certificate")
    try:
        chat(parser.parse_args())
    except ServerSaidError:
        return 1
    except ChatError as fault:
        show({"type": "error", "code": fault.code, "text": str(fault)})
        return 1
    except OSError as error:
        show({"type": "error", "code": "lost", "text": str(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
