"""The error zoo: each misdeed ends as its row says, and the panel shows it; no browser needed."""

from __future__ import annotations

import errno
import gc
import html
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport import panels
from labsupport.panels.errors import misdeeds
from labsupport.panels.errors.misdeeds import MISDEEDS, Misdeed
from labsupport.panels.errors.visit import Found, Visit
from labsupport.panels.errors.zoo import NO_IDEA, ErrorZoo
from labsupport.panels.errors.zoo_cards import approximately, card
from labsupport.panels.parts.endings import ENDINGS, GUESSES, Ending, ending_of, family, number
from labsupport.tape.watched import live
from tests.leftovers import until

SILENT = "it reads, and says nothing"
DRIPS = "it answers a byte at a time"


@pytest.fixture
def panel() -> Iterator[ErrorZoo]:
    made = panels.error_zoo()
    yield made
    made.close()
    made._ticker.wait()
    assert all(visit.wait() for visit in made.experiments.values())


def visit(panel: ErrorZoo, misdeed: str, guess: str = NO_IDEA, timeout: float = 0.5) -> Found:
    """Choose, guess, press Run and wait until it is known what came."""
    panel.misdeed, panel.timeout = misdeed, timeout
    panel.guess = guess
    assert panel.run()
    until(lambda: not panel.busy)
    panel._ticker.wait()
    seen = panel.chosen()
    assert seen is not None
    assert seen.found is not None
    return seen.found


def met(misdeed: str, timeout: float = 0.8) -> tuple[Visit, Found]:
    """A visit without the panel."""
    made = Visit(MISDEEDS[misdeed], timeout)
    made.start()
    assert made.wait()
    assert made.found is not None
    return made, made.found


# --- the table ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MISDEEDS)
def test_each_misdeed_ends_as_its_row_says(name: str) -> None:
    _, found = met(name)
    misdeed = MISDEEDS[name]
    assert found.ending in misdeed.endings, found
    assert found.call == misdeed.call
    assert bool(found.once_more) == misdeed.once_more
    raises = not ENDINGS[found.ending].guess.startswith("no exception")
    assert (found.error is not None) == raises
    if found.error is not None and ENDINGS[found.ending].guess in dir(socket) + dir(__builtins__):
        assert type(found.error).__name__ == ENDINGS[found.ending].guess


@pytest.mark.parametrize("name", MISDEEDS)
def test_no_choice_and_no_description_gives_the_ending_away(name: str) -> None:
    told = f"{name} {MISDEEDS[name].does}".lower()
    for word in ("error", "exception", "refused", "reset", "timed out", "b''", "errno", "unreachable", "in use"):
        assert word not in told


def test_every_ending_has_a_misdeed_or_is_for_what_nobody_foresaw() -> None:
    met_somewhere = {ending for misdeed in MISDEEDS.values() for ending in misdeed.endings}
    assert met_somewhere <= set(ENDINGS)
    assert set(ENDINGS) - met_somewhere == {"given up", "other"}
    assert len(GUESSES) == len(set(GUESSES))


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=list(ENDINGS))
def test_an_advice_is_sentences(ending: Ending) -> None:
    for text in (ending.left, ending.program, ending.user):
        assert text[-1] in ".?)"
        assert "Error" not in ending.user  # a user reads no class names


@pytest.mark.parametrize(
    ("error", "connected", "ending"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), False, "refused"),
        (ConnectionResetError(errno.ECONNRESET, ""), True, "reset"),
        (BrokenPipeError(errno.EPIPE, ""), True, "broken pipe"),
        (TimeoutError("timed out"), True, "patience"),
        (TimeoutError("timed out"), False, "no answer to connect"),
        (TimeoutError(errno.ETIMEDOUT, ""), True, "given up"),
        (socket.gaierror(socket.EAI_NONAME, ""), False, "name"),
        (OSError(errno.EADDRINUSE, ""), False, "taken"),
        (OSError(errno.ENETUNREACH, ""), False, "unreachable"),
        (OSError(errno.EHOSTUNREACH, ""), False, "unreachable"),
        (PermissionError(errno.EACCES, ""), False, "other"),
        (ssl.SSLError("no errno at all"), True, "other"),
    ],
)
def test_errors_by_what_they_mean(error: OSError, connected: bool, ending: str) -> None:
    assert ending_of(error, b"", connected=connected) == ending


def test_what_came_without_an_error() -> None:
    assert [ending_of(None, got, connected=True) for got in (b"", b"ye", b"yes\n")] == ["end", "cut off", "whole"]


def test_the_family_and_the_number_of_an_error() -> None:
    assert family(BrokenPipeError()) == "OSError > ConnectionError > BrokenPipeError"
    assert family(TimeoutError()) == "OSError > TimeoutError"
    assert number(ConnectionRefusedError(errno.ECONNREFUSED, "")) == ("ECONNREFUSED", errno.ECONNREFUSED)
    assert number(socket.gaierror(socket.EAI_NONAME, "")) == ("EAI_NONAME", socket.EAI_NONAME)
    assert number(TimeoutError("timed out")) == ("", None)
    assert number(OSError(123456, ""))[1] == 123456


# --- what it is about ---------------------------------------------------------------------------


def test_after_ones_own_timeout_the_answer_still_comes() -> None:
    _, found = met(SILENT, 0.3)
    assert found.state in ("ESTABLISHED", "")
    assert found.once_more == repr(b"here I am\n")


def test_after_the_others_nothing_more_comes() -> None:
    for name, misdeed in MISDEEDS.items():
        if misdeed.once_more and name != SILENT:
            assert met(name)[1].once_more == "b''"


def test_a_server_that_drips_lasts_longer_than_the_timeout() -> None:
    _, found = met(DRIPS)
    assert found.error is None
    assert len(found.answer) == misdeeds.BYTES
    assert misdeeds.BYTES * misdeeds.SHARE > 1.5  # so that it is clear which of the two it was
    assert misdeeds.SHARE < 0.5


@pytest.mark.parametrize("name", MISDEEDS)
def test_the_ladder_of_each_shows_the_call_in_which_it_ended(name: str) -> None:
    seen, found = met(name, 0.6)
    from labsupport.pictures import Picture

    text = Picture(seen.events()).text()
    if found.call != "getaddrinfo":  # which is no call of a socket
        assert found.call in text
    if found.error is not None and found.call != "getaddrinfo":
        assert "timed out" in text if isinstance(found.error, TimeoutError) else type(found.error).__name__ in text


@pytest.mark.parametrize("name", MISDEEDS)
def test_the_program_on_the_screen_ends_as_the_one_that_runs(name: str) -> None:
    misdeed = MISDEEDS[name]
    assert misdeed.source.startswith(f"def {misdeed.client.__name__}(sock, address):\n")
    names: dict[str, Any] = {"socket": socket, "time": time}
    exec(misdeed.source, names)
    made = Visit(misdeed._replace(client=names[misdeed.client.__name__]), 0.6)
    made.start()
    assert made.wait()
    assert made.found is not None
    assert made.found.ending in misdeed.endings


# --- the panel ----------------------------------------------------------------------------------


def test_nobody_runs_before_they_have_guessed(panel: ErrorZoo) -> None:
    assert panel._button.disabled
    assert not panel.run()
    assert "guess" in panel.said
    panel.guess = NO_IDEA
    assert not panel._button.disabled


def test_what_is_shown_before_it_has_run_is_the_same_for_all(panel: ErrorZoo) -> None:
    shown = set()
    for name in MISDEEDS:
        panel.misdeed = name
        shown.add((panel.said, panel.found, panel.met, panel.ladder._picture.text()))
        assert html.escape(MISDEEDS[name].does) in panel._does.value
    assert len(shown) == 1


def test_a_visit_is_told(panel: ErrorZoo) -> None:
    visit(panel, "nobody listens at the port", "TimeoutError")
    assert "You expected: TimeoutError." in panel.said
    assert "What came: <code>ConnectionRefusedError</code>" in panel.said
    assert "wrong" not in panel.said.lower()
    assert f"<code>ECONNREFUSED</code>, {errno.ECONNREFUSED} (on this system)" in panel.found
    assert "OSError &gt; ConnectionError &gt; ConnectionRefusedError" in panel.found
    assert ENDINGS["refused"].program in panel.found
    assert html.escape(ENDINGS["refused"].user) in panel.found
    assert "Met so far: 1 of 11" in panel.met
    assert "connect" in panel.ladder._picture.text()


def test_a_guess_that_holds_is_said_to(panel: ErrorZoo) -> None:
    visit(panel, "it closes before it answers", ENDINGS["end"].guess)
    assert "As you expected." in panel.said
    assert "no exception: <code>b''</code>" in panel.said


def test_who_has_no_idea_is_told_what_came(panel: ErrorZoo) -> None:
    visit(panel, SILENT)
    assert "You expected" not in panel.said
    assert "this timeout is Python's own" in panel.found


def test_another_misdeed_asks_for_another_guess(panel: ErrorZoo) -> None:
    visit(panel, "no way leads there")
    panel.misdeed = DRIPS
    assert panel.guess is None
    assert panel._guess.value is None
    assert panel.found == ""
    assert panel.ladder.head["steps"] == 0
    assert "no way leads there" in panel.met


def test_what_was_met_is_kept_once_for_each(panel: ErrorZoo) -> None:
    for name in ("the port is taken", "its name does not exist", "the port is taken"):
        visit(panel, name)
    assert panel.met.count('<th scope="row">') == 2
    assert "Met so far: 2 of 11" in panel.met
    assert "none of errno's" not in panel.found
    assert "EADDRINUSE" in panel.found


def test_while_it_runs_nothing_else_can_be_chosen(panel: ErrorZoo) -> None:
    panel.misdeed, panel.guess = SILENT, NO_IDEA
    assert panel.run()
    assert not panel.run()
    assert panel._misdeed.disabled
    assert panel._guess.disabled
    assert panel._timeout.disabled
    panel.misdeed = DRIPS  # by a program: what comes belongs to the one before
    until(lambda: not panel.busy)
    panel._ticker.wait()
    assert panel.found == ""
    assert SILENT in panel.met
    assert not panel._misdeed.disabled


def test_the_timeout_by_the_slider_and_by_the_trait(panel: ErrorZoo) -> None:
    panel._timeout.value = 1.2
    assert panel.timeout == pytest.approx(1.2)
    panel.timeout = 0.3
    assert panel._timeout.value == pytest.approx(0.3)
    panel.guess = NO_IDEA
    panel.misdeed = SILENT
    panel.guess = NO_IDEA
    assert panel.run()
    seen = panel.chosen()
    assert seen is not None
    assert seen.scene.timeout == pytest.approx(0.3)


def test_every_control_has_a_name(panel: ErrorZoo) -> None:
    for control in (panel._misdeed, panel._timeout, panel._guess, panel._button):
        assert control.description


def test_a_choice_that_is_none_is_refused(panel: ErrorZoo) -> None:
    import traitlets

    for trait, value in (("misdeed", "an earthquake"), ("guess", "KeyError"), ("timeout", 60)):
        with pytest.raises(traitlets.TraitError):
            setattr(panel, trait, value)


def test_an_error_that_nobody_foresaw_is_shown_too() -> None:
    error = PermissionError(errno.EACCES, "<not> allowed")
    text = card(Found("other", error, b"", "connect", 0.0, 0.0, "", ""))
    assert "&lt;not&gt; allowed" in text
    assert "EACCES" in text
    assert "nothing on this system" in text


def test_times_are_about_so_much() -> None:
    assert approximately(0.5049) == "≈ 0.50 s"
    assert approximately(0.0004) == "less than 0.01 s"


@pytest.fixture
def open_sockets() -> Callable[[], int]:
    """How many sockets of this course are open."""

    def count() -> int:
        gc.collect()
        return sum(1 for sock, _ in live() if sock.fileno() != -1)

    return count


@pytest.mark.parametrize("name", MISDEEDS)
def test_nothing_is_left_when_it_is_closed_while_it_runs(name: str, open_sockets: Callable[[], int]) -> None:
    before, threads = open_sockets(), set(threading.enumerate())
    panel = panels.error_zoo()
    panel.misdeed, panel.timeout = name, 3
    panel.guess = NO_IDEA
    assert panel.run()
    seen = panel.chosen()
    assert seen is not None
    until(seen.scene.ready.is_set)
    panel.close()
    assert seen.wait()
    panel._ticker.wait()
    left = [thread for thread in set(threading.enumerate()) - threads if thread.name.startswith("panel")]
    assert left == []
    assert open_sockets() == before
    assert not panel.run()


def test_its_repr_is_the_same_on_every_run(panel: ErrorZoo) -> None:
    assert repr(panel) == "<the error zoo: run this cell to visit it>"


def test_a_server_that_cannot_be_set_up_ends_the_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misdeeds, "_LOCALHOST", "192.0.2.1")  # RFC 5737: nobody's address
    made = Visit(MISDEEDS[SILENT], 0.3)
    made.start()
    assert made.wait()
    assert not made.running
    assert isinstance(MISDEEDS[SILENT], Misdeed)
