"""What somebody without keys can say of TLS records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.tape.passages import Passage
from labsupport.tape.records import HEADS, Record, keep_head, opens, records_of
from tests.tape.secure import HELLO, Kind, carried, head, route

CHANGE: Kind = (20, 1, b"\x01")


def named(kinds: list[Kind]) -> list[tuple[str, bool]]:
    return [(record.name, record.clear) for record in records_of(carried(kinds))]


def test_a_handshake_of_tls_13() -> None:
    kinds = [HELLO["server"], CHANGE, (23, 23, b""), (23, 591, b""), (23, 69, b"")]
    secret = [("application data", False)] * 3
    assert named(kinds) == [("ServerHello", True), ("change_cipher_spec", True), *secret]


def test_a_hello_may_follow_a_change_of_cipher() -> None:
    """After a HelloRetryRequest, which looks like a ServerHello from here."""
    assert named([HELLO["client"], CHANGE, HELLO["client"]])[-1] == ("ClientHello", True)
    assert named([HELLO["server"], CHANGE, HELLO["server"]])[-1] == ("ServerHello", True)


@pytest.mark.parametrize("start", [b"\x01\x8e\x00\x12", b"\x02\x00\x00\x25", b"\x14\x00\x00\x0c"])
def test_in_tls_12_a_finished_is_encrypted(start: bytes) -> None:
    kinds = [(22, 4, bytes([14, 0, 0, 0])), CHANGE, (22, 40, start)]
    assert named(kinds) == [("ServerHelloDone", True), ("change_cipher_spec", True), ("encrypted handshake", False)]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ((21, 2, b"\x02\x30"), ("alert unknown_ca", True)),
        ((21, 2, b"\x02\xc8"), ("alert 200", True)),
        ((21, 26, b"\x02\x30\x00\x00"), ("encrypted alert", False)),
        ((22, 300, bytes([99, 0, 1, 0])), ("handshake message 99", True)),
        ((24, 3, b"\x01\x00\x01"), ("heartbeat", False)),
    ],
)
def test_names(kind: Kind, said: tuple[str, bool]) -> None:
    assert named([kind]) == [said]


def test_where_records_stand() -> None:
    found = records_of(carried([HELLO["client"], CHANGE, (23, 22, b"")]))
    assert [(record.at, record.length, record.size, record.end) for record in found] == [
        (0, 512, 517, 517),
        (517, 1, 6, 523),
        (523, 22, 27, 550),
    ]


def test_behind_a_gap_nothing_is_known() -> None:
    passages = carried([HELLO["client"], CHANGE, (23, 22, b"")])
    assert [record.type for record in records_of([passages[0], passages[2]])] == [22]


def test_a_passage_keeps_so_many() -> None:
    passage = Passage(route(), "up", 0, 6 * 2000)
    for number in range(2000):
        keep_head(passage, 6 * number, head(*CHANGE))
    assert len(records_of([passage])) == HEADS


def test_a_copy_does_not_grow() -> None:
    (passage,) = carried([HELLO["client"]])
    still = passage.as_of(1 << 60)
    keep_head(passage, 517, head(*CHANGE))
    assert [len(records_of([one])) for one in (still, passage)] == [1, 2]


def test_it_came_no_later_than_it_went_on() -> None:
    (passage,) = carried([HELLO["client"]])
    (record,) = records_of([passage])
    assert isinstance(record, Record)
    assert record.latest == passage.deliveries[0].order > passage.order


@pytest.mark.parametrize(
    ("data", "is_tls"),
    [
        (head(*HELLO["client"]), True),
        (head(*HELLO["server"]), True),
        (head(21, 2, b"\x02\x28"), True),
        (head(*HELLO["client"])[:8], False),  # too little to tell
        (head(21, 3, b"\x02\x28"), False),
        (head(21, 2, b"\x01\x00"), True),
        (head(21, 2, b"\x03\x28"), False),  # neither a warning nor fatal
        (head(22, 100, b"\x01\x00\x00\x60"), True),
        (head(22, 100, b"\x01\x00\x00\x61"), False),  # a hello longer than its record
        (head(23, 100, b"\x01\x00\x00\x60"), False),
        (b"\x16\x04" + head(*HELLO["client"])[2:], False),
        (b"", False),
    ],
)
def test_where_tls_begins(data: bytes, is_tls: bool) -> None:
    assert opens(data) is opens(memoryview(data)) is is_tls


@given(st.text())
def test_text_is_no_tls(text: str) -> None:
    assert not opens(text.encode("utf-8", "surrogatepass")) or text[:2] == "\x16\x03"
