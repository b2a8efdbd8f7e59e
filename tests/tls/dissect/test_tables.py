"""The tables: names against OpenSSL's own, GREASE, alerts, and the smaller kinds of content."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess

import pytest

from labsupport.pictures.handshake import words
from labsupport.tape import tls as numbers
from labsupport.tls import dissect
from labsupport.tls.dissect.alerts import ALERTS
from labsupport.tls.dissect.extensions import TABLE
from labsupport.tls.dissect.names import CONTENT_TYPES, GROUPS, SCHEMES
from labsupport.tls.dissect.registry import is_grease
from labsupport.tls.dissect.suites import CIPHER_SUITES
from labsupport.tls.parts import Part
from tests.tls.dissect.messages import framed, grease_hello, u16, vector


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the program openssl")
def test_cipher_suites_have_the_names_that_openssl_gives_them() -> None:
    asked = ["openssl", "ciphers", "-stdname", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    listing = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout
    rows = re.findall(r"0x(..),0x(..) - (TLS_\w+)", listing)
    assert len(rows) > 50
    for high, low, name in rows:
        assert CIPHER_SUITES[int(high + low, 16)].name == name


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0x1301, "Encryption with AES-128-GCM; keys are derived with HKDF and SHA-256."),
        (0xC02B, "For TLS 1.2: keys from a fresh exchange on a curve (ECDHE), the server authenticated by ECDSA"),
        (0x003C, "so who steals that key later can read old traffic; encryption with AES-128-CBC and HMAC-SHA256."),
        (0xC09C, "encryption with AES-128-CCM."),
        (0x0002, "encryption with nothing at all and HMAC-SHA1."),
        (0x00FF, "No cipher suite but a signal"),
        (0xABCD, "This number is in no table here."),
    ],
)
def test_the_name_of_a_cipher_suite_is_put_in_words(number: int, words: str) -> None:
    assert words in CIPHER_SUITES[number].meaning


def test_numbers_without_a_name_say_so() -> None:
    assert GROUPS[0x1234].name == "unknown, 0x1234"
    assert SCHEMES[0x0A0B].name == "unknown, 0x0A0B"
    assert GROUPS[0x11EC].name == "X25519MLKEM768"


def test_the_numbers_of_grease() -> None:
    assert [number for number in range(2**16) if is_grease(number)] == [0x0A0A + 0x1010 * count for count in range(16)]
    assert [hex(number) for number in range(256) if is_grease(number, 1)] == [
        "0xb",
        "0x2a",
        "0x49",
        "0x68",
        "0x87",
        "0xa6",
        "0xc5",
        "0xe4",
    ]


def test_grease_and_unknown_extensions_are_labelled_and_not_skipped() -> None:
    hello = dissect.message(grease_hello(), "client")
    assert dissect.errors(hello) == []
    (listing,) = (part for part in hello.parts if part.label == "extensions")
    labels = {part.label: part for part in listing.parts[1:]}
    assert labels["GREASE 14906 (0x3A3A)"].source == "RFC 8701, section 2"
    unknown = labels["unknown extension 4660 (0x1234)"]
    assert unknown.parts[-1].opened == b"nobody knows"
    named = {part.value for part in dissect.walk(hello) if part.value.startswith("GREASE") and "," not in part.value}
    assert named == {"GREASE (0x2A2A)", "GREASE (0xFAFA)", "GREASE (0x7A7A)", "GREASE (0x0B)", "GREASE (14906)"}


@pytest.mark.parametrize("number", sorted(TABLE))
def test_every_extension_has_a_name_an_explanation_and_a_content(number: int) -> None:
    row = TABLE[number]
    hello = dissect.message(framed(8, vector(2, u16(number) + vector(2))), "server")
    (shown,) = hello.parts[1].parts[1:]
    assert shown.label == row.name
    assert shown.explanation.startswith(row.words)
    assert any(row.shape(place) for place in ("CH", "SH", "SH12", "HRR", "EE", "CR", "CT", "NST"))


def test_alerts() -> None:
    closing = dissect.alert(b"\1\0")
    assert (closing.value, [part.value for part in closing.parts]) == ("close_notify", ["warning", "close_notify"])
    assert dissect.alert(b"\2\x30").value == "unknown_ca"
    assert dissect.alert(b"\2\x09").value == "unknown, 0x09"
    assert dissect.alert(b"\2").error == "The data ends where description should begin."


def test_alerts_have_the_numbers_that_python_gives_them() -> None:
    known = {one.value: one.name.removeprefix("ALERT_DESCRIPTION_").lower() for one in ssl.AlertDescription}
    known[90] = "user_canceled"  # as RFC 9846 spells it
    obsolete = {111, 114}  # RFC 9846, appendix B.2
    assert {number: ALERTS[number].name for number in known.keys() - obsolete} == {
        number: name for number, name in known.items() if number not in obsolete
    }


def test_numbers_have_the_names_that_python_gives_them() -> None:
    types = {one.value: one.name.lower() for one in ssl._TLSContentType if one < 256}  # type: ignore[attr-defined]
    assert types | {24: "heartbeat"} == numbers.CONTENT_TYPES
    known = {one.value: one.name.replace("_", "").lower() for one in ssl._TLSMessageType}  # type: ignore[attr-defined]
    known[14] = "serverhellodone"  # as RFC 5246 spells it
    shared = known.keys() & numbers.MESSAGES.keys()
    assert len(shared) == len(numbers.MESSAGES) - 1  # CompressedCertificate is younger
    assert {number: numbers.MESSAGES[number].lower() for number in shared} == {
        number: known[number] for number in shared
    }


def test_every_number_that_has_a_name_has_words_too() -> None:
    for number, name in numbers.MESSAGES.items():
        for version in ("TLS 1.3", "TLS 1.2"):
            shown = dissect.message(framed(number, b""), "server", version)
            assert shown.label == name
            assert "known here" not in shown.explanation
    for number, name in numbers.CONTENT_TYPES.items():
        assert CONTENT_TYPES[number].name == name
        assert CONTENT_TYPES[number].meaning
    of_tls_1_0 = {"decryption_failed", "decompression_failure"}
    assert set(words._ALERTS) == set(numbers.ALERTS.values()) - of_tls_1_0


def test_the_header_of_a_record() -> None:
    header = dissect.record_header(b"\x16\x03\x01\x02\x00\x01\x00")
    assert (header.start, header.end) == (0, 5)
    assert values(header) == [("type", "handshake"), ("legacy_record_version", "TLS 1.0"), ("length", "512")]
    cut = dissect.record_header(b"\x16\x03")
    assert [(wrong.label, wrong.error) for wrong in dissect.errors(cut)] == [
        ("record header", "The data ends where length should begin."),
        ("legacy_record_version", "2 bytes expected, and the data ends after 1."),
    ]


def test_change_cipher_spec() -> None:
    assert values(dissect.change_cipher_spec(b"\1")) == [("type", "change_cipher_spec")]
    (wrong,) = dissect.errors(dissect.change_cipher_spec(b"\1\1"))
    assert wrong.label == "left over"


def test_application_data_is_shown_as_text_where_it_is_some() -> None:
    assert dissect.application_data("héllo, 你好\r\n".encode()).value == r"héllo, 你好\r\n"
    assert dissect.application_data(b"\xff\xfe").value == ""
    assert dissect.application_data(b"x" * 100).value == "x" * 60 + "…"
    assert dissect.application_data(bytes(20)).value == r"\x00" * 20
    assert dissect.application_data(b"").end == 0


def test_what_a_cover_must_not_have() -> None:
    good = Part(0, 4, "whole", "", parts=(Part(0, 1, "a", ""), Part(1, 4, "b", "")))
    assert dissect.uncovered(good) == []
    gap = Part(0, 4, "whole", "", parts=(Part(0, 1, "a", ""), Part(2, 4, "b", "")))
    assert dissect.uncovered(gap) == ["whole: bytes 1 to 2 are in no part"]
    both = Part(0, 4, "whole", "", parts=(Part(0, 3, "a", ""), Part(2, 4, "b", "")))
    assert dissect.uncovered(both) == ["whole: byte 2 is in two parts"]
    short = Part(0, 4, "whole", "", parts=(Part(0, 3, "a", "", parts=(Part(0, 2, "c", ""),)),))
    assert dissect.uncovered(short) == ["whole: bytes 3 to 4 are in no part", "a: bytes 2 to 3 are in no part"]
    assert dissect.gaps(0, 5, [Part(0, 6, "a", "")]) == ["the flight: byte 5 is in two parts"]
    back = [Part(0, 3, "a", ""), Part(3, 2, "b", ""), Part(2, 4, "c", "")]
    assert dissect.gaps(0, 4, back) == ["the flight: b ends before it begins"]


def values(part: Part) -> list[tuple[str, str]]:
    return [(inner.label, inner.value) for inner in part.parts]
