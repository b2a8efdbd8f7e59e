"""An authority of one's own: what its contexts accept, and what it refuses to sign."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from labsupport import serve, tls
from labsupport.tls.naming import subject
from tests.tls.meeting import HELLO, Server, between

#: VERIFY_X509_STRICT is Python's default from 3.13 on; what is right is right there too.
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> tls.Authority:
    return tls.Authority()


def strict(context: ssl.SSLContext) -> ssl.SSLContext:
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


# what it is for


def test_four_lines_are_enough() -> None:
    """The example of its docstring."""

    def greet(connection: socket.socket, address: tuple[str, int]) -> None:
        connection.sendall(HELLO)

    authority = tls.Authority()
    with serve(greet, tls=authority.server_context("localhost")) as server:
        context = authority.client_context()
        with context.wrap_socket(socket.create_connection(server.address), server_hostname="localhost") as client:
            assert client.recv(100) == HELLO


@pytest.mark.parametrize(
    ("issued", "asked"),
    [
        ("localhost", "localhost"),
        ("bank.example", "BANK.example"),
        ("Bank.EXAMPLE", "bank.example"),
        ("*.example.org", "www.example.org"),
        ("bücher.example", "bücher.example"),
        ("你好.example", "你好.example"),
        ("बिहार.example", "बिहार.example"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("straße.example", "straße.example"),
        ("*.bücher.example", "www.bücher.example"),
        ("my_server", "my_server"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("::1", "0:0::1"),
    ],
)
def test_a_certificate_is_good_for_its_host(authority: tls.Authority, issued: str, asked: str) -> None:
    assert between(authority.server_context(issued), strict(authority.client_context()), asked) == 0


@pytest.mark.parametrize(
    ("issued", "asked", "code"),
    [
        ("localhost", "bank.example", 62),
        ("*.example.org", "example.org", 62),
        ("localhost", "127.0.0.1", 64),
        ("127.0.0.1", "::1", 64),
    ],
)
def test_and_for_no_other(authority: tls.Authority, issued: str, asked: str, code: int) -> None:
    assert between(authority.server_context(issued), authority.client_context(), asked) == code


def test_one_certificate_may_have_several_hosts(authority: tls.Authority) -> None:
    server = authority.server_context("localhost", "bank.example", "127.0.0.1")
    for host in ("localhost", "bank.example", "127.0.0.1"):
        assert between(server, authority.client_context(), host) == 0


def test_an_authority_of_the_same_name_is_another_authority(authority: tls.Authority) -> None:
    namesake = tls.Authority(authority.name)
    assert namesake.certificate.cert.subject == authority.certificate.cert.subject
    assert between(namesake.server_context("localhost"), authority.client_context(), "localhost") == 20


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        ({"not_after": NOW - DAY}, 10),
        ({"not_before": NOW - 9 * DAY, "not_after": NOW - DAY}, 10),
        ({"not_before": NOW + 200 * DAY}, 9),
        ({"not_after": NOW + 5000 * DAY}, 0),
    ],
)
def test_the_dates_are_as_asked_for(authority: tls.Authority, dates: dict[str, datetime], code: int) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue("localhost", **dates).load_into(server)
    assert between(server, authority.client_context(), "localhost") == code


def test_what_a_certificate_says_of_its_use(authority: tls.Authority) -> None:
    for issued, purpose in (
        (authority.issue("localhost"), ExtendedKeyUsageOID.SERVER_AUTH),
        (authority.issue_client("maria"), ExtendedKeyUsageOID.CLIENT_AUTH),
    ):
        usage = issued.cert.extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value.digital_signature
        assert not usage.value.key_encipherment
        assert list(issued.cert.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [purpose]


def test_each_certificate_has_a_serial_number_of_its_own(authority: tls.Authority) -> None:
    issued = authority.issue("localhost")
    all_ = [authority.certificate, issued, authority.issue("localhost"), issued.altered(), issued.altered("itself")]
    assert len({one.cert.serial_number for one in all_}) == len(all_)


def test_all_intermediates_are_sent_along(authority: tls.Authority) -> None:
    """Two of them stand between the root, which is not sent, and the server."""
    root = authority.certificate
    unlimited = (x509.BasicConstraints(ca=True, path_length=None), True)
    first = root.altered("itself", adding=[unlimited])
    second = first.altered(first, subject=subject("Nairobi"), key=authority.issue("localhost").key)
    third = second.altered(second, subject=subject("大阪"), key=authority.issue("localhost").key)
    issued = authority.issue("localhost").altered(third)
    assert issued.chain == (third.cert, second.cert)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issued.load_into(server)
    assert between(server, strict(ssl.create_default_context(cadata=first.pem)), "localhost") == 0


# its contexts are Python's own


def settings(context: ssl.SSLContext) -> dict[str, object]:
    names = ("protocol", "verify_mode", "check_hostname", "verify_flags", "options", "minimum_version")
    found: dict[str, object] = {name: getattr(context, name) for name in names}
    return found | {"ciphers": context.get_ciphers(), "trusted": context.get_ca_certs()}


def test_a_client_context_is_what_create_default_context_gives(authority: tls.Authority) -> None:
    assert settings(authority.client_context()) == settings(ssl.create_default_context(cafile=authority.file))
    assert settings(authority.client_context()) == settings(ssl.create_default_context(cadata=authority.pem))


def test_a_server_context_is_what_create_default_context_gives(authority: tls.Authority) -> None:
    usual = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    assert settings(authority.server_context("localhost")) == settings(usual)
    verifying = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
    verifying.verify_mode = ssl.CERT_REQUIRED
    assert settings(authority.server_context("localhost", verify_clients=True)) == settings(verifying)


def test_a_client_trusts_this_authority_alone(authority: tls.Authority) -> None:
    context = authority.client_context()
    assert context.get_ca_certs(binary_form=True) == [ssl.PEM_cert_to_DER_cert(authority.pem)]


# clients that say who they are


def login(authority: tls.Authority, client: ssl.SSLContext) -> Server:
    """A server that verifies clients, after this one has been there."""
    with (
        Server(authority.server_context("localhost", verify_clients=True)) as server,
        socket.create_connection(server.address, timeout=10) as raw,
        client.wrap_socket(raw, server_hostname="localhost") as connection,
    ):
        try:
            assert connection.recv(100) == HELLO
        except ssl.SSLError:  # in TLS 1.3 the refusal comes with the first read
            pass
    return server


@pytest.mark.parametrize("name", ["maria", "नमस्ते", "李雷", "Zoë Müller", "x" * 64])
def test_a_client_is_known_by_its_certificate(authority: tls.Authority, name: str) -> None:
    for context in (authority.client_context(name), authority.client_context(authority.issue_client(name))):
        server = login(authority, context)
        assert server.error is None
        assert server.peer is not None
        assert (("commonName", name),) in server.peer["subject"]
        assert "subjectAltName" not in server.peer  # it is no host's


def test_a_client_without_one_is_refused(authority: tls.Authority) -> None:
    error = login(authority, authority.client_context()).error
    assert isinstance(error, ssl.SSLError)
    assert error.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE"


@pytest.mark.parametrize(("whose", "code"), [("a stranger's", 20), ("a server's", 26)])
def test_a_client_with_the_wrong_one_is_refused(authority: tls.Authority, whose: str, code: int) -> None:
    wrong = tls.Authority("Mallory").issue_client("maria") if whose == "a stranger's" else authority.issue("localhost")
    error = login(authority, authority.client_context(wrong)).error
    assert isinstance(error, ssl.SSLCertVerificationError)
    assert error.verify_code == code


def test_a_clients_certificate_is_none_for_a_server(authority: tls.Authority) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_client("localhost").load_into(server)
    assert between(server, authority.client_context(), "localhost") == 26


# one sentence for what cannot be


@pytest.mark.parametrize(
    ("host", "kind", "says"),
    [
        (("127.0.0.1", 4433), TypeError, r"has no port: pass address\[0\]"),
        (b"localhost", TypeError, r'a host is a string such as "localhost"'),
        (None, TypeError, r"not None \(NoneType\)"),
        ("", ValueError, "no host can be called ''"),
        ("*", ValueError, "no host can be called"),
        ("a b", ValueError, "no host can be called 'a b'"),
        ("a..b", ValueError, "no host can be called 'a..b'"),
        ("-a", ValueError, "no host can be called"),
        ("\ud800.example", ValueError, "no host can be called"),
        ("www.*.example", ValueError, "no host can be called"),
        ("x" * 64 + ".example", ValueError, "no host can be called"),
        ("https://example.org", ValueError, "for a host alone"),
        ("10.0.0.0/8", ValueError, "for a host alone"),
        ("127.0.0.256", ValueError, "is no IP address"),
        ("127.0.0.1.", ValueError, "no host can be called"),
        ("*.*.example", ValueError, "no host can be called"),
        (".".join(["x" * 63] * 3 + ["x" * 62]), ValueError, "no host can be called"),  # 254 characters
        ("maria@example.org", ValueError, "for a host alone"),
        ("localhost:8443", ValueError, "write 'localhost'"),
        ("[::1]", ValueError, "write '::1'"),
        ("fe80::1%eth0", ValueError, "write 'fe80::1'"),
        ("[::1]:443", ValueError, "write '::1'"),
    ],
)
def test_what_no_host_can_be_called(authority: tls.Authority, host: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        authority.server_context(host)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_needs_a_host(authority: tls.Authority) -> None:
    for ask in (authority.issue, authority.server_context):
        with pytest.raises(TypeError, match="needs a host that it is for"):
            ask()


@pytest.mark.parametrize(
    ("name", "kind"), [("", ValueError), ("x" * 65, ValueError), (7, TypeError), (b"x", TypeError)]
)
def test_names_have_1_to_64_characters(authority: tls.Authority, name: Any, kind: type[Exception]) -> None:
    for ask in (tls.Authority, authority.issue_client, authority.client_context):
        with pytest.raises(kind, match=r"^a name in a certificate (is a string|has 1 to 64 characters)"):
            ask(name)


def test_a_client_needs_a_name(authority: tls.Authority) -> None:
    with pytest.raises(TypeError, match="not None"):
        authority.issue_client(None)  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.parametrize("by", [7, "another", b"itself"])
def test_who_signs_is_a_certificate(authority: tls.Authority, by: Any) -> None:
    with pytest.raises(TypeError, match='signed by another certificate, or by "itself"'):
        authority.certificate.altered(by)


def test_what_is_no_context_gets_no_key(authority: tls.Authority) -> None:
    with pytest.raises(TypeError, match=r"loaded into an ssl\.SSLContext, and not into None"):
        authority.certificate.load_into(None)  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.parametrize("name", ["maria\n", "a\0b", "\ud800"])
def test_names_are_one_line_of_text(authority: tls.Authority, name: str) -> None:
    for ask in (tls.Authority, authority.issue_client):
        with pytest.raises(ValueError, match=r"^a name in a certificate is one line of text"):
            ask(name)


@pytest.mark.parametrize(
    ("when", "kind", "says"),
    [
        (date(2030, 1, 1), TypeError, "said by a datetime with a time zone"),
        ("2030-01-01", TypeError, "not by '2030-01-01'"),
        (datetime(2030, 1, 1), ValueError, "has no time zone"),  # noqa: DTZ001  that is the mistake
        (datetime(1900, 1, 1, tzinfo=UTC), ValueError, "1950 to 9998"),
        (datetime.max.replace(tzinfo=UTC), ValueError, "1950 to 9998"),
    ],
)
def test_what_is_no_time_for_a_certificate(
    authority: tls.Authority, when: Any, kind: type[Exception], says: str
) -> None:
    for which in ("not_before", "not_after"):
        with pytest.raises(kind, match=says):
            authority.issue("localhost", **{which: when})
        with pytest.raises(kind, match=says):
            authority.certificate.altered(**{which: when})


def test_an_animal_with_an_impossible_date_is_refused_too(authority: tls.Authority) -> None:
    with pytest.raises(ValueError, match="1950"):
        authority.certificate.altered("itself", not_before=datetime(1900, 1, 1, tzinfo=UTC))


def test_times_may_be_said_in_any_time_zone(authority: tls.Authority) -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    issued = authority.issue("localhost", not_after=datetime(2090, 1, 1, 5, 45, tzinfo=kathmandu))
    assert issued.cert.not_valid_after_utc == datetime(2090, 1, 1, tzinfo=UTC)


def test_dates_have_a_time_zone_and_an_order(authority: tls.Authority) -> None:
    with pytest.raises(ValueError, match=r"has no time zone: write datetime\(\.\.\., tzinfo=UTC\)"):
        authority.issue("localhost", not_after=datetime(2030, 1, 1))  # noqa: DTZ001  that is the mistake
    with pytest.raises(ValueError, match="begins before it ends"):
        authority.issue("localhost", not_before=NOW, not_after=NOW - DAY)
    with pytest.raises(ValueError, match="begins before it ends"):
        authority.issue("localhost", not_before=NOW, not_after=NOW)
