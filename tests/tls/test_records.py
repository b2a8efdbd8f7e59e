"""Bytes of one end, or of both, into records: joined, cut, opened, padded, broken."""

from __future__ import annotations

import gc
import random
import tracemalloc

import pytest

from labsupport import tls
from labsupport.tls.keys import Keys
from labsupport.tls.parts import Part
from labsupport.tls.pieces import piece
from labsupport.tls.records import Record, read_records, version_of
from labsupport.tls.transcript import Transcript
from tests.tls.sealing import HANDSHAKE, check, labels, record, sealer

FINISHED = b"\x14\0\0\x20" + bytes(range(32))
UPDATE = b"\x18\0\0\1\0"
SECRET = b"\5" * 32
LOG = f"SERVER_TRAFFIC_SECRET_0 {'ab' * 32} {SECRET.hex()}\n"


def read(data: bytes, keylog: dict[str, list[bytes]] | None = None) -> list[Record]:
    return read_records(data, "server", "TLS 1.3", Keys("server", keylog or {}))


def opened(data: bytes) -> list[Record]:
    return read(data, {"SERVER_TRAFFIC_SECRET_0": [SECRET]})


def down(data: bytes, keylog: str = LOG) -> Transcript:
    """What a server alone sent, as a transcript that is accounted for."""
    return check(tls.transcribe(b"", data, keylog))


def outline(part: Part) -> list[tuple[int, int, str]]:
    return [(one.start, one.end, one.label) for one in part.parts]


@pytest.mark.parametrize("cut", range(1, len(FINISHED)))
def test_a_message_across_records_is_joined(cut: int) -> None:
    data = record(FINISHED[:cut]) + record(FINISHED[cut:])
    first, second = read(data)
    assert (first.names, second.names) == (("Finished",), ())
    assert first.part.parts[1].opened + second.part.parts[1].opened == FINISHED
    assert outline(first.part)[1] == (5, 5 + cut, "Finished")
    assert outline(second.part)[1] == (10 + cut, 10 + len(FINISHED), "Finished (continued)")
    assert [part.end - part.start for part in (first.part, second.part)] == [5 + cut, 5 + len(FINISHED) - cut]
    down(data)


def test_a_field_across_records_is_two_parts() -> None:
    first, second = read(record(FINISHED[:20]) + record(FINISHED[20:]))
    assert outline(first.part.parts[1])[-1] == (9, 25, "verify_data")
    assert outline(second.part.parts[1]) == [(30, 46, "verify_data (continued)")]
    assert not first.part.parts[1].error


def test_a_byte_a_record() -> None:
    records = read(b"".join(record(FINISHED[at : at + 1]) for at in range(len(FINISHED))))
    assert [one.names for one in records if one.names] == [("Finished",)]
    assert b"".join(one.part.parts[1].opened for one in records) == FINISHED


def test_several_messages_in_a_record_and_one_that_goes_on() -> None:
    joined = UPDATE + UPDATE + FINISHED + UPDATE
    data = record(joined[:20]) + record(b"") + record(joined[20:])
    records = read(data)
    assert [one.names for one in records] == [("KeyUpdate", "KeyUpdate", "Finished"), (), ("KeyUpdate",)]
    assert [label for _, _, label in outline(records[2].part)] == ["record header", "Finished (continued)", "KeyUpdate"]
    assert [label for _, _, label in outline(records[1].part)] == ["record header"]
    down(data)


def test_encrypted_messages_across_records_are_joined_too() -> None:
    seal = sealer(SECRET)
    data = seal(FINISHED[:9], HANDSHAKE) + seal(FINISHED[9:], HANDSHAKE, padding=3)
    first, second = opened(data)
    assert (first.names, second.names) == (("Finished",), ())
    assert [label for _, _, label in outline(second.part)] == [
        "record header",
        "Finished (continued)",
        "type",
        "zeros",
        "authentication tag",
    ]
    assert second.part.parts[1].secret
    assert not second.part.parts[0].secret
    assert second.part.parts[1].opened == FINISHED[9:]
    assert second.part.opened[5 : 5 + len(FINISHED) - 9] == FINISHED[9:]
    down(data)


def test_messages_are_not_joined_across_a_change_of_keys() -> None:
    records = opened(record(FINISHED[:9]) + sealer(SECRET)(FINISHED[9:], HANDSHAKE))
    assert [len(one.names) for one in records] == [1, 1]
    assert records[0].part.parts[1].error == "The header says 32 bytes, and 5 follow."


@pytest.mark.parametrize("padding", [0, 1, 1000])
@pytest.mark.parametrize("content", [b"", b"x", b"\0\0", "你好".encode()])
def test_padding(content: bytes, padding: int) -> None:
    data = sealer(SECRET)(content, padding=padding)
    (one,) = opened(data)
    middle = [label for _, _, label in outline(one.part)][1:-1]
    assert middle == ["application data"] * bool(content) + ["type"] + ["zeros"] * bool(padding)
    assert one.part.opened == data[:5] + content + b"\x17" + bytes(padding) + data[-16:]
    down(data)


def test_a_tag_says_which_secret_and_which_record() -> None:
    seal = sealer(SECRET)
    tags = [one.part.parts[-1].value for one in opened(seal(b"x") + seal(b"x"))]
    assert tags == [f"fits, with SERVER_TRAFFIC_SECRET_0, record number {number}" for number in range(2)]


def test_all_zero_is_an_error() -> None:
    data = sealer(SECRET)(b"", kind=0, padding=4)
    (one,) = opened(data)
    assert "without a content type" in one.part.error
    assert one.part.value == "unknown, 0x00, opened with SERVER_TRAFFIC_SECRET_0"
    assert [label for _, _, label in outline(one.part)] == ["record header", "zeros", "authentication tag"]
    down(data)


def test_what_no_key_opens() -> None:
    data = bytearray(sealer(SECRET)(b"hello"))
    data[7] ^= 1
    (one,) = opened(bytes(data))
    assert one.names == ("encrypted_record",)
    assert one.part.error.startswith("No secret of the key log opens this record")
    assert (one.part.opened, one.part.parts[1].opened) == (b"", b"")
    assert one.part.parts[1].secret
    down(bytes(data))


def test_an_encrypted_record_without_a_tag_is_opened_by_nobody() -> None:
    for size in (0, 1, 15):
        (one,) = opened(record(bytes(size), kind=23))
        assert one.part.error.startswith("No secret of the key log opens this record")
        (one,) = read(record(bytes(size), kind=23))
        assert one.part.error == ""


def test_without_any_key_nothing_is_wrong() -> None:
    (one,) = read(sealer(SECRET)(b"hello"))
    assert (one.part.error, one.part.parts[1].label, one.part.parts[1].opened) == ("", "encrypted_record", b"")


def server_hello(version: int) -> bytes:
    body = version.to_bytes(2, "big") + bytes(32) + b"\0" + b"\xc0\x13" + b"\0"
    return record(b"\2" + len(body).to_bytes(3, "big") + body)


@pytest.mark.parametrize(("version", "name"), [(0x300, "SSL 3.0"), (0x301, "TLS 1.0"), (0x302, "TLS 1.1")])
def test_what_is_older_than_tls_1_2_is_laid_out_like_it(version: int, name: str) -> None:
    transcript = down(server_hello(version) + record(b"\1", 20) + record(bytes(range(40))), "")
    assert transcript.version == name
    hello, change, finished = transcript.flights[0].parts
    assert [part.label for part in (hello, change, finished)] == ["TLSPlaintext", "TLSPlaintext", "TLSCiphertext"]
    assert finished.parts[1].label == "encrypted handshake message"
    assert [part.source for part in (hello, finished)] == [f"RFC 5246, section 6.2.{number}" for number in (1, 3)]


def test_where_a_record_is_described() -> None:
    clear, sealed = opened(record(FINISHED) + sealer(SECRET)(b"x"))
    assert [one.part.source for one in (clear, sealed)] == ["RFC 9846, section 5.1", "RFC 9846, section 5.2"]


def test_a_version_is_chosen_before_anything_else_is_said() -> None:
    assert version_of(server_hello(0x303)) == "TLS 1.2"
    assert version_of(record(b"\2\x28", 21) + server_hello(0x303)) == version_of(b"") == ""


@pytest.mark.parametrize("length", range(1, 5 + len(FINISHED)))
def test_a_record_that_ends_early(length: int) -> None:
    data = record(FINISHED)[:length]
    (one,) = read(data)
    assert one.part.end == length
    said = f"The record's length says {len(FINISHED)} bytes, and {length - 5} follow."
    cut = f"A record begins with 5 bytes of header, and the data ends after {length}."
    assert one.part.error == (said if length >= 5 else cut)
    down(data)


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x02", b"\x13\x03\x03", "héllo".encode(), bytes(9)])
def test_what_is_no_record(data: bytes) -> None:
    good = record(FINISHED)
    first, rest = read(good + data)
    assert first.part.error == ""
    assert (rest.part.start, rest.part.end, rest.part.label) == (len(good), len(good) + len(data), "no record")
    assert rest.part.error.startswith("These bytes are no TLS record")
    down(good + data)


def test_a_content_type_without_a_meaning() -> None:
    (one,) = read(record(b"beat", 24))
    assert one.part.parts[1].label == "unknown content"
    down(record(b"beat", 24))


def test_the_version_is_the_servers_choice() -> None:
    assert version_of(b"") == version_of(record(b"\2\0\0\0")) == version_of(sealer(SECRET)(b"")) == ""


def test_a_piece_of_a_part() -> None:
    inner = Part(2, 6, "inner", "b", opened=b"cdef")
    part = Part(0, 8, "outer", "a", parts=(Part(0, 2, "first", "c", opened=b"ab"), inner), opened=b"abcdefgh")
    cut = piece(part, 4, 7, 10, secret=True)
    assert (cut.start, cut.end, cut.label, cut.opened, cut.secret) == (14, 17, "outer (continued)", b"efg", True)
    (only,) = cut.parts
    assert (only.start, only.end, only.label, only.opened) == (14, 16, "inner (continued)", b"ef")
    assert piece(cut, 15, 17).label == "outer (continued)"
    assert [[one.label for one in piece(part, *ends).parts] for ends in ((0, 2), (2, 6), (6, 8))] == [
        ["first"],
        ["inner"],
        [],
    ]


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Some of the bytes changed, taken out, doubled, or put in."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 8))):
        at, much = dice.randrange(len(out) + 1), dice.choice((1, 1, 2, 5, 40))
        match dice.randrange(5):
            case 0 | 1:
                out[at : at + much] = dice.randbytes(len(out[at : at + much]))
            case 2:
                del out[at : at + much]
            case 3:
                out[at:at] = out[at : at + much]
            case _:
                out[at : at + 1] = bytes([dice.choice((0, 1, 0x7F, 0xFF))])
    return bytes(out)


def mutate(count: int, seed: int) -> None:
    """Read that many altered connections; each must be accounted for."""
    authority, dice = tls.Authority(), random.Random(seed)
    good = tls.handshake(
        authority.client_context("Åsa"),
        authority.server_context("localhost", verify_clients=True),
        "localhost",
        say=(b"hello?", b"hello!"),
        close_notify=True,
    )
    for _ in range(count):
        up, down = mutated(good.bytes_up, dice), mutated(good.bytes_down, dice)
        check(tls.transcribe(up, down, dice.choice((good.keylog, ""))))


def test_altered_bytes_are_accounted_for_whatever_they_say() -> None:
    mutate(150, seed=1)


def held() -> int:
    """Bytes that are in use."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_altered_bytes_leave_nothing_behind() -> None:
    tracemalloc.start()
    try:
        mutate(20, seed=2)
        before = held()
        mutate(20, seed=3)
        assert held() - before < 64 * 1024
    finally:
        tracemalloc.stop()


def test_a_record_full_of_the_smallest_messages() -> None:
    transcript = down(record(b"\x18\0\0\0" * 1000) * 2)
    assert labels(transcript) == [("server", "KeyUpdate")]
    assert [len(part.parts) for part in transcript.flights[0].parts] == [1001, 1001]
