"""A link follows TLS records, however the kernels cut them."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from labsupport.link.headers import Headers
from labsupport.tape.passages import Passage
from labsupport.tape.records import records_of
from tests.tape.secure import HELLO, head, route

KIND = st.tuples(st.integers(20, 24), st.integers(0, 60), st.binary(min_size=4, max_size=4))


def wire(kinds: Iterable[tuple[int, int, bytes]]) -> bytes:
    return b"".join(head(*kind).ljust(5 + kind[1], b"\xaa") for kind in kinds)


def heard(data: bytes, cuts: Iterable[int] = (), start: int = 0) -> list[tuple[int, int, int]]:
    """(where, content type, length) of the records that a link found in these reads."""
    headers, passages, at = Headers(), [], 0
    for end in [*sorted({cut for cut in cuts if 0 < cut < len(data)}), len(data)]:
        passage = Passage(route(), "up", start + at, end - at)
        headers.hear(passage, memoryview(data)[at:end], start + at)
        passages.append(passage)
        at = end
    return [(record.at, record.type, record.length) for record in records_of(passages)]


@given(st.lists(KIND, max_size=12), st.lists(st.integers(9, 900)))
def test_any_cut_gives_the_same(kinds: list[tuple[int, int, bytes]], cuts: list[int]) -> None:
    kinds = [HELLO["client"], *kinds]
    at, truth = 0, []
    for kind, length, _ in kinds:
        truth.append((at, kind, length))
        at += 5 + length
    assert heard(wire(kinds), cuts) == truth


@given(st.lists(KIND, max_size=5), st.integers(0, 40))
def test_what_has_not_come_is_not_told(kinds: list[tuple[int, int, bytes]], missing: int) -> None:
    data = wire([HELLO["client"], *kinds])
    whole = heard(data)
    some = heard(data[: max(9, len(data) - missing)])
    assert some == whole[: len(some)]


def test_tls_may_begin_with_a_later_read_and_end() -> None:
    data = b"STARTTLS\r\n" + wire([HELLO["client"], (23, 20, b"")]) + b"in clear again"
    begin = len(b"STARTTLS\r\n")
    assert heard(data, [begin]) == [(begin, 22, 512), (begin + 517, 23, 20)]
    assert heard(data) == []  # it began in the middle of a read: that is not looked for


def test_bytes_that_are_no_tls() -> None:
    assert heard(b"\x16\x03\x01 or so" * 100, [7, 50]) == []
    assert heard(bytes(10_000)) == []
