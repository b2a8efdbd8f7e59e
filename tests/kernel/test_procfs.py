"""/proc/net, from text as the kernel writes it."""

from __future__ import annotations

import ipaddress
import os
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.kernel import procfs

if not hasattr(os, "sysconf") or sys.byteorder != "little":
    pytest.skip("lines below are as a little-endian POSIX system writes them", allow_module_level=True)

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LISTEN = "   0: 0100007F:B1E5 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 11154 1 0 100 0\n"
WAITING = "   2: 0100007F:CAD2 0100007F:B1E5 06 00000000:00000000 03:00001765 00000000     0        0 0 3 0\n"
SIX = (
    "   1: 00000000000000000000000001000000:1F90 00000000000000000000000001000000:D431 01 00000010:00000005"
    " 01:00000014 00000001 0 0 9 1 0\n"
)
DATAGRAM = "  77: 0100007F:35AF 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 9 2 0 47\n"
STATES = {1: "ESTABLISHED", 6: "TIME-WAIT", 10: "LISTEN"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(procfs, "FOLDER", tmp_path)
    return tmp_path


def test_both_families_are_read(folder: Path) -> None:
    (folder / "tcp").write_text(HEAD + LISTEN + WAITING)
    (folder / "tcp6").write_text(HEAD + SIX)
    listening, waiting, six = procfs.rows("tcp", STATES)
    assert (listening.local, listening.remote, listening.state) == (("127.0.0.1", 45541), None, "LISTEN")
    assert listening.receive_queue == 2
    assert (waiting.state, waiting.timer, waiting.remote) == ("TIME-WAIT", "time-wait", ("127.0.0.1", 45541))
    assert waiting.expires == 0x1765 / os.sysconf("SC_CLK_TCK")
    assert (six.local, six.remote, six.timer) == (("::1", 8080), ("::1", 54321), "retransmit")
    assert (six.send_queue, six.receive_queue) == (16, 5)


def test_datagram_sockets_have_drops_and_no_state(folder: Path) -> None:
    (folder / "udp").write_text(HEAD + DATAGRAM)
    (row,) = procfs.rows("udp", STATES)
    assert (row.local, row.state, row.drops, row.receive_queue) == (("127.0.0.1", 13743), None, 47, 0x300)


@pytest.mark.usefixtures("folder")
def test_a_machine_without_the_lists_has_an_empty_one() -> None:
    assert procfs.rows("tcp", STATES) == []


def test_a_state_that_nobody_knows_is_none() -> None:
    assert procfs.parse_row(LISTEN.replace(" 0A ", " 7F "), STATES).state is None


@given(st.ip_addresses(), st.integers(0, 65535))
def test_any_address_is_read_back(address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> None:
    words = struct.unpack(f"={len(address.packed) // 4}I", address.packed)
    text = "".join(f"{word:08X}" for word in words)
    host, read = procfs._address(f"{text}:{port:04X}")
    assert (ipaddress.ip_address(host), read) == (address, port)
