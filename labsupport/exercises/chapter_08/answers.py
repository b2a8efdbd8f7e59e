"""Right answers of this chapter, written in other ways."""

from __future__ import annotations

from typing import Final

__all__ = ["ASYNCIO", "HAND_WRITTEN", "SELECTORS", "TABLE"]

#: An echo that holds, with a coroutine for each client; its rate is one of tokens.
ASYNCIO: Final = """\
import asyncio
from time import monotonic


def hold_through(listener, limits):
    asyncio.run(main(listener, limits))


async def main(listener, limits):
    here = set()

    async def attend(reader, writer):
        if len(here) < limits.clients:
            here.add(writer)
            try:
                await converse(reader, writer, limits)
            except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
                pass
            here.discard(writer)
        writer.close()

    async with await asyncio.start_server(attend, sock=listener, limit=limits.line) as server:
        await server.serve_forever()


async def converse(reader, writer, limits):
    tokens, since = limits.rate, monotonic()
    while True:
        async with asyncio.timeout(limits.seconds):
            line = await reader.readuntil(b"\\n")
        if monotonic() - since >= 1:
            tokens, since = limits.rate, monotonic()
        if tokens == 0 or len(line) > limits.line:
            return
        tokens -= 1
        writer.write(line)
        await writer.drain()
"""

#: The same with all clients in one thread.
SELECTORS: Final = """\
import selectors
import time


class Client:
    def __init__(self, sock, limits):
        self.sock, self.limits, self.pending = sock, limits, b""
        self.times, self.since = [], time.monotonic()

    def goes_on(self):
        data = self.sock.recv(1024)
        self.pending += data
        while b"\\n" in self.pending:
            line, self.pending = self.pending.split(b"\\n", 1)
            now = self.since = time.monotonic()
            self.times = [each for each in self.times if now - each < 1] + [now]
            if len(line) >= self.limits.line or len(self.times) > self.limits.rate:
                return False
            self.sock.sendall(line + b"\\n")
        return len(self.pending) <= self.limits.line and bool(data)

    def is_late(self):
        return time.monotonic() - self.since > self.limits.seconds


def hold_through(listener, limits):
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    clients = {}
    while True:
        for key, _ in selector.select(0.05):
            if key.fileobj is listener:
                sock, _ = listener.accept()
                if len(clients) == limits.clients:
                    sock.close()
                    continue
                sock.setblocking(False)
                clients[sock] = Client(sock, limits)
                selector.register(sock, selectors.EVENT_READ)
                continue
            try:
                if clients[key.fileobj].goes_on():
                    continue
            except OSError:
                pass
            leave(selector, clients, key.fileobj)
        for client in list(clients.values()):
            if client.is_late():
                leave(selector, clients, client.sock)


def leave(selector, clients, sock):
    selector.unregister(sock)
    del clients[sock]
    sock.close()
"""

#: A session of the chat that looks each message up in a table of its state.
TABLE: Final = """\
from labsupport import chat
from labsupport.chat import messages, words


class Connection:
    def __init__(self, accounts, challenge):
        self.accounts, self.challenge = accounts, challenge.hex()
        self.frames, self.allowed, self.count = chat.Frames(4096), {messages.Hello: self.hello}, 0
        self.inside = {messages.Say: self.say, messages.Ping: self.ping, messages.Bye: self.bye}

    over = property(lambda self: not self.allowed)

    def receive(self, data):
        self.out = b""
        try:
            for body in self.frames.receive(data):
                try:
                    self.handle(messages.from_client(body))
                except chat.Refusal as refusal:
                    self.refuse(refusal)
                if self.over:
                    return self.out
        except chat.Refusal as refusal:
            self.refuse(refusal)
        return self.out

    def handle(self, message):
        if message is None and self.allowed is self.inside:
            return
        if type(message) not in self.allowed:
            raise chat.Refusal("not-now")
        self.allowed[type(message)](message)

    def refuse(self, refusal):
        if self.over:
            return
        more = [(1,)] if refusal.code == "no-version" else []
        self.send(messages.Error(refusal.code, refusal.text, *more))
        if self.allowed is not self.inside or refusal.code not in {"bad-message", "bad-text"}:
            self.allowed = {}

    def send(self, message):
        self.out += chat.encode(message)

    def hello(self, message):
        if 1 not in message.versions:
            raise chat.Refusal("no-version")
        self.send(messages.Challenge(1, self.challenge))
        self.allowed = {messages.Login: self.login}

    def login(self, message):
        self.name = words.check_name(message.name)
        if not self.accounts.proved(message.name, self.challenge, message.proof):
            raise chat.Refusal("login-refused")
        self.send(messages.Welcome(self.name))
        self.send(messages.Members((self.name,), False))
        self.allowed = self.inside

    def say(self, message):
        words.check_text(message.text)
        self.count += 1
        self.send(messages.Said(self.count, self.name, message.text))

    def ping(self, message):
        self.send(messages.Pong())

    def bye(self, message):
        self.send(message)
        self.allowed = {}


def chat_session(accounts, challenge):
    return Connection(accounts, challenge)
"""

#: A client of the chat that takes nothing of ours: it was written from the page.
HAND_WRITTEN: Final = """\
import hashlib
import hmac
import json
import socket
import struct
from time import sleep


def chat_client(address, host, context, name, key, texts):
    tls = context.wrap_socket(socket.create_connection(address, 5), server_hostname=host)
    try:
        return talk(tls.makefile("rb"), tls, name, key, texts)
    finally:
        tls.close()


def talk(file, tls, name, key, texts):
    def send(**message):
        body = json.dumps(message).encode()
        tls.sendall(struct.pack("!I", len(body)) + body)

    def hear():
        head = file.read(4)
        body = file.read(struct.unpack("!I", head)[0]) if len(head) == 4 else b""
        try:
            return json.loads(body.decode())
        except ValueError:
            raise ConnectionError("the server has gone, or is none") from None

    send(type="hello", versions=[1])
    challenge = hear()
    if challenge["type"] == "error":
        raise PermissionError(challenge["text"])
    said = b"loopback-chat 1 login:" + bytes.fromhex(challenge["challenge"]) + name.encode()
    send(type="login", name=name, proof=hmac.new(key, said, hashlib.sha256).hexdigest())
    if hear()["type"] != "welcome":
        raise PermissionError("not welcome")
    for number, text in enumerate(texts):  # ten at once, then eight a second
        sleep(number // 10 and 1 / 8)
        send(type="say", text=text)
    heard, missing = [], len(texts)
    while missing:
        message = hear()
        if message["type"] == "said":
            heard.append((message["name"], message["text"]))
            missing -= message["name"] == name
        elif message["type"] == "error":
            missing -= 1
    send(type="bye")
    while hear()["type"] != "bye":
        pass
    return heard
"""
