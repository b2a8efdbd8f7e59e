"""What a snapshot and a list look like: only what is known, with units, as text and as HTML."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.kernel.facts import FIELDS, STATES, Row, Rows, Snapshot, written


def test_only_what_is_known_is_shown() -> None:
    seen = Snapshot(state="ESTABLISHED", rtt=0.0000213, send_queue=3_900_000)
    assert repr(seen) == "Snapshot(state='ESTABLISHED', send_queue=3900000, rtt=2.13e-05)"
    assert str(seen).splitlines() == [
        "state       ESTABLISHED      state of the connection, as in RFC 9293 §3.3.2",
        "send_queue  3,900,000 bytes  written here, and not yet acknowledged by the other end",
        "rtt         0.0213 ms        round-trip time, smoothed",
    ]
    assert "None" not in seen.html()
    assert "3,900,000 bytes" in seen.html()
    assert "unacked" not in seen.html()


def test_where_nothing_is_known_it_is_said() -> None:
    assert "tells nothing" in str(Snapshot())
    assert "nothing" in Snapshot().html()
    assert "nothing" in str(Rows())
    assert "nothing" in Rows().html()


def test_a_snapshot_is_frozen_and_nothing_in_it_is_required() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Snapshot().state = "LISTEN"  # type: ignore[misc]
    assert all(getattr(Snapshot(), name) is None for name in FIELDS)


def test_a_notebook_shows_the_table() -> None:
    rows = Rows([Row(("127.0.0.1", 80), None, "LISTEN")])
    for one, said in ((Snapshot(state="LISTEN"), "LISTEN"), (rows, "127.0.0.1:80")):
        shown = one._repr_mimebundle_()
        assert said in shown["text/plain"]
        assert f">{said}</t" in shown["text/html"]


def test_a_list_is_a_table_with_addresses_as_people_write_them() -> None:
    rows = Rows(
        [
            Row(("::1", 5000), None, "LISTEN", 0, 2),
            Row(("127.0.0.1", 5000), ("127.0.0.1", 40000), "TIME-WAIT", 0, 0, "time-wait", 59.5),
        ]
    )
    assert str(rows).splitlines() == [
        "local           remote           state      send queue  receive queue  timer",
        "[::1]:5000      -                LISTEN     0           2              -",
        "127.0.0.1:5000  127.0.0.1:40000  TIME-WAIT  0           0              time-wait 59.5 s",
    ]
    assert rows.html().count("<tr>") == 3


def test_what_a_learner_named_cannot_be_markup() -> None:
    assert "<b>" not in Snapshot(congestion="<b>").html()


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "s", "-"),
        (0.0000213, "s", "0.0213 ms"),
        (0.04, "s", "40 ms"),
        (59.5, "s", "59.5 s"),
        (1234, "bytes", "1,234 bytes"),
        (0, "", "0"),
        ("bbr", "", "bbr"),
    ],
)
def test_values_carry_their_unit(value: object, unit: str, shown: str) -> None:
    assert written(value, unit) == shown


@given(st.floats(0, 1e6))
def test_times_are_written_without_exponents_that_nobody_reads(seconds: float) -> None:
    assert written(seconds, "s").endswith((" s", " ms"))


def test_states_are_spelt_as_in_the_rfc() -> None:
    assert len(STATES) == len(set(STATES)) == 11
    assert all(state == state.upper() and "_" not in state for state in STATES)
