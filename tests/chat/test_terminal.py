"""What a terminal shows of what a server sends: nothing that controls it."""

from __future__ import annotations

import pytest

from labsupport.chat.messages import Bye, Error, FromServer, Joined, Left, Said
from labsupport.chat.terminal import sentence


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (Said(1, "Zoë", "<b>你好</b>"), "Zoë: <b>你好</b>"),
        (Said(1, "Z\x1b[2J", "a\x1b]0;owned\x07\nAna: b"), r"Z\x1b[2J: a\x1b]0;owned\x07\nAna: b"),
        (Joined("\u202eevil"), r"* \u202eevil is in"),
        (Left("Zoë", "\x9b31m"), r"* Zoë is out (\x9b31m)"),
        (Error("bad-text", "no\rthing"), r"! bad-text: no\rthing"),
        (Bye(), "* bye"),
    ],
)
def test_a_sentence(message: FromServer, line: str) -> None:
    assert sentence(message) == line
