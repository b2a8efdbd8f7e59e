from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.pictures import Picture
from labsupport.pictures.ladder.layout import lay_out
from labsupport.pictures.ladder.words import cells
from tests.pictures.histories import Script
from tests.pictures.strategies import scripts


@given(scripts(), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_the_text_is_at_most_a_hundred_columns_wide(script: Script, seed: int) -> None:
    assert max(cells(line) for line in Picture(script.events(seed)).text().splitlines()) <= 100


@given(scripts(), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_the_text_has_every_send_every_state_and_every_error(script: Script, seed: int) -> None:
    picture = Picture(script.events(seed))
    text, story = picture.text(), lay_out(picture).story
    for wire in story.wires:
        if wire.kind == "data":
            assert re.search(rf"─ {wire.number} ─", text)
    for lane in story.lanes:
        for state in lane.states:
            assert f"[{state.name}]" in text
    for label in story.labels:
        if label.trouble:
            assert "✗" in text
            assert label.trouble in text


def test_a_whole_conversation_reads_from_top_to_bottom() -> None:
    script = Script()
    near, far = script.connect(script.main)
    first, second = script.send(script.main, near, b"hello "), script.send(script.main, near, b"world")
    done = script.sync(script.main, "set", 1)
    script.sync(script.server, "wait", 1, done.end)
    script.recv(script.server, far, b"hello world", first, second)
    picture = Picture(script.events(4))
    lines = [re.sub(r"\s+", " ", line).strip() for line in picture.text().splitlines()]
    assert lines[2:] == [
        "1 listener: listen()",
        "listener: [LISTEN]",
        "2 connect() … ---- SYN ----> listener: accept() …",
        "[SYN-SENT]",
        "3 … connect() connected <-- SYN+ACK --",
        "[ESTABLISHED] ---- ACK ----> connection: begins, made by the kernel",
        "connection: [ESTABLISHED]",
        "4 sendall 6 B 1 “hello␣” ───── 1 ─────> listener: … accept() = connection",
        "5 sendall 5 B 2 “world” ───── 2 ─────> connection: go.wait() …",
        "6 go.set() -- signal -->",
        "7 connection: … goes on",
        "8 connection: recv(1024) = 11 B",
        "1 “hello␣”",
        "2 “world”",
    ]
    assert picture.alt() == (
        "The client connects; the client sends “hello ” and “world”; accept() hands the connection over; "
        "one recv of the server takes all 11 bytes."
    )
