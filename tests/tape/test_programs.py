"""Who started whom, whose sockets and prints these are, and how an owner is made to stop."""

from __future__ import annotations

import asyncio
import gc
import io
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from labsupport.tape import programs
from labsupport.tape.events import Program, Sync
from labsupport.tape.programs import Owner, current
from labsupport.tape.watched import Plain
from tests.tape.stories import Story, beside, connected, listening

# Sockets are left to the collector on purpose, and the warning that says so would keep them: it has a `source`.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def syncs(story: Story) -> list[Sync]:
    return [event for event in story.events if isinstance(event, Sync)]


class StoppedError(Exception):
    """What a test halts with."""


# --- threads ---------------------------------------------------------------------------------


def test_main_and_its_threads() -> None:
    seen: list[Program] = []
    thread = threading.Thread(target=lambda: seen.append(current()), name="worker")
    thread.start()
    thread.join()
    (worker,) = seen
    assert current() is current()
    assert current().name == "main"
    assert (worker.name, worker.parent, worker.ident) == ("worker", current(), thread.ident)
    assert worker.number > current().number


def test_start_and_join_are_on_the_tape(story: Story) -> None:
    go = threading.Event()
    seen: list[Program] = []

    def work() -> None:
        seen.append(current())
        go.wait(10)

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    thread.join(0)
    go.set()
    thread.join()
    start, early, join = syncs(story)
    assert [sync.kind for sync in (start, early, join)] == ["start", "join", "join"]
    assert {sync.key for sync in (start, early, join)} == set(seen)
    assert {sync.program for sync in (start, early, join)} == {current()}
    assert (early.result, join.result) == (False, True)
    assert not any(sync.open for sync in (start, early, join))


def test_a_join_that_waits_is_open(story: Story) -> None:
    go = threading.Event()
    worker = threading.Thread(target=go.wait, args=(10,))
    worker.start()
    with beside(worker.join):
        while not any(sync.kind == "join" and sync.key is not current() and sync.open for sync in syncs(story)):
            pass
        go.set()
    assert not any(sync.open for sync in syncs(story))


def test_a_thread_that_cannot_start_says_what_it_always_said() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    with pytest.raises(RuntimeError, match="threads can only be started once"):
        thread.start()
    with pytest.raises(RuntimeError, match=r"thread.__init__\(\) not called"):
        threading.Thread.__new__(threading.Thread).start()
    with pytest.raises(RuntimeError, match="cannot join current thread"):
        threading.current_thread().join()
    with pytest.raises(RuntimeError, match="cannot join thread before it is started"):
        threading.Thread().join()


def test_a_second_start_does_not_change_whose_the_thread_is(story: Story) -> None:
    """Found here: the join after it was tied to a program that never ran."""
    go = threading.Event()
    thread = threading.Thread(target=go.wait, args=(10,))
    thread.start()
    with pytest.raises(RuntimeError):
        thread.start()
    go.set()
    thread.join()
    assert [(sync.kind, sync.key) for sync in syncs(story)] == [
        ("start", syncs(story)[0].key),
        ("join", syncs(story)[0].key),
    ]


# --- owners ----------------------------------------------------------------------------------


def test_threads_inherit_their_owner() -> None:
    owner = Owner("server")
    seen: dict[str, Owner | None] = {}

    def note(name: str) -> None:
        seen[name] = current().owner

    def grandchild() -> None:
        inner = threading.Thread(target=note, args=("grandchild",))
        inner.start()
        inner.join()

    async def to_thread() -> None:
        await asyncio.to_thread(note, "to_thread")

    with owner.adopt() as program:
        assert program is current()
        assert owner.threads() == [threading.current_thread()]
        for target in (lambda: note("Thread"), grandchild):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(note, "ThreadPoolExecutor").result(10)
        timer = threading.Timer(0, note, ("Timer",))
        timer.start()
        timer.join()
        asyncio.run(to_thread())
    assert seen == dict.fromkeys(("Thread", "grandchild", "ThreadPoolExecutor", "Timer", "to_thread"), owner)
    assert current().owner is None
    assert owner.threads() == []
    outside = threading.Thread(target=note, args=("outside",))
    outside.start()
    outside.join()
    assert seen["outside"] is None


def test_adopting_in_turn() -> None:
    one, other = Owner("one"), Owner("other")
    with one.adopt():
        with other.adopt():
            assert current().owner is other
        assert current().owner is one
    assert current().owner is None


def test_sockets_belong_to_who_made_accepted_or_used_them() -> None:
    owner = Owner("server")
    with listening() as before:
        with owner.adopt():
            with socket.socket() as made:
                assert owner.sockets() == [made]
            client = socket.create_connection(before.getsockname(), timeout=10)
            accepted, _ = before.accept()
            assert set(owner.sockets()) == {client, accepted, before}
            client.close()
            accepted.close()
            del client, accepted, made
        assert owner.sockets() == [before]
    assert owner.sockets() == []


def test_two_threads_that_add_sockets_lose_none() -> None:
    """Found here: two threads that took a socket over at the same time could lose one of them."""
    owner = Owner("server")
    kept: list[list[socket.socket]] = [[], [], [], []]
    barrier = threading.Barrier(4)

    def make(mine: list[socket.socket]) -> None:
        barrier.wait(10)
        for _ in range(50):
            mine.append(socket.socket())
            socket.socket().close()

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with owner.adopt(), beside(*(lambda mine=mine: make(mine) for mine in kept)):
            pass
    finally:
        sys.setswitchinterval(switch)
    every = {sock for mine in kept for sock in mine}
    assert set(owner.sockets()) == every
    for sock in every:
        sock.close()


def test_an_owner_does_not_hold_its_sockets() -> None:
    owner = Owner("server")
    with owner.adopt():
        socket.socket()
        gc.collect()
    assert owner.sockets() == []


def test_address_of_the_first_that_listens() -> None:
    owner = Owner("server")
    with owner.adopt(), socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        assert (owner.address, owner.address_known.is_set()) == (None, False)
        with listening() as first, listening():
            assert owner.address == first.getsockname()
            assert owner.address_known.is_set()
    datagrams = Owner("udp")
    with datagrams.adopt(), socket.socket(type=socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        assert datagrams.address == bound.getsockname()


# --- prints ----------------------------------------------------------------------------------


def test_prints_go_to_the_owner(capsys: pytest.CaptureFixture[str]) -> None:
    owner = Owner("server")

    def work() -> None:
        print("from a thread")
        print("an error", file=sys.stderr)
        sys.stdout.writelines(["two ", "lines\n"])

    print("before")
    with owner.adopt():
        print("héllo", "你好", sep=", ", flush=True)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    print("after")
    print("after, an error", file=sys.stderr)
    assert owner.output == "héllo, 你好\nfrom a thread\nan error\ntwo lines\n"
    out, err = capsys.readouterr()
    assert (out, err) == ("before\nafter\n", "after, an error\n")


def test_the_stream_is_otherwise_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-16")
    monkeypatch.setattr(sys, "stdout", stream)
    with Owner("server").adopt():
        routed = sys.stdout
        assert routed is not stream
        assert (routed.encoding, routed.isatty(), routed.closed) == ("utf-16", False, False)
    print("ours")
    routed.flush()
    assert stream.buffer.getvalue().decode("utf-16") == "ours\n"
    programs._unroute_prints()
    assert sys.stdout is stream
    del routed
    gc.collect()
    assert not stream.closed


# --- halt ------------------------------------------------------------------------------------


def test_halt_raises_at_the_next_watched_call_but_lets_go() -> None:
    owner = Owner("server")
    with connected() as (listener, client, server), owner.adopt():
        assert server.gettimeout() == 10
        server.sendall(b"x")  # now it is the owner's too
        owner.halt(StoppedError)
        for call in (lambda: server.recv(1), lambda: server.sendall(b"x"), listener.accept, socket.socket):
            with pytest.raises(StoppedError):
                call()
        server.settimeout(1)
        server.setblocking(False)
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        assert server.fileno() == -1
        client.close()


def test_halt_reaches_other_threads_on_its_sockets() -> None:
    """A socket that the owner made is halted for whoever uses it."""
    owner = Owner("server")
    with owner.adopt():
        mine = socket.socket()
    with mine:
        owner.halt(StoppedError("told to stop"))
        with pytest.raises(StoppedError, match="told to stop"):
            mine.getsockname()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))  # nobody else is


def test_a_connection_that_came_as_it_was_halted_is_not_left_open() -> None:
    """Found here: an exception in the making of the accepted socket left its descriptor open for good."""
    owner = Owner("server")
    caught: list[type[BaseException]] = []
    with listening() as listener:

        def serve() -> None:
            with owner.adopt():
                try:
                    listener.accept()
                except StoppedError as error:
                    caught.append(type(error))

        with beside(serve):
            while not [thread for thread in owner.threads() if owner.sockets()]:
                pass
            owner.halt(StoppedError)
            # Plain: this thread's own sockets have nothing to do with it.
            with Plain() as client:
                client.settimeout(10)
                client.connect(Plain.getsockname(listener))
                assert client.recv(1) == b""  # closed: nobody holds the other end
        assert caught == [StoppedError]
