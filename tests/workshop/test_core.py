"""What needs no socket and no file: names, reports, the code, the room, and what the pages are told."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.workshop.code import Door, fingerprint, new_secret, split, written
from labsupport.workshop.names import checked_name, folded
from labsupport.workshop.refusal import Refusal
from labsupport.workshop.reports import Report, course, parse
from labsupport.workshop.room import Room
from labsupport.workshop.views import instructors, shared

KNOWN = course()
WRONG = Report("echo_server", "failed", "accepts_once", 1)


def wrong(tries: int, mistake: str | None = "accepts_once") -> Report:
    return Report("echo_server", "failed", mistake, tries)


# --- names ---


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "Zanele 你好",
        "नमस्ते",
        "O'Brien",
        "\u0645\u062d\u0645\u062f",
        "Ngũgĩ",
        "Jean-Luc 2",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    ],
)
def test_names_of_many_places_are_taken(name: str) -> None:
    assert checked_name(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    ["", "   ", "<script>alert(1)</script>", "a<b", "a\nb", "a\x1b[31mb", "abc\u202etxt", "\u2066x\u2069", "a\u200bb",
     "x" * 41, "...", "\ud800", "&amp;", '"', "a\x00", None, 5, ["Ana"], "\u3164", "Zanele\u3164", "Zanele\u115f",
     "Zanele\u034f", "Zanele\ufe0f", "Zanele\U000e0100", "Zanele\uffa0", "Zanele\u180d", "Zanele\u17b4"],
)  # fmt: skip
def test_what_is_no_name_is_refused(name: object) -> None:
    with pytest.raises(Refusal) as refused:
        checked_name(name)
    assert refused.value.status == 422
    assert "script" not in str(refused.value)


def test_one_name_written_in_two_ways_is_one() -> None:
    assert folded("ANA  \uff22") == folded("ana b")


# --- reports ---


def test_a_report_is_read_as_it_was_written() -> None:
    assert parse(WRONG.body(), KNOWN) == WRONG


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"\xff", 400), (b"[]", 400), (b"5", 400), (b"[" * 4000, 400), (b"{}", 422),
        (b'{"exercise": "echo_server", "status": "passed", "mistake": null, "tries": 1, "code": "print()"}', 422),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        parse(body, KNOWN)
    assert refused.value.status == status


@pytest.mark.parametrize(
    "change",
    [{"exercise": "<b>"}, {"exercise": None}, {"status": "done"}, {"mistake": "my own text"}, {"mistake": ["one_recv"]},
     {"tries": 0}, {"tries": True}, {"tries": 1.5}, {"tries": "1"}, {"tries": 10**9}],
)  # fmt: skip
def test_a_report_has_no_room_for_other_text(change: dict[str, object]) -> None:
    body = json.dumps({**json.loads(WRONG.body()), **change}).encode()
    with pytest.raises(Refusal) as refused:
        parse(body, KNOWN)
    assert refused.value.status == 422


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_and_raise_nothing_else(body: bytes) -> None:
    with pytest.raises(Refusal):
        parse(body, KNOWN)


@given(
    st.fixed_dictionaries(
        {
            "exercise": st.sampled_from(["echo_server", "echo_serve", ""]),
            "status": st.sampled_from(["passed", "failed", "done"]),
            "mistake": st.none() | st.sampled_from([*KNOWN["echo_server"][1], "my own text"]),
            "tries": st.integers(-3, 3) | st.just(1_000_000) | st.just(1_000_001),
        }
    )
)
def test_whatever_has_the_fields_is_a_report_or_refused(sent: dict[str, Any]) -> None:
    known = sent["exercise"] == "echo_server" and sent["mistake"] != "my own text"
    with (
        contextlib.nullcontext()
        if known and sent["status"] != "done" and 1 <= sent["tries"] <= 1_000_000
        else (pytest.raises(Refusal))
    ):
        assert asdict(parse(json.dumps(sent).encode(), KNOWN)) == sent


# --- the code ---


@given(st.binary(max_size=50))
def test_a_code_is_read_however_it_is_typed(certificate: bytes) -> None:
    shown, secret = fingerprint(certificate), new_secret()
    code = written(shown, secret)
    assert split(code) == (shown, secret)
    assert split(code.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == (shown, secret)


def test_two_certificates_have_two_fingerprints_of_80_bits() -> None:
    assert len({fingerprint(bytes([number])) for number in range(200)}) == 200
    assert len(fingerprint(b"")) * 5 == 80


@pytest.mark.parametrize("code", ["", "ABCD", "U" * 24, "0" * 25, "héllo" * 5])
def test_what_is_no_code_is_said(code: str) -> None:
    with pytest.raises(ValueError, match="24 letters and digits"):
        split(code)


def refused(door: Door, code: object, now: float = 0.0, address: str = "192.0.2.1") -> int:
    try:
        door.check(code, address, now)
    except Refusal as refusal:
        return refusal.status
    return 0


def test_the_door_opens_to_its_code_until_it_expires() -> None:
    door = Door("ABCD1234", expires=100.0)
    assert refused(door, "ABCD1234", 99.0) == 0
    assert refused(door, "ABCD1234", 100.0) == 410
    assert [refused(door, wrong) for wrong in ("ABCD1235", "", None, 5, "\ud800")] == [403] * 5


def test_guessing_ends_soon_and_a_minute_later_the_class_may_go_on() -> None:
    door = Door("ABCD1234", expires=1e9)
    statuses = [refused(door, str(guess)) for guess in range(30)]
    assert statuses == [403] * 20 + [429] * 10
    assert refused(door, "ABCD1234") == 429  # else guessing would go on
    assert refused(door, "ABCD1234", address="192.0.2.2") == 0
    assert refused(door, "ABCD1234", now=60.0) == 0


def test_many_addresses_guess_no_more_than_a_hundred_times_a_minute() -> None:
    door = Door("ABCD1234", expires=1e9)
    statuses = [refused(door, "x", address=f"192.0.2.{guess}") for guess in range(250)]
    assert statuses.count(403) == 100


# --- the room and its views ---


def test_a_name_belongs_to_one_learner() -> None:
    room = Room()
    room.join("a", "Ana", 0.0)
    with pytest.raises(Refusal, match="Somebody else"):
        room.join("b", " ANA ", 0.0)
    room.join("a", "Ana Maria", 1.0)  # one's own may be changed
    room.join("b", "Ana", 1.0)
    assert room.leave("a").name == "Ana Maria"
    with pytest.raises(Refusal) as unknown:
        room.report("a", WRONG, 2.0)
    assert unknown.value.status == 401


def test_a_report_that_comes_twice_counts_once() -> None:
    room = Room()
    room.join("a", "Ana", 0.0)
    assert [room.report("a", wrong(tries), 1.0).same for tries in (1, 1, 2, 2, 3)] == [1, 1, 2, 2, 3]
    assert room.report("a", wrong(4, "returns_a_piece"), 1.0).same == 1
    assert room.report("a", wrong(5, None), 1.0).same == 0


def test_who_has_passed_stays_so_and_is_not_stuck() -> None:
    room = Room()
    room.join("a", "Ana", 0.0)
    room.report("a", Report("echo_server", "passed", None, 1), 1.0)
    for tries in range(2, 7):
        assert room.report("a", wrong(tries), 1.0).passed
    assert instructors(room, KNOWN, 2.0)["stuck"] == []


def told(*learners: tuple[str, int]) -> Room:
    room = Room()
    for name, times in learners:
        room.join(name, name, 0.0)
        for tries in range(times):
            room.report(name, wrong(tries + 1), 10.0 + tries)
    return room


def test_the_third_time_of_one_mistake_is_stuck_and_the_latest_comes_first() -> None:
    found = instructors(told(("Ana", 3), ("Bo", 2), ("Chidi", 5)), KNOWN, 100.0)
    assert [(one["name"], one["times"]) for one in found["stuck"]] == [("Chidi", 5), ("Ana", 3)]


def names_in(value: Any) -> bool:
    return any(name in json.dumps(value) for name in ("Ana", "Bo", "Chidi"))


def test_the_shared_page_has_counts_and_no_names() -> None:
    room = told(("Ana", 3), ("Bo", 2), ("Chidi", 5))
    found = shared(room, KNOWN, 100.0)
    assert not names_in(found)
    assert names_in(instructors(room, KNOWN, 100.0))
    assert found["exercises"] == [{"chapter": 1, "exercise": "echo_server", "passed": 0, "trying": 3}]
    assert found["mistakes"] == [{"exercise": "echo_server", "mistake": "accepts_once", "learners": 3}]


def test_a_mistake_of_one_or_of_an_hour_ago_is_not_common_now() -> None:
    assert shared(told(("Ana", 3)), KNOWN, 100.0)["mistakes"] == []
    assert shared(told(("Ana", 3), ("Bo", 1)), KNOWN, 4000.0)["mistakes"] == []
