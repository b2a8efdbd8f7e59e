"""The watched socket is the socket, to the letter; and what it writes down is what happened."""

from __future__ import annotations

import abc
import array
import ast
import asyncio
import contextlib
import gc
import importlib
import inspect
import io
import pickle
import socket
import ssl
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

import labsupport
from labsupport.tape import watched
from labsupport.tape.events import KEPT_BYTES, Failure
from labsupport.tape.lives import PlainSSL
from labsupport.tape.watched import Plain, endpoint_of
from tests.tape.stories import Story, arrived, beside, connected, listening

# Sockets are left to the collector on purpose, and the warning that says so would keep them: it has a `source`.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def pair(kind: Any) -> Iterator[tuple[Any, Any]]:
    """Two connected TCP sockets of this class."""
    with kind() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with kind() as client:
            client.connect(listener.getsockname())
            server, _ = listener.accept()
            with server:
                client.settimeout(10)
                server.settimeout(10)
                yield client, server


def run(source: str) -> str:
    """What a fresh interpreter prints that runs this; it must end well and say nothing on stderr."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "ignore::ResourceWarning", "-c", source],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


# --- the class -------------------------------------------------------------------------------


def test_shows_itself_as_the_socket() -> None:
    with socket.socket() as sock:
        assert type(sock).__name__ == "socket"
        assert repr(type(sock)) == "<class 'socket.socket'>"
        assert repr(sock) == Plain.__repr__(sock)
        assert repr(sock).startswith("<socket.socket fd=")
        with pytest.raises(AttributeError):
            sock.note = 1  # type: ignore[attr-defined]
        assert not hasattr(sock, "__dict__")
    assert repr(sock).startswith("<socket.socket [closed] fd=-1")
    assert socket.socket.__doc__ == Plain.__doc__
    assert socket.socket.recv.__doc__ == Plain.recv.__doc__


def test_shift_tab_shows_the_same_arguments() -> None:
    assert inspect.signature(socket.socket) == inspect.signature(Plain)
    assert inspect.signature(socket.socket.sendfile) == inspect.signature(Plain.sendfile)
    assert inspect.signature(socket.socket.accept) == inspect.signature(Plain.accept)


def test_isinstance_holds_for_sockets_made_before() -> None:
    with Plain() as before, socket.socket() as after:
        for sock in (before, after):
            assert isinstance(sock, socket.socket)
            assert isinstance(sock, Plain)
        assert not isinstance(before, ssl.SSLSocket)
        assert not isinstance(3, socket.socket)
    assert issubclass(Plain, socket.socket)
    assert issubclass(socket.socket, Plain)
    assert issubclass(ssl.SSLSocket, socket.socket)
    assert issubclass(watched.WatchedSSLSocket, ssl.SSLSocket)
    assert not issubclass(int, socket.socket)


def test_methods_of_the_class_work_on_a_socket_made_before(story: Story) -> None:
    with pair(Plain) as (one, other):
        socket.socket.sendall(one, b"old")
        assert socket.socket.recv(other, 10) == b"old"
        assert socket.socket.getpeername(one) == Plain.getsockname(other)
        assert "sendall" not in [call.op for call in story.calls()]


def test_subclass() -> None:
    class Counting(socket.socket):
        asked = 0

        def recv(self, *args: Any) -> bytes:
            self.asked += 1
            return super().recv(*args)

    with listening() as listener, Counting() as client:
        assert isinstance(client, socket.socket)
        assert isinstance(client, Counting)
        assert not isinstance(listener, Counting)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with server:
            assert type(server) is socket.socket
            server.sendall(b"x")
            assert client.recv(1) == b"x"
    assert client.asked == 1


def test_subclass_with_an_abstract_base() -> None:
    class Closer(abc.ABC):
        @abc.abstractmethod
        def shut(self) -> None: ...

    class Both(socket.socket, Closer):
        def shut(self) -> None:
            self.close()

    one = Both()
    assert isinstance(one, Closer)
    one.shut()
    assert one.fileno() == -1


def test_reload_and_second_import_do_not_patch_twice() -> None:
    kind, start = socket.socket, threading.Thread.start
    importlib.reload(labsupport)
    watched.install()
    assert socket.socket is kind
    assert inspect.unwrap(threading.Thread.start) is inspect.unwrap(start)
    assert not hasattr(threading.Thread.start.__wrapped__, "__wrapped__")  # type: ignore[attr-defined]
    out = run(
        "import sys, labsupport, socket, threading\n"
        "for name in [n for n in sys.modules if n.startswith('labsupport')]: del sys.modules[name]\n"
        "import labsupport\n"
        "print(len(socket.socket.__mro__), socket.socket.__mro__[1].__mro__[1].__module__)\n"
        "print(hasattr(threading.Thread.start.__wrapped__, '__wrapped__'))\n"
        "s = socket.socket(); s.close()\n"
        "from labsupport.tape.record import TAPE\n"
        "print([e.op for e in TAPE.events()])\n"
    )
    assert out == "4 _socket\nFalse\n['socket', 'close']\n"


def test_uninstall_and_install(story: Story) -> None:
    try:
        with connected() as (_, client, server):
            labsupport.uninstall()
            assert not watched.installed()
            assert socket.socket is Plain
            assert ssl.SSLContext.sslsocket_class is PlainSSL
            assert not hasattr(threading.Thread.start, "__wrapped__")
            labsupport.uninstall()
            before = len(story.events)
            with pair(socket.socket) as (one, other):
                one.sendall(b"x")
                assert other.recv(1) == b"x"
                assert isinstance(client, socket.socket)
            assert len(story.events) == before
            client.sendall(b"still")  # what was watched stays so
            assert server.recv(10) == b"still"
            assert story.last.result == b"still"
    finally:
        watched.install()
    assert watched.installed()
    socket.socket().close()
    assert story.last.op == "close"


def test_uninstall_leaves_the_streams_open() -> None:
    """Found here: the router's finaliser once closed the stream it stood before."""
    out = run(
        "import gc, labsupport, threading\n"
        "from labsupport.tape.programs import Owner\n"
        "with (owner := Owner('x')).adopt(): print('to the owner')\n"
        "labsupport.uninstall(); gc.collect()\n"
        "print('still open', repr(owner.output))"
    )
    assert out == "still open 'to the owner\\n'\n"


def test_sockets_left_open_at_the_end_of_the_interpreter_say_nothing() -> None:
    assert run("import labsupport, socket\nkept = socket.create_server(('127.0.0.1', 0))\nprint('end')") == "end\n"


@pytest.mark.parametrize("order", ["import labsupport, multiprocessing", "import multiprocessing, labsupport"])
def test_multiprocessing_sends_one(order: str) -> None:
    reducing = "from multiprocessing import reduction"
    first, second = order.split(", ")
    lines = [first, reducing, f"import {second}"] if "multi" in first else [f"{first}", f"import {second}", reducing]
    out = run(
        "\n".join(lines) + "\n"
        "import pickle, socket\n"
        "def there_and_back(sock):\n"
        "    return pickle.loads(reduction.ForkingPickler.dumps(sock))\n"
        "with socket.create_server(('127.0.0.1', 0)) as listener:\n"
        "    with there_and_back(listener) as copy:\n"
        "        print(type(copy) is socket.socket, copy.getsockname() == listener.getsockname())\n"
        "    labsupport.uninstall()\n"
        "    with socket.socket() as plain, there_and_back(plain) as copy:\n"
        "        print(type(copy) is type(plain))\n"
    )
    assert out == "True True\nTrue\n"


def test_it_pickles_as_little_as_ever() -> None:
    with socket.socket() as ours, Plain() as plain:
        messages = []
        for sock in (ours, plain):
            with pytest.raises(TypeError) as caught:
                pickle.dumps(sock)
            messages.append(str(caught.value))
    assert messages[0] == messages[1]


# --- the other ways to come by a socket ------------------------------------------------------


def test_dup_is_another_handle_of_the_same_endpoint(story: Story) -> None:
    with connected() as (_, client, server):
        copy = client.dup()
        assert type(copy) is socket.socket
        assert endpoint_of(copy) is endpoint_of(client)
        assert copy.gettimeout() == client.gettimeout()
        client.close()
        assert story.last.ending == "held"
        copy.sendall(b"still here")
        assert server.recv(20) == b"still here"
        copy.close()
        assert story.last.ending == "fin"
        assert server.recv(1) == b""
    assert [call.op for call in story.calls("client")].count("settimeout") == 1  # the other is dup's own business


def test_detach_and_fileno(story: Story) -> None:
    with connected() as (_, client, server):
        number = client.detach()
        assert (story.last.op, story.last.result, client.fileno()) == ("detach", None, -1)
        client.close()
        assert story.last.ending == "again"
        with socket.socket(fileno=number) as again:
            assert endpoint_of(again).local == server.getpeername()
            assert endpoint_of(again).peer == server.getsockname()
            again.sendall(b"by number")
            assert server.recv(20) == b"by number"
    assert not story.notes()
    assert {arrow.fate for arrow in story.excerpt.exchange.arrows} <= {"received", "outside"}


def test_fileno_at_the_bottom_of_the_stack() -> None:
    """Found here: there is no frame above it to look at."""
    out = run(
        "import labsupport, socket, _thread, time\n"
        "a = socket.socket(); b = socket.socket(fileno=a.detach()); print(b.fileno() > 0); b.close()\n"
        "done = _thread.allocate_lock(); done.acquire()\n"
        "def f():\n    x = socket.socket(); socket.socket(fileno=x.detach()).close(); done.release()\n"
        "_thread.start_new_thread(f, ()); print(done.acquire(timeout=10))"
    )
    assert out == "True\nTrue\n"


def test_socketpair() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert type(one) is type(other) is socket.socket
        one.sendall(b"x")
        assert other.recv(1) == b"x"


def test_makefile(story: Story) -> None:
    with connected() as (_, client, server):
        server.sendall("zwei Zeilen\nnaïve\n".encode())
        with client.makefile("r", encoding="utf-8") as reader:
            client.close()
            assert story.last.ending == "held"
            assert reader.readline() == "zwei Zeilen\n"
            assert reader.readline() == "naïve\n"
        assert [call.op for call in story.calls("client")][-2:] == ["recv_into", "close"]
        assert story.last.ending == "fin"
    assert [arrow.fate for arrow in story.excerpt.exchange.arrows] == ["received"]


def _socketpair_of_a_system_without() -> Callable[..., Any]:
    """What `socket.socketpair` is on Windows, taken from the source of the standard library."""
    tree = ast.parse(inspect.getsource(socket))
    pairs = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.endswith("socketpair")]
    (found,) = [node for node in pairs if "listen" in ast.unparse(node)]
    exec(ast.unparse(found), names := vars(socket).copy())
    made: Callable[..., Any] = names[found.name]
    return made


@pytest.fixture(params=["pairs", "no pairs"])
def _pairs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that has pairs of sockets, and one that has not."""
    if request.param == "no pairs":
        monkeypatch.setattr(socket, "socketpair", _socketpair_of_a_system_without())


@pytest.mark.usefixtures("_pairs")
def test_a_pair_of_the_learners_own_is_on_the_tape(story: Story) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"seen")
        assert other.recv(4) == b"seen"
    assert [call.op for call in story.calls()][-4:] == ["sendall", "recv", "close", "close"]


@pytest.mark.usefixtures("_pairs")
def test_asyncio_hides_its_pipe_to_itself(story: Story) -> None:
    async def conversation() -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readexactly(4))
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"ping")
            data = await reader.read()
            writer.close()
            await writer.wait_closed()
            return data

    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(conversation()) == b"ping"
        loop.run_until_complete(asyncio.sleep(0))
    finally:
        loop.close()
    assert all(call.endpoint.family == socket.AF_INET for call in story.calls())
    exchange = story.excerpt.exchange
    assert len(exchange.connections) == 1
    (one,) = exchange.connections
    assert one.made
    assert one.accept is not None
    assert {call.endpoint for call in story.calls()} == {one.client, one.server, one.listener}
    assert [(arrow.fate, arrow.length) for arrow in exchange.arrows] == [("received", 4), ("received", 4)]


# --- calls, compared with the plain class ----------------------------------------------------


def _send_iterator(one: Any, other: Any) -> object:
    sent = one.sendmsg(part for part in (b"ab", bytearray(b"cd"), memoryview(b"ef")))
    return sent, other.recv(10)


def _recvmsg_into(one: Any, other: Any) -> object:
    one.sendall(b"abcdef")
    first, second = bytearray(4), bytearray(4)
    arrived(other, 6)
    return other.recvmsg_into([first, second])[:3], first, second


def _recvmsg_into_iterator(one: Any, other: Any) -> object:
    one.sendall(b"abcdef")
    room = bytearray(6)
    arrived(other, 6)
    return other.recvmsg_into(iter([room]))[0], room


def _recv_into_by_name(one: Any, other: Any) -> object:
    one.sendall(b"abcdef")
    room = array.array("B", bytes(8))
    arrived(other, 6)
    peeked = other.recv_into(flags=socket.MSG_PEEK, buffer=room, nbytes=3)
    return peeked, other.recv_into(buffer=room), room


def _sendfile(one: Any, other: Any) -> object:
    with Path(__file__).open("rb") as file:
        sent = one.sendfile(file, offset=4, count=20)
        return sent, file.tell(), other.recv(100)


def _sendfile_without_descriptor(one: Any, other: Any) -> object:
    return one.sendfile(io.BytesIO(b"in memory")), other.recv(100)


def _would_block(one: Any, other: Any) -> object:
    other.setblocking(False)
    return other.gettimeout(), other.getblocking(), other.recv(1)


def _times_out(one: Any, other: Any) -> object:
    other.settimeout(0.01)
    return other.recv(1)


CALLS: dict[str, Callable[[Any, Any], object]] = {
    "send": lambda one, other: (one.send(b"abc"), other.recv(10)),
    "send bytearray": lambda one, other: (one.send(bytearray(b"abc")), other.recv(10)),
    "send memoryview": lambda one, other: (one.send(memoryview(b"xabcx")[1:4]), other.recv(10)),
    "send array": lambda one, other: (one.sendall(array.array("H", [1, 2, 3])), other.recv(10)),
    "send nothing": lambda one, other: (one.send(b""), one.sendall(b"")),
    "send flags": lambda one, other: (one.send(b"abc", socket.MSG_DONTWAIT), other.recv(10, 0)),
    "sendmsg": lambda one, other: (one.sendmsg([b"ab", b"cd"]), other.recv(10)),
    "sendmsg iterator": _send_iterator,
    "sendfile": _sendfile,
    "sendfile BytesIO": _sendfile_without_descriptor,
    "recvmsg": lambda one, other: (one.send(b"abc"), other.recvmsg(10)[:3]),
    "recvmsg_into": _recvmsg_into,
    "recvmsg_into iterator": _recvmsg_into_iterator,
    "recv_into by name": _recv_into_by_name,
    "recvfrom": lambda one, other: (one.send(b"abc"), other.recvfrom(10)[0]),
    "peek": lambda one, other: (one.send(b"abc"), other.recv(2, socket.MSG_PEEK), other.recv(10)),
    "would block": _would_block,
    "times out": _times_out,
    "str": lambda one, other: one.sendall("text"),
    "no argument": lambda one, other: one.recv(),
    "None": lambda one, other: one.recv(None),
    "None sent": lambda one, other: one.send(None),
    "nothing to send": lambda one, other: one.sendall(),
    "by our name": lambda one, other: one.recv(asked=1),
    "recv_into, count": lambda one, other: (one.send(b"abc"), other.recv_into(bytearray(5), 2), other.recv(5)),
    "recv_into, count too large": lambda one, other: other.recv_into(bytearray(5), 6),
    "recv_into, count of text": lambda one, other: other.recv_into(bytearray(5), "2"),
    "recv_into, count twice": lambda one, other: other.recv_into(bytearray(5), 2, nbytes=2),
    "recv_into, every other byte": lambda one, other: other.recv_into(memoryview(bytearray(6))[::2]),
    "too many": lambda one, other: other.accept(1),
    "negative": lambda one, other: one.recv(-1),
    "unknown name": lambda one, other: one.recv_into(bytearray(1), size=1),
    "recv by name": lambda one, other: one.recv(bufsize=1),
    "read-only buffer": lambda one, other: one.recv_into(b"123"),
    "buffer too small": lambda one, other: one.recv_into(bytearray(2), 3),
    "no address": lambda one, other: one.connect("127.0.0.1:80"),
    "port too large": lambda one, other: one.connect(("127.0.0.1", 70000)),
    "connected already": lambda one, other: one.connect(other.getsockname()),
    "cannot listen": lambda one, other: one.listen(),
    "no such option": lambda one, other: one.getsockopt(socket.IPPROTO_TCP, 9999),
    "linger": lambda one, other: one.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8),
    "closed": lambda one, other: (one.close(), one.close(), one.fileno(), one.recv(1)),
    "bad shutdown": lambda one, other: one.shutdown(7),
    "bad timeout": lambda one, other: one.settimeout(-1),
    "sendfile text": lambda one, other: one.sendfile(io.StringIO("x")),
    "sendfile non-blocking": lambda one, other: (one.setblocking(False), one.sendfile(io.BytesIO(b"x"))),
    "half close": lambda one, other: (one.shutdown(socket.SHUT_WR), other.recv(1), one.send(b"x")),
}


def _result(call: Callable[[Any, Any], object], kind: Any) -> object:
    with pair(kind) as (one, other):
        try:
            return call(one, other)
        except Exception as error:
            return type(error), error.args, str(error), getattr(error, "errno", None)


@pytest.mark.parametrize("name", CALLS)
def test_returns_and_raises_the_very_same(name: str) -> None:
    assert _result(CALLS[name], socket.socket) == _result(CALLS[name], Plain)


@pytest.mark.parametrize("arguments", [("x",), (-7,), (socket.AF_INET, socket.SOCK_STREAM, 0, -5), (1, 2, 3, 4, 5)])
def test_a_socket_that_cannot_be_made_raises_the_very_same(arguments: tuple[Any, ...]) -> None:
    messages = []
    for kind in (socket.socket, Plain):
        with pytest.raises((TypeError, OSError, ValueError)) as caught:
            kind(*arguments)
        messages.append((caught.type, str(caught.value)))
    # Only the name of what was called may differ: Python derives it from the code object.
    assert messages[0][0] is messages[1][0]
    assert messages[0][1].replace("_init()", "socket.__init__()") == messages[1][1]


# --- what is written down --------------------------------------------------------------------


def test_what_a_call_calls_is_not_written_down(story: Story) -> None:
    """Found here: a repr, and accept on a listener with a timeout, left calls that nobody had made."""
    with connected() as (listener, client, server):
        assert listener.gettimeout() is not None
        assert repr(server)
        assert str(client)
        assert [call.op for call in story.calls("server")] == ["settimeout"]  # of `connected`
        assert [call.op for call in story.calls("client")] == ["socket", "settimeout", "connect"]


def test_a_call_is_on_the_tape_while_it_waits(story: Story) -> None:
    with listening() as listener, beside(listener.accept):
        while not story.calls(op="accept"):
            pass
        (accept,) = story.calls(op="accept")
        assert (accept.open, accept.done, accept.role) == (True, None, "listener")
        with socket.create_connection(listener.getsockname()) as client:
            address = client.getsockname()
    assert accept.done is not None
    assert accept.result == address
    assert accept.accepted is not None
    assert accept.accepted.role == "server"


@pytest.mark.parametrize(
    ("data", "length"),
    [
        (b"bytes", 5),
        (bytearray(b"mutable"), 7),
        (memoryview(b"abcdef")[::2], 3),
        (memoryview(b"abcd").cast("H"), 4),
        (array.array("i", [1, 2]), 8),
        (array.array("i"), 0),
        (b"x" * (KEPT_BYTES + 10), KEPT_BYTES + 10),
    ],
)
def test_what_is_sent_is_kept_with_its_true_length(story: Story, data: Any, length: int) -> None:
    with connected() as (_, client, server):
        if not memoryview(data).contiguous:
            with pytest.raises(BufferError):
                client.sendall(data)
            return
        client.sendall(data)
        call = story.last
        assert (call.op, call.asked, call.length) == ("sendall", (length,), length)
        assert call.data == memoryview(data).tobytes()[:KEPT_BYTES]
        received = b""
        while len(received) < length:
            received += server.recv(1 << 16)
            assert story.last.data == received[story.last.offset :][:KEPT_BYTES]
        assert endpoint_of(server).received == endpoint_of(client).sent == length


def test_offsets_and_peeks(story: Story) -> None:
    with connected() as (_, client, server):
        client.sendall(b"abcdef")
        arrived(server, 6)
        begun = len(story.calls("server"))
        room = bytearray(4)
        server.recv(2, socket.MSG_PEEK)
        server.recv_into(room, flags=socket.MSG_PEEK)
        server.recv(2)
        server.recv_into(room, 1)
        server.recvmsg(2, 0, socket.MSG_PEEK)
        server.recv(10)
        calls = [(call.op, call.offset, call.length) for call in story.calls("server")[begun:]]
        assert calls == [
            ("recv", 0, 2),
            ("recv_into", 0, 4),
            ("recv", 0, 2),
            ("recv_into", 2, 1),
            ("recvmsg", 3, 2),
            ("recv", 3, 3),
        ]
        kept = [call.data for call in story.calls("server")[begun:]]
        assert kept == [b"ab", b"abcd", b"ab", b"c", b"de", b"def"]


#: The same call in its usual form and in another, which goes another way.
FORMS: dict[str, tuple[Callable[[Any, Any], object], Callable[[Any, Any], object]]] = {
    "recv": (lambda one, other: other.recv(4), lambda one, other: other.recv(4, 0)),
    "recvfrom": (lambda one, other: other.recvfrom(4), lambda one, other: other.recvfrom(4, 0)),
    "recv_into": (
        lambda one, other: other.recv_into(bytearray(4)),
        lambda one, other: other.recv_into(bytearray(4), 0, 0),
    ),
    "recv_into, count": (
        lambda one, other: other.recv_into(bytearray(9), 4),
        lambda one, other: other.recv_into(bytearray(9), nbytes=4),
    ),
    "recv_into, view": (
        lambda one, other: other.recv_into(memoryview(bytearray(8)).cast("H")[:2]),
        lambda one, other: other.recv_into(array.array("H", [1, 2])),
    ),
    "send": (lambda one, other: one.send(b"abcd"), lambda one, other: one.send(bytearray(b"abcd"))),
    "sendall": (lambda one, other: one.sendall(b"abcd"), lambda one, other: one.sendall(memoryview(b"abcd"))),
    "send much": (lambda one, other: one.send(bytes(9000)), lambda one, other: one.send(bytearray(9000), 0)),
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_of_a_call_is_written_down_alike(story: Story, name: str) -> None:
    with connected() as (_, client, server):
        client.sendall(b"abcdabcd")
        arrived(server, 8)
        written = []
        for form in FORMS[name]:
            form(client, server)
            call = story.last
            assert call.ended is not None
            assert call.done == max(event.done or 0 for event in story.calls())
            written.append((call.op, call.asked[0], call.data, call.result, call.length, call.address, call.error))
            assert call.offset == {"s": 8, "r": 0}[name[0]] + (len(written) - 1) * (call.length or 0)
    assert written[0] == written[1]


@pytest.mark.parametrize("form", ["usual", "other"])
def test_two_threads_that_send_at_once_lose_no_byte_of_the_count(form: str) -> None:
    data: Any = b"x" * 100 if form == "usual" else bytearray(100)
    with connected() as (_, client, server):

        def send() -> None:
            for _ in range(200):
                client.sendall(data)

        with beside(send, send):
            left = 40_000
            while left:
                left -= len(server.recv(left))
        assert endpoint_of(server).received == 40_000
        assert endpoint_of(client).sent == 40_000


def test_recv_into_nothing_left(story: Story) -> None:
    with connected() as (_, client, server):
        client.close()
        assert server.recv_into(bytearray(5), 0) == 0
        assert story.last.asked == (5,)  # 0 means: as much as there is room for
        effects = [control.effect for control in story.excerpt.exchange.controls if control.kind == "FIN"]
        assert effects == [story.last]


def test_datagrams_are_told_with_their_addresses(story: Story) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(10)
        one.sendto(b"to", other.getsockname())
        data, address = other.recvfrom(100)
        assert (data, story.last.address) == (b"to", address)
        assert endpoint_of(one).local == ("0.0.0.0", address[1])
        one.sendmsg([b"ms", b"g"], [], 0, other.getsockname())
        room = bytearray(10)
        assert other.recvfrom_into(room, 5)[0] == 3
        assert (story.last.data, story.last.length, story.last.address) == (b"msg", 3, address)
        assert (endpoint_of(one).role, endpoint_of(other).role) == ("client", "server")


def test_truncated_datagram_told_by_msg_trunc(story: Story) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(10)
        one.sendto(b"0123456789", other.getsockname())
        assert other.recv_into(bytearray(4), 4, socket.MSG_TRUNC) in (4, 10)  # Linux: its true length
        assert story.last.length == 4
        assert [arrow.fate for arrow in story.excerpt.exchange.arrows] == ["received", "cut"]


def test_a_first_datagram_by_sendmsg_gives_the_socket_its_port(story: Story) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(10)
        one.settimeout(10)
        one.sendmsg([b"q"], [], 0, other.getsockname())
        _, address = other.recvfrom(10)
        other.sendto(b"a", address)
        one.recv(10)
    assert [arrow.fate for arrow in story.excerpt.exchange.arrows] == ["received", "received"]


def test_an_error_is_kept_without_frames_or_socket(story: Story) -> None:
    gc.collect()
    client: socket.socket | None
    with listening() as listener:
        client = socket.create_connection(listener.getsockname())
        client.settimeout(0.01)
        with contextlib.suppress(TimeoutError):
            client.recv(10)
        failure = story.last.error
        assert failure == Failure(TimeoutError, None, "timed out")
        assert not [one for one in gc.get_referrers(failure) if inspect.isframe(one)]
        gone, endpoint = weakref.ref(client), endpoint_of(client)
        client = None
        gc.collect()
        assert gone() is None
    assert [note.kind for note in story.notes() if note.endpoint is endpoint] == ["collected"]


@pytest.mark.parametrize("wrong", ["socket", "tuple", "generator"])
def test_wrong_arguments_do_not_keep_a_socket(story: Story, wrong: str) -> None:
    sock: socket.socket | None = socket.socket()
    with socket.socket() as other, contextlib.suppress(TypeError, OSError):
        if wrong == "socket":
            other.connect(sock)  # type: ignore[arg-type]
        elif wrong == "tuple":
            other.connect((sock, 80))
        else:
            other.sendmsg(part for part in (b"x", sock))  # type: ignore[misc]
    call = next(call for call in story.calls() if call.op in ("connect", "sendmsg"))
    assert call.error is not None
    gone = weakref.ref(sock)
    sock = None
    gc.collect()
    assert gone() is None, call.asked


@pytest.mark.parametrize(
    ("op", "arguments"),
    [
        ("connect", (("127.0.0.1", 0),)), ("recv", (1,)), ("recv_into", (bytearray(1),)), ("recvfrom", (1,)),
        ("send", (b"x",)), ("sendall", (b"x",)), ("sendto", (b"x", ("127.0.0.1", 0))),
    ],
)  # fmt: skip
def test_the_first_call_of_a_thread_raises_nothing_of_ours(op: str, arguments: tuple[Any, ...]) -> None:
    def call() -> None:
        try:
            getattr(closed, op)(*arguments)
        except OSError as error:
            contexts.append(error.__context__)

    contexts: list[BaseException | None] = []
    with socket.socket() as closed:
        pass
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert contexts == [None]


def test_collected_is_noted_once(story: Story) -> None:
    with listening() as listener:
        endpoint = endpoint_of(socket.create_connection(listener.getsockname()))
        gc.collect()
        assert [note.kind for note in story.notes() if note.endpoint is endpoint] == ["collected"]
        server, _ = listener.accept()
        endpoint = endpoint_of(server)
        server.close()
        del server
        gc.collect()
    assert not [note for note in story.notes() if note.endpoint is endpoint]


def test_a_socket_that_tls_has_taken_over_goes_unnoticed(story: Story) -> None:
    with listening() as listener:
        plain = socket.create_connection(listener.getsockname())
        context = ssl.create_default_context()
        tls = context.wrap_socket(plain, server_hostname="localhost", do_handshake_on_connect=False)
        endpoint = endpoint_of(tls)
        del plain
        gc.collect()
        assert not [note for note in story.notes() if note.endpoint is endpoint]
        del tls
        gc.collect()
    assert [note.kind for note in story.notes() if note.endpoint is endpoint] == ["collected"]


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def test_how_a_close_ends(story: Story) -> None:
    with connected() as (_, client, server):
        client.close()
        assert story.last.ending == "fin"
        client.close()
        assert story.last.ending == "again"
        server.close()
    with connected() as (_, client, server):
        client.sendall(b"nobody reads this")
        arrived(server)
        server.close()
        assert story.last.ending == "unread"
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with connected() as (_, client, server):
        _reset(client)
        client.close()
        assert story.last.ending == "linger"
        with pytest.raises(ConnectionResetError):
            server.recv(1)
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.close()
        assert story.last.ending == "fin"


def test_reachable_sockets_are_said_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as sock:
        sock.listen()
        assert sock.getsockname()[0] == "0.0.0.0"
        out, err = capsys.readouterr()
        assert out == ""
        assert "0.0.0.0" in err
        assert "others on your network" in err
        sock.listen()
        assert capsys.readouterr().err == ""  # once
    with listening(), socket.socket(type=socket.SOCK_DGRAM) as local:
        local.bind(("127.0.0.1", 0))
    assert capsys.readouterr().err == ""
    with socket.socket(type=socket.SOCK_DGRAM) as every:
        every.bind(("", 0))
    assert "every network interface" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows binds no socket to a group")
def test_a_group_is_not_reachable_before_somebody_joins_it(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as member:
        member.bind(("239.1.2.3", 0))
        assert member.getsockname()[0] == "239.1.2.3"
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="addresses of numbers are Linux's")
def test_addresses_that_are_none_of_ours_do_no_harm() -> None:
    """Found here: a netlink address is two numbers, and the warning took the first for a host."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 0) as sock:
        sock.bind((0, 0))
        assert endpoint_of(sock).local is None


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets here")
def test_unix_sockets_work(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(path)
        listener.listen()
        client.connect(path)
        server, _ = listener.accept()
        with server:
            client.sendall(b"x")
            assert server.recv(1) == b"x"


def test_endpoint_of_says_what_is_wrong() -> None:
    with Plain() as before, pytest.raises(TypeError, match="made before `import labsupport`"):
        endpoint_of(before)
    with pytest.raises(TypeError, match=r"expected a socket, got 3 \(int\)"):
        endpoint_of(3)
    labsupport.uninstall()
    try:
        with socket.socket() as after, pytest.raises(TypeError, match=r"uninstall\(\) was called"):
            endpoint_of(after)
    finally:
        watched.install()


# --- TLS -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the client's, the server's)"""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return client, server


@contextlib.contextmanager
def over_tls(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """A client and a server that have shaken hands."""
    with connected() as (_, client, server):
        wrapped: list[ssl.SSLSocket] = []
        with beside(lambda: wrapped.append(contexts[1].wrap_socket(server, server_side=True))):
            outer = contexts[0].wrap_socket(client, server_hostname="127.0.0.1")
        with outer, wrapped[0]:
            yield outer, wrapped[0]


def test_tls(story: Story, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with over_tls(contexts) as (client, server):
        assert isinstance(client, socket.socket)
        assert isinstance(client, ssl.SSLSocket)
        assert type(client).__name__ == "SSLSocket"
        assert repr(client).startswith("<ssl.SSLSocket fd=")
        assert [call.layer for call in story.calls(op="do_handshake")] == ["tls", "tls"]
        after = [call.op for call in story.calls("client")]
        assert after[after.index("connect") + 1 :] == ["do_handshake"]  # and not what wrap_socket calls on the way
        begun = len(story.calls())
        client.sendall(b"x" * 40_000)
        size = 0
        while size < 40_000:
            size += len(server.recv(1 << 16))
        server.write(b"by write")
        assert client.read(100) == b"by write"
        room = bytearray(10)
        server.sendall(b"into")
        assert client.read(10, room) == 4  # type: ignore[comparison-overlap]  # typeshed knows no buffer
        assert room[:4] == b"into"
        assert server.sendfile(io.BytesIO(b"y" * 20_000)) == 20_000
        size = 0
        while size < 20_000:
            size += client.recv_into(bytearray(30_000))
        calls = story.calls()[begun:]
        assert {call.layer for call in calls} == {"tls"}
        ops = {role: [call.op for call in calls if call.role == role] for role in ("client", "server")}
        assert [op for op in ops["client"] if "recv" not in op] == ["sendall", "read", "read"]
        assert [op for op in ops["server"] if "recv" not in op] == ["write", "sendall", "sendfile"]
    exchange = story.excerpt.exchange
    assert len(exchange.connections) == 1
    assert {arrow.fate for arrow in exchange.arrows} == {"received"}
    assert sum(arrow.length for arrow in exchange.arrows) == 40_000 + 8 + 4 + 20_000


def test_tls_raises_the_very_same(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    def failed(context: ssl.SSLContext) -> tuple[type[BaseException], str]:
        with connected() as (_, client, server):
            server.close()
            with pytest.raises((ssl.SSLError, ConnectionError)) as caught:
                context.wrap_socket(client, server_hostname="127.0.0.1")
            return caught.type, str(caught.value)

    ours = failed(contexts[0])
    labsupport.uninstall()
    try:
        assert failed(contexts[0]) == ours
    finally:
        watched.install()


def test_tls_around_a_socket_made_before(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with pair(Plain) as (one, other):
        wrapped: list[ssl.SSLSocket] = []
        with beside(lambda: wrapped.append(contexts[1].wrap_socket(other, server_side=True))):
            client = contexts[0].wrap_socket(one, server_hostname="127.0.0.1")
        with client, wrapped[0]:
            client.sendall(b"x")
            assert wrapped[0].recv(1) == b"x"


def test_tls_accept_wraps(story: Story, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with listening() as inner, contexts[1].wrap_socket(inner, server_side=True) as listener:
        got: list[Any] = []
        with beside(lambda: got.append(listener.accept()[0])):
            plain = socket.create_connection(listener.getsockname())
            client = contexts[0].wrap_socket(plain, server_hostname="127.0.0.1")
        with client, got[0]:
            got[0].sendall(b"x")
            assert client.recv(1) == b"x"
    one = story.excerpt.exchange.connections[0]
    assert one.client is not None
    assert one.server is not None
    assert one.server.listener is one.listener
