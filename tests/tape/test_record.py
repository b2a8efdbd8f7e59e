"""The record: bounded, honest about what it dropped, never locked."""

from __future__ import annotations

import ctypes
import socket
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.tape.events import KEPT_BYTES, Call, Endpoint, Note, Program
from labsupport.tape.record import LENT, SMALL, TAPE, WHOLE, Record

PROGRAM = Program("test")
ENDPOINT = Endpoint(2, 1)


def note() -> Note:
    return Note(ENDPOINT, "collected")


@given(limit=st.integers(1, 30), count=st.integers(0, 100))
def test_it_keeps_the_newest_and_counts_the_others(limit: int, count: int) -> None:
    record = Record(limit)
    events = [note() for _ in range(count)]
    for written, event in enumerate(events, 1):
        record.append(event)
        assert record.dropped == max(0, written - limit)
    assert record.events() == events[-limit:]
    assert len(record) == min(limit, count)
    assert record.dropped + len(record) == count


@given(count=st.integers(1, 20), data=st.data())
def test_a_part_of_it(count: int, data: st.DataObject) -> None:
    record = Record(20)
    events = [note() for _ in range(count)]
    for order, event in enumerate(events, 1):
        event.order = order
        record.append(event)
    since = data.draw(st.integers(0, count))
    until = data.draw(st.none() | st.integers(since, count))
    expected = [event for event in events if since < event.order and (until is None or event.order <= until)]
    assert record.events(since, until) == expected


@given(sizes=st.lists(st.integers(0, 2 * KEPT_BYTES) | st.integers(WHOLE - 1, WHOLE + 1)), payloads=st.integers(0, 5))
def test_it_keeps_the_bytes_of_the_newest_large_calls(sizes: list[int], payloads: int) -> None:
    record = Record(1000, payloads)
    calls = []
    for size in sizes:
        call = Call(PROGRAM, ENDPOINT, "recv")
        record.keep(call, bytes(size))
        calls.append(call)
    large = [call for call, size in zip(calls, sizes, strict=True) if size > WHOLE]
    forgotten = [call for call in calls if call.forgotten]
    assert forgotten == large[: max(0, len(large) - payloads)]  # the oldest
    for call, size in zip(calls, sizes, strict=True):
        assert call.data == bytes(min(size, SMALL if call.forgotten else KEPT_BYTES))
        assert call.result == call.data


@pytest.mark.parametrize(("size", "held"), [(LENT, LENT), (LENT + 1, KEPT_BYTES)])
def test_of_large_objects_it_holds_no_more_than_it_shows(size: int, held: int) -> None:
    record = Record()
    call = Call(PROGRAM, ENDPOINT, "recv")
    record.keep(call, bytes(size))
    ((_, lent),) = record.shelf
    assert len(lent) == held
    assert call.data == bytes(KEPT_BYTES)


def test_a_send_of_a_larger_object_does_not_hold_it() -> None:
    near, far = socket.socketpair()  # its buffers take this much at once
    with near, far:
        near.sendall(bytes(LENT))
        near.sendall(bytes(LENT + 1))
    assert [len(data) for _, data in list(TAPE.shelf)[-2:]] == [LENT, KEPT_BYTES]


def test_an_event_that_was_written_late_hides_no_other() -> None:
    """A thread may lose the processor between the tick of its event and the writing of it."""
    record = Record(1000)
    events = [note() for _ in range(1000)]
    for late in (0, 499, 500, 750):
        record = Record(1000)
        shuffled = events[1:]
        shuffled.insert(late, events[0])
        for event in shuffled:
            record.append(event)
        assert record.events(events[0].order) == events[1:]


def test_bounds_must_make_sense() -> None:
    with pytest.raises(ValueError, match="at least one event, not 0"):
        Record(0)
    with pytest.raises(ValueError, match="payloads: -1"):
        Record(1, -1)


def test_writers_in_threads_lose_nothing_and_count_right() -> None:
    record = Record(1000, 50)
    start = threading.Barrier(4)

    def write(number: int) -> None:
        start.wait()
        for _ in range(2000):
            event = Call(Program(str(number)), ENDPOINT, "send")
            record.append(event)
            record.keep(event, number.to_bytes(1, "big") * 1000)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert len(record.events()) <= 1000  # a copy, whatever is written meanwhile
    for thread in threads:
        thread.join()
    assert record.dropped == 7000
    written = [event for event in record.events() if isinstance(event, Call)]
    assert len(written) == 1000
    for event in written:
        letter = int(event.program.name).to_bytes(1, "big")
        assert event.data == letter * (SMALL if event.forgotten else 1000)
    assert 0 < sum(not event.forgotten for event in written) <= 50


class _EndedError(Exception):
    pass


@pytest.mark.parametrize("step", ["append", "keep", "events"])
def test_a_writer_that_is_ended_leaves_nothing_locked(step: str) -> None:
    record = Record(100, 5)
    steps: dict[str, Callable[[], object]] = {
        "append": lambda: record.append(note()),
        "keep": lambda: record.keep(Call(PROGRAM, ENDPOINT, "send"), b"x" * 1000),
        "events": record.events,
    }
    for _ in range(30):
        begun = threading.Event()

        def work(begun: threading.Event = begun) -> None:
            try:
                begun.set()
                while True:
                    steps[step]()
            except _EndedError:
                pass

        thread = threading.Thread(target=work)
        thread.start()
        begun.wait()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_EndedError))
        thread.join(10)
        assert not thread.is_alive()
        last = note()
        record.append(last)
        assert record.events()[-1] is last
