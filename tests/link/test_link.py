"""The contract of a link."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

import pytest

from labsupport import Link, faults, serve
from tests.link.talking import PATIENCE, bound, echoing, ends, everything, exactly, listening, routes


def test_what_is_said_comes_out_the_same() -> None:
    said = "héllo, 你好, नमस्ते\n".encode()
    with echoing() as server, Link(server.address) as link:
        with socket.create_connection(link.address, timeout=PATIENCE) as client:
            client.sendall(said)
            client.shutdown(socket.SHUT_WR)
            assert everything(client) == said
        assert link.bytes_up == link.bytes_down == said
        assert link.target == server.address


def test_a_server_may_be_given_itself() -> None:
    with echoing() as server, Link(server) as link, socket.create_connection(link.address, timeout=PATIENCE) as client:
        client.sendall(b"hi")
        assert client.recv(10) == b"hi"


def test_a_link_may_lead_to_a_link() -> None:
    with (
        echoing() as server,
        Link(server) as far,
        Link(far) as near,
        socket.create_connection(near.address, timeout=PATIENCE) as client,
    ):
        client.sendall(b"hi")
        assert client.recv(10) == b"hi"


def test_ipv6() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener, Link(listener.getsockname()) as link:
        assert link.address[0] == "::1"
        assert len(link.address) == 2
        with ends(link, listener) as (client, server):
            client.sendall(b"hi")
            assert server.recv(10) == b"hi"


def test_an_address_is_spelt_as_kernels_do() -> None:
    with Link(("0:0:0:0:0:0:0:1", 9)) as link:
        assert link.target == ("::1", 9)


def test_ipv6_datagrams() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.bind(("::1", 0))
        server.settimeout(PATIENCE)
        with Link(server.getsockname(), "udp") as link, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
            client.sendto(b"hi", link.address)
            data, address = server.recvfrom(10)
            server.sendto(data.upper(), address)
            client.settimeout(PATIENCE)
            assert client.recv(10) == b"HI"


def test_one_fault_need_not_be_in_a_list() -> None:
    with bound() as server, Link(server.getsockname(), "udp", up=faults.Loss(0.1)) as link:
        assert link.up == (faults.Loss(0.1),)
        link.up = []
        assert link.up == ()


WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: Link(("127.0.0.1", 9), "icmp"), ValueError, 'the protocol is "tcp" or "udp", not \'icmp\''),
    (lambda: Link(("127.0.0.1", 9), seed="a"), TypeError, "a seed is a whole number, and got 'a'"),  # type: ignore[arg-type]
    (lambda: Link(("127.0.0.1", 9), seed=True), TypeError, "a seed is a whole number, and got True"),
    (lambda: Link(("127.0.0.1", 9), seed=10**5000), ValueError, "a seed is a whole number of at most 1024 bits"),
    (lambda: Link("127.0.0.1:9"), TypeError, "a link leads to an address such as"),
    (lambda: Link(("127.0.0.1", "9")), TypeError, "the port of a link's target is a whole number, and got '9'"),
    (lambda: Link(("127.0.0.1", 0)), ValueError, "0 is not a port that a link can lead to"),
    (lambda: Link(("127.0.0.1", 70000)), ValueError, "70000 is not a port"),
    (lambda: Link((127, 9)), TypeError, "the host of a link's target is a string"),
    (lambda: Link(("example.org", 80)), ValueError, "a link does not look names up"),
    (lambda: Link(("192.0.2.1", 80)), ValueError, "a link leads to this machine only (127.0.0.1 or ::1)"),
    (
        lambda: Link(("127.0.0.1", 9), up=[faults.Loss(0.1)]),
        ValueError,
        "Loss(p=0.1) is not for streams: TCP sends a lost segment again, so a program never sees the loss but only",
    ),
    (lambda: Link(("127.0.0.1", 9), up=[faults.Duplicate(0.1)]), ValueError, "for that there is Stall"),
    (lambda: Link(("127.0.0.1", 9), up=[faults.Reorder(0.1)]), ValueError, "use Stall"),
    (lambda: Link(("127.0.0.1", 9), "udp", up=[faults.Slice(4)]), ValueError, "is not for datagrams: a datagram"),
    (lambda: Link(("127.0.0.1", 9), "udp", down=[faults.Stall(0.1)]), ValueError, "use Loss, or Latency"),
    (lambda: Link(("127.0.0.1", 9), "udp", down=[faults.Reset(1)]), ValueError, "UDP has no connection"),
    (lambda: Link(("127.0.0.1", 9), "udp", down=[faults.Limit(1)]), ValueError, "UDP has no connection"),
    (lambda: Link(("127.0.0.1", 9), up=faults.Slice), TypeError, "up takes a fault or a list of faults"),  # type: ignore[arg-type]
    (lambda: Link(("127.0.0.1", 9), up=[faults.Slice]), TypeError, "write Slice(…)"),  # type: ignore[list-item]
    (lambda: Link(("127.0.0.1", 9), down=[0.1]), TypeError, "down takes faults such as"),  # type: ignore[list-item]
    (lambda: Link(("127.0.0.1", 9), down=0.1), TypeError, "down takes a fault or a list"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "kind", "message"), WRONG, ids=[message[:40] for _, _, message in WRONG])
def test_what_makes_no_sense_is_said_in_one_sentence(
    make: Callable[[], Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=re.escape(message)) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_faults_are_checked_when_they_are_changed() -> None:
    with echoing() as server, Link(server) as link:
        with pytest.raises(ValueError, match="is not for streams"):
            link.down = [faults.Loss(0.1)]
        assert link.down == ()


def nobody() -> tuple[str, int]:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address: tuple[str, int] = gone.getsockname()
    return address


def test_a_target_that_refuses_is_an_end_of_stream_and_a_sentence() -> None:
    target = nobody()
    with Link(target) as link:
        with socket.create_connection(link.address, timeout=PATIENCE) as client:
            assert client.recv(10) == b""
        said = f"the link's target, 127.0.0.1 port {target[1]}, refused the connection: nobody listens there"
        assert link.error == said
        assert said in repr(link)
        assert routes(link)[0].error == said


def test_a_client_that_speaks_at_once_reads_the_same() -> None:
    with Link(nobody()) as link:
        for _ in range(20):
            with socket.create_connection(link.address, timeout=PATIENCE) as client:
                client.sendall(b"hello")
                assert client.recv(10) == b""


def test_a_target_that_cannot_be_reached() -> None:
    with Link(("127.255.255.255", 9)) as link:
        with socket.create_connection(link.address, timeout=PATIENCE) as client:
            assert client.recv(10) == b""
        assert "cannot be reached" in link.error


def test_the_link_survives_a_target_that_comes_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, Link(listener.getsockname()) as link:
        address = listener.getsockname()
        listener.close()
        with socket.create_connection(link.address, timeout=PATIENCE) as client:
            assert client.recv(10) == b""
        with socket.create_server(address) as again, ends(link, again) as (client, server):
            server.sendall(b"back")
            assert client.recv(10) == b"back"


def test_a_target_that_dies_ends_the_clients_connection() -> None:
    with listening() as listener, Link(listener.getsockname()) as link, ends(link, listener) as (client, server):
        client.sendall(b"hello")
        assert server.recv(10) == b"hello"
        server.close()
        assert client.recv(10) == b""


def test_a_datagram_that_nobody_receives_is_silence() -> None:
    with bound() as gone:
        address = gone.getsockname()
    with Link(address, "udp") as link, bound() as client:
        client.connect(link.address)
        for _ in range(5):
            client.send(b"anybody?")
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(10)


def test_an_eavesdropper_has_a_memory_of_one_mebibyte() -> None:
    def sink(connection: socket.socket, _address: Any) -> None:
        everything(connection)

    with serve(sink) as server, Link(server) as link:
        with socket.create_connection(link.address, timeout=PATIENCE) as client:
            client.sendall(b"first" + bytes(1_500_000))
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
        assert link.bytes_up == b"first" + bytes(1_048_576 - 5)


def test_two_hundred_connections_at_once() -> None:
    with echoing() as server, Link(server) as link:
        clients = [socket.create_connection(link.address, timeout=PATIENCE) for _ in range(200)]
        for number, client in enumerate(clients):
            client.sendall(b"%04d" % number)
        assert [exactly(client, 4) for client in clients] == [b"%04d" % number for number in range(200)]
        for client in clients:
            client.close()


def test_the_docstring_says_what_a_link_cannot_show() -> None:
    assert Link.__doc__ is not None
    for word in ("handshake", "ConnectionRefusedError", "keepalive", "TCP_USER_TIMEOUT", "TCP_INFO", "Stall"):
        assert word in Link.__doc__
