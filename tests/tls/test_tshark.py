"""tshark, which reads the same bytes in its own way, finds the same messages and extensions."""

from __future__ import annotations

import json
import shutil
import ssl
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labsupport import tls
from labsupport.tls.dissect import walk
from labsupport.tls.transcript import Transcript
from tests.tls.sealing import check

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

HOST = "localhost"
CLIENT, SERVER = (40000, b"\x7f\0\0\1"), (443, b"\x7f\0\0\2")
SEGMENT = 1400


def packet(source: tuple[int, bytes], target: tuple[int, bytes], seq: int, ack: int, flags: int, data: bytes) -> bytes:
    """A TCP segment in an IPv4 packet, as RFC 9293 and RFC 791 draw them; checksums are left out."""
    segment = struct.pack("!HHIIBBHHH", source[0], target[0], seq, ack, 5 << 4, flags, 65535, 0, 0) + data
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0)
    return header + source[1] + target[1] + segment


def packets(transcript: Transcript) -> Iterator[bytes]:
    """The connection as it would have been captured: a handshake of TCP, then the flights in segments."""
    at = {"client": 1000, "server": 2000}
    yield packet(CLIENT, SERVER, 1000, 0, 0x02, b"")
    yield packet(SERVER, CLIENT, 2000, 1001, 0x12, b"")
    yield packet(CLIENT, SERVER, 1001, 2001, 0x10, b"")
    at = {"client": 1001, "server": 2001}
    for flight in transcript.flights:
        source, target = (CLIENT, SERVER) if flight.sender == "client" else (SERVER, CLIENT)
        other = "server" if flight.sender == "client" else "client"
        for start in range(0, len(flight.data), SEGMENT):
            data = flight.data[start : start + SEGMENT]
            yield packet(source, target, at[flight.sender], at[other], 0x18, data)
            at[flight.sender] += len(data)


def capture(transcript: Transcript, folder: Path) -> Path:
    """A file in the format of pcap, link type 101: bare IP packets."""
    file = folder / "capture.pcap"
    body = b"".join(
        struct.pack("<IIII", number, 0, len(one), len(one)) + one for number, one in enumerate(packets(transcript))
    )
    file.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + body)
    return file


def tshark(transcript: Transcript, folder: Path) -> tuple[list[int], list[int]]:
    """The types of all handshake messages and of all extensions, in the order in which tshark shows them."""
    log = folder / "keys.log"
    log.write_text(transcript.keylog, "ascii")
    command = ["tshark", "-r", str(capture(transcript, folder)), "-o", f"tls.keylog_file:{log}", "-n"]
    command += ["-d", f"tcp.port=={SERVER[0]},tls", "-T", "json", "--no-duplicate-keys", "-J", "tls"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    layers = [one["_source"]["layers"].get("tls", {}) for one in json.loads(said.stdout)]
    return list(values(layers, "tls.handshake.type")), list(values(layers, "tls.handshake.extension.type"))


def values(found: Any, field: str) -> Iterator[int]:
    """Every value of a field, however deep."""
    if isinstance(found, list):
        for one in found:
            yield from values(one, field)
    elif isinstance(found, dict):
        for name, one in found.items():
            if name == field:
                yield from (int(value) for value in (one if isinstance(one, list) else [one]))
            else:
                yield from values(one, field)


def ours(transcript: Transcript) -> tuple[list[int], list[int]]:
    """The same two lists, from the bytes that our labels point at."""
    parts = [one for flight in transcript.flights for part in flight.parts for one in walk(part)]
    return tuple(  # type: ignore[return-value]
        [int.from_bytes(one.opened) for one in parts if one.label == label] for label in ("msg_type", "extension_type")
    )


@pytest.fixture(scope="module")
def authority() -> tls.Authority:
    return tls.Authority()


def plain(authority: tls.Authority) -> Transcript:
    return tls.handshake(
        authority.client_context(), authority.server_context(HOST), HOST, say=("héllo".encode(),), close_notify=True
    )


def mutual(authority: tls.Authority) -> Transcript:
    client, server = authority.client_context("नमिता"), authority.server_context(HOST, verify_clients=True)
    client.set_alpn_protocols(["h2"])
    server.set_alpn_protocols(["h2"])
    return tls.handshake(client, server, HOST)


def another_try(authority: tls.Authority) -> Transcript:
    server = authority.server_context(HOST)
    server.set_ecdh_curve("secp384r1")
    return tls.handshake(authority.client_context(), server, HOST)


def resumed(authority: tls.Authority) -> Transcript:
    client, server = authority.client_context(), authority.server_context(HOST)
    return tls.handshake(client, server, HOST, session=tls.handshake(client, server, HOST).session)


def refused(authority: tls.Authority) -> Transcript:
    return tls.handshake(authority.client_context(), authority.server_context(HOST), "example.org")


def older(authority: tls.Authority) -> Transcript:
    client = authority.client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    return tls.handshake(client, authority.server_context(HOST), HOST)


@pytest.mark.parametrize("make", [plain, mutual, another_try, resumed, refused])
def test_tshark_reads_the_same(authority: tls.Authority, tmp_path: Path, make: Callable[..., Transcript]) -> None:
    transcript = check(make(authority))
    messages, extensions = ours(transcript)
    assert messages
    assert tshark(transcript, tmp_path) == (messages, extensions)


def test_tshark_reads_the_same_of_tls_1_2(authority: tls.Authority, tmp_path: Path) -> None:
    """tshark opens the two Finished messages, which we name and leave closed."""
    transcript = check(older(authority))
    messages, extensions = ours(transcript)
    found = tshark(transcript, tmp_path)
    assert [one for one in found[0] if one != 20] == messages
    assert found[0].count(20) == 2
    assert found[1] == extensions
