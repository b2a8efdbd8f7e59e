"""Names and texts of strangers: which are allowed, and what is shown of the others."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.chat.refusal import Refusal
from labsupport.chat.words import check_name, check_text, shown

UNTIMED = settings(deadline=None)

GOOD_NAMES = [
    "Ana",
    "Zoë",
    "李雷",
    "नमस्ते",
    "محمد",
    "O.Brien-2",
    "7of9",
    "x_y",
    "é" * 32,
    "李" * 21,
    "a" * 64,
    "ǅ",
]
BAD_NAMES = {
    "": "from 1 to 64 bytes",
    "a" * 65: "from 1 to 64 bytes of UTF-8, not 65",
    "李" * 22: "from 1 to 64 bytes of UTF-8, not 66",
    "<b>Ana</b>": "no U+003C",
    "Ana&amp": "no U+0026",
    "Ana\x1b[31m": "no U+001B",
    "Ana\n": "no U+000A",
    "Ana Lima": "no U+0020",
    "Ana\u202eevil": "no U+202E",
    "Ana\u200b": "no U+200B",
    "Ana\u200d": "no U+200D",
    "½": "no U+00BD",
    "🎉": "no U+1F389",
    "-Ana": "begins with a letter",
    ".": "begins with a letter",
    "\u0301a": "begins with a letter",
    "Zoe\u0308": "form NFC",
    "\u212bngstro\u0308m": "form NFC",
}


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_name(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(("name", "why"), BAD_NAMES.items(), ids=ascii)
def test_no_name(name: str, why: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_name(name)
    assert refused.value.code == "bad-name"
    assert why in refused.value.text


@pytest.mark.parametrize(
    "text",
    [
        "a",
        " ",
        "<b>héllo</b> & 你好",
        "नमस्ते",
        "👩\u200d💻",
        "\u0645\u06cc\u200c\u062e",
        "x" * 1000,
        "é" * 500,
        "\u00a0",
    ],
)
def test_a_text(text: str) -> None:
    assert check_text(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "from 1 to 1000 bytes"),
        ("x" * 1001, "not 1001"),
        ("é" * 501, "not 1002"),
        *(
            (f"a{character}b", f"no U+{ord(character):04X}")
            for character in "\0\t\n\r\x1b\x7f\x85\u2028\u2029\u202e\u2066"
        ),
    ],
    ids=ascii,
)
def test_no_text(text: str, why: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_text(text)
    assert refused.value.code == "bad-text"
    assert why in refused.value.text


@UNTIMED
@given(st.text(st.characters(), max_size=60))
def test_what_is_shown_controls_nothing(text: str) -> None:
    found = shown(text)
    assert all(
        character in "\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        for character in found
    )
    found.encode()  # no half of a pair is left


def test_what_is_shown() -> None:
    assert shown("héllo 你好 <b>") == "héllo 你好 <b>"
    assert shown("a\x1b[2Jb\r\n\x9b\u202e\ud800\U000e0001") == r"a\x1b[2Jb\r\n\x9b\u202e\ud800\U000e0001"
    assert shown("abcdef", 3) == "abc…"
