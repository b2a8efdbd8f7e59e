"""`openssl s_client` and `s_server` on the other end of a link: what they say that was said is what we read."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labsupport import Link, serve, tls
from labsupport.tls.dissect import walk
from labsupport.tls.parts import Part, Sender
from labsupport.tls.transcript import Transcript
from tests.tls.sealing import check

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

HOST = "localhost"
PATIENCE = 60.0
#: As s_client and s_server write each message with -msg: ">>> TLS 1.3, Handshake [length 01f8], ClientHello".
_MESSAGE = re.compile(
    r"^(<<<|>>>) [^,]*, (?:(ChangeCipherSpec)|(?:Handshake|Alert)) \[length [0-9a-f]+\](?:, (.*))?$", re.MULTILINE
)
#: What openssl calls otherwise than we do.
_SPELT = {
    "ChangeCipherSpec": "change_cipher_spec",
    "HelloRetryRequest": "ServerHello",
    "encrypted handshake message": "Finished",
    "encrypted alert": "warning close_notify",
}


@pytest.fixture(scope="module")
def authority() -> tls.Authority:
    return tls.Authority()


def told(output: str, sent: str) -> list[str]:
    """The messages that openssl says went this way (">>>": it sent them)."""
    found = (match for match in _MESSAGE.finditer(output) if match[1] == sent)
    return [_SPELT.get(name, name) for match in found for name in [match[2] or match[3].strip()]]


def read(transcript: Transcript, sender: Sender) -> list[str]:
    """The messages that we read, spelt like openssl's; application data it does not tell of."""
    found = [
        one
        for flight in transcript.flights
        if flight.sender == sender
        for record in flight.parts
        for one in record.parts[1:]
        if one.label not in _ENVELOPE and not one.label.endswith(" (continued)")
    ]
    return [_SPELT.get(one.label, _alert(one) if one.label == "alert" else one.label) for one in found]


#: Of a change_cipher_spec that came and means nothing openssl does not tell, and who has closed reads no more.
_UNTOLD = {"change_cipher_spec", "warning close_notify"}
_ENVELOPE = {"type", "zeros", "authentication tag", "application data", "encrypted application data"}


def _alert(part: Part) -> str:
    return " ".join(field.value for field in part.parts)


def agree(transcript: Transcript, output: str, tool: Sender) -> Transcript:
    """Both directions are the same in our reading and in the tool's."""
    other: Sender = "server" if tool == "client" else "client"
    assert read(check(transcript), tool) == told(output, ">>>")
    ours, theirs = (
        [name for name in names if name not in _UNTOLD] for names in (read(transcript, other), told(output, "<<<"))
    )
    assert ours == theirs
    assert not [one for flight in transcript.flights for part in flight.parts for one in walk(part) if one.error]
    return transcript


@contextlib.contextmanager
def openssl(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = ["openssl", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        deadline = threading.Timer(PATIENCE, process.kill)
        deadline.start()
        try:
            yield process
        finally:
            deadline.cancel()
            process.kill()


def s_server(*arguments: str) -> Any:
    return openssl("s_server", "-accept", "127.0.0.1:0", "-msg", "-naccept", "1", *arguments)


def address_of(server: subprocess.Popen[str]) -> tuple[str, int]:
    assert server.stdout is not None
    for line in server.stdout:
        if line.startswith("ACCEPT"):
            return "127.0.0.1", int(line.rpartition(":")[2])
    raise AssertionError("s_server has ended")


def talk(address: tuple[str, int], context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> None:
    """Say a line and end TLS properly."""
    with (
        socket.create_connection(address, timeout=PATIENCE) as raw,
        context.wrap_socket(raw, server_hostname=HOST, session=session) as client,
    ):
        client.sendall("héllo\n".encode())
        client.settimeout(PATIENCE)
        with contextlib.suppress(ssl.SSLError, OSError):  # it need not answer our end with its own
            client.unwrap()


SERVERS = [
    pytest.param([], id="TLS 1.3"),
    pytest.param(["-tls1_2"], id="TLS 1.2"),
    pytest.param(["-groups", "P-384"], id="another try"),
    pytest.param(["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], id="ChaCha20"),
    pytest.param(["-ciphersuites", "TLS_AES_128_GCM_SHA256"], id="AES-128"),
    pytest.param(["-alpn", "http/1.1"], id="ALPN"),
    pytest.param(["-record_padding", "512"], id="padding"),
    pytest.param(["-num_tickets", "3"], id="three tickets"),
    pytest.param(["-Verify", "2"], id="mutual"),
    pytest.param(["-Verify", "2", "-tls1_2"], id="mutual, TLS 1.2"),
]


@pytest.mark.parametrize("arguments", SERVERS)
def test_s_server(authority: tls.Authority, tmp_path: Path, arguments: list[str]) -> None:
    certificate, log = authority.issue(HOST), tmp_path / "keys.log"
    client = authority.client_context("Åsa" if "-Verify" in arguments else None)
    client.set_alpn_protocols(["h2", "http/1.1"])
    client.keylog_filename = str(log)
    with s_server("-cert", certificate.file, "-CAfile", authority.file, *arguments) as server:
        with Link(address_of(server)) as link:
            talk(link.address, client)
            output, _ = server.communicate("", PATIENCE)
        transcript = agree(tls.transcribe(link.bytes_up, link.bytes_down, log), output, "server")
    assert transcript.version == ("TLS 1.2" if "-tls1_2" in arguments else "TLS 1.3")
    if "-alpn" in arguments:
        assert transcript.alpn == "http/1.1"
    if "-ciphersuites" in arguments:
        assert transcript.cipher == arguments[1]
    if "-tls1_2" not in arguments:
        assert "héllo" in str(transcript)


def test_s_server_with_keys_of_its_own(authority: tls.Authority, tmp_path: Path) -> None:
    """The key log of the other end opens it as well."""
    log = tmp_path / "keys.log"
    with s_server("-cert", authority.issue(HOST).file, "-keylogfile", str(log)) as server:
        with Link(address_of(server)) as link:
            talk(link.address, authority.client_context())
            output, _ = server.communicate("", PATIENCE)
        agree(tls.transcribe(link.bytes_up, link.bytes_down, log), output, "server")


CLIENTS = [
    pytest.param([], id="TLS 1.3"),
    pytest.param(["-tls1_2"], id="TLS 1.2"),
    pytest.param(["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], id="TLS 1.2, ChaCha20"),
    pytest.param(["-groups", "P-521:X25519"], id="another group"),
    pytest.param(["-no_middlebox"], id="no looks"),
    pytest.param(["-noservername"], id="no server_name"),
    pytest.param(["-status"], id="asks for OCSP"),
    pytest.param(["-record_padding", "300"], id="padding"),
    pytest.param(["-max_send_frag", "512"], id="a hello in two records"),
]


def echo(connection: Any, _address: Any) -> None:
    while data := connection.recv(4096):
        connection.sendall(data)


@pytest.mark.parametrize("arguments", CLIENTS)
def test_s_client(authority: tls.Authority, tmp_path: Path, arguments: list[str]) -> None:
    transcript = asked(authority, tmp_path, arguments, ["hello"])
    extensions = {part.label for flight in transcript.flights[:1] for part in walk(flight.parts[0])}
    assert ("server_name" in extensions) is ("-noservername" not in arguments)
    assert ("status_request" in extensions) is ("-status" in arguments)


def asked(
    authority: tls.Authority, tmp_path: Path, arguments: list[str], lines: list[str], name: str | None = None
) -> Transcript:
    """What s_client and a server of ours say to each other; both agree on it."""
    log, context = tmp_path / "keys.log", authority.server_context(HOST, verify_clients=name is not None)
    context.keylog_filename = str(log)
    command = ["s_client", "-CAfile", authority.file, "-verify_return_error", "-msg"]
    if name:
        arguments = [*arguments, "-cert", authority.issue_client(name).file]
    with serve(echo, tls=context) as server, Link(server.address) as link:
        address = f"{link.address[0]}:{link.address[1]}"
        names = [] if "-noservername" in arguments else ["-servername", HOST]
        with openssl(*command, "-connect", address, *names, *arguments) as client:
            output = spoken(client, lines)
        server.stop()
        assert server.error is None
    return agree(tls.transcribe(link.bytes_up, link.bytes_down, log), output, "client")


#: What s_client answers to its own commands: K sends a KeyUpdate and asks for one.
_COMMANDS = {"K": "KEYUPDATE"}


def spoken(client: subprocess.Popen[str], lines: list[str]) -> str:
    """All that s_client prints while it says these lines, each when the one before has come back."""
    assert client.stdin is not None
    assert client.stdout is not None
    output = ""
    for line in lines:
        client.stdin.write(line + "\n")
        client.stdin.flush()
        for answer in client.stdout:
            output += answer
            if answer.strip() in (line, _COMMANDS.get(line)):
                break
    client.stdin.write("Q\n")
    rest, _ = client.communicate("", PATIENCE)
    return output + rest


def test_s_client_with_a_certificate(authority: tls.Authority, tmp_path: Path) -> None:
    transcript = asked(authority, tmp_path, [], ["hello"], "maria")
    assert "Certificate" in read(transcript, "client")


def test_new_keys_in_the_middle(authority: tls.Authority, tmp_path: Path) -> None:
    """s_client asks for new keys both ways; what comes after is opened with them."""
    transcript = asked(authority, tmp_path, [], ["before", "K", "after"])
    assert (read(transcript, "client") + read(transcript, "server")).count("KeyUpdate") == 2
    records = [record.value for flight in transcript.flights for record in flight.parts]
    assert any("CLIENT_TRAFFIC_SECRET_1" in value for value in records)
    assert any("SERVER_TRAFFIC_SECRET_1" in value for value in records)
    assert "after" in str(transcript)


def test_early_data(authority: tls.Authority, tmp_path: Path) -> None:
    """Two processes of openssl with a link between: words before the handshake is over, under a key of their own."""
    log, kept, words = tmp_path / "keys.log", tmp_path / "session", tmp_path / "words"
    words.write_bytes("नमस्ते\n".encode())
    arguments = ["-cert", authority.issue(HOST).file, "-keylogfile", str(log), "-early_data", "-naccept", "2"]
    with s_server(*arguments) as server:
        address = address_of(server)
        for more in (["-sess_out", str(kept)], ["-sess_in", str(kept), "-early_data", str(words)]):
            with Link(address) as link:
                target = f"{link.address[0]}:{link.address[1]}"
                with openssl("s_client", "-CAfile", authority.file, "-msg", "-connect", target, *more) as client:
                    output = until_a_ticket(client)
        transcript = agree(tls.transcribe(link.bytes_up, link.bytes_down, log), output, "client")
    assert transcript.resumed
    assert transcript.flights[0].name == "ClientHello, change_cipher_spec, application data"
    assert "CLIENT_EARLY_TRAFFIC_SECRET" in transcript.flights[0].parts[2].value
    assert "EndOfEarlyData" in read(transcript, "client")
    assert "नमस्ते" in str(transcript)


def until_a_ticket(client: subprocess.Popen[str]) -> str:
    """What s_client prints until it has a ticket, and then is told to end."""
    assert client.stdout is not None
    output = ""
    for line in client.stdout:
        output += line
        if "NewSessionTicket" in line:
            break
    rest, _ = client.communicate("Q\n", PATIENCE)
    return output + rest
