"""Chunks never join, whichever way they are read; the reader needs no second thread; nothing floods the tape."""

from __future__ import annotations

import asyncio
import contextlib
import select
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from labsupport.exercises.engine.run import Run, finish
from labsupport.exercises.peers import Unmet
from labsupport.exercises.peers.lockstep import (
    SIZES,
    End,
    Feeder,
    Starved,
    Trial,
    chunked,
    fed,
    first_wrong,
    in_time,
)
from labsupport.tape.events import Call
from labsupport.tape.excerpt import Excerpt
from labsupport.tape.programs import Owner, current
from labsupport.tape.record import TAPE
from labsupport.tape.watched import endpoint_of, live
from tests.leftovers import none_left

DATA = "héllo 你好 नमस्ते".encode()


@contextlib.contextmanager
def feeding(
    chunks: list[bytes], end: End = "finish", *, unseen: bool = False, other: Owner | None = None
) -> Iterator[tuple[socket.socket, Feeder]]:
    sock, feeder = fed(chunks, end, unseen=unseen, other=other)
    try:
        yield sock, feeder
    finally:
        feeder.resets()
        sock.close()


def _recv(sock: socket.socket) -> bytes:
    return sock.recv(4096)


def _recv_into(sock: socket.socket) -> bytes:
    buffer = bytearray(4096)
    return bytes(buffer[: sock.recv_into(buffer)])


def _recvfrom_into(sock: socket.socket) -> bytes:
    buffer = bytearray(4096)
    return bytes(buffer[: sock.recvfrom_into(buffer)[0]])


def _recvmsg_into(sock: socket.socket) -> bytes:
    buffer = bytearray(4096)
    return bytes(buffer[: sock.recvmsg_into([buffer])[0]])


def _after_a_select(sock: socket.socket) -> bytes:
    assert select.select([sock], [], [], 2)[0] == [sock]
    return sock.recv(4096)


def _with_a_timeout(sock: socket.socket) -> bytes:
    sock.settimeout(2)
    return sock.recv(4096)


def _after_a_look(sock: socket.socket) -> bytes:
    seen = sock.recv(4096, socket.MSG_PEEK)
    assert sock.recv(4096) == seen
    return seen


WAYS: list[Callable[[socket.socket], bytes]] = [
    _recv,
    _recv_into,
    lambda sock: sock.recvfrom(4096)[0],
    _recvfrom_into,
    lambda sock: sock.recvmsg(4096)[0],
    _recvmsg_into,
    _after_a_select,
    _with_a_timeout,
    _after_a_look,
]


@pytest.mark.parametrize("unseen", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_no_two_chunks_come_together(way: Callable[[socket.socket], bytes], unseen: bool) -> None:
    chunks = chunked(DATA, 5)
    with feeding(chunks, unseen=unseen) as (sock, _):
        assert [*iter(lambda: way(sock), b"")] == chunks


def test_a_reader_who_takes_bits_gets_the_next_chunk_when_it_has_all_of_the_first() -> None:
    with feeding([b"12345", b"6"]) as (sock, _):
        assert [sock.recv(2) for _ in range(5)] == [b"12", b"34", b"5", b"6", b""]


def test_a_file_reads_it_all() -> None:
    with feeding(chunked(DATA * 50, 7)) as (sock, _), sock.makefile("rb") as file:
        assert file.read() == DATA * 50


def test_a_call_that_waits_for_all_gets_all() -> None:
    with feeding(chunked(DATA, 3)) as (sock, _):
        assert sock.recv(10, socket.MSG_WAITALL) == DATA[:10]
        buffer = bytearray(len(DATA) - 10)
        assert sock.recv_into(buffer, 0, socket.MSG_WAITALL) == len(buffer)
        assert bytes(buffer) == DATA[10:]
        assert sock.recv(5, socket.MSG_WAITALL) == b""


def test_another_handle_is_fed_too() -> None:
    with feeding(chunked(b"abcd", 2)) as (sock, _), sock.dup() as other:
        assert (other.recv(9), sock.recv(9), other.recv(9)) == (b"ab", b"cd", b"")


def test_a_selector_and_an_event_loop_are_fed() -> None:
    with feeding(chunked(DATA, 4)) as (sock, _), selectors.DefaultSelector() as selector:
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ)
        got = []
        while selector.select(2) and (data := sock.recv(99)):
            got.append(data)
        assert got == chunked(DATA, 4)

    async def read(sock: socket.socket) -> bytes:
        reader, writer = await asyncio.open_connection(sock=sock)
        data = await reader.read()
        writer.close()
        await writer.wait_closed()
        return data

    with feeding(chunked(DATA, 4)) as (sock, _):
        assert asyncio.run(read(sock)) == DATA


@pytest.mark.parametrize("end", ["finish", "leave"])
def test_the_end_comes_after_the_last_chunk(end: End) -> None:
    with feeding([b"all"], end) as (sock, _):
        assert (sock.recv(9), sock.recv(9), sock.recv(9)) == (b"all", b"", b"")


def test_a_reset_comes_after_the_last_chunk() -> None:
    with feeding([b"half"], "reset") as (sock, _):
        assert sock.recv(9) == b"half"
        with pytest.raises(ConnectionResetError):
            sock.recv(9)


def test_silence_outlasts_a_timeout() -> None:
    with feeding([b"half"], "silence") as (sock, _):
        sock.settimeout(0.01)
        assert sock.recv(9) == b"half"
        with pytest.raises(TimeoutError):
            sock.recv(9)


def test_an_end_without_a_chunk_is_there_at_once() -> None:
    with feeding([]) as (sock, _):
        assert sock.recv(9) == b""


def test_the_feeder_is_a_peer_too() -> None:
    with feeding([b"question"], "silence") as (sock, feeder):
        sock.sendall(sock.recv(99).upper())
        feeder.hears(b"QUESTION")
        sock.sendall(b"more")
        sock.close()
        with pytest.raises(Unmet, match=r"the sender was to get the end .* and got b'more' more"):
            feeder.hears_the_end()


def test_a_kernel_with_little_room_takes_a_part() -> None:
    with feeding([], "silence") as (sock, feeder):
        feeder.room = 3
        assert (sock.send(b"hello"), sock.send(memoryview(b"lo"))) == (3, 2)
        sock.sendall(b", all of it")
        feeder.hears(b"hello, all of it")


@pytest.mark.parametrize("chunk", [65_537])
def test_what_cannot_be_fed_is_refused(chunk: int) -> None:
    before = len(live())
    with pytest.raises(ValueError, match="at most 65536 bytes, not 65537"):
        fed([bytes(chunk)])
    with pytest.raises(ValueError, match=r'"silence", "finish"'):
        fed([], "later")  # type: ignore[arg-type]  # a wrong word
    with pytest.raises(ValueError, match="at least one byte"):
        chunked(b"abc", 0)
    assert len(live()) == before


# --- on the tape -----------------------------------------------------------------------------


def test_it_passes_for_a_socket() -> None:
    with feeding([b"x"]) as (sock, _):
        assert isinstance(sock, socket.socket)
        assert repr(sock).startswith("<socket.socket fd=")
        assert sock.getsockname()[0] == sock.getpeername()[0] == "127.0.0.1"


def test_the_chunks_are_the_senders_and_the_arrows_are_drawn() -> None:
    other = Owner("the other side")
    begin = TAPE.events()[-1].order if len(TAPE) else 0
    with feeding([b"ab", b"cd"], other=other) as (sock, _):
        assert [*iter(lambda: sock.recv(9), b"")] == [b"ab", b"cd"]
        ends = {endpoint_of(sock), endpoint_of(_.sock)}
    calls = [event for event in TAPE.events(begin) if isinstance(event, Call) and event.endpoint in ends]
    excerpt = Excerpt(calls)
    sends = excerpt.calls("the sender", "sendall")
    assert [(call.data, call.program.owner) for call in sends] == [(b"ab", other), (b"cd", other)]
    reads = excerpt.calls("your code", "recv")
    assert [(call.data, call.program) for call in reads] == [(each, current()) for each in (b"ab", b"cd", b"")]
    arrows = [(arrow.source, arrow.target) for arrow in excerpt.exchange.arrows]
    assert arrows == [*zip(sends, reads, strict=False)]


def test_what_is_unseen_is_not_on_the_tape() -> None:
    before = TAPE.dropped + len(TAPE)
    with feeding(chunked(DATA, 1), unseen=True) as (sock, _):
        assert b"".join(iter(lambda: sock.recv(9), b"")) == DATA
    assert TAPE.dropped + len(TAPE) == before


# --- all sizes -------------------------------------------------------------------------------


def exactly(sock: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        piece = sock.recv(size - len(got))
        if not piece:
            raise EOFError(f"{len(got)} of {size}")
        got += piece
    return got


def message(sock: socket.socket) -> bytes:
    return exactly(sock, int.from_bytes(exactly(sock, 4), "big"))


def framed(text: bytes) -> bytes:
    return struct.pack("!I", len(text)) + text


def _breaks(*_: object) -> None:
    raise LookupError


BODY = DATA * 300


def two(size: int) -> Trial:
    """Two messages, pipelined; the first is longer than a chunk."""
    bodies = [BODY[: size + size // 2], DATA]
    return Trial(b"".join(map(framed, bodies)), returns=bodies)


def _cut_header(sock: socket.socket) -> bytes:
    return exactly(sock, int.from_bytes(sock.recv(4), "big"))


def _one_recv(sock: socket.socket) -> bytes:
    return sock.recv(int.from_bytes(exactly(sock, 4), "big"))


def _too_much(sock: socket.socket) -> bytes:
    data = sock.recv(65_536)
    while len(data) < 4 + int.from_bytes(data[:4], "big"):
        data += sock.recv(65_536)
    return data[4 : 4 + int.from_bytes(data[:4], "big")]


def _twice(read: Callable[[socket.socket], bytes]) -> Callable[[socket.socket], object]:
    return lambda sock: [read(sock), read(sock)]


def test_a_right_reader_is_right_for_every_size() -> None:
    sizes = []
    assert first_wrong(_twice(message), two, tried=lambda size, _: sizes.append(size)) is None
    assert sizes == list(SIZES) == list(range(1, 4097))


@pytest.mark.parametrize(
    ("read", "sizes", "size"),
    [(_cut_header, SIZES, 1), (_cut_header, range(4, 64), 4), (_one_recv, SIZES, 1), (_too_much, SIZES, 2)],
)
def test_a_wrong_reader_is_found(read: Callable[[socket.socket], bytes], sizes: range, size: int | None) -> None:
    assert first_wrong(_twice(read), two, sizes) == size


def test_who_waits_for_ever_is_stopped_and_who_asks_after_the_end_too() -> None:
    assert first_wrong(lambda sock: exactly(sock, 9), lambda _: Trial(b"12345678", b""), [3]) == 3

    def deaf(sock: socket.socket) -> bytes:
        while True:
            sock.recv(9)

    assert first_wrong(deaf, lambda _: Trial(b"x", b"x", "finish"), [1]) == 1
    with feeding([], "silence", unseen=True) as (sock, _), pytest.raises(Starved):
        sock.recv(1)


@pytest.mark.parametrize(("end", "raises"), [("finish", EOFError), ("leave", EOFError), ("reset", ConnectionError)])
def test_an_error_may_be_what_is_right(end: End, raises: type[Exception]) -> None:
    def early(size: int) -> Trial:
        return Trial(framed(BODY[: size + 9])[:-1], end=end, raises=raises)

    assert first_wrong(message, early, range(1, 100)) is None
    assert first_wrong(message, lambda size: Trial(early(size).data, end=end, raises=LookupError), [5]) == 5
    assert first_wrong(lambda sock: b"", early, [5]) == 5


def test_nothing_is_left_open() -> None:
    with none_left():
        first_wrong(lambda sock: sock.makefile("rb").read(1), lambda _: Trial(b"x", b"x"), range(1, 20))
        with pytest.raises(LookupError):
            first_wrong(message, two, tried=_breaks)


def test_when_time_is_over_the_telling_sizes_are_left() -> None:
    assert list(in_time(seconds=100)) == list(SIZES)
    few = list(in_time(seconds=-1))
    assert {1, 2, 3, 4, 5, 1023, 1024, 1025, 4095, 4096} <= set(few) < set(SIZES)
    assert len(few) < 40


# --- what hangs ------------------------------------------------------------------------------


def _selects(sock: socket.socket) -> None:
    select.select([sock], [], [])


def _is_patient(sock: socket.socket) -> None:
    sock.settimeout(60)
    sock.recv(1)


def _spins(sock: socket.socket) -> None:
    while True:
        pass


@pytest.mark.parametrize("hangs", [_selects, _is_patient, _spins])
def test_an_unseen_reader_that_hangs_can_be_ended(hangs: Callable[[socket.socket], None]) -> None:
    with none_left():
        begun = threading.Event()

        def read(sock: socket.socket) -> None:
            assert sock.recv(9) == b"all"
            begun.set()
            hangs(sock)

        run = Run("reader", lambda: first_wrong(read, lambda _: Trial(b"all"), [5], learner=run.owner))
        run.start()
        assert begun.wait(5)
        finish([run])
        assert run.wait(5)
