"""JSON that is no message, messages with wrong fields, unknown ones; and what is encoded comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.chat import messages as m
from labsupport.chat.bodies import DEPTH, loaded
from labsupport.chat.refusal import Refusal

UNTIMED = settings(deadline=None)
HEX = "0123456789abcdef" * 4


def nested(levels: int) -> bytes:
    """An object in which so many objects and arrays are one inside the other, itself included."""
    return b'{"type":"ping","x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


BAD_JSON = {
    "half a character": '{"type":"say","text":"é"}'.encode().replace(b"\xc3\xa9", b"\xc3"),
    "latin-1": '{"type":"say","text":"é"}'.encode("latin-1"),
    "half of a surrogate pair": rb'{"type":"say","text":"\ud83d"}',
    "half of a pair as a key": rb'{"type":"ping","\udc00":1}',
    "a surrogate in UTF-8": b'{"type":"say","text":"\xed\xa0\xbd"}',
    "a byte order mark": b"\xef\xbb\xbf" + b'{"type":"ping"}',
    "UTF-16": '{"type":"ping"}'.encode("utf-16"),
    "NaN": b'{"type":"ping","x":NaN}',
    "Infinity": b'{"type":"ping","x":[-Infinity]}',
    "a key twice": b'{"type":"say","text":"a","text":"b"}',
    "a key twice inside": b'{"type":"ping","x":{"a":1,"a":2}}',
    "an array": b"[]",
    "a string": b'"bye"',
    "null": b"null",
    "two objects": b"{}{}",
    "half an object": b'{"type":',
    "a comma too many": b'{"type":"ping",}',
    "a newline in a string": b'{"type":"say","text":"a\nb"}',
    "a NUL": b"\0",
    "too deep": nested(DEPTH + 1),
    "much too deep": b"[" * 4096,
    "much too deep in an object": b'{"x":' * 800,
}


@pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON)
def test_bad_json(body: bytes) -> None:
    for read in (m.from_client, m.from_server):
        with pytest.raises(Refusal) as refused:
            read(body)
        assert refused.value.code == "bad-json"


def test_deep_but_not_too_deep() -> None:
    assert m.from_client(nested(DEPTH)) == m.Ping()
    assert m.from_client(b' \t{"type" :\r\n"ping"} ') == m.Ping()


BAD_MESSAGES: dict[str, dict[str, Any]] = {
    "no type": {},
    "a type that is no string": {"type": 7},
    "no versions": {"type": "hello"},
    "versions is no list": {"type": "hello", "versions": 1},
    "an empty list": {"type": "hello", "versions": []},
    "too many": {"type": "hello", "versions": list(range(1, 18))},
    "true is no number": {"type": "hello", "versions": [True]},
    "1.0 is no whole number": {"type": "hello", "versions": [1.0]},
    "0": {"type": "hello", "versions": [1, 0]},
    "65536": {"type": "hello", "versions": [65_536]},
    "a version in quotes": {"type": "hello", "versions": ["1"]},
    "no proof": {"type": "login", "name": "Ana"},
    "a proof in capitals": {"type": "login", "name": "Ana", "proof": HEX.upper()},
    "a short proof": {"type": "login", "name": "Ana", "proof": HEX[1:]},
    "a proof and a newline": {"type": "login", "name": "Ana", "proof": HEX + "\n"},
    "a name that is no string": {"type": "login", "name": ["Ana"], "proof": HEX},
    "no text": {"type": "say"},
    "null is no text": {"type": "say", "text": None},
    "a number is no text": {"type": "say", "text": 5},
}


@pytest.mark.parametrize("message", BAD_MESSAGES.values(), ids=BAD_MESSAGES)
def test_bad_messages(message: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        m.from_client(json.dumps(message).encode())
    assert refused.value.code == "bad-message"


def test_what_is_not_listed_is_ignored() -> None:
    assert m.from_client(b'{"type":"say","text":"a","colour":"red","at":1e999}') == m.Say("a")
    assert m.from_client(b'{"type":"typing"}') is None
    assert m.from_server(b'{"type":"say","text":"a"}') is None
    assert m.from_server(b'{"type":"error","code":"of-tomorrow","text":"?"}') == m.Error("of-tomorrow", "?")
    assert m.from_client(b'{"type":"Say","text":"a"}') is None


STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MESSAGES = st.one_of(
    st.builds(m.Hello, st.lists(st.integers(1, 65_535), min_size=1, max_size=16).map(tuple)),
    st.builds(m.Login, STRINGS, st.just(HEX)),
    st.builds(m.Say, STRINGS),
    st.builds(m.Challenge, st.integers(1, 65_535), st.just(HEX)),
    st.builds(m.Welcome, STRINGS),
    st.builds(m.Members, st.lists(STRINGS, max_size=5).map(tuple), st.booleans()),
    st.builds(m.Joined, STRINGS),
    st.builds(m.Said, st.integers(min_value=1), STRINGS, STRINGS),
    st.builds(m.Left, STRINGS, STRINGS),
    st.builds(m.Error, STRINGS, STRINGS, st.none() | st.just((1,))),
    st.sampled_from([m.Ping(), m.Pong(), m.Bye()]),
)


@UNTIMED
@given(MESSAGES)
def test_what_is_encoded_comes_back(message: m.Message) -> None:
    body = m.encode(message)[4:]
    name = type(message).__name__.lower()
    assert loaded(body)["type"] == name
    if name in m.FROM_CLIENT:
        assert m.from_client(body) == message
    if name in m.FROM_SERVER:
        assert m.from_server(body) == message


@UNTIMED
@given(st.binary(max_size=60))
def test_any_bytes_give_a_message_or_a_refusal(body: bytes) -> None:
    codes = []
    try:
        m.from_client(body)
    except Refusal as refusal:
        codes.append(refusal.code)
    assert codes in ([], ["bad-json"], ["bad-message"])
