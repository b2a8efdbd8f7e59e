from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.pictures.characters import characters
from labsupport.pictures.ladder.words import cells, fit, shown


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"hello", "hello"),
        (b"hello ", "hello␣"),
        (b"a\r\n", "a\\r\\n"),
        ("héllo".encode(), "héllo"),
        ("你好".encode(), "你好"),
        (b"\xc3", "\\xc3"),
        (b"caf\xc3", "caf\\xc3"),
        (b"\x16\x03\x01\x02\x00\x01\xff\xfe", "16 03 01 02 …"),
        (b"x" * 50, "x" * 13 + "…"),
        (b"", ""),
    ],
)
def test_bytes_are_shown_as_text_where_they_are_text(data: bytes, text: str) -> None:
    assert shown(data, 14) == text


@given(st.binary(max_size=200), st.integers(4, 30))
def test_shown_bytes_are_printable_and_fit(data: bytes, limit: int) -> None:
    text = shown(data, limit)
    assert cells(text) <= limit
    assert text.isprintable()


@given(st.text(max_size=40), st.integers(1, 20))
def test_a_text_that_is_cut_says_so(text: str, limit: int) -> None:
    found = fit(text, limit)
    assert cells(found) <= max(limit, 1)
    assert found == text or found.endswith("…")


@given(st.binary(max_size=60))
def test_characters_cover_the_bytes_without_gap_or_overlap(data: bytes) -> None:
    found = list(characters(data))
    assert [one.start for one in found] + [len(data)] == [0] + [one.end for one in found]
    assert all(one.broken == (not one.text) for one in found)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1))
def test_text_is_never_broken(text: str) -> None:
    found = list(characters(text.encode()))
    assert "".join(one.text for one in found).replace("␣", " ") == text
    assert [one.length for one in found] == [len(character.encode()) for character in text]
