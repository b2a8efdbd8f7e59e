"""Tools that are not Python say the same of our certificates."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from labsupport import serve, tls
from labsupport.tls.animals import ALL, Definition
from labsupport.tls.animals import chain as right_chain
from labsupport.tls.folder import Folder


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


def curl_has_openssl() -> bool:
    if shutil.which("curl") is None:
        return False
    said = subprocess.run(["curl", "--version"], check=False, capture_output=True, text=True)
    return "OpenSSL/" in said.stdout


curl = pytest.mark.skipif(not curl_has_openssl(), reason="no curl here that is built with OpenSSL")


@pytest.fixture(scope="module")
def authority() -> tls.Authority:
    return tls.Authority()


def web(connection: socket.socket, address: tuple[str, int]) -> None:
    """A web server with one page."""
    connection.settimeout(10)
    try:
        if connection.recv(4096):
            page = "你好".encode()
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(page), page)
            )
    except OSError:
        pass  # who refuses our certificate is gone


def fetch(host: str, address: tuple[str, int], cafile: str) -> subprocess.CompletedProcess[str]:
    """Ask with curl for https://host/, on loopback whatever the name is."""
    port = address[1]
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--cacert", cafile]
    command += ["--resolve", f"{host}:{port}:127.0.0.1", f"https://{host}:{port}/"]
    return subprocess.run(command, check=False, timeout=60, capture_output=True, text=True, encoding="utf-8")


@curl
@pytest.mark.parametrize("host", ["localhost", "bank.example", "127.0.0.1"])
def test_curl_accepts_the_good_server(authority: tls.Authority, host: str) -> None:
    with serve(web, tls=authority.server_context(host)) as server:
        got = fetch(host, server.address, authority.file)
    assert (got.returncode, got.stdout, got.stderr) == (0, "你好", "")


@curl
def test_curl_trusts_no_other_authority(authority: tls.Authority) -> None:
    with serve(web, tls=authority.server_context("localhost")) as server:
        got = fetch("localhost", server.address, tls.Authority("Mallory").file)
    assert got.returncode == 60
    assert "unable to get local issuer certificate" in got.stderr


@curl
@pytest.mark.parametrize("definition", ALL, ids=[one.name for one in ALL])
def test_curl_names_the_same_fault(authority: tls.Authority, definition: Definition) -> None:
    """Asked for what curl asks for: no strictness, and any trusted certificate ends a chain."""
    right = right_chain(authority)
    animal = definition.bring(right)
    animal.client_context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN
    trusted = definition.make(right).trusted or right.root
    with serve(web, tls=animal.server_context) as server:
        code, says = python_says(animal, server.address)
        got = fetch(animal.host, server.address, Folder().keep("trusted.pem", trusted.pem))
    if code == 0:
        assert (got.returncode, got.stdout) == (0, "你好")
    elif code in (62, 64):  # curl compares the names itself, and has words of its own
        assert got.returncode == 60
        assert f"no alternative certificate subject name matches target host name '{animal.host}'" in got.stderr
    else:
        assert got.returncode == 60
        assert f"SSL certificate problem: {says}\n" in got.stderr


def python_says(animal: tls.Animal, address: tuple[str, int]) -> tuple[int, str]:
    with socket.create_connection(address, timeout=10) as raw:
        try:
            with animal.client_context.wrap_socket(raw, server_hostname=animal.host):
                return 0, ""
        except ssl.SSLCertVerificationError as error:
            return error.verify_code, error.verify_message


@needs("openssl")
def test_openssl_accepts_our_certificates_to_the_letter_of_the_standard(authority: tls.Authority) -> None:
    server, client = authority.issue("localhost", "127.0.0.1"), authority.issue_client("maria")
    for certificate, purpose in [(server, "sslserver"), (client, "sslclient")]:
        command = ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", authority.file]
        said = subprocess.run([*command, certificate.files()[0]], check=False, capture_output=True, text=True)
        assert said.stdout.endswith(": OK\n"), said.stderr


#: What testssl.sh finds in any authority of one's own: there is nowhere to ask what it has revoked.
INEVITABLE = {"cert_revocation"}


@needs("testssl")
@pytest.mark.skipif("LOOPBACK_TESTSSL" not in os.environ, reason="takes minutes: LOOPBACK_TESTSSL=1 asks for it")
@pytest.mark.timeout(900)
def test_testssl_finds_nothing_above_low(authority: tls.Authority, tmp_path: Path) -> None:
    """On loopback, with no look-up of names and no call to anybody (`--phone-out` is not given)."""
    found = tmp_path / "found.json"
    options = ["--nodns", "none", "--warnings", "off", "--quiet", "--color", "0", "--add-ca", authority.file]
    with serve(lines, tls=authority.server_context("localhost")) as server:
        command = ["testssl", *options, "--jsonfile", str(found), "--ip", "127.0.0.1", f"localhost:{server.address[1]}"]
        subprocess.run(command, check=False, timeout=800, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True)
    findings = json.loads(found.read_text())
    assert {one["id"] for one in findings} >= {"cert_chain_of_trust", "TLS1_3", "heartbleed", "cert_expirationStatus"}
    serious = {"MEDIUM", "HIGH", "CRITICAL", "FATAL"}
    above = {one["id"]: one["finding"] for one in findings if one["severity"] in serious}
    assert set(above) == INEVITABLE, above


def lines(connection: socket.socket, address: tuple[str, int]) -> None:
    """An echo of lines: no web server, so that only TLS is looked at."""
    connection.settimeout(10)
    try:
        while data := connection.recv(4096):
            connection.sendall(data.upper())
    except OSError:
        pass  # a tester of handshakes leaves in the middle of one
