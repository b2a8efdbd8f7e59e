from __future__ import annotations

import base64
from typing import Any

import pytest
from nbformat.v4 import new_output

from labsupport.authoring.outputs import comparable, difference, normal, same, sanitised

WIDGET = "application/vnd.jupyter.widget-view+json"


def out(text: str, name: str = "stdout") -> Any:
    return new_output("stream", name=name, text=text)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("took ≈ 12.3 ms here", "took ≈ # here"),
        ("took ≈12.3ms", "took ≈ #"),
        ("≈ 1,234.5 µs.", "≈ #."),
        ("≈ 3 seconds", "≈ # seconds"),
        ("≈ 1.5e-05 s, ≈ 2 s", "≈ #, ≈ #"),
        ("≈   7.1 MB/s |", "≈ # |"),
        ("≈ 96 %", "≈ #"),
        ("≈ 40 × slower", "≈ # slower"),  # noqa: RUF001 - the sign itself
        ("π ≈ three, 12.3 ms", "π ≈ three, 12.3 ms"),
    ],
)
def test_only_a_measured_figure_is_sanitised(text: str, becomes: str) -> None:
    assert sanitised(text) == becomes


def test_a_figure_in_another_unit_is_the_same_and_another_word_is_not() -> None:
    assert same([out("≈ 950 µs each")], [out("≈ 1.1 ms each")])
    assert not same([out("≈ 950 µs each")], [out("≈ 950 µs in all")])


def test_pieces_of_a_stream_are_joined_up_to_the_next_picture() -> None:
    shown = new_output("display_data", {"text/plain": "x"})
    found = normal([out("a"), out("b"), shown, out("c")])
    assert [output.get("text", "x") for output in found] == ["ab", "x", "c"]


def test_stdout_and_stderr_have_one_order_however_they_came() -> None:
    one = normal([out("e", "stderr"), out("a"), out("f", "stderr"), out("b")])
    other = normal([out("a"), out("b"), out("e", "stderr"), out("f", "stderr")])
    assert one == other


def test_a_progress_line_is_stored_in_its_last_state() -> None:
    assert normal([out("10 %\r50 %\rdone\n")])[0]["text"] == "done\n"


def test_a_widgets_view_is_not_stored_and_its_text_is() -> None:
    widget = new_output("display_data", {WIDGET: {"model_id": "1"}, "text/plain": "Client()"})
    assert normal([widget])[0]["data"] == {"text/plain": "Client()"}


def test_a_result_gets_the_cells_count() -> None:
    assert normal([new_output("execute_result", {"text/plain": "6"}, execution_count=40)], 3)[0]["execution_count"] == 3


def test_a_traceback_keeps_file_names_and_loses_folders() -> None:
    frames = [
        "\x1b[36mFile \x1b[39m\x1b[32m/home/x/lib/python3.11/socket.py:848\x1b[39m, in create_connection",
        "File C:\\Users\\x\\lib\\ssl.py:12, in wrap",
        "Cell In[3], line 1",
    ]
    error = new_output("error", ename="OSError", evalue="no", traceback=frames)
    assert normal([error])[0]["traceback"] == [
        "\x1b[36mFile \x1b[39m\x1b[32msocket.py:848\x1b[39m, in create_connection",
        "File ssl.py:12, in wrap",
        "Cell In[3], line 1",
    ]
    other = new_output("error", ename="OSError", evalue="no", traceback=["elsewhere"])
    assert same([error], [other])


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", WIDGET])
def test_what_a_drawing_library_encodes_is_not_compared(mime: str) -> None:
    one, other = (new_output("display_data", {mime: data, "text/plain": "a plot"}) for data in ("AAAA", "BBBB"))
    assert comparable([one]) == comparable([other]) == [("text/plain", "a plot")]


def test_a_difference_names_both_lines_and_cuts_pictures() -> None:
    one, other = (new_output("display_data", {"text/html": "x" * 900 + end}) for end in "ab")
    said = difference([out("first\nsecond"), one], [out("first\nthird"), other])
    assert "-second" in said
    assert "+third" in said
    assert "(902 characters)" in said
    assert max(map(len, said.splitlines())) < 240


def test_a_difference_between_pictures_is_shown_in_their_elements() -> None:
    one, other = (
        new_output("display_data", {"text/html": f'<img src="data:image/svg+xml;base64,{encoded(y)}">'}) for y in (1, 2)
    )
    said = difference([one], [other]).splitlines()
    assert '-<text y="1">a</text>' in said
    assert '+<text y="2">a</text>' in said


def encoded(y: int) -> str:
    return base64.b64encode(f'<svg><g/><text y="{y}">a</text></svg>'.encode()).decode()
