"""Structs as each system packs them: Linux for real in test_set.py, the others from their documentation."""

from __future__ import annotations

import socket
import struct
import sys

import pytest

from labsupport.options import Linger, structs
from labsupport.options.kinds import BOOL, RATE, TEXT, WORD64


@pytest.mark.parametrize(
    ("platform", "packed"),
    [("win32", struct.pack("=I", 1500)), ("darwin", struct.pack("@li0l", 1, 500_000)), ("linux", None)],
)
def test_a_timeval(monkeypatch: pytest.MonkeyPatch, platform: str, packed: bytes | None) -> None:
    """A DWORD of milliseconds on Windows; on macOS the microseconds are an int."""
    monkeypatch.setattr(sys, "platform", platform)
    written = structs.TIMEVAL.write(1.5)
    assert isinstance(written, bytes)
    assert packed in (None, written)
    assert len(written) == structs.TIMEVAL.size
    assert structs.TIMEVAL.read(written) == 1.5


def test_a_timeval_carries_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert structs.TIMEVAL.write(0.9999999) == struct.pack("@ll", 1, 0)


@pytest.mark.parametrize(("platform", "layout"), [("win32", "=HH"), ("darwin", "=ii"), ("linux", "=ii")])
def test_a_linger(monkeypatch: pytest.MonkeyPatch, platform: str, layout: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert structs.LINGER.write((True, 3)) == struct.pack(layout, 1, 3)
    assert structs.LINGER.read(struct.pack(layout, 128, 3)) == Linger(True, 3)  # BSD keeps the flag's own bit
    assert [structs.LINGER.shown(value) for value in ((True, 3), (False, 3))] == ["on, 3 s", "off"]


@pytest.mark.parametrize(("platform", "last"), [("linux", (2, 3)), ("darwin", (3, 2)), ("win32", (3, 2))])
def test_a_membership_with_a_source(monkeypatch: pytest.MonkeyPatch, platform: str, last: tuple[int, int]) -> None:
    """Linux has the interface second (ip(7)); the others the source (RFC 3678 §4.1.1 leaves the order open)."""
    monkeypatch.setattr(sys, "platform", platform)
    packed = structs.SOURCE.write(("232.1.2.3", "127.0.0.2", "127.0.0.3"))
    assert isinstance(packed, bytes)
    assert packed == bytes([232, 1, 2, 3, 127, 0, 0, last[0], 127, 0, 0, last[1]])


def test_a_membership_of_ipv6() -> None:
    packed = structs.GROUP6.write(("ff01::123", 1))
    assert packed == socket.inet_pton(socket.AF_INET6, "ff01::123") + struct.pack("@I", 1)


def test_a_flag_is_a_bool_whatever_bit_it_is() -> None:
    """BSD answers with the bit of its own flag."""
    assert (BOOL.read(4), BOOL.read(0)) == (True, False)


def test_a_rate_without_a_limit_in_both_widths() -> None:
    assert RATE.read(b"\xff" * 8) == RATE.read(b"\xff" * 4) == float("inf")
    assert RATE.shown(float("inf")) == "no limit"
    assert WORD64.read((258).to_bytes(8, sys.byteorder)) == 258


def test_text_ends_at_its_zero_byte() -> None:
    assert TEXT.read(b"bbr\0\0\0junk") == "bbr"
    assert TEXT.write("नमस्ते") == "नमस्ते".encode() + b"\0"
