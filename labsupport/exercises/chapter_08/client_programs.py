"""The programs of `chat_client`: the starter, a solution, and the parts of it that the wrong ones exchange."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import changed, fill

__all__ = ["BYE", "KEPT", "PACED", "STARTER", "TAKES", "YIELDS", "written"]

STARTER: Final = '''\
import socket
import time

from labsupport.chat import Frames, encode, proof
from labsupport.chat.messages import Bye, Hello, Login, Say  # what you say
from labsupport.chat.messages import Challenge, Error, Said, Welcome, from_server


def chat_client(address, host, context, name, key, texts):
    """Log in, say the texts, leave.  What was said: (name, text), up to one's own last line."""
    with socket.create_connection(address, timeout=5) as sock:
        with context.wrap_socket(sock, server_hostname=host) as tls:
            incoming = received(tls)
            raise NotImplementedError


def received(tls):
    """The messages that come, one after the other, but for those of a type that we do not know."""
    frames = Frames(4096)
    while data := tls.recv(4096):
        for body in frames.receive(data):
            message = from_server(body)
            if message is not None:
                yield message
    raise ConnectionResetError("the server has gone")
'''

PACED: Final = """\
    if number >= 10:
        time.sleep(1 / 8)
"""
KEPT: Final = """\
            if message.code != "bad-text":
                raise ConnectionAbortedError(message.code)
            break
"""
TAKES: Final = (
    """\
    for message in incoming:
        if isinstance(message, Said):
            heard.append((message.name, message.text))
            if message.name == name:
                break
        elif isinstance(message, Error):
"""
    + KEPT
)
BYE: Final = """\
tls.sendall(encode(Bye()))
while not isinstance(next(incoming), Bye):
    pass
"""
_EXPECT: Final = '''

def expect(kind, incoming):
    """The next message, which is to be of this kind."""
    message = next(incoming)
    if not isinstance(message, kind):
        raise PermissionError(message.code if isinstance(message, Error) else f"not expected: {message}")
    return message
'''
_BODY: Final = (
    """\
tls.sendall(encode(Hello((1,))))
challenge = expect(Challenge, incoming)
tls.sendall(encode(Login(name, proof(key, challenge.challenge, name))))
expect(Welcome, incoming)
heard = []
for number, text in enumerate(texts):
"""
    + PACED
    + """\
    tls.sendall(encode(Say(text)))
"""
    + TAKES
    + BYE
    + "return heard\n"
)
YIELDS: Final = """\
            message = from_server(body)
            if message is not None:
                yield message
"""


def written(*changes: tuple[str, str], expect: str = _EXPECT) -> str:
    """A whole answer, with these parts exchanged."""
    source = fill(STARTER, _BODY) + expect
    for old, new in changes:
        lines = "".join(f"            {line}\n" if line else "\n" for line in old.splitlines())
        source = changed(source, (old, new) if old in source else (lines, _indented(new)))
    return source


def _indented(text: str) -> str:
    return "".join(f"            {line}\n" for line in text.splitlines())
