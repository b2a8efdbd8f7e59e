"""The live ladder: what goes over to the browser, and when; no browser needed."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from labsupport.panels.parts import ladder as ladders
from labsupport.panels.parts.ladder import ROWS, LiveLadder
from labsupport.panels.parts.spots import hexdump
from labsupport.pictures import Picture
from labsupport.tape.events import Call, Endpoint, Program
from labsupport.threads import background
from labsupport.window import watch
from tests.panels.talking import Asked, history, talk


@pytest.fixture(autouse=True)
def _stop_all() -> Iterator[None]:
    yield
    background.stop_all()


# --- what is sent ---------------------------------------------------------------------------


def test_a_short_story_goes_over_whole() -> None:
    ladder = talk().live()
    json.dumps(ladder.get_state(["head", "pages"]))
    assert set(ladder.pages) == {"version", "0"}
    assert "sendall" in ladder.pages["0"]["svg"]
    assert ladder.head["steps"] == len(ladder.pages["0"]["spots"]["calls"])
    assert "<style" not in ladder.head["defs"]  # it would leak out of the widget
    assert ladder.head["alt"]
    assert not ladder.head["growing"]


def test_a_long_story_goes_over_by_its_ends_and_the_rest_when_asked_for() -> None:
    picture = Picture(history(300))
    ladder = Asked(lambda: picture)
    pages = len(ladder.head["starts"])
    assert pages > 5
    assert set(ladder.pages) == {"version", "0", str(pages - 2), str(pages - 1)}
    answer = ladder.ask(want="pages", pages=[3, 4, 99, -1, "x"])
    assert set(answer["pages"]) == {"3", "4"}
    assert answer["version"] == ladder.head["version"]


def test_every_step_is_on_exactly_one_page_in_order() -> None:
    picture = Picture(history(100))
    ladder = Asked(lambda: picture)
    pages = len(ladder.head["starts"])
    steps: list[int] = []
    for first in range(0, pages, 8):
        answer = ladder.ask(want="pages", pages=list(range(first, first + 8)))
        for page in answer["pages"].values():
            steps += [call[0] for call in page["spots"]["calls"]]
    assert steps == list(range(ladder.head["steps"]))
    assert ladder._layout.rows[ROWS].top == ladder.head["starts"][1]


def test_a_chip_lies_in_its_call_and_an_arrow_between_the_lifelines() -> None:
    ladder = talk().live()
    spots = ladder.pages["0"]["spots"]
    assert spots["chips"]
    for number, x, y, width, height in spots["chips"]:
        inside = [
            call
            for call in spots["calls"]
            if call[1] <= x and x + width <= call[1] + call[3] + 0.2
            if call[2] <= y and y + height <= call[2] + call[4]
        ]
        assert [number in call[5] for call in inside] == [True]
    lifelines = {place.x for place in ladder._layout.places}
    assert {x for way in spots["ways"] for x in (way[1], way[3])} <= lifelines


# --- what is asked for ----------------------------------------------------------------------


def test_a_step_tells_what_it_is_and_shows_its_bytes() -> None:
    ladder = Asked(talk().now)
    told = [ladder.ask(want="step", step=step) for step in range(ladder.head["steps"])]
    (sent,) = [one for one in told if "client: sendall" in one["says"]]
    assert sent["says"] == "client: sendall 6 B: (1) héllo"
    assert any(one["says"].startswith("client: connect … ") for one in told)
    assert "68 c3 a9 6c 6c 6f" in sent["bytes"]
    assert "6 bytes" in sent["bytes"]
    assert sent["sends"] == [1]
    assert "has carried no bytes" in next(one for one in told if "connect" in one["says"])["bytes"]


def test_bytes_are_cut_forgotten_and_escaped() -> None:
    def shown(**came: Any) -> str:
        endpoint = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
        call = Call(Program("main"), endpoint, "sendall")
        for name, value in came.items():
            setattr(call, name, value)
        call.finish()
        picture = Picture([call])
        return str(Asked(lambda: picture).ask(want="step", step=0)["bytes"])

    assert "and 744 more" in shown(data=b"x" * 1000, length=1000)
    assert "&lt;b&gt;" in shown(data=b"<b>", length=3)
    assert "has had to forget" in shown(data=None, length=3, shelf=())


def test_a_hexdump_has_offset_bytes_and_text() -> None:
    assert hexdump(b"h\xc3\xa9llo\r\n!", 8).splitlines() == [
        "    0  68 c3 a9 6c 6c 6f 0d 0a  h..llo..",
        "    8  21                       !",
    ]
    assert hexdump(b"") == ""


@pytest.mark.parametrize("message", [{"want": "nothing"}, {}, {"want": ["pages"]}, "text", None])
def test_messages_that_make_no_sense_get_no_answer(message: Any) -> None:
    ladder = Asked(lambda: Picture([]))
    ladder._handle_custom_msg(message, [])
    assert ladder.sent == []


@pytest.mark.parametrize("step", [-1, 10_000, "x", None])
def test_a_step_that_is_not_there(step: Any) -> None:
    assert Asked(talk().now).ask(want="step", step=step)["step"] == -1


def test_the_text_twin_is_that_of_the_picture() -> None:
    tape = talk()
    assert Asked(tape.now).ask(want="text")["text"] == tape.text()


# --- one connection, and a narrow place -----------------------------------------------------


def test_one_connection_can_be_followed() -> None:
    def serve() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(100)

    server = background(serve)
    with watch() as tape:
        for word in (b"first", b"second"):
            with socket.create_connection(server.address, timeout=2) as client:
                client.sendall(word)
        server.join(2)
    ladder = tape.live()
    assert [title for _, title in ladder.head["connections"]] == ["1: client → server", "2: client → server"]
    everything = ladder.head["steps"]
    ladder.follow = "2"
    assert "second" in ladder.pages["0"]["svg"]
    assert "first" not in ladder.pages["0"]["svg"]
    assert ladder.head["steps"] < everything
    ladder.follow = "no such"
    assert ladder.head["steps"] == everything


def test_a_narrow_place_gets_a_narrow_drawing() -> None:
    ladder = talk().live()
    wide = ladder.head["width"]
    ladder.narrow = True
    assert ladder.head["width"] < wide


def test_what_is_stored_is_short_and_always_the_same() -> None:
    assert repr(LiveLadder(lambda: Picture([]))) == "<the live ladder: run this cell to see it grow>"


def test_the_script_and_the_style_are_beside_it_and_fetch_nothing() -> None:
    script = (ladders._HERE / "ladder.js").read_text("utf-8")
    style = LiveLadder._css
    assert "export default" in script
    for text in (script.replace("http://www.w3.org/2000/svg", ""), str(style)):
        assert "http" not in text
        assert "import" not in text
        assert "url(http" not in text
