"""The live ladder: what goes over to the browser, and when; no browser needed."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport.panels import ladder as ladders
from labsupport.panels.ladder import ROWS, LiveLadder
from labsupport.panels.spots import hexdump
from labsupport.panels.ticker import QUICKEST, Ticker
from labsupport.pictures import Picture
from labsupport.tape.events import Call, Endpoint, Event, Program
from labsupport.threads import background
from labsupport.window import Tape, watch


@pytest.fixture(autouse=True)
def _stop_all() -> Iterator[None]:
    yield
    background.stop_all()


class Asked(LiveLadder):
    """A ladder whose messages to the browser are kept."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(*given, **settings)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def ask(self, **message: Any) -> dict[str, Any]:
        before = len(self.sent)
        self._handle_custom_msg(message, [])
        assert len(self.sent) == before + 1
        json.dumps(self.sent[-1])
        return self.sent[-1]


def history(calls: int) -> list[Event]:
    """A client and a server that talk, written by hand: `calls` sends and as many recvs."""
    main, served = Program("main"), Program("server")
    client, server = Endpoint(socket.AF_INET, socket.SOCK_STREAM), Endpoint(socket.AF_INET, socket.SOCK_STREAM)
    door = Endpoint(socket.AF_INET, socket.SOCK_STREAM)
    door.local, door.listening = ("127.0.0.1", 5000), True
    client.local, client.peer, client.connected = ("127.0.0.1", 40001), door.local, True
    server.local, server.peer, server.listener = door.local, client.local, door
    events: list[Event] = []

    def add(program: Program, endpoint: Endpoint, op: str, **came: Any) -> None:
        call = Call(program, endpoint, op)
        events.append(call)
        for name, value in came.items():
            setattr(call, name, value)
        call.finish()

    add(main, client, "connect")
    add(served, door, "accept", accepted=server, result=client.local, address=client.local)
    for number in range(calls):
        data = b"message %d" % number
        offset = sum(len(b"message %d" % earlier) for earlier in range(number)) if calls < 100 else 0
        add(main, client, "sendall", data=data, length=len(data), asked=(len(data),), offset=offset)
        add(served, server, "recv", data=data, length=len(data), result=data, asked=(1024,), offset=offset)
    return events


def talk() -> Tape:
    def echo() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(1024):
                    connection.sendall(data)

    server = background(echo)
    with watch() as tape, socket.create_connection(server.address, timeout=2) as client:
        client.sendall(b"h\xc3\xa9llo")
        client.recv(100)
    return tape


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "nothing came of it within 5 s"
        time.sleep(0.002)


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
    assert "has had to forget" in shown(data=None, length=3, forgotten=True)


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


# --- growing --------------------------------------------------------------------------------


def test_it_grows_with_its_window_and_then_stands_still() -> None:
    with watch() as tape:
        ladder = tape.live()
        assert ladder.head["steps"] == 0
        assert ladder.head["growing"]
        with socket.create_server(("127.0.0.1", 0)):
            wait_until(lambda: ladder.head["steps"])
    wait_until(lambda: not ladder.head["growing"] or not ladder._ticker.running)
    ladder._ticker.wait()
    assert not ladder._ticker.running
    assert ladder._picture.text() == tape.text()


def test_nothing_new_sends_nothing() -> None:
    events = history(3)
    ladder = LiveLadder(lambda: Picture(events))
    assert not ladder.refresh()
    events += history(1)
    assert ladder.refresh()
    assert not ladder.refresh()


def test_a_label_is_new_too() -> None:
    events = history(1)
    ladder = LiveLadder(lambda: Picture(events))
    assert isinstance(events[0], Call)
    events[0].endpoint.label = "maria"
    assert ladder.refresh()


def test_paused_it_shows_nothing_newer_and_then_all_of_it() -> None:
    events = history(3)
    ladder = LiveLadder(lambda: Picture(events))
    ladder.paused = True
    events += history(1)
    before = ladder.head["version"]
    assert not ladder.refresh()
    assert ladder.head["version"] == before
    ladder.paused = False
    assert ladder.head["version"] == before + 1


def test_updates_are_batched_and_none_is_lost() -> None:
    """A thousand events a second for a while: at most 20 updates a second, and all events are there at the end."""
    events: list[Event] = []
    open_ = True
    ladder = LiveLadder(lambda: Picture(list(events)), lambda: open_)
    changes: list[float] = []
    ladder.observe(lambda _: changes.append(time.monotonic()), "head")
    story = history(250)
    for at in range(0, len(story), 5):
        events += story[at : at + 5]
        time.sleep(0.005)
    open_ = False
    ladder._ticker.wait()
    gaps = [later - earlier for earlier, later in itertools.pairwise(changes)]
    assert changes
    assert min(gaps, default=1) >= QUICKEST * 0.9
    assert len(ladder._picture.events) == len(story)


def test_what_is_stored_is_short_and_always_the_same() -> None:
    assert repr(LiveLadder(lambda: Picture([]))) == "<the live ladder: run this cell to see it grow>"


def test_closing_it_ends_its_thread() -> None:
    ladder = LiveLadder(lambda: Picture([]), lambda: True)
    assert ladder._ticker.running
    ladder.close()
    ladder._ticker.wait()
    assert not ladder._ticker.running


def test_the_script_and_the_style_are_beside_it_and_fetch_nothing() -> None:
    script = (ladders._HERE / "ladder.js").read_text("utf-8")
    style = LiveLadder._css
    assert "export default" in script
    for text in (script.replace("http://www.w3.org/2000/svg", ""), str(style)):
        assert "http" not in text
        assert "import" not in text
        assert "url(http" not in text


# --- the ticker -----------------------------------------------------------------------------


def test_a_ticker_ends_when_there_is_nothing_left_to_see() -> None:
    left = [True, True, False]
    ticker = Ticker(lambda: left.pop(0), pause=0)
    ticker.start()
    ticker.wait()
    assert left == []
    assert not ticker.running
    left += [False]
    ticker.start()
    ticker.wait()
    assert left == []


def test_a_ticker_does_not_hold_what_it_looks_at() -> None:
    class Widget:
        def __init__(self) -> None:
            self.ticker = Ticker(self.look)

        def look(self) -> bool:
            return True

    widget = Widget()
    widget.ticker.start()
    ticker = widget.ticker
    del widget
    ticker.wait()
    assert not ticker.running


def test_a_ticker_runs_once_however_often_it_is_started() -> None:
    ticker = Ticker(lambda: True)
    for _ in range(5):
        ticker.start()
    assert sum(1 for thread in threading.enumerate() if thread is ticker._thread) == 1
    ticker.stop()
    ticker.wait()
    assert not ticker.running
