"""Right readers and writers pass, whatever their framing; a wrong one fails in the case that is about its fault."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

from labsupport.exercises.conformance import Report, check_reader, check_writer
from tests.leftovers import none_left

MAXIMUM = 10_000

EVERY = "messages in pieces of every size"
PIPELINED = "three messages in one piece: pipelined"
RESET = "the connection is reset in the middle of a message"
SILENT = "the sender falls silent in the middle of a message, and the socket has a timeout"
LARGE = "a message is announced that is too large"
END = "the stream ends between two messages"


def framed(body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + body


def exactly(sock: Any, size: int) -> bytes:
    got = b""
    while len(got) < size:
        piece = sock.recv(size - len(got))
        if not piece:
            raise EOFError(f"{len(got)} of {size}")
        got += piece
    return got


def message(sock: Any) -> bytes:
    size = int.from_bytes(exactly(sock, 4), "big")
    if size > MAXIMUM:
        raise ValueError(f"{size} bytes are too many")
    return exactly(sock, size)


def checked(read: Callable[[Any], object], sizes: Any = range(1, 200)) -> Report:
    return check_reader(
        lambda sock: lambda: read(sock), framed, oversize=b"\xff" * 4, at_end=EOFError, maximum=MAXIMUM, sizes=sizes
    )


def failing(report: Report) -> list[str]:
    return [result.name for result in report.failures]


def test_a_right_reader_passes_with_every_size() -> None:
    report = check_reader(
        lambda sock: lambda: message(sock), framed, oversize=b"\xff" * 4, at_end=EOFError, maximum=MAXIMUM
    )
    assert report.passed, report.text()
    assert len(report.results) == 10


class Lines:
    """A reader that keeps what is left over."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._kept = b""

    def read(self) -> str | None:
        while b"\r\n" not in self._kept:
            piece = self._sock.recv(4096)
            if not piece:
                if self._kept:
                    raise EOFError("in the middle of a line")
                return None
            self._kept += piece
        line, _, self._kept = self._kept.partition(b"\r\n")
        return line.decode()


def test_lines_pass_as_text_and_with_none_at_the_end() -> None:
    report = check_reader(
        lambda sock: Lines(sock).read,
        encode=lambda text: text.encode() + b"\r\n",
        message=lambda size: "é" * size,
        at_end=None,
        sizes=range(1, 600),
    )
    assert report.passed, report.text()
    assert LARGE not in [result.name for result in report.results]


def test_json_passes_by_way_of_a_file() -> None:
    def maker(sock: Any) -> Callable[[], Any]:
        file = sock.makefile("rb")

        def read() -> Any:
            line = file.readline()
            if not line.endswith(b"\n"):
                raise EOFError("a whole value, perhaps, and perhaps the beginning of another: 1 of 12")
            return json.loads(line)

        return read

    report = check_reader(
        maker,
        encode=lambda value: json.dumps(value).encode() + b"\n",
        message=lambda size: {"from": "Zoë", "text": "x" * size},
        sizes=range(1, 200),
    )
    assert report.passed, report.text()


def _one_recv(sock: Any) -> bytes:
    got: bytes = sock.recv(int.from_bytes(exactly(sock, 4), "big"))
    if not got:
        raise EOFError
    return got


def _swallows_the_next(sock: Any) -> bytes:
    data = sock.recv(4096)
    while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
    return bytes(data[4 : 4 + int.from_bytes(data[:4], "big")])


def _half_is_enough(sock: Any) -> bytes:
    with contextlib.suppress(OSError):
        return message(sock)
    return b"half"


def _no_maximum(sock: Any) -> bytes:
    return exactly(sock, int.from_bytes(exactly(sock, 4), "big"))


@pytest.mark.parametrize(
    ("read", "names"),
    [
        (_swallows_the_next, {PIPELINED, EVERY}),
        (_half_is_enough, {RESET, SILENT}),
        (_no_maximum, {LARGE}),
    ],
)
def test_a_wrong_reader_fails_where_its_fault_is(read: Callable[[Any], object], names: set[str]) -> None:
    report = checked(read)
    assert names <= set(failing(report)), report.text()
    assert "one message in one piece" not in failing(report)


def test_the_size_that_failed_is_told_and_drawn() -> None:
    result = checked(_one_recv)[EVERY]
    assert "here pieces of 1 byte)" in result.verdict.called
    assert result.tape is not None
    assert len(result.tape.calls(op="recv")) < 20


def test_a_loop_that_does_not_understand_the_end_is_stopped() -> None:
    def read(sock: Any) -> bytes:
        data = b""
        while len(data) < 13:
            data += sock.recv(13 - len(data))
        return data[4:]

    result = checked(read, range(1, 3))["the stream ends early, 1 of 13 bytes into a message"]
    assert "b''" in result.sentence


def test_nothing_is_left_of_a_reader_that_waits_for_ever() -> None:
    with none_left():
        report = checked(_no_maximum, range(1, 3))
        assert failing(report) == [LARGE]


# --- writers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sendall", "file"])
def test_a_right_writer_passes(name: str) -> None:
    def maker(sock: Any) -> Callable[[bytes], object]:
        if name == "sendall":
            return lambda body: sock.sendall(framed(body))
        file = sock.makefile("wb")
        return lambda body: (file.write(framed(body)), file.flush())

    report = check_writer(maker, framed)
    assert report.passed, report.text()


def test_a_loop_around_send_is_right_and_one_send_is_not() -> None:
    def loop(sock: Any, data: bytes) -> None:
        while data:
            data = data[sock.send(data) :]

    assert check_writer(lambda sock: lambda body: loop(sock, framed(body)), framed).passed
    report = check_writer(lambda sock: lambda body: sock.send(framed(body)), framed)
    assert failing(report) == ["a message for which there is little room: send() takes a part"]


def test_other_bytes_are_told() -> None:
    report = check_writer(lambda sock: lambda body: sock.sendall(struct.pack("<I", len(body)) + body), framed)
    assert len(failing(report)) == 4
    assert "the receiver got b'\\t\\x00\\x00\\x00" in report["one message"].verdict.returned


def test_no_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one, and got none"):
        check_reader(lambda _sock: lambda: b"", framed, sizes=())
