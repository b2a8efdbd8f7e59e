"""The server that chapter 05 takes outside: curl and openssl agree with what the chapter says of it."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.notebooks.test_outside import AS_IN_A_TERMINAL, script_of

CHAPTER = Path(__file__).parents[2] / "notebooks" / "05_tls.ipynb"
GREETING = "你好, over TLSv1.3\n"


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder with what `python -m trustme` makes."""
    authority = trustme.CA()
    made = authority.issue_cert("localhost", "127.0.0.1", "::1")
    made.private_key_pem.write_to_path(tmp_path / "server.key")
    made.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    authority.cert_pem.write_to_path(tmp_path / "client.pem")
    return tmp_path


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The script as a process in this folder, and its port."""
    path = folder / "sealed.py"
    path.write_text(script_of(CHAPTER), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-u", "-c", AS_IN_A_TERMINAL, path, "0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline().rstrip().rstrip("/").rpartition(":")[2])
    finally:
        process.kill()
        process.communicate(timeout=10)


def told(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """What this command said."""
    return subprocess.run(command, input="", capture_output=True, text=True, encoding="utf-8", timeout=20, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process of its own in another way there")
def test_a_silent_client_stops_nobody_and_ctrl_c_ends_it(papers: Path) -> None:
    context = ssl.create_default_context(cafile=str(papers / "client.pem"))
    with serving(papers) as (process, port):
        address = ("127.0.0.1", port)
        with (
            socket.create_connection(address, timeout=10),
            socket.create_connection(address, timeout=10) as sock,
            # Without a farewell this client would raise: the script says close_notify.
            context.wrap_socket(sock, server_hostname="localhost", suppress_ragged_eofs=False) as client,
        ):
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            answer = b"".join(iter(lambda: client.recv(1024), b""))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    assert answer.endswith(b"\r\n\r\n" + GREETING.encode())
    assert process.returncode == 1
    assert "stopped" in said  # beside what the silent client's thread says
    assert "Traceback" not in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_curl_trusts_it_with_the_authority_and_for_its_name_alone(papers: Path) -> None:
    trust = ("curl", "-sS", "--cacert", papers / "client.pem")
    with serving(papers) as (_, port):
        good = told(*trust, f"https://localhost:{port}/")
        stranger = told("curl", "-sS", f"https://localhost:{port}/")
        other = told(*trust, "--connect-to", f"bank.example:{port}:127.0.0.1:{port}", f"https://bank.example:{port}/")
    assert (good.returncode, good.stdout) == (0, GREETING)
    assert (stranger.returncode, other.returncode) == (60, 60)
    assert "bank.example" in other.stderr


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl on this machine")
def test_openssl_verifies_it(papers: Path) -> None:
    with serving(papers) as (_, port):
        look = told(
            "openssl", "s_client", "-connect", f"localhost:{port}", "-CAfile", papers / "client.pem",
            "-servername", "localhost", "-brief",
        )  # fmt: skip
    assert "Verification: OK" in look.stderr
