"""Two connections alike but for one option: what differs, what does not, and that it says so; no browser needed."""

from __future__ import annotations

import html
import re
import socket
import statistics
import threading
from collections.abc import Iterator

import pytest
import traitlets

from labsupport import options, panels
from labsupport.measure import Comparison
from labsupport.options import system
from labsupport.panels.comparison import side, side_by_side
from labsupport.panels.comparison.alike_cards import about, figures, sentences, throughput
from labsupport.panels.comparison.changes import CHANGES, DEFAULT, Change, missing
from labsupport.panels.comparison.comparing import TwoConnections
from labsupport.panels.comparison.side_by_side import SideBySide
from labsupport.panels.comparison.traffic import TRAFFIC, Exchange
from labsupport.tape.events import Call, tick
from labsupport.tape.record import TAPE
from tests.leftovers import none_left, until

SMALL, ONE_WRITE, BULK, SLOWLY, CLOSING = TRAFFIC
ALL = [change for values in CHANGES.values() for change in values.values()]


@pytest.fixture
def panel() -> Iterator[TwoConnections]:
    made = panels.two_connections()
    yield made
    made.close()
    made._ticker.wait()
    assert all(one.wait() for one in made.experiments.values())


@pytest.fixture
def few_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "TRIALS", 6)


def compared(option: str, number: int, traffic: str) -> SideBySide:
    """The comparison of a value of an option, by its place in the menu, without the panel."""
    made = SideBySide(list(CHANGES[option].values())[number], traffic)
    made.start()
    assert made.wait()
    assert made.trouble == ""
    return made


def settled(panel: TwoConnections) -> SideBySide:
    until(lambda: not panel.busy)
    panel._ticker.wait()
    made = panel.chosen()
    assert made is not None
    return made


def begun(made: SideBySide) -> None:
    until(lambda: made.sides[DEFAULT].times or not made.running)


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


# --- what can be changed ------------------------------------------------------------------------


@pytest.mark.parametrize("change", ALL, ids=lambda change: change.name)
def test_every_change_is_taken_by_this_system_and_stands_on_the_tape(change: Change) -> None:
    if missing(change.option):
        pytest.skip(missing(change.option))
    one = side.Side(change, TRAFFIC[ONE_WRITE])
    thread = threading.Thread(target=one.serve)
    thread.start()
    try:
        one.draw()
    finally:
        one.end()
        thread.join()
    assert one.setting is not None
    assert one.setting.option.name == change.option
    assert one.setting.asked == change.value or one.setting.asked == tuple(change.value)
    calls = [event for event in one.drawn if isinstance(event, Call)]
    assert {"setsockopt", "connect", "sendall", "recv"} <= {call.op for call in calls}


def test_every_option_is_one_of_the_table_and_its_values_have_names_of_their_own() -> None:
    for option, values in CHANGES.items():
        assert option in options.TABLE
        assert {change.option for change in values.values()} == {option}
        assert list(values) == [change.label for change in values.values()]


def test_what_this_system_lacks_is_said_to_be_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "here", lambda: "macOS")
    monkeypatch.delattr(socket, "TCP_QUICKACK", raising=False)
    assert missing("TCP_QUICKACK").startswith("TCP_QUICKACK is an option of Linux and Windows, and this is macOS.")
    monkeypatch.setattr(options, "get", lambda *_: (_ for _ in ()).throw(PermissionError("not allowed here")))
    assert missing("SO_SNDBUF") == "not allowed here"


# --- what comes of it ---------------------------------------------------------------------------


@pytest.mark.skipif(missing("TCP_QUICKACK") != "", reason="the 40 ms are those of Linux")
@pytest.mark.parametrize(
    ("option", "number", "cured"),
    [("TCP_NODELAY", 0, True), ("TCP_NODELAY", 1, False), ("TCP_QUICKACK", 1, True), ("TCP_CORK", 1, True)],
)
@pytest.mark.usefixtures("few_trials")
def test_two_small_writes_wait_for_an_ack_unless_it_is_cured(option: str, number: int, cured: bool) -> None:
    made = compared(option, number, SMALL)
    default, changed = (made.found.median(name) for name in made.sides)
    assert 0.02 < default < 0.2
    assert (changed * 5 < default) == cured


@pytest.mark.skipif(missing("TCP_CORK") != "", reason="an option of Linux")
@pytest.mark.usefixtures("few_trials")
def test_a_cork_that_is_left_holds_every_question_back() -> None:
    made = compared("TCP_CORK", 0, ONE_WRITE)
    assert made.found.median(made.change.name) > 0.1 > made.found.median(DEFAULT) * 5


@pytest.mark.usefixtures("few_trials")
def test_with_a_small_send_buffer_the_writes_wait_for_the_reader() -> None:
    made = compared("SO_SNDBUF", 0, SLOWLY)
    finding = made.found.findings[0]
    assert (finding.kind, finding.slower) == ("slower", made.change.name)
    setting = made.sides[made.change.name].setting
    assert setting is not None
    assert setting.made > 1
    assert setting.text() in plain(figures(made))


@pytest.mark.usefixtures("few_trials")
def test_linger_0_loses_what_was_not_sent_and_linger_5_waits_for_it() -> None:
    reset = compared("SO_LINGER", 0, CLOSING)
    cut = reset.sides[reset.change.name].exchanges
    assert {one.error for one in cut} == {"ConnectionResetError"}
    assert statistics.median(one.arrived for one in cut) < TRAFFIC[CLOSING].size
    assert {(one.arrived, one.error) for one in reset.sides[DEFAULT].exchanges} == {(TRAFFIC[CLOSING].size, "")}
    assert "the peer got ConnectionResetError and only a part" in " ".join(sentences(reset))
    waits = compared("SO_LINGER", 1, CLOSING)
    assert waits.found.findings[0].slower == waits.change.name
    assert {one.error for one in waits.sides[waits.change.name].exchanges} == {""}


@pytest.mark.usefixtures("few_trials")
def test_what_is_measured_is_not_on_the_tape() -> None:
    begin = tick()
    made = compared("TCP_NODELAY", 0, ONE_WRITE)
    assert sum(len(one.exchanges) for one in made.sides.values()) > 100
    sends = [event for event in TAPE.events() if isinstance(event, Call) and event.op == "sendall"]
    assert len([call for call in sends if call.order > begin]) == 2 * 3 * 2  # what is drawn: 3 questions, 3 answers


@pytest.mark.usefixtures("few_trials")
def test_the_ladder_has_three_questions_and_two_ends() -> None:
    made = compared("TCP_NODELAY", 0, SMALL)
    for one in made.sides.values():
        calls = [event for event in one.drawn if isinstance(event, Call)]
        assert [call.length for call in calls if call.op == "sendall" and call.length != 1] == [4, 20] * 3
        assert len({call.endpoint for call in calls if not call.endpoint.listening}) == 2


def test_a_call_that_lasts_too_long_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side, "PATIENCE", 0.05)
    slow = TRAFFIC[SLOWLY].__class__("", TRAFFIC[SLOWLY].timed, (1 << 20,) * 8, piece=1, pause=0.01)
    monkeypatch.setattr(side_by_side, "TRAFFIC", {SLOWLY: slow})
    made = SideBySide(CHANGES["SO_SNDBUF"]["1 byte"], SLOWLY)
    made.start()
    assert made.wait()
    assert made.trouble.startswith("A call took more than")
    assert "It could not be done to its end" in " ".join(sentences(made))


# --- in words -----------------------------------------------------------------------------------


def test_what_the_option_does_and_what_goes_over_the_connection() -> None:
    told = plain(about(CHANGES["SO_RCVBUF"]["4,096 bytes"], TRAFFIC[BULK]))
    assert "SO_RCVBUF : room for what arrives" in told
    assert "on the listener, before listen()" in told
    assert "512 KiB in writes of 64 KiB" in told
    assert all(about(change, traffic) for change in ALL for traffic in TRAFFIC.values())


def test_throughput_is_told_in_questions_or_in_bytes() -> None:
    assert throughput(TRAFFIC[SMALL], [Exchange(0.04, 0.05, 24)] * 2) == "≈ 20 questions/s"
    assert throughput(TRAFFIC[BULK], [Exchange(0.1, 0.5, 500_000)]) == "≈ 1 MB/s"
    assert throughput(TRAFFIC[BULK], []) == "…"


def _made(times: dict[str, list[float]], ended: str = "") -> SideBySide:
    made = SideBySide(CHANGES["TCP_NODELAY"]["True"], SMALL)
    made._found = Comparison(dict(zip(made.sides, times.values(), strict=True)), ended)
    return made


def test_noise_is_said_to_be_noise() -> None:
    noisy = sentences(_made({"a": [0.001, 0.01] * 8, "b": [0.01, 0.001] * 8}))
    assert "too noisy to tell" in noisy[0]


def test_a_difference_and_an_early_end_are_said() -> None:
    large = sentences(_made({"a": [0.04] * 15, "b": [0.001] * 15}, "out of time"))
    assert "times as slow as" in large[0]
    assert "There was no time for more trials." in large


def test_a_table_before_the_first_trial_has_dots_for_each_figure() -> None:
    assert plain(figures(_made({"a": [], "b": []}))).count("… … …") == 2


# --- the panel ----------------------------------------------------------------------------------


def test_before_anything_was_measured(panel: TwoConnections) -> None:
    assert "Choose an option" in panel.said
    assert panel.found == panel.going == ""
    assert panel.ladder.head["steps"] == 0
    assert panel._stop.disabled
    assert not panel.stop()


def test_another_option_brings_its_own_values(panel: TwoConnections) -> None:
    for option, values in CHANGES.items():
        panel.option = option
        assert panel._value.options == list(values)
        assert panel.value == panel._value.value == next(iter(values))
        assert panel.change is values[panel.value]
    panel._option.value = "TCP_NODELAY"
    panel._value.value = "True (on the side that answers)"
    assert panel.change.end == "answering"


@pytest.mark.usefixtures("few_trials")
def test_a_comparison_is_told(panel: TwoConnections) -> None:
    assert panel.run()
    assert panel.going
    made = settled(panel)
    assert "TCP_NODELAY = True" in panel.found
    assert "TCP_NODELAY is True, as asked." in plain(panel.found)
    assert f"{SMALL}: " in plain(panel.said)
    assert panel.going == ""
    assert "sendall" in panel.ladder._picture.text()
    assert "client, TCP_NODELAY" in panel.ladder._picture.text()
    panel.shown = "the default connection"
    assert "client, default" in panel.ladder._picture.text()
    assert made.progress == (14, 14)


def test_it_is_stopped_and_keeps_what_it_has(panel: TwoConnections) -> None:
    panel.option, panel.value = "TCP_CORK", "True (and left so)"
    assert panel.run()
    assert not panel.run()
    made = panel.chosen()
    assert made is not None
    until(lambda: len(made.sides[DEFAULT].times) > 2)
    for control in (panel._option, panel._value, panel._traffic, panel._run):
        assert control.disabled
    assert not panel._shown.disabled
    assert panel.stop()
    settled(panel)
    assert made.trouble == ""
    assert "It was stopped early." in panel.said
    assert "trial" in plain(panel.found)
    assert not panel._run.disabled
    assert not panel.stop()


@pytest.mark.usefixtures("few_trials")
def test_it_runs_again_after_it_was_stopped(panel: TwoConnections) -> None:
    panel.traffic = ONE_WRITE
    assert panel.run()
    panel.stop()
    settled(panel)
    assert panel.run()
    assert settled(panel).found.ended == ""


def test_what_is_lacking_cannot_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(panels.two_connections.__globals__, "missing", lambda name: f"{name} is an option of `Plan 9`.")
    panel = panels.two_connections()
    assert "It cannot be tried here. TCP_NODELAY is an option of <code>Plan 9</code>." in panel.said
    assert panel._run.disabled
    assert not panel.run()
    panel.close()


def test_every_control_has_a_name(panel: TwoConnections) -> None:
    for control in (panel._option, panel._value, panel._traffic, panel._run, panel._stop, panel._shown):
        assert control.description


def test_a_choice_that_is_none_is_refused(panel: TwoConnections) -> None:
    for trait, value in (("option", "SO_FAST"), ("value", "3"), ("traffic", "heavy"), ("shown", "neither")):
        with pytest.raises(traitlets.TraitError):
            setattr(panel, trait, value)


@pytest.mark.parametrize("traffic", TRAFFIC)
def test_it_leaves_nothing_behind_when_it_is_closed_while_it_runs(traffic: str) -> None:
    panels.two_connections().close()  # what is made once and kept is there now
    with none_left():
        panel = panels.two_connections()
        panel.option, panel.traffic = "SO_SNDBUF", traffic
        assert panel.run()
        made = panel.chosen()
        assert made is not None
        begun(made)
        panel.close()
        assert made.wait()
        panel._ticker.wait()
        assert not panel.run()
        unwatched = [sock for one in made.sides.values() for sock in one._here if sock.fileno() != -1]
        assert unwatched == []
        del panel, made


def test_its_repr_is_the_same_on_every_run(panel: TwoConnections) -> None:
    assert repr(panel) == "<two connections alike but for one option: run this cell to compare them yourself>"


def test_a_machine_that_cannot_do_it_says_so(panel: TwoConnections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side, "_LOCALHOST", "192.0.2.1")  # RFC 5737: nobody's address
    assert panel.run()
    settled(panel)
    assert "It could not be done to its end: OSError" in panel.said
