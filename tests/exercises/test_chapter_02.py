"""Chapter 02: programs that beginners hand in besides the listed mistakes, and what the checks themselves promise."""

from __future__ import annotations

import pytest

from labsupport import exercises
from labsupport.exercises.chapter_02 import file_program, messages_program, readers, utf8_mistakes
from labsupport.exercises.engine import Task, fill

EXACTLY: Task = exercises.recv_exactly
MESSAGES: Task = exercises.messages
LINES: Task = exercises.line_reader
UTF8: Task = exercises.utf8_decoder
BREAK: Task = exercises.break_this_reader
FILES: Task = exercises.file_transfer
# What beginners write leaves files open.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

_LENGTH = "(n,) = struct.unpack('!I', recv_exactly(sock, 4))\n"


def _recv(body: str) -> str:
    return messages_program.written(recv=body)


def _send(body: str) -> str:
    return messages_program.written(send=body)


RECOGNISED = [
    (EXACTLY, fill(EXACTLY.starter, body), mistake)
    for body, mistake in [
        ("data = sock.recv(n)\nif len(data) < n:\n    data += sock.recv(n - len(data))", "recv_once"),
        ("while len(data) < n:\n    data += sock.recv(n - len(data))\n    return data", "recv_once"),
        ("while len(data) != n:\n    data += sock.recv(n)", "takes_too_much"),
        ("while len(data) < n:\n    data += sock.recv(1024)", "takes_too_much"),
        ("for _ in range(n):\n    data += sock.recv(1)", "returns_half"),
        ("import socket\ndata = sock.recv(n, socket.MSG_WAITALL)", "returns_half"),
        ("while len(data) < n:\n    chunk = sock.recv(n - len(data))\n    if chunk == '': break\n    data += chunk",
         "asks_after_the_end"),
        ("while (chunk := sock.recv(n - len(data))) and len(data) < n:\n    data += chunk", "returns_half"),
    ]
] + [
    (MESSAGES, _recv("(n,) = struct.unpack('!I', sock.recv(4))\nreturn recv_exactly(sock, n).decode()"),
     "header_in_pieces"),
    (MESSAGES, _recv("data = sock.recv(4096)\nn = int.from_bytes(data[:4], 'big')\nreturn data[4 : 4 + n].decode()"),
     "header_in_pieces"),
    (MESSAGES, _recv("length = sock.recv(1)[0]\nreturn recv_exactly(sock, length).decode()"), "short_header"),
    (MESSAGES, _recv(_LENGTH + "text = recv_exactly(sock, n).decode()\nassert len(text) <= maximum\nreturn text"),
     "no_maximum"),
    (MESSAGES, _recv(_LENGTH + "return recv_exactly(sock, min(n, maximum)).decode()"), "no_maximum"),
    (MESSAGES, _recv(_LENGTH + "if n > maximum:\n    raise ValueError\nreturn sock.recv(4096).decode()"),
     "body_in_one_recv"),
    (MESSAGES, _send("sock.sendall(len(text).to_bytes(4, 'big'))\nsock.sendall(text.encode())"), "counts_characters"),
    (LINES, fill(LINES.starter, "return self.sock.recv(1024)"), "returns_all_that_came"),
    (LINES, fill(LINES.starter, "return self.sock.recv(1024).split(b'\\r\\n')[0]"), "throws_the_rest_away"),
    (LINES, fill(LINES.starter, "b = b''\nwhile b[-2:] != b'\\r\\n':\n    b += self.sock.recv(1)\nreturn b[:-2]"),
     "asks_after_the_end"),
    (UTF8, utf8_mistakes.written(feed="return codecs.getincrementaldecoder('utf-8')().decode(data)"), "decodes_pieces"),
    (UTF8, utf8_mistakes.written(feed="self.rest += data\nreturn self.rest.decode()"), "decodes_pieces"),
    (BREAK, fill(BREAK.starter, "connection.sendall(b'\\x00\\x05hello')"), "one_piece"),
    (BREAK, fill(BREAK.starter, "connection.sendall(b'hello')"), "breaks_everybody"),
    (BREAK, fill(BREAK.starter, "connection.sendall(b'\\x00')\nconnection.sendall(b'\\x01\\xff')"), "breaks_everybody"),
    (BREAK, fill(BREAK.starter, "return b'\\x00', b'\\x01x'"), "says_nothing"),
    (FILES, file_program.written(recv="n, = struct.unpack('!Q', recv_exactly(sock, 8))\n"
                                       "open(path, 'wb').write(recv_exactly(sock, n))"), "leaves_the_checksum"),
    (FILES, file_program.written(recv="open(path, 'w').write(sock.recv(65536)[8:-32])"), "reads_text"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "source", "mistake"), RECOGNISED)
def test_what_beginners_write_is_recognised(exercise: Task, source: str, mistake: str) -> None:
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", mistake), verdict.text()


def test_what_the_receiver_got_is_told_where_nobody_listed_it() -> None:
    message = MESSAGES.check_source(_send("sock.sendall(text.encode())")).message
    assert message.startswith("The receiver was to get b'\\x00\\x00\\x00\\r")
    assert "and got b'" in message


def test_what_comes_behind_a_message_is_too_much() -> None:
    send = (
        "data = text.encode()\nsock.sendall(struct.pack('!I', len(data)) + data)\nif text == '你好': sock.sendall(b'!')"
    )
    verdict = MESSAGES.check_source(_send(send))
    assert not verdict.passed
    assert "b'!' more" in verdict.message


def test_another_exception_than_the_one_that_was_asked_for_is_told() -> None:
    source = EXACTLY.solution.replace("raise EOFError(", "raise OSError(")
    message = EXACTLY.check_source(source).message
    assert "raised OSError: the peer finished" in message
    assert message.endswith("It was to raise EOFError.")


@pytest.mark.parametrize("part", ["send_message", "recv_message"])
def test_a_namespace_without_one_of_its_functions_is_told(part: str) -> None:
    verdict = MESSAGES.check_source(f"from types import SimpleNamespace\nmessages = SimpleNamespace({part}=print)")
    assert verdict.status == "failed"
    assert "send_message and recv_message" in verdict.message
    assert verdict.expected == "an object with .send_message() and .recv_message()"


def test_one_half_of_a_starter_that_is_left_is_not_attempted() -> None:
    for gap in ({"send": "raise NotImplementedError"}, {"recv": "raise NotImplementedError"}):
        assert MESSAGES.check_source(messages_program.written(**gap)).status == "not attempted"
        assert FILES.check_source(file_program.written(**gap)).status == "not attempted"


def test_a_sleep_before_each_recv_is_slow_and_right() -> None:
    body = "import time\n" + EXACTLY.solution.split('    data = b""\n')[1].replace("    return data\n", "")
    source = fill(EXACTLY.starter, body.replace("    while", "while").replace("chunk =", "time.sleep(0.001); chunk ="))
    assert EXACTLY.check_source(source).passed


# --- break this reader -----------------------------------------------------------------------


class _Pieces:
    """A source that gives its pieces one by one."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > size:
            self._pieces.insert(0, piece[size:])
        return piece[:size]


def _cuts(message: bytes) -> list[tuple[bytes, ...]]:
    """The message in all ways to cut it."""
    ways = []
    for number in range(2 ** (len(message) - 1)):
        places = [at + 1 for at in range(len(message) - 1) if number & 1 << at]
        ways.append(tuple(message[a:b] for a, b in zip([0, *places], [*places, None], strict=True)))
    return ways


def test_right_readers_read_every_cut_and_each_wrong_one_fails_at_some() -> None:
    message = b"\x00\x03a\xc3\xa9"
    for reader in readers.RIGHT.values():
        assert {reader(_Pieces(*way)) for way in _cuts(message)} == {"aé"}
    for reader in (readers.WRONG, *readers.MORE_WRONG.values()):
        assert reader(_Pieces(message)) == "aé"
        assert any(_fails(reader, way) for way in _cuts(message))


def _fails(reader: readers.Reader, way: tuple[bytes, ...]) -> bool:
    try:
        return reader(_Pieces(*way)) != "aé"
    except (EOFError, UnicodeDecodeError):
        return True


def test_the_wrong_reader_is_the_one_that_is_printed() -> None:
    space: dict[str, readers.Reader] = {}
    exec(readers.WRONG_SOURCE, {"recv_exactly": readers._exactly}, space)
    for way in _cuts(b"\x00\x02hi"):
        assert space["wrong_reader"](_Pieces(*way)) == readers.WRONG(_Pieces(*way))


def test_how_short_a_peer_is_and_whom_it_breaks_is_said() -> None:
    notes = BREAK.check_source(BREAK.solution).notes
    assert notes[0] == "Your peer sends 3 bytes in 2 pieces; no peer can be shorter."
    assert "It does not break the one that reads the text with one recv()" in notes[1]
    notes = BREAK.check_source(BREAK.alternatives[0]).notes
    assert notes[0] == "Your peer sends 5 bytes in 5 pieces; 3 will do."
    assert notes[1].startswith("It also breaks 3 other wrong readers")
