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


_WHOLE = """\
n = int.from_bytes(recv_exactly(sock, 8), "big")
data = b""
while len(data) < n:
    data += recv_exactly(sock, min(n - len(data), 4096))
wrong = recv_exactly(sock, 32) != hashlib.sha256(data).digest()
"""


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
        ("while len(data) < n:\n    data = sock.recv(n)", "waits_for_more"),
        ("got = 0\nwhile got < n:\n    data = sock.recv(n - got)\n    if not data: break\n    got += len(data)",
         "waits_for_more"),
        ("for _ in range(2):\n    data += sock.recv(2)\nif len(data) != n:\n    raise EOFError", "short_is_no_end"),
        ("for _ in range(n):\n    data += sock.recv(1)", "returns_half"),
        ("import socket\ndata = sock.recv(n, socket.MSG_WAITALL)", "returns_half"),
        ("while len(data) < n:\n    chunk = sock.recv(n - len(data))\n    if chunk == '': break\n    data += chunk",
         "asks_after_the_end"),
        ("while (chunk := sock.recv(n - len(data))) and len(data) < n:\n    data += chunk", "returns_half"),
    ]
] + [
    (EXACTLY, EXACTLY.solution.replace("    while", "    sock.setblocking(True)\n    while"), "changes_the_timeout"),
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
    (MESSAGES, _recv(_LENGTH.replace("(n,)", "n") + "return recv_exactly(sock, n).decode()"), "tuple_for_a_number"),
    (MESSAGES, _recv("n = int(recv_exactly(sock, 4).decode())\nreturn recv_exactly(sock, n).decode()"), "int_of_bytes"),
    (MESSAGES, _recv(_LENGTH + "if n > maximum: raise ValueError\nreturn str(recv_exactly(sock, n))"), "returns_bytes"),
    (MESSAGES, _recv(_LENGTH + "t = ''\nwhile len(t) < n:\n    t += sock.recv(1024).decode()\nreturn t[:n]"),
     "counts_characters_that_come"),
    (MESSAGES, _recv(_LENGTH + "text = ''\nwhile len(text) < n:\n    text += sock.recv(1024).decode()\nreturn text"),
     "takes_too_much"),
    (MESSAGES, _send("sock.sendall(len(text).to_bytes(4, 'big'))\nsock.sendall(text.encode())"), "counts_characters"),
    (LINES, fill(LINES.starter, "return self.sock.recv(1024)"), "returns_all_that_came"),
    (LINES, fill(LINES.starter, "return self.sock.recv(1024).split(b'\\r\\n')[0]"), "throws_the_rest_away"),
    (LINES, fill(LINES.starter, "b = b''\nwhile b[-2:] != b'\\r\\n':\n    b += self.sock.recv(1)\nreturn b[:-2]"),
     "asks_after_the_end"),
    (UTF8,
     utf8_mistakes.written(feed="return codecs.getincrementaldecoder('utf-8')().decode(data)"),
     "new_decoder_each_time"),
    (UTF8, utf8_mistakes.written(feed="self.rest += data\nreturn self.rest.decode()"), "decodes_pieces"),
    (BREAK, fill(BREAK.starter, "connection.sendall(b'\\x00\\x05hello')"), "one_piece"),
    (BREAK, fill(BREAK.starter, "connection.sendall(b'\\x00\\x00\\x00\\x05hello')"), "four_bytes_of_length"),
    (BREAK,
     fill(BREAK.starter, "for one in b'\\x00', b'\\x02hi', b'!':\n    connection.sendall(one)"),
     "sends_more"),
    (BREAK, fill(BREAK.starter, "connection.sendall(b'hello')"), "breaks_everybody"),
    (BREAK, fill(BREAK.starter, "connection.sendall(b'\\x00')\nconnection.sendall(b'\\x01\\xff')"), "breaks_everybody"),
    (BREAK, fill(BREAK.starter, "return b'\\x00', b'\\x01x'"), "says_nothing"),
    (FILES, file_program.written(recv="n, = struct.unpack('!Q', recv_exactly(sock, 8))\n"
                                       "open(path, 'wb').write(recv_exactly(sock, n))"), "leaves_the_checksum"),
    (FILES, file_program.written(recv=_WHOLE + "open(path, 'wb').write(data)\nif wrong:\n    os.remove(path)\n"
                                               "    raise ValueError"), "writes_into_the_target"),
    (FILES, file_program.written(recv="try:\n    " + file_program.RECV.strip().replace("\n", "\n    ")
                                      + "\nexcept Exception:\n    print('no file')"), "hides_an_end"),
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


def test_an_error_of_struct_has_its_whole_name() -> None:
    body = "n = struct.unpack('!H', recv_exactly(sock, 4))[0]\nreturn recv_exactly(sock, n).decode()"
    assert "raised struct.error: unpack requires" in MESSAGES.check_source(_recv(body)).message


def test_a_file_that_is_lost_is_told_with_what_became_of_it() -> None:
    source = file_program.written(
        recv=_WHOLE + "open(path, 'wb').write(data)\nif wrong:\n    os.remove(path)\n    raise ValueError"
    )
    message = FILES.check_source(source).message
    assert "(two bytes were changed on the way)" in message
    assert "there is no file now" in message


def test_who_sleeps_between_two_pieces_need_not_wait() -> None:
    body = "connection.sendall(b'\\x00')\ntime.sleep(1000)\nconnection.sendall(b'\\x01x')"
    assert BREAK.check_source("import time\n" + fill(BREAK.starter, body)).passed


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
