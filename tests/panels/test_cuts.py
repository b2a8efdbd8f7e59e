"""One line and three readers: what each makes of every cut; no browser needed."""

from __future__ import annotations

import gc
import html
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport import panels
from labsupport.panels.streams import cutting
from labsupport.panels.streams.cutting import LONGEST, Cuts, Trial, cut, parse
from labsupport.panels.streams.readers import END, HASTY, READERS, Came, verdict
from labsupport.panels.streams.three_readers import CutsPanel
from tests.leftovers import until

SHORT, MARK, QUIET = HASTY


@pytest.fixture
def panel() -> Iterator[CutsPanel]:
    made = panels.cuts()
    yield made
    made.close()
    made._ticker.wait()
    assert all(trial.wait() for trial in made.experiments.values())


def send(panel: CutsPanel) -> dict[str, Came]:
    """Press Send and wait until all is known; what each reader got."""
    assert panel.send(), panel.trouble
    until(lambda: not panel.busy)
    panel._ticker.wait()
    return {name: trial.came for name, trial in panel.experiments.items() if trial.came is not None}


# --- where to cut -------------------------------------------------------------------------------


def test_sizes_as_they_are_typed() -> None:
    assert parse("3, 1") == parse(" 3 1 ") == parse("3,1,") == (3, 1)
    assert parse("4") == (4,)
    assert parse("99999999999") == (LONGEST,)


@pytest.mark.parametrize("typed", ["", " , ", "0", "3, 0", "-1", "x", "1.5", "²", "٣"])
def test_what_is_no_size_gets_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"sizes of the pieces|is no size"):
        parse(typed)


def test_the_last_size_goes_on_to_the_end() -> None:
    assert cut(b"abcdefgh", (3, 1)) == [b"abc", b"d", b"e", b"f", b"g", b"h"]
    assert cut(b"abcdefgh", (3,)) == [b"abc", b"def", b"gh"]
    assert cut(b"abc", (3, 9)) == [b"abc"]
    assert cut(b"", (3,)) == []


# --- the readers --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READERS)
def test_a_line_in_one_piece_suits_every_reader_but_one_of_eight_bytes(panel: CutsPanel, name: str) -> None:
    panel.text, panel.sizes = "héllo", "80"  # with its end 8 bytes
    if name in HASTY:
        panel.hasty = name
    came = send(panel)[name]
    if name == SHORT:  # all eight that it asked for: it thinks that more must come
        assert came == Came(("héllo\r\n".encode(),), None)
    else:
        assert came.line == "héllo\r\n".encode()


@pytest.mark.parametrize(
    ("hasty", "sizes", "text", "more", "line"),
    [
        (SHORT, "3", "héllo", False, "hé"),
        (SHORT, "8", "naïve text", False, "naïve text\r\n"),
        (MARK, "7, 1", "héllo", False, None),  # the mark is cut in two
        (MARK, "3", "héllo", False, "héllo\r\n"),
        (MARK, "7, 1, 80", "héllo", True, "héllo\r\nदूसरी\r\n"),
    ],
)
def test_a_hasty_reader_is_right_with_some_cuts_and_wrong_with_others(
    panel: CutsPanel, hasty: str, sizes: str, text: str, more: bool, line: str | None
) -> None:
    panel.hasty, panel.sizes, panel.text, panel.more = hasty, sizes, text, more
    came = send(panel)
    assert came[hasty].line == (None if line is None else line.encode())
    assert came["careful"].line == f"{text}\r\n".encode()
    whole = f"{text}\r\n".encode()
    assert came["one recv"].line == cut(panel.data, parse(sizes))[0]
    assert ("line, whole" in verdict(came[hasty], whole)) == (came[hasty].line == whole)


def test_a_pause_is_the_end_to_a_reader_that_waits_for_quiet(panel: CutsPanel) -> None:
    panel.hasty, panel.sizes, panel.pause = QUIET, "1", 500
    line = send(panel)[QUIET].line
    assert line is not None
    assert len(line) < 8  # after which of the pauses is the machine's affair
    assert "héllo\r\n".encode().startswith(line)


@pytest.mark.parametrize("sizes", [str(size) for size in (1, 2, 3, 5, 7)])
def test_the_careful_reader_gets_exactly_the_pieces_that_were_cut(panel: CutsPanel, sizes: str) -> None:
    panel.text, panel.sizes = "你好", sizes
    came = send(panel)["careful"]
    assert list(came.pieces) == cut("你好\r\n".encode(), parse(sizes))


def test_what_is_said_of_a_reader() -> None:
    line = b"line\r\n"
    assert verdict(Came((line,), line), line) == "The line, whole."
    assert "1 byte of what follows" in verdict(Came((), line + b"x"), line)
    assert "Cut off: 2 of 6 bytes" in verdict(Came((), b"li"), line)
    assert "waited on, with 2 bytes" in verdict(Came((b"l", b"i"), None), line)
    assert "EOFError" in verdict(Came((), None, "EOFError"), line)
    assert "Something else" in verdict(Came((), b"x"), line)


def test_the_program_on_the_screen_is_the_one_that_runs() -> None:
    for reader in READERS.values():
        name = reader.program.__name__
        assert reader.source.startswith(f"def {name}(sock):\n")
        assert "recv(" in reader.source
        names: dict[str, Any] = {}
        exec(reader.source, names)
        assert names[name].__code__.co_code == reader.program.__code__.co_code


class _Pieces:
    """A socket that gives its pieces one by one, and then b''."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def recv(self, _: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def _lines(*pieces: bytes) -> Iterator[bytes]:
    program: Callable[[Any], Any] = READERS["careful"].program
    lines: Iterator[bytes] = program(_Pieces(*pieces))
    return lines


def test_the_careful_reader_keeps_what_is_left_over() -> None:
    assert list(_lines(b"uno\r\ndos\r", b"\n")) == [b"uno\r\n", b"dos\r\n"]
    lines = _lines(b"uno\r\nd")
    assert next(lines) == b"uno\r\n"
    with pytest.raises(EOFError, match="in the middle of a line"):
        next(lines)


# --- the panel ----------------------------------------------------------------------------------


def test_before_anything_was_sent(panel: CutsPanel) -> None:
    assert "Nothing has been sent yet" in panel.said
    assert panel._preview.value.startswith("8 bytes in 2 pieces: <code>b&#x27;h\\xc3\\xa9l&#x27;</code>")
    for name in panel.names:
        assert name in panel.cards
        assert html.escape(READERS[name].source) in panel._programs.value
    panel.hasty = QUIET
    assert "def quiet(sock)" in panel._programs.value


def test_the_cards_and_the_sentence_say_what_came(panel: CutsPanel) -> None:
    panel.sizes = "7, 1"
    send(panel)
    assert "1 of 3 readers returned the line: careful." in panel.said
    assert "Cut off: 7 of 8 bytes" in panel.cards
    assert "It waited on, with 8 bytes" in panel.cards
    assert "The line, whole." in panel.cards


def test_what_cannot_be_sent_is_refused_with_a_sentence(panel: CutsPanel) -> None:
    for trait, value, reason in (("sizes", "x", "is no size"), ("text", "x" * LONGEST, "too many")):
        before = getattr(panel, trait)
        setattr(panel, trait, value)
        assert reason in panel.trouble
        assert reason in panel._preview.value
        assert panel._button.disabled
        assert not panel.send()
        setattr(panel, trait, before)
    assert not panel.trouble
    assert not panel._button.disabled


def test_while_it_is_on_its_way_nothing_else_is_sent(panel: CutsPanel) -> None:
    panel.pause = 200
    assert panel.send()
    assert not panel.send()
    assert panel._button.disabled
    until(lambda: not panel.busy)
    assert not panel._button.disabled


def test_the_sliders_and_what_is_typed_say_the_same(panel: CutsPanel) -> None:
    panel._every.value = 7
    assert panel.sizes == panel._sizes.value == "7"
    panel.more = True
    panel._every.value = 25  # both lines in one piece
    assert cut(panel.data, parse(panel.sizes)) == [panel.data]
    panel._pause.value = 150
    assert panel.pause == 150
    panel.pause = 300
    assert panel._pause.value == 300


def test_pauses_do_not_add_up_to_minutes(panel: CutsPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Cuts] = []
    monkeypatch.setattr(Trial, "start", lambda trial: made.append(trial._cuts))
    panel.text, panel.sizes, panel.pause = "x" * 60, "1", 500
    panel.send()
    assert {round(each.pause * 61, 6) for each in made} == {5.0}


def test_enter_in_a_text_sends(panel: CutsPanel) -> None:
    panel._sizes._handle_custom_msg({"event": "submit"}, [])
    assert panel.busy
    until(lambda: not panel.busy)


def test_every_control_has_a_name(panel: CutsPanel) -> None:
    for control in (panel._text, panel._more, panel._sizes, panel._every, panel._pause,
                    panel._hasty, panel._button, panel._shown):  # fmt: skip
        assert control.description


def test_the_ladder_is_that_of_the_reader_that_is_chosen(panel: CutsPanel) -> None:
    panel.sizes = "7, 1"
    send(panel)
    shown = {}
    for name in panel.places:
        panel.shown = name
        shown[name] = panel.ladder._picture.text()
        assert "héllo" in shown[name]
    assert len(set(shown.values())) == 3
    assert shown["one recv"].count("recv(1024)") == 1
    panel.hasty = SHORT  # which was sent nothing yet
    panel.shown = list(panel.places)[1]
    assert panel.ladder.head["steps"] == 0


def test_what_is_typed_is_escaped(panel: CutsPanel) -> None:
    panel.text, panel.sizes = "<script>alert(1)</script>", "80"
    send(panel)
    assert "<script>" not in panel.cards + panel._preview.value + panel.said
    assert "&lt;script&gt;" in panel.cards


def test_nothing_is_left_when_it_is_closed(labsupport_sockets: Callable[[], int]) -> None:
    before, threads = labsupport_sockets(), set(threading.enumerate())
    panel = panels.cuts()
    panel.sizes, panel.pause = "1", 300
    assert panel.send()
    trials = list(panel.experiments.values())
    until(lambda: all(trial.pieces for trial in trials))
    panel.close()
    assert all(trial.wait() for trial in trials)
    panel._ticker.wait()
    left = [thread for thread in set(threading.enumerate()) - threads if thread.name.startswith("panel")]
    assert left == []
    assert labsupport_sockets() == before


@pytest.fixture
def labsupport_sockets() -> Callable[[], int]:
    """How many sockets of this course are open."""
    from labsupport.tape.watched import live

    def count() -> int:
        gc.collect()
        return sum(1 for sock, _ in live() if sock.fileno() != -1)

    return count


def test_its_repr_is_the_same_on_every_run(panel: CutsPanel) -> None:
    assert repr(panel) == "<one line and three readers: run this cell to cut it yourself>"


def test_a_trial_that_nobody_can_serve_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "_LOCALHOST", "192.0.2.1")  # RFC 5737: nobody's address
    trial = Trial(READERS["careful"], b"x" + END, Cuts((1,)))
    trial.start()
    assert trial.wait()
    assert trial.came is not None
    assert trial.came.trouble == "OSError"
