"""The board as it is started: what it lets in, what it refuses, what it keeps when it is killed, what it deletes."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labsupport.workshop.code import split
from labsupport.workshop.wire import BoardError, Line, authority_at, trusting
from tests.workshop.running import Running

REPORT = {"exercise": "echo_server", "status": "failed", "mistake": "accepts_once", "tries": 1}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("board") / "board.sqlite") as started:
        yield started


@pytest.fixture
def line(running: Running) -> Iterator[Line]:
    with contextlib.closing(line_to(running)) as made:
        yield made


def line_to(running: Running) -> Line:
    pem = authority_at("127.0.0.1", running.port, split(running.code)[0])
    return Line(f"https://127.0.0.1:{running.port}/", trusting(pem))


def joined(running: Running, line: Line, name: str) -> str:
    answer = line.post("join", json.dumps({"code": split(running.code)[1], "name": name}).encode())
    return f"Bearer {answer['secret']}"


def body(**change: object) -> bytes:
    return json.dumps({**REPORT, **change}).encode()


def refused(line: Line, action: str, sent: bytes, authorization: str = "") -> BoardError:
    with pytest.raises(BoardError) as error:
        line.post(action, sent, authorization)
    return error.value


def own(running: Running, path: str, cookie: str = "", host: str = "") -> http.client.HTTPResponse:
    """A page of the instructor's end; the connection is closed with the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", running.own_port, timeout=10)
    headers = {"Cookie": cookie, "Connection": "close"} | ({"Host": host} if host else {})
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def names(running: Running) -> dict[str, Any]:
    with own(running, "/names", running.cookie()) as answer:
        found: dict[str, Any] = json.load(answer)["state"]
        return found


def shown(running: Running) -> list[str]:
    return [one["name"] for one in names(running)["people"]]


def test_who_joins_and_reports_is_on_the_board(running: Running, line: Line) -> None:
    secret = joined(running, line, "नमस्ते 你好")
    for tries in (1, 2, 3, 3):
        assert line.post("report", body(tries=tries), secret) == {}
    stuck = [one for one in names(running)["stuck"] if one["name"] == "नमस्ते 你好"]
    assert [(one["exercise"], one["mistake"], one["times"]) for one in stuck] == [("echo_server", "accepts_once", 3)]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"name": "Ada"}, 403),
        ({"code": "00000000", "name": "Ada"}, 403),
        ({"code": None, "name": "<script>alert(1)</script>"}, 403),
    ],
)
def test_a_wrong_code_is_refused(running: Running, line: Line, sent: dict[str, object], status: int) -> None:
    assert refused(line, "join", json.dumps(sent).encode()).status == status
    assert "Ada" not in shown(running)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\x1b[2Jb", "abc\u202edef", "x" * 100, "", 7])
def test_a_name_that_could_do_harm_is_refused(running: Running, line: Line, name: object) -> None:
    before = shown(running)
    answer = refused(line, "join", json.dumps({"code": split(running.code)[1], "name": name}).encode())
    assert answer.status == 422
    assert "<" not in str(answer)
    assert shown(running) == before


def test_anothers_name_is_refused_and_so_is_anothers_row(running: Running, line: Line) -> None:
    joined(running, line, "Ngũgĩ")
    sent = json.dumps({"code": split(running.code)[1], "name": "NGŨGĨ"}).encode()
    assert refused(line, "join", sent).status == 409
    assert refused(line, "report", body(), "Bearer something-else").status == 401
    assert line.post("leave", b"{}", "Bearer something-else") == {}, "of nobody nothing is left"
    assert "Ngũgĩ" in shown(running)


def test_a_report_without_joining_is_refused(running: Running, line: Line) -> None:
    before = names(running)["exercises"]
    answer = refused(line, "report", body())
    assert answer.status == 401
    assert "Join" in str(answer)
    assert names(running)["exercises"] == before


def test_ten_megabytes_are_refused(running: Running, line: Line) -> None:
    secret = joined(running, line, "Big")
    assert refused(line, "report", b" " * 10_000_000, secret).status == 413
    assert line.post("report", body(), secret) == {}, "the board goes on"


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"{", 400), (b"\xff\xfe", 400), (b"[1]", 400), (b"{}", 422), (body(code="import socket"), 422),
     (body(mistake="<img src=x onerror=alert(1)>"), 422), (body(exercise="../../etc/passwd"), 422)],
)  # fmt: skip
def test_a_malformed_report_is_refused(running: Running, line: Line, sent: bytes, status: int) -> None:
    secret = joined(running, line, "Malformed")
    assert refused(line, "report", sent, secret).status == status
    assert refused(line, "report", sent, secret).status == status, "the connection goes on"
    line.post("leave", b"{}", secret)


def test_another_authority_is_noticed_before_anything_is_sent(running: Running) -> None:
    with pytest.raises(OSError, match="is not the one that this code belongs to"):
        authority_at("127.0.0.1", running.port, "0" * 16)


def test_names_are_for_the_instructor_alone(running: Running) -> None:
    for path in ("/instructor", "/names"):
        assert own(running, path).status == 403
        assert own(running, f"{path}?token=wrong").status == 403
        assert own(running, path, "loopback-board=x").status == 403
    assert own(running, "/instructor", running.cookie()).status == 200
    assert own(running, "/instructor", running.cookie(), host="board.example:80").status == 404


def test_the_learners_end_has_no_names_at_all(running: Running) -> None:
    context = trusting(authority_at("127.0.0.1", running.port, split(running.code)[0]))
    context.check_hostname = False
    private = "/" + running.private.split("/", 3)[3]
    assert private.startswith("/instructor?token=")
    for path, status in (("/", 200), ("/instructor", 404), ("/names", 404), (private, 404)):
        connection = http.client.HTTPSConnection("127.0.0.1", running.port, context=context, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path)
            assert connection.getresponse().status == status


def test_pages_run_nothing_but_their_own_script(running: Running) -> None:
    for path in ("/", "/page.js", "/page.css", "/none", "/instructor"):
        policy = own(running, path).headers["Content-Security-Policy"] or ""
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    page = own(running, "/").read().decode()
    assert "<script>" not in page
    assert "://" not in page
    assert "onclick" not in page


def test_it_listens_on_loopback_alone_and_its_file_is_its_owners(running: Running) -> None:
    assert running.address.startswith("127.0.0.1:")
    for path in running.file.parent.glob("board.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_learners_end_speaks_tls_and_nothing_else(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: board\r\n\r\n")
        try:
            answer = plain.recv(100)
        except ConnectionError:
            answer = b""
    assert not answer.startswith(b"HTTP")


def test_killed_and_started_again_it_has_what_it_acknowledged(tmp_path: Path) -> None:
    with Running(tmp_path / "board.sqlite") as board:
        code = board.code
        with contextlib.closing(line_to(board)) as line:
            secret = joined(board, line, "Ana")
            for tries in range(1, 41):
                line.post("report", body(tries=tries), secret)
            board.kill()
        board.start()
        assert board.code == code
        assert [(one["name"], one["times"]) for one in names(board)["stuck"]] == [("Ana", 40)]
        with contextlib.closing(line_to(board)) as line:  # the learner goes on without joining again
            line.post("report", body(tries=41), secret)


def test_leaving_deletes_from_the_disk_too(tmp_path: Path) -> None:
    with Running(tmp_path / "board.sqlite") as board, contextlib.closing(line_to(board)) as line:
        staying = joined(board, line, "Bo")
        secret = joined(board, line, "Quetzalcoatl")
        line.post("report", body(), secret)
        assert any(b"Quetzalcoatl" in path.read_bytes() for path in tmp_path.iterdir())
        assert line.post("leave", b"{}", secret) == {}
        assert not any(b"Quetzalcoatl" in path.read_bytes() for path in tmp_path.iterdir())
        assert refused(line, "report", body(), secret).status == 401
        assert shown(board) == ["Bo"]
        line.post("report", body(), staying)
        assert board.stop() == 0


def test_an_expired_code_is_refused_and_the_next_start_begins_anew(tmp_path: Path) -> None:
    with Running(tmp_path / "board.sqlite", "--hours", "0.0000001") as board:
        with contextlib.closing(line_to(board)) as line:
            sent = json.dumps({"code": split(board.code)[1], "name": "Late"}).encode()
            assert refused(line, "join", sent).status == 410
        code = board.code
        assert shown(board) == []
        board.stop()
        board.start()
        assert board.code != code


def test_a_file_keeps_no_history(tmp_path: Path) -> None:
    with Running(tmp_path / "board.sqlite") as board:
        with contextlib.closing(line_to(board)) as line:
            secret = joined(board, line, "Ana")
            for tries in range(1, 6):
                line.post("report", body(tries=tries), secret)
        board.stop()
    with contextlib.closing(sqlite3.connect(tmp_path / "board.sqlite")) as found:
        assert found.execute("SELECT count(*) FROM done").fetchone() == (1,)
