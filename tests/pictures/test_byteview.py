from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labsupport.pictures import Picture
from labsupport.pictures.byteview import ByteView, view
from tests.pictures.histories import Script
from tests.pictures.reading import parsed, sizes, texts


def test_each_byte_has_its_hex_its_character_and_the_number_of_its_send() -> None:
    script = Script()
    near, far = script.connect(script.main)
    first, second = script.send(script.main, near, "hé".encode()), script.send(script.main, near, b"o\n")
    done = script.sync(script.main, "set", 1)
    script.sync(script.server, "wait", 1, done.end)
    script.recv(script.server, far, "héo\n".encode(), first, second)
    picture = Picture(script.events(2))
    found = view(picture, picture.calls(op="recv")[0])
    assert found.text().splitlines() == [
        "    0  hex   68  c3  a9  6f  0a",
        "       text  h   é   ·   o   \\n",
        "       send  1   1   1   2   2",
    ]
    said = texts(found.svg())
    assert [text for text in said if text in "12"] == ["1", "2"]
    assert said.count("é") == 1
    assert view(picture, picture.calls(op="sendall")[1]).text().endswith("send  2   2")


@given(st.binary(max_size=300))
def test_any_bytes_make_a_well_formed_view(data: bytes) -> None:
    found = ByteView(data, ((0, 3, 1), (3, len(data), 2)), len(data) + 5)
    parsed(found.svg())
    assert min(sizes(found.svg())) >= 12
    assert f"{len(data) + 5:,} bytes" in found.alt()
    more = len(data) + 5 - min(len(data), 128)
    assert f"… and {more:,} more bytes" in found.text()


def test_bytes_that_are_not_utf8_are_marked_with_a_sign() -> None:
    found = ByteView(b"a\xff")
    assert "✗" in found.text()
    assert "✗" in texts(found.svg())
    assert "some bytes are not UTF-8" in found.alt()


def test_no_bytes_are_said() -> None:
    assert ByteView(b"").text() == "no bytes"
