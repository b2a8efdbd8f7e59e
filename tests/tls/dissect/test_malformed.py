"""Bytes that no TLS ever sent: each is still in a part, what is wrong is said, and nothing is raised.

The suite tries a thousand mutated messages.  Ten thousand:

    LOOPBACK_EXAMPLES=10000 pytest tests/tls/dissect/test_malformed.py -n 0 --timeout=0
"""

from __future__ import annotations

import gc
import os
import tracemalloc
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labsupport.tls import dissect
from labsupport.tls.dissect.cursor import MOST_PARTS
from labsupport.tls.parts import Part
from tests.tls.dissect.messages import corpus, framed, handshake, hello_of_openssl_35, u16, vector

Sender = Literal["client", "server"]
SENDERS: tuple[Sender, ...] = ("client", "server")
VERSIONS = ("TLS 1.3", "TLS 1.2")
DEEPEST = 12

EXAMPLES = int(os.environ.get("LOOPBACK_EXAMPLES", "1000"))


def examples(count: int) -> settings:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=count, deadline=None, suppress_health_check=checks)


def depth(part: Part) -> int:
    return 1 + max(map(depth, part.parts), default=0)


def sound(part: Part, data: bytes) -> None:
    """What holds whatever the bytes are."""
    assert (part.start, part.end) == (0, len(data))
    assert dissect.uncovered(part) == []
    assert depth(part) <= DEEPEST
    parts = list(dissect.walk(part))
    assert all(inner.end > inner.start for inner in parts[1:])
    assert all(inner.opened == data[inner.start : inner.end] for inner in parts)
    assert all(inner.label and inner.explanation for inner in parts)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real message with bytes changed, cut out, put in, repeated or taken from another one."""
    data = bytearray(draw(st.sampled_from(corpus())).data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 40))
        match draw(st.sampled_from(("change", "cut", "insert", "repeat", "end", "splice"))):
            case "change":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del data[at : at + size]
            case "insert":
                data[at:at] = draw(st.binary(max_size=20))
            case "repeat":
                data[at:at] = data[at : at + size]
            case "end":
                del data[at:]
            case _:
                other = draw(st.sampled_from(corpus())).data
                data[at:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)


@examples(EXAMPLES)
@given(mutated(), st.sampled_from(SENDERS), st.sampled_from(VERSIONS))
def test_mutated_messages(data: bytes, sender: Sender, version: str) -> None:
    sound(dissect.message(data, sender, version), data)


@examples(EXAMPLES // 3)
@given(st.binary(max_size=400), st.sampled_from(SENDERS), st.sampled_from(VERSIONS))
def test_any_bytes(data: bytes, sender: Sender, version: str) -> None:
    sound(dissect.message(data, sender, version), data)


@examples(EXAMPLES // 3)
@given(st.sampled_from(range(26)), st.binary(max_size=400), st.sampled_from(SENDERS), st.sampled_from(VERSIONS))
def test_any_bytes_behind_a_right_header(kind: int, body: bytes, sender: Sender, version: str) -> None:
    data = framed(kind, body)
    sound(dissect.message(data, sender, version), data)


@examples(EXAMPLES // 3)
@given(st.binary(max_size=40))
def test_any_bytes_as_the_smaller_kinds(data: bytes) -> None:
    sound(dissect.alert(data), data)
    sound(dissect.change_cipher_spec(data), data)
    sound(dissect.record_header(data), data[:5])
    sound(dissect.application_data(data), data)


@pytest.mark.parametrize("cut", range(0, 600, 7))
def test_a_message_that_ends_early_says_so(cut: int) -> None:
    for message in corpus():
        if cut < len(message.data):
            part = dissect.message(message.data[:cut], message.sender, message.version)
            sound(part, message.data[:cut])
            assert dissect.errors(part)


def test_bytes_behind_a_message_are_left_over() -> None:
    for data, sender, version, _ in corpus():
        part = dissect.message(data + b"\0\0", sender, version)
        sound(part, data + b"\0\0")
        assert (part.parts[-1].label, part.parts[-1].start) == ("left over", len(data))
        assert part.parts[-1].error == "2 bytes left over: nothing is defined to stand here."


def test_the_error_stands_where_it_shows() -> None:
    hello = bytearray(hello_of_openssl_35())
    at = hello.index(u16(43) + u16(5)) + 4  # the length of `versions`
    hello[at] = 3
    part = dissect.message(bytes(hello), "client")
    assert [(wrong.label, wrong.error) for wrong in dissect.errors(part)] == [
        ("ProtocolVersion", "2 bytes expected, and the data ends after 1."),
        ("left over", "1 byte left over: nothing is defined to stand here."),
    ]


def test_a_length_that_promises_too_much() -> None:
    part = dissect.message(framed(15, u16(0x0403), b"\0\x40", b"short"), "server")
    assert [(wrong.label, wrong.error) for wrong in dissect.errors(part)] == [
        ("signature", "The length says 64 bytes, and 5 follow.")
    ]
    cut = dissect.message(framed(20, bytes(32))[:10], "server")
    assert (cut.label, cut.error) == ("Finished", "The header says 32 bytes, and 6 follow.")


def test_a_length_out_of_bounds() -> None:
    part = dissect.message(
        framed(1, u16(0x0303), bytes(32), vector(1, bytes(33)), vector(2), vector(1), vector(2)), "client"
    )
    assert {wrong.label: wrong.error for wrong in dissect.errors(part)} == {
        "legacy_session_id": "The length says 33 bytes; 0 to 32 are allowed.",
        "cipher_suites": "The length says 0 bytes; 2 to 65534 are allowed.",
        "legacy_compression_methods": "The length says 0 bytes; 1 to 255 are allowed.",
        "extensions": "The length says 0 bytes; 7 to 65535 are allowed.",
    }


@pytest.mark.parametrize(
    ("der", "error"),
    [
        (b"\x30\x80\0\0", "A DER value should begin here, with a tag and a length."),  # no length: BER
        (b"\x30\x05\0", "The DER header says 5 bytes, and 1 follow."),
    ],
)
def test_a_certificate_that_is_no_der(der: bytes, error: str) -> None:
    part = dissect.message(framed(11, b"\0", vector(3, vector(3, der) + vector(2))), "server")
    assert error in [wrong.error for wrong in dissect.errors(part) if wrong.label == "cert_data"]


def test_a_missing_field_is_named() -> None:
    part = dissect.message(framed(2, u16(0x0303), bytes(32)), "server")
    assert part.error == "The data ends where legacy_session_id_echo should begin."


def test_an_extension_in_the_wrong_message() -> None:
    data = framed(8, vector(2, u16(45) + vector(2, b"\1\1")))
    (wrong,) = dissect.errors(dissect.message(data, "server"))
    assert (wrong.label, wrong.error) == (
        "psk_key_exchange_modes",
        "psk_key_exchange_modes has no meaning in EncryptedExtensions.",
    )


@pytest.mark.parametrize(
    "data",
    [
        framed(1, u16(0x0303), bytes(32), b"\0", vector(2, bytes(65534)), b"\1\0"),
        framed(11, b"\0", vector(3, bytes(2**20))),
        framed(8, vector(2, bytes(65532))),
        bytes([11]) + b"\xff" * 2**20,
    ],
    ids=["cipher suites", "certificates", "extensions", "all ones"],
)
def test_a_long_list_is_shown_up_to_a_bound(data: bytes) -> None:
    tracemalloc.start()
    part = dissect.message(data, "server")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(1 for _ in dissect.walk(part)) < MOST_PARTS + 100
    assert most < 40 * 2**20
    assert dissect.uncovered(part) == []


def test_nothing_is_kept_of_what_was_taken_apart() -> None:
    def once() -> int:
        for said in handshake("client certificate"):
            dissect.message(said.data, said.sender, said.version)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    once()
    tracemalloc.start()
    first = once()
    assert max(once() for _ in range(3)) - first < 20_000
    tracemalloc.stop()
