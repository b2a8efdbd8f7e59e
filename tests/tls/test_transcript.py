"""Handshakes in memory, byte by byte: the flights, what they cover, what goes wrong, what is left behind."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from labsupport import tls
from labsupport.tls.given import checked_words
from labsupport.tls.listing import listing
from labsupport.tls.parts import Flight, Part, named, walk
from labsupport.tls.transcript import Transcript
from tests.tls.sealing import check, labels, record

HOST = "localhost"
OLD = ssl.TLSVersion.TLSv1_2
NEW = ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def authority() -> tls.Authority:
    return tls.Authority()


@pytest.fixture
def client(authority: tls.Authority) -> ssl.SSLContext:
    return authority.client_context()


@pytest.fixture
def server(authority: tls.Authority) -> ssl.SSLContext:
    return authority.server_context(HOST, "127.0.0.1")


def extensions(transcript: Transcript, message: str) -> set[str]:
    """The extensions in every message of this name."""
    found = [part for flight in transcript.flights for one in named(flight.parts, message) for part in walk(one)]
    return {part.value.partition(" (")[0] for part in found if part.label == "extension_type"}


def parts(transcript: Transcript) -> list[Part]:
    return [one for flight in transcript.flights for part in flight.parts for one in walk(part)]


HELLO = "ServerHello, change_cipher_spec, EncryptedExtensions, "
SHOWN = "Certificate, CertificateVerify, Finished"
FULL = [
    ("client", "ClientHello"),
    ("server", HELLO + SHOWN),
    ("client", "change_cipher_spec, Finished"),
    ("server", "NewSessionTicket"),
]


def test_a_handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    transcript = check(tls.handshake(client, server, HOST))
    assert labels(transcript) == FULL
    assert (transcript.version, transcript.error, transcript.alpn, transcript.resumed) == ("TLS 1.3", "", "", False)
    assert transcript.cipher in {one["name"] for one in client.get_ciphers()}
    assert "server_name" in extensions(transcript, "ClientHello")
    assert not any(part.error for part in parts(transcript))


def test_what_is_secret(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    transcript = tls.handshake(client, server, HOST)
    hello, answer, *_ = transcript.flights
    assert not any(part.secret for part in hello.parts)
    (certificate,) = named(answer.parts, "Certificate")
    assert all(part.secret for part in walk(certificate))
    assert all(part.opened for part in walk(certificate))
    assert certificate.opened[:1] == b"\x0b"
    assert [part.secret for part in answer.parts] == [False, False, True, True, True, True]


def test_words_and_a_proper_end(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    words = ("héllo?".encode(), "你好!".encode(), b"x" * 40_000)
    transcript = check(tls.handshake(client, server, HOST, say=words, close_notify=True))
    said = [("client", "application data"), ("server", "application data"), ("client", "application data")]
    assert labels(transcript) == [*FULL, *said, ("client", "alert"), ("server", "alert")]
    heard = [b"".join(part.opened for part in named(one.parts, "application data")) for one in transcript.flights[4:7]]
    assert heard == list(words)
    assert len(transcript.flights[6].parts) == 3  # 40,000 bytes are three records
    assert [part.value for part in parts(transcript) if part.label == "alert"] == ["close_notify"] * 2


def test_a_client_with_a_certificate(authority: tls.Authority) -> None:
    server = authority.server_context(HOST, verify_clients=True)
    transcript = check(tls.handshake(authority.client_context("नमिता"), server, HOST))
    assert labels(transcript) == [
        ("client", "ClientHello"),
        ("server", HELLO + "CertificateRequest, " + SHOWN),
        ("client", "change_cipher_spec, " + SHOWN),
        ("server", "NewSessionTicket"),
    ]
    assert any("नमिता" in part.value for part in named(transcript.flights[2].parts, "CertificateEntry"))


def test_a_client_without_the_certificate_that_is_asked_for(authority: tls.Authority) -> None:
    """The client has finished before the server refuses: an alert under the application's key."""
    server = authority.server_context(HOST, verify_clients=True)
    transcript = check(tls.handshake(authority.client_context(), server, HOST))
    assert labels(transcript)[2:] == [("client", "change_cipher_spec, Certificate, Finished"), ("server", "alert")]
    assert transcript.error.startswith("client: SSLError ")
    assert "server: SSLError PEER_DID_NOT_RETURN_A_CERTIFICATE" in transcript.error
    (refusal,) = transcript.flights[3].parts
    assert refusal.secret
    assert "SERVER_TRAFFIC_SECRET_0" in refusal.value
    assert transcript.session is None


def test_alpn(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    client.set_alpn_protocols(["h2", "http/1.1"])
    server.set_alpn_protocols(["http/1.1"])
    transcript = check(tls.handshake(client, server, HOST))
    assert transcript.alpn == "http/1.1"
    assert "application_layer_protocol_negotiation" in extensions(transcript, "EncryptedExtensions")
    read = tls.transcribe(transcript.bytes_up, transcript.bytes_down)
    assert (read.alpn, read.version) == ("", "TLS 1.3")


def test_an_address_is_no_server_name(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    transcript = check(tls.handshake(client, server, "127.0.0.1"))
    assert transcript.error == ""
    assert "server_name" not in extensions(transcript, "ClientHello")


def test_another_try_after_a_key_share_that_the_server_does_not_take(
    client: ssl.SSLContext, server: ssl.SSLContext
) -> None:
    server.set_ecdh_curve("secp384r1")
    transcript = check(tls.handshake(client, server, HOST))
    assert labels(transcript) == [
        ("client", "ClientHello"),
        ("server", "HelloRetryRequest, change_cipher_spec"),
        ("client", "change_cipher_spec, ClientHello"),
        ("server", "ServerHello, EncryptedExtensions, " + SHOWN),
        ("client", "Finished"),
        ("server", "NewSessionTicket"),
    ]
    assert transcript.version == "TLS 1.3"
    assert labels(tls.transcribe(transcript.bytes_up, transcript.bytes_down, transcript.keylog)) == labels(transcript)


def test_resumption(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    first = tls.handshake(client, server, HOST)
    again = check(tls.handshake(client, server, HOST, session=first.session, say=(b"hello",)))
    assert (first.resumed, again.resumed) == (False, True)
    assert labels(again)[1] == ("server", HELLO + "Finished")
    assert "pre_shared_key" in extensions(again, "ClientHello") & extensions(again, "ServerHello")


@pytest.mark.parametrize("key", ["ECDSA", "RSA"])
@pytest.mark.parametrize("name", [None, "maria"])
def test_tls_1_2(authority: tls.Authority, name: str | None, key: str) -> None:
    client, server = authority.client_context(name), authority.server_context(HOST, verify_clients=bool(name))
    if key == "RSA":
        server = rsa_context(authority, bool(name))
    client.maximum_version = OLD
    transcript = check(tls.handshake(client, server, HOST, say=(b"hello?",), close_notify=True))
    asked, shown, proved = ("CertificateRequest, ", "Certificate, ", "CertificateVerify, ") if name else ("", "", "")
    assert labels(transcript) == [
        ("client", "ClientHello"),
        ("server", f"ServerHello, Certificate, ServerKeyExchange, {asked}ServerHelloDone"),
        ("client", f"{shown}ClientKeyExchange, {proved}change_cipher_spec, encrypted handshake message"),
        ("server", "NewSessionTicket, change_cipher_spec, encrypted handshake message"),
        ("client", "encrypted application data"),
        ("client", "encrypted alert"),
        ("server", "encrypted alert"),
    ]
    assert transcript.version == "TLS 1.2"
    assert transcript.cipher.startswith(f"TLS_ECDHE_{key}_")
    assert not any(part.error for part in parts(transcript))
    again = check(tls.handshake(client, server, HOST, session=transcript.session))
    assert (transcript.resumed, again.resumed) == (False, True)
    assert labels(again)[1] == ("server", "ServerHello, change_cipher_spec, encrypted handshake message")


def rsa_context(authority: tls.Authority, verify_clients: bool) -> ssl.SSLContext:
    """As the authority's own, with a key of RSA."""
    context = authority.server_context(HOST, verify_clients=verify_clients)
    authority.issue(HOST).altered(key=rsa.generate_private_key(65537, 2048)).load_into(context)
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    return context


def post_quantum(hello: bytes) -> bytes:
    """This ClientHello as OpenSSL 3.5 sends it: a share of X25519MLKEM768, 1216 bytes, before that of X25519."""
    at = hello.index(b"\0\x33\0\x26\0\x24\0\x1d\0\x20")
    entry = hello[at + 6 : at + 42]
    shares = b"\x11\xec\4\xc0" + bytes(range(256)) * 4 + bytes(192) + entry
    share = b"\0\x33" + (len(shares) + 2).to_bytes(2, "big") + len(shares).to_bytes(2, "big") + shares
    more = len(share) - 42
    body = bytearray(hello[9:at] + share + hello[at + 42 :])
    extensions = body.index(b"\0\0\0\x0e\0\x0c\0\0\x09localhost") - 2
    body[extensions : extensions + 2] = (int.from_bytes(body[extensions : extensions + 2], "big") + more).to_bytes(
        2, "big"
    )
    return record(b"\1" + len(body).to_bytes(3, "big") + bytes(body))


def test_key_shares_of_the_size_of_openssl_3_5(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    hello = post_quantum(tls.handshake(client, server, HOST).flights[0].data)
    assert len(hello) > 1500
    transcript = check(tls.transcribe(hello, b""))
    assert labels(transcript) == [("client", "ClientHello")]
    assert not any(part.error for part in parts(transcript))
    (share,) = named(transcript.flights[0].parts, "client_shares")
    assert [part.value for part in share.parts if part.label == "KeyShareEntry"] == ["X25519MLKEM768", "x25519"]
    for cut in (1, 4, 700):  # in two records, as a sender may
        check(tls.transcribe(record(hello[5 : 5 + cut]) + record(hello[5 + cut :]), b""))


def no_version(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    client.maximum_version = OLD
    server.minimum_version = NEW


def strangers(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    server.sni_callback = lambda connection, host, context: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


REFUSALS: list[tuple[Callable[[ssl.SSLContext, ssl.SSLContext], None], str, str, str]] = [
    (no_version, HOST, "protocol_version", "server: SSLError UNSUPPORTED_PROTOCOL"),
    (strangers, HOST, "unrecognized_name", "client: SSLError "),
    (lambda client, server: None, "example.org", "bad_certificate", "client: SSLCertVerificationError "),
]


@pytest.mark.parametrize(("how", "host", "alert", "error"), REFUSALS)
def test_what_tls_refuses_is_told_and_not_raised(
    client: ssl.SSLContext, server: ssl.SSLContext, how: Any, host: str, alert: str, error: str
) -> None:
    how(client, server)
    transcript = check(tls.handshake(client, server, host, say=(b"never said",), close_notify=True))
    assert error in transcript.error
    assert transcript.flights[-1].name == "alert"
    assert [part.value for part in parts(transcript) if part.label == "alert"] == [alert]
    assert repr(transcript).endswith("; failed>")
    assert f"Error: {transcript.error}" in transcript.text()


def test_an_alert_is_in_clear_until_its_sender_has_keys(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    no_version(client, server)
    assert not tls.handshake(client, server, HOST).flights[-1].parts[0].secret


def test_every_byte_can_be_broken(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """One byte of each stretch of each flight: it is noticed at one end at least, and all is accounted for."""
    good = tls.handshake(client, server, HOST)
    for flight in range(3):
        for place in range(0, len(good.flights[flight].data), 23):
            transcript = check(tls.handshake(client, server, HOST, tamper=breaking(flight, place)))
            assert transcript.error, (flight, place)
            assert len(transcript.flights) >= flight + 1


def breaking(flight: int, place: int) -> Callable[[int, bytes], bytes]:
    def tamper(number: int, data: bytes) -> bytes:
        if number != flight:
            return data
        place_here = min(place, len(data) - 1)
        return data[:place_here] + bytes([data[place_here] ^ 0x55]) + data[place_here + 1 :]

    return tamper


def test_a_broken_byte_of_a_certificate(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    transcript = check(tls.handshake(client, server, HOST, tamper=breaking(1, 400)))
    assert labels(transcript)[1:] == [
        ("server", HELLO + "encrypted_record, CertificateVerify, Finished"),
        ("client", "alert"),
    ]
    (broken,) = (part for part in parts(transcript) if part.error)
    assert broken.error.startswith("No secret of the key log opens this record")
    assert [part.value for part in parts(transcript) if part.label == "alert"] == ["bad_record_mac"]


def test_a_flight_that_is_swallowed(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    transcript = check(tls.handshake(client, server, HOST, tamper=lambda number, data: b"" if number == 1 else data))
    assert labels(transcript) == [("client", "ClientHello"), ("server", "no message")]
    assert transcript.error == "client: waits for more bytes; server: waits for more bytes"


def test_a_flight_in_two_is_one(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """A record whose length was changed reaches over the end of its flight."""

    def longer(number: int, data: bytes) -> bytes:
        return data[:3] + b"\2\x10" + data[5:] if number == 0 else data

    transcript = check(tls.handshake(client, server, HOST, tamper=longer))
    assert transcript.error
    assert transcript.flights[0].parts[-1].error == "The record's length says 528 bytes, and 512 follow."


def test_two_streams_are_put_in_order(authority: tls.Authority) -> None:
    server = authority.server_context(HOST, verify_clients=True)
    said = tls.handshake(authority.client_context("Åsa"), server, HOST, say=(b"hello?", b"hello!"), close_notify=True)
    read = check(tls.transcribe(said.bytes_up, said.bytes_down, said.keylog))
    assert labels(read)[:4] == labels(said)[:4]
    assert labels(read)[4:] == [("client", "application data, alert"), ("server", "application data, alert")]
    assert (read.bytes_up, read.bytes_down, read.cipher) == (said.bytes_up, said.bytes_down, said.cipher)


def test_without_the_keys_little_can_be_read(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    said = tls.handshake(client, server, HOST, say=(b"my password",))
    read = check(tls.transcribe(said.bytes_up, said.bytes_down))
    assert labels(read) == [
        ("client", "ClientHello"),
        ("server", "ServerHello, change_cipher_spec, encrypted_record"),
        ("client", "change_cipher_spec, encrypted_record"),
    ]
    assert not any(part.opened for part in parts(read) if part.secret)
    assert not any(part.error for part in parts(read))
    assert "my password" in str(said)
    assert "my password" not in str(read)


def test_tls_1_2_in_order(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    client.maximum_version = OLD
    said = tls.handshake(client, server, HOST, say=(b"hello?", b"hello!"))
    assert labels(tls.transcribe(said.bytes_up, said.bytes_down)) == labels(said)


def test_nothing_at_all() -> None:
    nothing = tls.transcribe(b"", b"")
    assert (nothing.flights, nothing.version, nothing.cipher, nothing.text()) == ((), "", "", "\n")
    assert repr(nothing) == "<transcript: nothing was sent>"
    assert (nothing.resumed, nothing.alpn) == (False, "")


def test_the_text(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    transcript = tls.handshake(client, server, HOST)
    lines = str(transcript).splitlines()
    assert lines[0] == "flights[0], client → server: ClientHello"
    assert any(line.startswith("▒") and line.endswith("msg_type: Finished") for line in lines)
    assert lines[-1] == "▒ encrypted: an eavesdropper cannot read it"
    assert len(transcript.text(1).splitlines()) < 25 < len(lines)
    assert "cipher_suite" not in transcript.text(2)


def test_a_long_value_is_cut_in_the_text() -> None:
    for length, shown in ((88, "y" * 88), (89, "y" * 87 + "…")):
        part = Part(0, 1, "a", "", value="y" * length)
        assert listing([Flight("client", b"x", (part,), "a")], "").splitlines()[1].endswith(f"a: {shown}")


def test_the_repr_has_names_only(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    said = [repr(tls.handshake(client, server, HOST)) for _ in range(3)]
    assert len(set(said)) == 1
    assert said[0] == (
        "<transcript: client: ClientHello; server: ServerHello, change_cipher_spec, EncryptedExtensions, "
        "Certificate, CertificateVerify, Finished; client: change_cipher_spec, Finished; server: NewSessionTicket>"
    )


def key_logs(*contexts: ssl.SSLContext) -> list[str | None]:
    return [context.keylog_filename for context in contexts]


def test_the_key_log_is_private_and_gone(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    seen: list[Path] = []

    def look(number: int, data: bytes) -> bytes:
        assert client.keylog_filename == server.keylog_filename
        seen.append(Path(client.keylog_filename))
        assert stat.S_IMODE(seen[-1].stat().st_mode) == 0o600
        assert stat.S_IMODE(seen[-1].parent.stat().st_mode) == 0o700
        return data

    transcript = tls.handshake(client, server, HOST, tamper=look)
    assert key_logs(client, server) == [None, None]
    assert len(set(seen)) == 1
    assert not seen[0].exists()
    assert "SERVER_TRAFFIC_SECRET_0" in transcript.keylog


def test_a_key_log_that_a_context_has_goes_on(client: ssl.SSLContext, server: ssl.SSLContext, tmp_path: Path) -> None:
    mine = tmp_path / "mine.log"
    client.keylog_filename = str(mine)
    transcript = tls.handshake(client, server, HOST)
    assert client.keylog_filename == str(mine)
    assert check(tls.transcribe(transcript.bytes_up, transcript.bytes_down, mine)).keylog
    assert mine.read_text("ascii").count("CLIENT_TRAFFIC_SECRET_0") == 1
    tls.handshake(client, server, HOST)
    lines = mine.read_text("ascii").splitlines()
    assert sum(line.startswith("CLIENT_TRAFFIC_SECRET_0") for line in lines) == 2
    assert sum(line.startswith("#") for line in lines) <= 1  # OpenSSL's own, at the top


def test_an_error_of_the_learner_leaves_nothing_behind(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    seen: list[Path] = []

    def fails(number: int, data: bytes) -> bytes:
        seen.append(Path(client.keylog_filename))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tls.handshake(client, server, HOST, tamper=fails)
    assert key_logs(client, server) == [None, None]
    assert not seen[0].exists()


WRONG: list[tuple[Callable[[ssl.SSLContext, ssl.SSLContext], Any], type[Exception], str]] = [
    (lambda c, s: tls.handshake("localhost", s, HOST), TypeError, "the client needs an ssl.SSLContext such as"),  # type: ignore[arg-type]
    (lambda c, s: tls.handshake(c, None, HOST), TypeError, "the server needs an ssl.SSLContext such as"),  # type: ignore[arg-type]
    (lambda c, s: tls.handshake(s, c, HOST), ValueError, "this is the context of a server, and the client needs"),
    (lambda c, s: tls.handshake(c, c, HOST), ValueError, "this is the context of a client, and the server needs"),
    (lambda c, s: tls.handshake(c, s, ("localhost", 1)), TypeError, "the host is a string such as"),  # type: ignore[arg-type]
    (lambda c, s: tls.handshake(c, s, ""), ValueError, "cannot be the name of a host"),
    (lambda c, s: tls.handshake(c, s, ".example"), ValueError, "cannot be the name of a host"),
    (lambda c, s: tls.handshake(c, s, "a\0b"), ValueError, "cannot be the name of a host"),
    (lambda c, s: tls.handshake(c, s, "x" * 80), ValueError, "cannot be the name of a host"),
    (lambda c, s: tls.handshake(c, s, HOST, say=b"hello"), TypeError, "say takes several bytes"),  # type: ignore[arg-type]
    (lambda c, s: tls.handshake(c, s, HOST, say=("hello",)), TypeError, "what is said is bytes"),  # type: ignore[arg-type]
    (lambda c, s: tls.handshake(c, s, HOST, say=[b"x"] * 65), ValueError, "at most 64 things can be said"),
    (lambda c, s: tls.handshake(c, s, HOST, say=(bytes(1 << 21),)), ValueError, "1,048,576 bytes in all"),
    (lambda c, s: tls.handshake(c, s, HOST, session=b"x"), TypeError, "a session is the .session of an earlier"),  # type: ignore[arg-type]
    (lambda c, s: tls.handshake(c, s, HOST, tamper=lambda n, d: None), TypeError, "tamper returns the bytes"),  # type: ignore[arg-type, return-value]
    (lambda c, s: tls.handshake(c, s, HOST, tamper=7), TypeError, "tamper is a function of the number of a flight"),  # type: ignore[arg-type]
    (lambda c, s: tls.handshake(c, s, HOST).text("2"), TypeError, "depth is how many levels of parts"),  # type: ignore[arg-type]
    (lambda c, s: tls.transcribe(b"", b"", b"LABEL"), TypeError, "a key log is its text, or a pathlib.Path"),  # type: ignore[arg-type]
    (lambda c, s: tls.transcribe("text", b""), TypeError, "bytes_up is the bytes that went this way"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("words", [[b"x"] * 64, [bytes(1 << 20)], []])
def test_so_much_may_be_said(words: list[bytes]) -> None:
    assert checked_words(iter(words)) == words


@pytest.mark.parametrize(("call", "kind", "message"), WRONG)
def test_wrong_arguments(client: ssl.SSLContext, server: ssl.SSLContext, call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call(client, server)
    assert key_logs(client, server) == [None, None]


def test_a_session_of_another_context(authority: tls.Authority, client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    session = tls.handshake(authority.client_context(), server, HOST).session
    with pytest.raises(ValueError, match="this session is of another client context"):
        tls.handshake(client, server, HOST, session=session)


def test_two_at_a_time(authority: tls.Authority, client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """Two threads with one pair of contexts: each gets its own secrets, and the contexts end as they were."""
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: tls.handshake(client, server, HOST), range(8)))
    assert key_logs(client, server) == [None, None]
    assert [labels(one) for one in found] == [FULL] * 8
    assert len({one.keylog for one in found}) == 8
