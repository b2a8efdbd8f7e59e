"""The tape and the wire tell the same story: compared with a packet capture on loopback (packet(7))."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from labsupport.tape.events import KEPT_BYTES, Call, Endpoint
from labsupport.tape.exchange import Connection, Exchange
from labsupport.tape.watched import Plain, endpoint_of
from tests.tape.stories import Story, arrived, beside, listening

_ETH_P_ALL = 3
_OUTGOING = 4  # on loopback each packet is seen twice, going out and coming in
_FIN, _SYN, _RST = 1, 2, 4


def _why_not() -> str:
    if sys.platform != "linux":
        return "AF_PACKET is Linux's"
    try:
        _sniffer().close()
    except OSError as error:
        return f"no right to capture packets here ({error.strerror}): needs CAP_NET_RAW"
    return ""


def _sniffer() -> socket.socket:
    sniffer = Plain(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sniffer.bind(("lo", _ETH_P_ALL))
    sniffer.settimeout(10)
    return sniffer


pytestmark = [pytest.mark.capture, pytest.mark.skipif(bool(_why_not()), reason=_why_not())]

Host = tuple[str, int]


@dataclass
class Flow:
    """What one side of a TCP connection sent."""

    first: int | None = None  # the number of its SYN
    flags: int = 0
    data: bytearray = field(default_factory=bytearray)

    def add(self, number: int, flags: int, payload: bytes) -> None:
        self.flags |= flags
        if flags & _SYN:
            self.first = number
        if payload and self.first is not None:
            at = (number - self.first - 1) % 2**32  # the SYN has a number too (RFC 9293 §3.4)
            self.data[at : at + len(payload)] = payload


class Wire:
    """What a capture saw, by (source, destination)."""

    def __init__(self) -> None:
        self.streams: dict[tuple[Host, Host], Flow] = defaultdict(Flow)
        self.datagrams: dict[tuple[Host, Host], list[bytes]] = defaultdict(list)
        self.unreachable = 0

    def see(self, packet: bytes) -> None:
        version = packet[0] >> 4
        if version == 4:
            size, length = (packet[0] & 15) * 4, int.from_bytes(packet[2:4], "big")
            protocol, hosts = packet[9], [socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16)]
        else:
            size, length = 40, 40 + int.from_bytes(packet[4:6], "big")
            protocol, hosts = packet[6], [socket.inet_ntop(socket.AF_INET6, packet[at : at + 16]) for at in (8, 24)]
        body = packet[size:length]
        if protocol == socket.IPPROTO_ICMP:
            self.unreachable += body[0] == 3
            return
        ports = struct.unpack_from("!HH", body)
        key = ((hosts[0], ports[0]), (hosts[1], ports[1]))
        if protocol == socket.IPPROTO_TCP:
            number, _, offset, flags = struct.unpack_from("!IIBB", body, 4)
            self.streams[key].add(number, flags, body[(offset >> 4) * 4 :])
        elif protocol == socket.IPPROTO_UDP:
            self.datagrams[key].append(body[8:])


@contextlib.contextmanager
def captured() -> Iterator[Wire]:
    """Everything that crosses loopback while the block runs."""
    wire = Wire()
    with _sniffer() as sniffer, Plain(socket.AF_INET, socket.SOCK_DGRAM) as marker:
        marker.bind(("127.0.0.1", 0))
        yield wire
        end = b"the end of this capture"
        marker.sendto(end, marker.getsockname())  # comes last, so all before it has been seen
        while True:
            packet, (_, protocol, kind, *_) = sniffer.recvfrom(1 << 17)
            if kind == _OUTGOING and protocol in (0x0800, 0x86DD):
                if packet.endswith(end):
                    break
                wire.see(packet[14:])
        lost = struct.unpack("II", sniffer.getsockopt(263, 6, 8))[1]  # SOL_PACKET, PACKET_STATISTICS
        assert not lost, "the capture is not complete"


def test_the_tape_agrees_with_the_wire(story: Story) -> None:
    with captured() as wire:
        for play in (_talk, _ipv6, _half_close, _reset_by_unread, _reset_by_linger, _too_late, _refused, _queued):
            play()
        _large()
        _datagrams()
    found = story.excerpt.exchange
    streams = [one for one in found.connections if one.stream]
    assert len(streams) >= 8
    for connection in streams:
        _compare(connection, found, wire)
    _compare_datagrams(found, wire)


def _compare(connection: Connection, found: Exchange, wire: Wire) -> None:
    client = connection.client
    assert client is not None
    assert client.peer is not None
    assert connection.connect is not None
    local = client.local
    if local is None:  # refused: its kernel had a port for it, and took it back
        (local,) = {one for (one, to), flow in wire.streams.items() if to == client.peer and flow.flags & _SYN}
    up, down = wire.streams[local, client.peer], wire.streams[client.peer, local]
    for ours, flow in ((True, up), (False, down)):
        sent = _flags(connection, found, ours=ours)
        assert sent == flow.flags & (_SYN | _FIN | _RST), (connection, ours)
    _compare_bytes(client, connection.server, found, up)
    _compare_bytes(connection.server, client, found, down)


def _flags(connection: Connection, found: Exchange, *, ours: bool) -> int:
    """What the exchange says that the client's kernel sent, or the server's."""
    bits = {"SYN": _SYN, "SYN+ACK": _SYN, "FIN": _FIN, "RST": _RST}
    flags = 0
    for control in found.controls:
        if control.connection is connection and (control.source is connection.client) is ours:
            flags |= bits[control.kind]
    return flags


def _compare_bytes(sender: Endpoint | None, receiver: Endpoint | None, found: Exchange, flow: Flow) -> None:
    """The bytes on the wire are those of the sends, and each recv got those that the arrows say."""
    at = 0
    places: dict[Call, int] = {}
    for arrow in found.arrows:
        if arrow.source is None or arrow.source.endpoint is not sender or sender is None:
            continue
        if arrow.source not in places:
            places[arrow.source] = at
            at += arrow.source.length or 0
            if not flow.flags & _RST and at <= len(flow.data):
                _check(arrow.source, flow.data[places[arrow.source] : at])
        if arrow.target is not None:
            assert arrow.target.endpoint is receiver
            begin = places[arrow.source] + arrow.start
            on_the_wire = bytes(flow.data[begin : begin + arrow.length])
            kept = (arrow.target.data or b"")[arrow.taken : arrow.taken + arrow.length]
            assert on_the_wire[: len(kept)] == kept
            assert len(on_the_wire) == arrow.length
    last = [arrow for arrow in found.arrows if arrow.source is not None and arrow.source.endpoint is sender][-1:]
    if not (last and last[0].fate == "discarded"):
        assert len(flow.data) == at


def _check(call: Call, data: bytes | bytearray) -> None:
    assert bytes(data[:KEPT_BYTES]) == call.data
    assert len(data) == call.length


def _compare_datagrams(found: Exchange, wire: Wire) -> None:
    ways: dict[tuple[Any, Any], list[bytes]] = defaultdict(list)
    for call in {arrow.source: None for arrow in found.arrows if arrow.source and not arrow.connection.stream}:
        assert call.endpoint.local is not None
        to = call.address or call.endpoint.peer
        ways[("127.0.0.1", call.endpoint.local[1]), to].append(call.data or b"")
    seen = {key: data for key, data in wire.datagrams.items() if key in ways}
    assert seen == ways
    assert wire.unreachable >= [control.kind for control in found.controls].count("ICMP") == 1


# --- what is played --------------------------------------------------------------------------


@contextlib.contextmanager
def _pair(host: str = "127.0.0.1") -> Iterator[tuple[socket.socket, socket.socket]]:
    with listening(host) as listener, socket.create_connection(listener.getsockname()[:2], timeout=10) as client:
        server, _ = listener.accept()
        server.settimeout(10)
        with server:
            yield client, server


def _talk(host: str = "127.0.0.1") -> None:
    with _pair(host) as (client, server):
        client.sendall(b"hello ")
        client.send("wörld".encode())
        arrived(server, 12)
        server.recv(4)
        server.recv(3, socket.MSG_PEEK)
        server.recv(100)
        server.sendmsg([b"an", b"swer"])
        room = bytearray(10)
        client.recv_into(room, 3)
        client.recv(10)
        client.close()
        assert server.recv(1) == b""


def _ipv6() -> None:
    if socket.has_ipv6:
        with contextlib.suppress(OSError):
            _talk("::1")


def _half_close() -> None:
    with _pair() as (client, server):
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        while server.recv(3):
            pass
        server.sendall(b"answer")
        server.close()
        while client.recv(100):
            pass


def _reset_by_unread() -> None:
    with _pair() as (client, server):
        client.sendall(b"nobody reads this")
        arrived(server)
        server.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def _reset_by_linger() -> None:
    with _pair() as (client, server):
        client.sendall(b"x")
        server.recv(1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        with pytest.raises(ConnectionResetError):
            server.recv(1)


def _too_late() -> None:
    with _pair() as (client, server):
        server.close()
        assert client.recv(1) == b""
        client.sendall(b"too late")
        with pytest.raises(ConnectionError):  # noqa: PT012  which of them is told is the kernel's business
            for _ in range(1000):
                client.sendall(b"again")


def _refused() -> None:
    with socket.socket() as bound, socket.socket() as client:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            client.connect(bound.getsockname())


def _queued() -> None:
    with listening() as listener, socket.create_connection(listener.getsockname(), timeout=10) as client:
        client.sendall(b"is anybody there?")
        listener.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def _large() -> None:
    with _pair() as (client, server):
        data = bytes(range(256)) * 1200

        def read() -> None:
            left = len(data)
            while left:
                left -= len(server.recv(50_000))

        with beside(read):
            client.sendall(data)
        client.close()
        server.close()


def _datagrams() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        client.sendto(b"one", server.getsockname())
        client.sendto(b"", server.getsockname())
        client.sendto(b"too long for it", server.getsockname())
        _, address = server.recvfrom(100)
        server.recvfrom(100)
        assert server.recvfrom(4)[0] == b"too "
        server.sendto(b"answer", address)
        client.recv(100)
        assert endpoint_of(client).local is not None
    with socket.socket(type=socket.SOCK_DGRAM) as nobody, socket.socket(type=socket.SOCK_DGRAM) as client:
        nobody.bind(("127.0.0.1", 0))
        address = nobody.getsockname()
        nobody.close()
        client.settimeout(10)
        client.connect(address)
        client.send(b"anybody?")
        with pytest.raises(ConnectionRefusedError):
            client.recv(1)
