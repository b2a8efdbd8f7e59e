"""Programs that know nothing of a link, through one."""

from __future__ import annotations

import functools
import hashlib
import http.client
import http.server
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from labsupport import Link, faults, serve
from labsupport.faults import Fault
from tests.link.talking import PATIENCE, bound, echoing, exactly

#: Each way of a link through which every client must come unharmed.
LINKS: list[list[Fault]] = [[], [faults.Latency(0.002, jitter=0.01)], [faults.Slice(4000)], [faults.Bandwidth(20e6)]]


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def run(*command: str, data: bytes | None = None) -> bytes:
    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def website(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A web server with a page of 300,000 bytes."""
    (tmp_path / "page").write_bytes(hashlib.sha256(b"page").digest() * 9375)
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield "127.0.0.1", server.server_port
        server.shutdown()
        thread.join(PATIENCE)


@pytest.mark.parametrize("both", LINKS, ids=str)
def test_curl_fetches_a_page(website: tuple[str, int], both: list[Fault]) -> None:
    curl = program("curl")
    with Link(website, up=both, down=both) as link:
        host, port = link.address
        page = run(curl, "--silent", "--show-error", "--fail", "--noproxy", "*", f"http://{host}:{port}/page")
        assert page == hashlib.sha256(b"page").digest() * 9375
        assert link.bytes_up.startswith(b"GET /page HTTP/1.1\r\n")
        assert link.bytes_down.endswith(page)


@pytest.mark.parametrize("both", LINKS, ids=str)
def test_a_tls_client(both: list[Fault]) -> None:
    authority = trustme.CA()
    at_server, at_client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(at_server)
    authority.configure_trust(at_client)

    def echo(connection: Any, _address: Any) -> None:
        while data := connection.recv(65536):
            connection.sendall(data)

    said = "मेरा पासवर्ड".encode() * 500
    with serve(echo, tls=at_server) as server, Link(server, up=both, down=both) as link:
        plain = socket.create_connection(link.address, timeout=PATIENCE)
        with at_client.wrap_socket(plain, server_hostname="127.0.0.1") as client:
            client.sendall(said)
            assert exactly(client, len(said)) == said
        assert b"\x16\x03\x01" in link.bytes_up[:3]  # a ClientHello, and nothing that was said
        assert said[:20] not in link.bytes_up


def test_a_long_lived_interactive_stream() -> None:
    """A thousand short exchanges while the faults come and go."""
    with (
        echoing() as server,
        Link(server) as link,
        socket.create_connection(link.address, timeout=PATIENCE) as client,
    ):
        for number in range(1000):
            if number % 100 == 50:
                link.up, link.down = [faults.Slice(3)], [faults.Latency(0.0005)]
            elif number % 100 == 60:
                link.up = link.down = ()
            line = f"line {number}: café\n".encode()
            client.sendall(line)
            assert exactly(client, len(line)) == line


def test_netcat_sends_datagrams() -> None:
    nc = program("nc")
    with bound() as server, Link(server.getsockname(), "udp", up=[faults.Latency(0.01)]) as link:
        host, port = link.address
        with subprocess.Popen([nc, "-u", host, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("héllo\n".encode())
            process.stdin.flush()
            data, address = server.recvfrom(100)
            server.sendto(b"you said: " + data, address)
            assert process.stdout.readline() == "you said: héllo\n".encode()
            process.terminate()


def test_iperf3_measures_through_a_link() -> None:
    iperf3 = program("iperf3")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [iperf3, "--server", "--one-off", "--bind", "127.0.0.1", "--port", port, "--forceflush"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        assert server.stdout is not None
        while b"Server listening" not in server.stdout.readline():
            assert server.poll() is None
        with Link(("127.0.0.1", int(port))) as link:
            host, door = link.address
            said = run(iperf3, "--client", host, "--port", str(door), "--bytes", "50M", "--json")
        server.terminate()
    assert b'"error"' not in said
    assert b'"sum_received"' in said


def test_the_standard_librarys_client(website: tuple[str, int]) -> None:
    with Link(website, up=[faults.Slice(10)], down=[faults.Slice(5000)]) as link:
        connection = http.client.HTTPConnection(*link.address, timeout=PATIENCE)
        connection.request("GET", "/page")
        assert connection.getresponse().read() == hashlib.sha256(b"page").digest() * 9375
        connection.close()
