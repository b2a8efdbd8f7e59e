"""A link leaves nothing behind."""

from __future__ import annotations

import errno
import gc
import math
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labsupport import Link, background, faults, serve
from labsupport.faults import Fault, Piece, Place
from labsupport.link import loop
from labsupport.link.stream import Connection
from labsupport.tape.ending import start_unseen
from tests.leftovers import until
from tests.link.talking import PATIENCE, bound, echoing, ends, exactly, listening, routes, through


def descriptors() -> set[str]:
    """What this process holds open."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("this system does not list a process's descriptors")
    gc.collect()
    return {str(one.readlink()) for one in list(folder.iterdir()) if one.is_symlink()}


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "links"]


def test_closing_leaves_no_thread_and_no_socket() -> None:
    with listening() as listener, bound() as server:
        before = descriptors()
        for _ in range(3):
            with (
                Link(listener.getsockname()) as link,
                Link(server.getsockname(), "udp") as other,
                ends(link, listener) as (client, accepted),
                bound() as asker,
            ):
                client.sendall(b"hi")
                exactly(accepted, 2)
                asker.sendto(b"hi", other.address)
                server.recv(2)
                assert threads() == ["links"]
                link.close()
                assert accepted.recv(1) == client.recv(1) == b""
            assert threads() == []
            assert loop._carrier is None
            assert descriptors() == before


def test_closing_twice_does_no_harm() -> None:
    with echoing() as server:
        link = Link(server)
        link.close()
        link.close()
        assert ", closed" in repr(link)
        link.up = [faults.Latency(1)]
        assert link.up == (faults.Latency(1),)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(link.address, timeout=PATIENCE)


def test_a_closed_link_lets_nobody_in_though_another_goes_on() -> None:
    with listening() as listener, Link(listener.getsockname()):
        for _ in range(20):
            link = Link(listener.getsockname())
            link.close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(link.address, timeout=PATIENCE)


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_new_faults_for_a_link_that_another_thread_has_closed(protocol: str) -> None:
    with Link(("127.0.0.1", 9), protocol) as other:
        link = Link(("127.0.0.1", 9), protocol)
        link.close()
        link._plan.carrier.ask(lambda: link._door.swap("up", (faults.Latency(1),)))  # it was told so before the close
        assert link.up == (faults.Latency(1),)
    assert link._plan.carrier.ask(lambda: link._door.dropped) == 0  # the loop has ended
    assert other._plan.carrier is link._plan.carrier


def test_a_fault_that_closes_its_link() -> None:
    class Closing(Fault):
        def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
            if piece.data:
                made[0].close()
            yield piece

    made: list[Link] = []
    with through(up=Closing()) as (link, client, server):
        made.append(link)
        client.sendall(b"hello")
        assert server.recv(10) in (b"hello", b"")
        assert client.recv(10) == b""
    until(lambda: threads() == [])


def test_a_fault_that_does_not_come_to_its_end_is_named() -> None:
    class Endless(Fault):
        def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
            if piece.data:
                met.set()
                over.wait(PATIENCE)
            yield piece

    met, over = threading.Event(), threading.Event()
    with through(up=Endless()) as (link, client, server):
        client.sendall(b"hello")
        assert met.wait(PATIENCE)
        with pytest.raises(TimeoutError, match="does a fault of your own come to its end"):
            link._plan.carrier.ask(lambda: None, 0.01)
        over.set()
        assert exactly(server, 5) == b"hello"


def test_the_stop_button_leaves_no_half_of_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(_carrier: object, _what: object) -> None:
        raise KeyboardInterrupt

    with listening() as listener:
        before = descriptors()
        with monkeypatch.context() as pressing:
            pressing.setattr(loop.Carrier, "ask", pressed)
            with pytest.raises(KeyboardInterrupt):
                Link(listener.getsockname())
        assert threads() == []
        assert descriptors() == before
        link = Link(listener.getsockname())
        with monkeypatch.context() as pressing:
            pressing.setattr(loop.Carrier, "ask", pressed)
            with pytest.raises(KeyboardInterrupt):
                link.close()
        assert threads() == []
        assert descriptors() == before


def test_the_stop_button_while_the_thread_begins_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(thread: threading.Thread) -> None:
        start_unseen(thread)
        raise KeyboardInterrupt

    with listening() as listener:
        before = descriptors()
        monkeypatch.setattr(loop, "start_unseen", pressed)
        with pytest.raises(KeyboardInterrupt):
            Link(listener.getsockname())
        monkeypatch.undo()
        until(lambda: threads() == [])
        assert descriptors() == before
        with Link(listener.getsockname()) as link, ends(link, listener) as (client, accepted):
            client.sendall(b"hi")
            assert exactly(accepted, 2) == b"hi"


def test_a_link_that_nobody_holds_is_closed() -> None:
    with echoing() as server:
        link = Link(server, up=[faults.Latency(0.01)])
        client = socket.create_connection(link.address, timeout=PATIENCE)
        client.sendall(b"hi")
        assert exactly(client, 2) == b"hi"
        del link
        gc.collect()
        assert client.recv(1) == b""
        client.close()
        until(lambda: threads() == [])


def test_a_cell_that_runs_twice_leaves_one_link() -> None:
    cell = "link = Link(server.address, down=[faults.Latency(0.01)])"
    with echoing() as server:
        names = {"Link": Link, "faults": faults, "server": server}
        exec(cell, names)
        before = descriptors()
        for _ in range(3):
            exec(cell, names)
        until(lambda: len(descriptors()) == len(before))
        names["link"].close()  # type: ignore[attr-defined]  # what the cell has made
    assert threads() == []


def test_all_links_share_one_thread() -> None:
    with echoing() as server, Link(server), Link(server), Link(server):
        assert threads() == ["links"]


def test_a_link_with_traffic_on_its_way_closes() -> None:
    with through(up=[faults.Latency(60)], down=[faults.Bandwidth(10)]) as (link, client, server):
        client.sendall(b"never")
        server.sendall(b"slowly" * 100)
        link.close()
        assert server.recv(10) == b""
        client.settimeout(PATIENCE)
        while client.recv(100):
            pass
    assert threads() == []


def test_a_link_that_could_not_be_made_leaves_nothing() -> None:
    with pytest.raises(ValueError, match="not for streams"):
        Link(("127.0.0.1", 9), up=[faults.Loss(0.5)])
    assert threads() == []


def test_a_link_of_a_background_server_ends_with_it() -> None:
    with echoing() as target:

        @background
        def relay() -> None:
            with Link(target) as link, socket.create_server(("127.0.0.1", 0)) as listener:
                print(link.address[1])
                listener.accept()

        assert relay.address
        assert threads() == ["links"]
        client = socket.create_connection(("127.0.0.1", int(relay.output)), timeout=PATIENCE)
        client.sendall(b"hi")
        assert exactly(client, 2) == b"hi"
        relay.stop()
        assert client.recv(1) == b""
        client.close()
        until(lambda: threads() == [])


def test_a_learners_own_fault_that_raises_is_told_once_and_the_link_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    class Broken(Fault):
        def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
            raise ZeroDivisionError("oh")

    with through(up=Broken()) as (_link, client, server):
        client.sendall(b"hello")
        assert exactly(server, 5) == b"hello"
        client.sendall(b"again")
        assert exactly(server, 5) == b"again"
    said = capfd.readouterr().err
    assert said.count("Broken of a link raised an exception") == 1
    assert "ZeroDivisionError: oh" in said


class Endless(Fault):
    """Yields for ever."""

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        while True:
            yield piece.twin()


class NoPiece(Fault):
    """Yields bytes."""

    def meet(self, piece: Piece, place: Place) -> Iterator[Any]:
        yield piece.data


class Exits(Fault):
    """Asks for the end of the program."""

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        if piece.data:
            sys.exit(3)
        yield piece


class Undated(Fault):
    """Cannot say when."""

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        piece.due = math.nan
        yield piece


@pytest.mark.parametrize(
    ("fault", "said", "copies"),
    [
        (Endless(), "RuntimeError: Endless() made more than 64 pieces of one", 64),
        (NoPiece(), "TypeError: NoPiece() yielded b'one'", 1),
        (Exits(), "SystemExit: 3", 1),
        (Undated(), "is due at nan", 1),
    ],
)
def test_a_wrong_fault_of_datagrams_is_named_and_stops_no_link(
    fault: Fault, said: str, copies: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with echoing() as echo, Link(echo) as other, bound() as server, bound() as client:
        with Link(server.getsockname(), "udp", up=fault) as link:
            client.sendto(b"one", link.address)
            assert [server.recv(10) for _ in range(copies)] == [b"one"] * copies
            link.up = ()
            client.sendto(b"two", link.address)
            assert server.recv(10) == b"two"
        with socket.create_connection(other.address, timeout=PATIENCE) as through_other:
            through_other.sendall(b"hi")
            assert exactly(through_other, 2) == b"hi"
    err = capfd.readouterr().err
    assert err.count(f"{type(fault).__name__} of a link raised an exception") == 1
    assert said in err


def test_an_endless_fault_of_a_stream_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with through(up=Endless()) as (_link, client, server):
        client.sendall(b"hi")
        exactly(server, 2 * (64 + 2))
    err = capfd.readouterr().err
    assert "Endless() made more than 64 pieces of one" in err  # of the opening, which has no bytes
    assert "track.py" not in err


def test_what_goes_wrong_in_the_loop_is_told_once_and_it_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ZeroDivisionError("oh")

    with through() as (link, client, server):
        for _ in range(2):
            link._plan.carrier.tell(fail)
        client.sendall(b"hello")
        assert exactly(server, 5) == b"hello"
    err = capfd.readouterr().err
    assert err.count("the loop of all links raised an exception") == 1
    assert "ZeroDivisionError: oh" in err


def test_a_connection_that_fails_late_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with echoing() as server, Link(server) as link:
        with monkeypatch.context() as patch:
            patch.setattr(Connection, "_connect", _refuse)
            with socket.create_connection(link.address, timeout=PATIENCE) as client:
                assert client.recv(1) == b""
        until(lambda: [route.open for route in routes(link)] == [False])
        with socket.create_connection(link.address, timeout=PATIENCE) as client:
            client.sendall(b"hi")
            assert exactly(client, 2) == b"hi"


def _refuse(connection: Connection) -> None:
    raise OSError(errno.EINVAL, "the client has gone")


PROGRAM = """
import socket, sys, threading
from labsupport import Link, serve
server = serve(lambda connection, address: connection.sendall(connection.recv(100)))
link = Link(server)
client = socket.create_connection(link.address, timeout=5)
client.sendall(b"hi")
print(client.recv(10), flush=True)
if sys.argv[1] == "interrupt":
    import signal
    threading.Timer(0.1, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
    threading.Event().wait()
"""


@pytest.mark.parametrize("how", ["end", "interrupt"])
def test_a_program_ends_although_a_link_is_open(how: str, root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "b'hi'\n"
    assert ("KeyboardInterrupt" in done.stderr) == (how == "interrupt")
    assert "Exception ignored" not in done.stderr


FORKING = """
import os, socket
from labsupport import Link, faults

def talks(link, listener):
    with socket.create_connection(link.address, timeout=5) as client, listener.accept()[0] as server:
        client.sendall(b"hi")
        print(server.recv(10), flush=True)

with socket.create_server(("127.0.0.1", 0)) as listener, Link(listener.getsockname()) as link:
    child = os.fork()
    if not child:
        link.up = faults.Latency(1)
        link.close()
        print(link, flush=True)
        with Link(listener.getsockname()) as own:
            talks(own, listener)
        raise SystemExit
    assert os.waitpid(child, 0)[1] == 0
    talks(link, listener)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_leaves_the_link_alone_and_can_have_its_own(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING], cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    repr_, *heard = done.stdout.splitlines()
    assert ", closed>" in repr_
    assert heard == ["b'hi'", "b'hi'"], done.stderr


def test_what_a_fault_prints_is_no_learners_output() -> None:
    with serve(lambda connection, _address: connection.sendall(b"bye")) as server, Link(server) as link:
        with socket.create_connection(link.address, timeout=PATIENCE) as client:
            assert client.recv(10) == b"bye"
        assert server.output == ""
