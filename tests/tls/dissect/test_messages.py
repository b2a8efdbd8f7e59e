"""Real handshakes, taken apart: every byte has a label, and the labels say what the two ends agreed on."""

from __future__ import annotations

import re

import pytest

from labsupport.tls import dissect
from labsupport.tls.dissect.der import header
from labsupport.tls.dissect.hellos import RETRY_RANDOM
from labsupport.tls.parts import Part
from tests.tls.dissect.messages import (
    CASES,
    HOST,
    Said,
    corpus,
    framed,
    handshake,
    hello_of_openssl_35,
    u16,
    vector,
)
from tests.tls.dissect.sections import SECTIONS

#: What tells of documents that are no standard of the IETF (yet).
_UNPUBLISHED = {"", "draft-ietf-tls-mlkem", "draft-ietf-tls-mldsa"}


def taken(said: Said) -> Part:
    if said.kind == 21:
        return dissect.alert(said.data)
    return dissect.message(said.data, said.sender, said.version)


def named(case: str) -> list[str]:
    return [taken(said).label for said in handshake(case)]


def found(part: Part, *path: str) -> list[Part]:
    """The parts with the last label, inside those with the labels before it."""
    for label in path[:-1]:
        (part,) = found(part, label)
    return [inner for inner in dissect.walk(part) if inner.label == path[-1]]


def said(part: Part, *path: str) -> list[str]:
    return [inner.value for inner in found(part, *path)]


def first(case: str, label: str) -> Part:
    return next(part for part in map(taken, handshake(case)) if part.label == label)


@pytest.mark.parametrize("case", CASES)
def test_every_byte_of_a_real_handshake_is_accounted_for(case: str) -> None:
    for message in handshake(case):
        part = taken(message)
        assert (part.start, part.end) == (0, len(message.data))
        assert dissect.uncovered(part) == []
        assert [(wrong.label, wrong.error) for wrong in dissect.errors(part)] == []
        assert all(inner.opened == message.data[inner.start : inner.end] for inner in dissect.walk(part))


def test_every_part_is_explained() -> None:
    for part in (part for message in corpus() for part in dissect.walk(taken(message))):
        assert part.label
        assert re.fullmatch(r"[A-Z0-9].*[.:]", part.explanation), part
        assert part.source or part.label in {"next_protocol_negotiation", "application_settings"}
        assert not part.secret


def test_the_sections_that_are_cited_are_there() -> None:
    sources = {part.source for message in corpus() for part in dissect.walk(taken(message))}
    sources |= {dissect.alert(bytes((2, code))).parts[1].source for code in range(256)}
    for source in sources:
        if source.startswith("RFC 9846"):
            assert source.split()[-1] in SECTIONS, source
        elif source not in _UNPUBLISHED:
            assert re.fullmatch(r"RFC \d{4,5}(, section [\d.]+)?", source), source


def test_the_messages_that_python_does_not_send_are_well_formed_too() -> None:
    wrong = [part for message in corpus() for part in dissect.errors(taken(message))]
    assert {(part.label, part.error.partition(":")[0]) for part in wrong} == {
        ("cert_data", "No certificate that can be read")  # an empty DER SEQUENCE stands for one
    }


def test_the_order_of_messages_in_tls_13() -> None:
    assert named("client certificate")[:9] == [
        "ClientHello",
        "ServerHello",
        "EncryptedExtensions",
        "CertificateRequest",
        "Certificate",
        "CertificateVerify",
        "Finished",
        "Certificate",
        "CertificateVerify",
    ]


def test_a_hello_retry_request_is_told_from_a_server_hello() -> None:
    assert named("HelloRetryRequest")[:4] == ["ClientHello", "HelloRetryRequest", "ClientHello", "ServerHello"]
    retry = first("HelloRetryRequest", "HelloRetryRequest")
    assert said(retry, "selected_group") == ["secp384r1"]
    assert said(retry, "msg_type") == ["ServerHello"]
    second = taken(handshake("HelloRetryRequest")[2])
    assert said(second, "KeyShareEntry") == ["secp384r1"]
    assert [part.end - part.start for part in found(second, "KeyShareEntry", "X")] == [48]


def test_a_server_hello_with_nearly_that_random_is_a_server_hello() -> None:
    data = framed(2, u16(0x0303), RETRY_RANDOM[:-1] + b"\0", b"\0", u16(0x1301), b"\0")
    assert dissect.message(data, "server").label == "ServerHello"


def test_versions_may_be_spelled_as_python_spells_them() -> None:
    for message in corpus():
        spelled = dissect.message(message.data, message.sender, message.version.replace(" ", "v"))
        assert spelled == dissect.message(message.data, message.sender, message.version)


def test_what_is_empty_says_so() -> None:
    request = dissect.message(framed(13, vector(1), vector(2)), "server")
    assert said(request, "certificate_request_context") == said(request, "extensions") == ["empty"]


def test_tls_12_is_taken_apart_whole() -> None:
    case = "client of TLS 1.2, with certificate"
    assert named(case)[:12] == [
        "ClientHello",
        "ServerHello",
        "Certificate",
        "ServerKeyExchange",
        "CertificateRequest",
        "ServerHelloDone",
        "Certificate",
        "ClientKeyExchange",
        "CertificateVerify",
        "Finished",
        "NewSessionTicket",
        "Finished",
    ]
    assert said(first(case, "ServerKeyExchange"), "named_curve") == ["x25519"]
    assert said(first(case, "ServerHello"), "server_version") == ["TLS 1.2"]
    assert said(first(case, "ServerHello"), "protocol_name_list") == ["h2"]
    assert said(first(case, "ClientHello"), "client_version") == ["TLS 1.2"]
    assert first(case, "Finished").parts[1].end == 16
    (exchange,) = found(first("TLS 1.2, RSA key transport", "ClientKeyExchange"), "exchange_keys")
    assert said(exchange, "length") == ["256"]


def test_a_hello_that_offers_tls_13_is_one_of_tls_13_whatever_came_of_it() -> None:
    hello = first("server of TLS 1.2", "ClientHello")
    assert said(hello, "legacy_version") == ["TLS 1.2"]
    assert said(hello, "versions") == ["TLS 1.3, TLS 1.2"]


def test_a_server_that_speaks_more_says_so_in_its_random() -> None:
    older, equal = "client of TLS 1.2, with certificate", "server of TLS 1.2"
    assert said(first(older, "ServerHello"), "random") == ["ends in DOWNGRD: the server speaks more than TLS 1.2"]
    assert said(first(equal, "ServerHello"), "random") == [""]
    data = framed(2, u16(0x0302), bytes(24) + b"DOWNGRD\0", b"\0", u16(0x1301), b"\0")
    told = said(dissect.message(data, "server", "TLS 1.2"), "random")
    assert told == ["ends in DOWNGRD: the server speaks more than TLS 1.1 or before"]


def test_names_and_protocols_are_read() -> None:
    hello = first("ALPN", "ClientHello")
    assert said(hello, "server_name") == ["xn--bcher-kva.example"]
    assert said(hello, "ProtocolName") == ["h2", "http/1.1"]
    assert said(first("ALPN", "EncryptedExtensions"), "ProtocolName") == ["h2"]


def test_a_certificate_says_whose_it_is_and_of_whom() -> None:
    message = first("TLS 1.3", "Certificate")
    entry = found(message, "CertificateEntry")[0]
    assert "CN=नमस्ते" in said(entry, "subject")[0]
    assert re.fullmatch(r"\d+-01-01 00:00 to \d+-01-01 00:00 UTC", said(entry, "validity")[0])
    assert "subjectAltName (xn--bcher-kva.example)" in said(entry, "tbsCertificate", "extensions")[0]
    assert said(entry, "subjectPublicKeyInfo") == ["EC secp256r1"]
    assert said(entry, "signatureAlgorithm") == ["ecdsa-with-SHA256"]
    assert said(entry, "issuer")[0] in said(entry, "cert_data")[0]


def test_fields_of_a_certificate_that_nobody_uses_any_more_are_named_too() -> None:
    """issuerUniqueID [1] and subjectUniqueID [2] (RFC 5280, section 4.1)."""
    empty = b"\x30\0"
    signed = b"\xa0\0" + b"\2\0" + 5 * empty + b"\x81\0" + b"\x82\0" + b"\xa3\0"
    body = b"\x30" + vector(1, signed) + empty + b"\3\0"
    sent = dissect.message(framed(11, vector(3, vector(3, b"\x30" + vector(1, body)))), "server", "TLS 1.2")
    (tbs,) = (part for part in dissect.walk(sent) if part.label == "tbsCertificate")
    assert [part.label for part in tbs.parts[1:]] == [
        "version", "serialNumber", "signature", "issuer", "validity", "subject", "subjectPublicKeyInfo",
        "issuerUniqueID", "subjectUniqueID", "extensions",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"\x30\x05", (0x30, 2, 5)),
        (b"\x30\x81\x80", (0x30, 3, 128)),
        (b"\x30\x84\0\1\0\0", (0x30, 6, 65536)),
        (b"\x30", None),
        (b"\x30\x80\0\0", None),  # of indefinite length: not DER
        (b"\x30\x82\1", None),
        (b"\x30\x85\0\0\0\0\1", None),
    ],
)
def test_the_header_of_a_der_value(raw: bytes, found: tuple[int, int, int] | None) -> None:
    assert header(raw) == found


def test_a_curve_that_nobody_knows_is_a_curve_nevertheless() -> None:
    sent = dissect.message(framed(12, b"\3", u16(0xFE01), vector(1, b"\4" + bytes(8))), "server", "TLS 1.2")
    assert [(part.label, part.value) for part in sent.parts[1:3]] == [
        ("curve_type", "named_curve"),
        ("named_curve", "unknown, 0xFE01"),
    ]


def test_resumption_names_the_ticket_and_binds_it() -> None:
    tickets = [part for part in map(taken, handshake("TLS 1.3")) if part.label == "NewSessionTicket"]
    again = [part for part in map(taken, handshake("TLS 1.3")) if part.label == "ClientHello"][1]
    offered = {part.opened for part in found(again, "PskIdentity", "contents")}
    assert offered
    assert offered <= {contents.opened for ticket in tickets for contents in found(ticket, "ticket", "contents")}
    assert [part.end - part.start for part in found(again, "PskBinderEntry")] == [49]
    answers = [part for part in map(taken, handshake("TLS 1.3")) if part.label == "ServerHello"]
    assert [said(answer, "selected_identity") for answer in answers] == [[], ["0"]]


def test_a_refusal_is_an_alert() -> None:
    last = taken(handshake("unknown authority")[-1])
    assert (last.label, last.value) == ("alert", "unknown_ca")
    assert [part.value for part in last.parts] == ["fatal", "unknown_ca"]


def test_the_key_shares_of_openssl_35() -> None:
    hello = dissect.message(hello_of_openssl_35(), "client")
    assert dissect.uncovered(hello) == []
    assert dissect.errors(hello) == []
    assert said(hello, "client_shares") == ["X25519MLKEM768, x25519"]
    hybrid, plain = found(hello, "KeyShareEntry")
    assert [(part.label, part.end - part.start) for part in found(hybrid, "key_exchange")[0].parts] == [
        ("length", 2),
        ("ML-KEM encapsulation key", 1184),
        ("X25519 public key", 32),
    ]
    assert said(plain, "group") == ["x25519"]


def test_the_answer_of_a_server_to_them_is_a_ciphertext() -> None:
    hellos = [taken(message) for message in corpus() if message.type == 2]
    (answer,) = [hello for hello in hellos if "X25519MLKEM768" in said(hello, "server_share")]
    assert [part.end - part.start for part in found(answer, "ML-KEM ciphertext")] == [1088]


def test_the_host_is_the_one_that_the_client_asked_for() -> None:
    asked = said(first("TLS 1.3", "ClientHello"), "HostName", "contents")
    assert asked == [HOST.encode("idna").decode()]
