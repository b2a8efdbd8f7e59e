"""The attacks: what a good client feels, what the server holds, with limits and without; no browser needed."""

from __future__ import annotations

import html
import re
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import traitlets

from labsupport import panels
from labsupport.exercises.attacks import Did, Facts, Felt, Held, Result, Target
from labsupport.exercises.attacks.felt import Visit
from labsupport.exercises.attacks.judging import judged
from labsupport.panels.attacks import attacking, under_attack
from labsupport.panels.attacks.attack_choices import ATTACKS, SPEECH
from labsupport.panels.attacks.attack_table import Run, felt_table, held_table, runs_table
from labsupport.panels.attacks.attacking import Attacking
from labsupport.panels.attacks.besieged import Besieged
from labsupport.panels.attacks.limited import Client, Refused, Server
from labsupport.panels.attacks.server_limits import CHOICES, MISSING, SOUND, Limits, limits_of
from labsupport.panels.attacks.under_attack import AttackPanel
from labsupport.panels.parts import sharing
from labsupport.services.running import Running
from labsupport.tape.events import Call
from labsupport.tls import Authority
from tests.leftovers import none_left, until

DEADLINE = replace(Limits(), deadline=0.1, whole=True)
LOST = replace(Limits(), deadline=0.1)


@pytest.fixture
def panel() -> Iterator[AttackPanel]:
    made = panels.attack()
    yield made
    made.close()
    made._ticker.wait()
    assert all(one.wait() for one in made.experiments.values())


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def settled(panel: AttackPanel) -> Attacking:
    until(lambda: not panel.busy)
    panel._ticker.wait()
    made = panel.chosen()
    assert made is not None
    return made


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def felt(*seconds: float, lost: int = 0) -> Felt:
    answered = [Visit(0.0, each, "answered") for each in seconds]
    return Felt((*answered, *[Visit(0.0, 1.0, "unanswered")] * lost))


def facts(quiet: Felt, under: Felt, sockets: tuple[int, int, int]) -> Facts:
    before, worst, after = (Held(count, 22, 20 * 2**20) for count in sockets)
    back = 0.1 if sockets[2] <= sockets[0] else None
    return Facts(ATTACKS["idle"].make(60), Did(60), quiet, under, before, worst, after, back, 2.0)


# --- the limits ---------------------------------------------------------------------------------


def test_each_menu_begins_with_no_limit_and_all_choices_together_make_limits() -> None:
    assert limits_of({name: next(iter(choices)) for name, choices in CHOICES.items()}) == Limits()
    assert limits_of(SOUND) == Limits(0.5, True, 4096, 40, 10, 20, "thread")
    assert limits_of(MISSING) == Limits(tls="accept")
    for menu, choices in CHOICES.items():
        for choice in choices:
            assert isinstance(limits_of({menu: choice}), Limits)


def test_a_question_in_pieces_and_two_in_one(pair: Any) -> None:
    client = Client(pair[1], Limits())
    pair[0].sendall("hé".encode())
    threading.Timer(0.01, pair[0].sendall, ["llo\n你好\n".encode()]).start()
    assert client.question() == "héllo\n".encode()
    assert client.question() == "你好\n".encode()
    pair[0].close()
    assert client.question() is None


def test_a_deadline_for_a_whole_question_is_not_one_for_each_recv(pair: Any) -> None:
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.02):
            pair[0].sendall(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        with pytest.raises(TimeoutError):
            Client(pair[1], DEADLINE).question()
        each = Client(pair[1], replace(LOST, longest=20))
        pair[1].settimeout(30)
        with pytest.raises(Refused):  # no recv() took too long: 20 bytes came first
            each.question()
    finally:
        over.set()
        dripping.join()


@pytest.mark.parametrize("data", [b"x" * 11, b"x" * 11 + b"\n"])
def test_a_question_that_is_too_long_is_refused(pair: Any, data: bytes) -> None:
    pair[0].sendall(data)
    with pytest.raises(Refused):
        Client(pair[1], Limits(longest=10)).question()


def test_the_longest_question_that_is_allowed_is_answered(pair: Any) -> None:
    pair[0].sendall(b"x" * 10 + b"\n")
    assert Client(pair[1], Limits(longest=10)).question() == b"x" * 10 + b"\n"


def test_too_many_questions_are_refused_before_work_is_done_for_them(pair: Any) -> None:
    pair[0].sendall(b"x\n" * 3)
    client = Client(pair[1], Limits(rate=3))
    assert [client.question() for _ in range(3)] == [b"x\n"] * 3
    pair[0].sendall(b"x\n")
    with pytest.raises(Refused):
        client.question()


@pytest.mark.parametrize("tls", ["", "accept", "thread"])
def test_the_server_echoes_and_ends(tls: Any) -> None:
    authority = Authority()
    server = Server(Limits(tls=tls), authority.server_context("localhost") if tls else None, threads=2)
    with none_left(), Running(server.serve) as service:
        made = socket.create_connection(service.address, 30)
        context = authority.client_context()
        with context.wrap_socket(made, server_hostname="localhost") if tls else made as sock:
            sock.sendall("héllo\n".encode())
            assert sock.recv(100) == "héllo\n".encode()


@pytest.mark.parametrize("limits", [Limits(at_once=1), Limits(of_one=1)])
def test_whoever_is_too_many_is_hung_up_on(limits: Limits) -> None:
    with Running(Server(limits, threads=2).serve) as service, socket.create_connection(service.address, 30) as first:
        first.sendall(b"x\n")
        assert first.recv(10) == b"x\n"
        with socket.create_connection(service.address, 30) as second:
            assert second.recv(10) == b""


def test_the_program_says_where_it_is_and_keeps_its_key() -> None:
    with Besieged(Limits(tls="thread")) as server:
        assert "BEGIN CERTIFICATE" in server.pem
        assert "KEY" not in server.pem
        with socket.create_connection(server.address, 30):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address, 30)


def test_a_program_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsupport.panels.attacks.besieged.asdict", lambda _: {"no such limit": 1})
    with pytest.raises(RuntimeError, match="no such limit"):
        Besieged(Limits())


# --- the attacks --------------------------------------------------------------------------------


def test_every_attack_grows_with_its_attackers_and_stays_within_the_bounds() -> None:
    for name, choice in ATTACKS.items():
        assert choice.does.startswith("Each ")
        authority = Authority() if name == "stalled handshake" else None
        speech = choice.speech(authority.pem if authority else "")
        assert choice.make(1).name == name
        for count in (1, under_attack._MOST):
            waves = choice.make(count).bounded(Target(speech, ("127.0.0.1", 1), Path()))
            assert sum(wave.count for wave in waves) == count
    assert SPEECH.answer == SPEECH.question


def test_idle_clients_bring_a_server_without_limits_to_a_halt() -> None:
    made = Attacking("idle", 60, Limits())
    made.start()
    assert made.wait(60)
    assert made.trouble == ""
    assert made.announced.startswith("idle: 60 connections to 127.0.0.1")
    assert made.result is not None
    assert not made.result.passed
    assert made.result.felt.unanswered
    if made.result.before.sockets is not None and made.result.after.sockets is not None:
        assert made.result.after.sockets >= made.result.before.sockets + 60
    calls = [event for event in made.drawn if isinstance(event, Call)]
    assert {call.endpoint.label for call in calls} >= {"attacker", "good client"}


@pytest.mark.parametrize("name", ATTACKS)
def test_with_all_limits_a_good_client_is_answered_and_nothing_is_left(name: str) -> None:
    made = Attacking(name, 60, limits_of(SOUND))
    made.start()
    assert made.wait(60)
    assert made.result is not None
    assert made.result.facts is not None
    if sys.platform == "linux":  # elsewhere the attackers have the good client's address
        assert made.result.felt.answered > len(made.result.felt.visits) / 2
    assert made.result.facts.back is not None


# --- in words -----------------------------------------------------------------------------------


def test_what_the_good_client_felt_has_two_rows() -> None:
    text = plain(felt_table(felt(0.002, 0.004), felt(0.01, lost=3)))
    assert "in quiet ≈ 3 ms ≈ 4 ms 0 of 2" in text
    assert "under attack ≈ 10 ms never 3 of 4 (3 unanswered)" in text
    assert "in quiet … … …" in plain(felt_table(Felt(), Felt()))
    assert "never never 2 of 2 (2 unanswered)" in plain(felt_table(felt(0.1), felt(lost=2)))


def test_what_the_server_held_has_three_rows() -> None:
    text = plain(held_table(Held(4, 22, 2**20), Held(64, 22, 2**21), Held(4, None, 2**20), "afterwards"))
    assert "sockets 4 64 4" in text
    assert "threads 22 22 not told" in text
    assert "memory ≈ 1 MiB ≈ 2 MiB ≈ 1 MiB" in text
    assert "sockets … 64 4" in plain(held_table(None, Held(64, 1, 1), Held(4, 1, 1), "now"))


def test_all_runs_are_told_the_last_one_first() -> None:
    fell, held = (facts(felt(0.002), felt(0.003, lost=lost), (4, 64, after)) for lost, after in ((9, 64), (0, 4)))
    runs = [Run("idle", 60, words, Result("idle", judged(one), one)) for words, one in (("none", fell), ("<b>", held))]
    assert runs_table(runs[:1]) == ""
    text = runs_table(runs)
    assert "&lt;b&gt;" in text
    assert "<td><b>" not in text
    shown = plain(text)
    assert shown.index("idle, 60 held ≈ 2 ms ≈ 3 ms 0 of 1 4 → 64 → 4") < shown.index(
        "idle, 60 not held ≈ 2 ms never 9 of 10"
    )


# --- the panel ----------------------------------------------------------------------------------


def test_before_anything_nothing_is_given_away(panel: AttackPanel) -> None:
    assert "Will the good client still be answered" in panel.said
    assert panel.found == panel.runs == panel.going == ""
    assert "60 attackers will connect to 127.0.0.1, for 3 s" in panel.plan
    assert panel.ladder.head["steps"] == 0
    assert not panel.stop()


def test_attacked_defended_and_attacked_again(panel: AttackPanel) -> None:
    assert panel.run()
    assert not panel.run()
    assert panel._run.disabled
    until(lambda: "Announced: idle: 60 connections" in panel.said)
    until(lambda: "under attack" in panel.found)
    settled(panel)
    assert "idle: " in panel.said
    assert "Serve clients beside each other" in panel.said
    assert "attacker" in panel.ladder._picture.text()
    assert panel.runs == ""
    panel._all.click()
    assert (panel.deadline, panel.tls) == (SOUND["deadline"], "no TLS")
    assert panel.run()
    settled(panel)
    assert "idle: " in panel.said
    shown = plain(panel.runs)
    assert 0 < shown.index("time 0.5 s for a whole question; longest") < shown.index("idle, 60 not held")


def test_it_is_stopped_and_keeps_what_it_has(panel: AttackPanel) -> None:
    assert panel.run()
    made = panel.chosen()
    assert made is not None
    until(lambda: made.progress is not None and made.progress.phase == "attack")
    assert panel.stop()
    settled(panel)
    assert made.result is None
    assert "It was stopped early." in panel.said
    assert "under attack" in panel.found
    assert not panel._run.disabled
    assert panel._stop.disabled


def test_a_handshake_cannot_be_stalled_where_there_is_none(panel: AttackPanel) -> None:
    panel.attack = "stalled handshake"
    assert not panel.run()
    assert panel._run.disabled
    assert "choose where it is done first" in panel.plan
    panel.tls = "in accept()"
    assert not panel._run.disabled
    panel._all.click()
    assert panel.tls == "in the client's thread"
    panel._none.click()
    assert (panel.tls, panel.deadline) == ("in accept()", "none")


def test_by_the_controls_and_by_the_traits(panel: AttackPanel) -> None:
    panel._attackers.value = 7
    panel._attack.value = "flood"
    panel.limits["rate"].value = "20 a second of a connection"
    assert (panel.attackers, panel.attack, panel.rate) == (7, "flood", "20 a second of a connection")
    panel.attackers = 1
    assert panel._attackers.value == 1
    assert "1 attacker will connect" in panel.plan
    for trait, value in (("attack", "a siege"), ("attackers", 0), ("deadline", "soon")):
        with pytest.raises(traitlets.TraitError):
            setattr(panel, trait, value)


def test_on_a_shared_hub_fewer_attack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_attack, "most", lambda: sharing.most({"JUPYTERHUB_USER": "maria"}))
    panel = panels.attack()
    assert panel.attackers == panel._attackers.max == 40
    panel.attackers = 120
    assert panel.attackers == 40
    panel.close()


def test_every_control_has_a_name(panel: AttackPanel) -> None:
    controls = (panel._attack, panel._attackers, panel._run, panel._stop, panel._none, panel._all)
    for control in (*controls, *panel.limits.values()):
        assert control.description


@pytest.mark.parametrize("phase", ["drawing", "quiet", "attack", "later"])
def test_it_leaves_nothing_behind_when_it_is_closed_while_it_runs(phase: str) -> None:
    panels.attack().close()  # what is made once and kept is there now
    with none_left():
        panel = panels.attack()
        assert panel.run()
        made = panel.chosen()
        assert made is not None
        reached(made, phase)
        panel.close()
        assert made.wait()
        panel._ticker.wait()
        assert not panel.run()
        del panel, made


def reached(made: Attacking, phase: str) -> None:
    def there() -> object:
        if phase == "drawing":
            return made.sockets or made.drawn
        return made.progress is not None and made.progress.phase == phase

    until(lambda: there() or not made.running)


def test_its_repr_is_the_same_on_every_run(panel: AttackPanel) -> None:
    assert repr(panel) == "<one server under attack: run this cell to attack it>"


def test_a_machine_that_cannot_do_it_says_so(panel: AttackPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("<it> did not start")

    monkeypatch.setattr(attacking, "Besieged", refuse)
    assert panel.run()
    settled(panel)
    assert "It could not be done to its end: RuntimeError: &lt;it&gt; did not start" in panel.said
    assert panel.found == ""
