"""A client for people: lines of standard input are said, and what is heard is printed, harmlessly."""

from __future__ import annotations

import codecs
import sys
import threading
from collections.abc import Callable, Iterator

from .client import Client, Gone
from .messages import Error, FromServer, Joined, Left, Said
from .refusal import Refusal
from .words import shown

__all__ = ["converse", "sentence"]


def converse(client: Client, write: Callable[[str], object] = print) -> Gone:
    """Say what standard input has, write what is heard, until one of both ends; how it ended.

    The end of the input says bye.  A line that cannot be said is told, and the talk goes on.
    """
    write(f"You are {shown(client.name)}. In the room: {', '.join(map(shown, sorted(client.members)))}.")
    threading.Thread(target=_say_all, args=(client, write), name="what is typed", daemon=True).start()
    while True:
        try:
            if (message := client.hear()) is not None:
                write(sentence(message))
        except Gone as gone:
            return gone


def sentence(message: FromServer) -> str:
    """A message as a line for a terminal."""
    match message:
        case Said(_, name, text):
            return f"{shown(name)}: {shown(text)}"
        case Joined(name):
            return f"* {shown(name)} is in"
        case Left(name, why):
            return f"* {shown(name)} is out ({shown(why)})"
        case Error(code, text):
            return f"! {shown(code)}: {shown(text)}"
        case _:
            return f"* {type(message).__name__.lower()}"


def _say_all(client: Client, write: Callable[[str], object]) -> None:
    try:
        for line in _lines():
            try:
                if line:
                    client.say(line)
            except Refusal as refusal:
                write(f"! {refusal}")
        client.leave()
    except Gone:
        pass  # who hears is told


def _lines() -> Iterator[str]:
    """The lines of standard input.  No lock of `sys.stdin`'s is held while it waits: the interpreter could not end."""
    decoder = codecs.getincrementaldecoder(sys.stdin.encoding or "utf-8")("replace")
    rest = ""
    with open(0, "rb", buffering=0, closefd=False) as typed:  # os.read() has a Windows console's code page, not UTF-8
        while data := typed.read(4096):
            *lines, rest = (rest + decoder.decode(data)).split("\n")
            yield from (line.removesuffix("\r") for line in lines)
    yield rest + decoder.decode(b"", True)
