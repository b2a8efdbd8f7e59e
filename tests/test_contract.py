"""The contract: each name that the design gives to notebooks, used as a notebook would.

One test a promise, and only what the design says; how it holds up under load and abuse stands in the room's own tests.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

import labsupport
from labsupport import (
    Link,
    Signal,
    background,
    chat,
    exercises,
    faults,
    kernel,
    label,
    measure,
    options,
    panels,
    predict,
    serve,
    tls,
    watch,
)
from labsupport.tape.watched import install, installed
from labsupport.window import Tape

NAMES = [
    *("Link", "Signal", "background", "chat", "exercises", "faults", "kernel", "label", "measure", "options"),
    *("panels", "pictures", "plots", "predict", "serve", "tls", "uninstall", "watch", "workshop"),
]


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """No server of one test is there in the next."""
    yield
    background.stop_all()


def echo_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection, _ = listener.accept()
        with connection:
            data = connection.recv(1024)
            print(data)
            connection.sendall(data)


def say(address: tuple[str, int], data: bytes = b"hello") -> bytes:
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(data)
        return client.recv(1024)


# the package


def test_the_names_are_there_and_no_others() -> None:
    assert sorted(labsupport.__all__) == NAMES
    assert set(NAMES) <= set(dir(labsupport))
    for name in NAMES:
        assert getattr(labsupport, name) is not None


@pytest.mark.parametrize("name", ["sockets", "backgruond"])
def test_a_name_that_is_not_there_says_what_is(name: str) -> None:
    with pytest.raises(AttributeError, match=r"It has: Link, Signal, background, .*watch"):
        getattr(labsupport, name)
    with pytest.raises(ImportError, match=r"It has: Link, Signal, background, .*watch"):
        exec(f"from labsupport import {name}", {})
    assert not hasattr(labsupport, name)


def test_the_import_watches_and_loads_nothing_heavy() -> None:
    """In a kernel of its own, as this one has long loaded everything."""
    code = (
        "import sys, socket; before = socket.socket; import labsupport; from labsupport import tls\n"
        "assert socket.socket is not before and issubclass(socket.socket, before)\n"
        "heavy = {'ipywidgets', 'anywidget', 'matplotlib', 'cryptography', 'trustme', 'asyncio'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "labsupport.uninstall(); assert socket.socket is before"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_second_import_or_a_reload_does_not_patch_twice() -> None:
    once = socket.socket
    importlib.reload(labsupport)
    install()
    assert socket.socket is once


def test_uninstall_undoes_it_and_install_brings_it_back() -> None:
    made_before = socket.socket()
    with made_before:
        watched_class = socket.socket
        labsupport.uninstall()
        try:
            assert not installed()
            assert socket.socket is not watched_class
            assert isinstance(made_before, socket.socket)
        finally:
            install()
        assert installed()


def test_the_watched_class_shows_itself_as_the_standard_one() -> None:
    assert (socket.socket.__module__, socket.socket.__qualname__) == ("socket", "socket")


# background


def test_background_gives_an_address_and_what_was_printed() -> None:
    server = background(echo_once, name="echo")
    host, port = server.address
    assert (host, type(port)) == ("127.0.0.1", int)
    assert say(server.address) == b"hello"
    server.join(5)
    assert not server.running
    assert server.error is None
    assert server.output == "b'hello'\n"


def test_background_decorates_also_with_parentheses_and_async() -> None:
    @background
    async def server() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.read(1024))
            await writer.drain()
            writer.close()

        listening = await asyncio.start_server(talk, "127.0.0.1", 0)
        await listening.serve_forever()

    assert say(server.address) == b"hello"
    server.stop()
    assert not server.running


def test_an_ipv6_address_is_a_two_tuple() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 on this machine")

    @background
    def server() -> None:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
            listener.accept()

    assert server.address[0] == "::1"
    assert len(server.address) == 2


def test_a_datagram_server_has_an_address() -> None:
    @background
    def server() -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            data, peer = sock.recvfrom(1024)
            sock.sendto(data, peer)

    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(b"hello", server.address)
        assert client.recvfrom(1024)[0] == b"hello"


def test_a_function_that_fails_first_is_the_cause() -> None:
    @background
    def server() -> None:
        raise LookupError("my own mistake")

    with pytest.raises(RuntimeError) as caught:
        server.address  # noqa: B018  it is the property that waits
    assert isinstance(caught.value.__cause__, LookupError)
    assert isinstance(server.error, LookupError)


def test_stop_wakes_accept_is_safe_twice_and_running_again_replaces() -> None:
    first = background(echo_once, name="again")
    first.address  # noqa: B018  waits until it listens
    second = background(echo_once, name="again")
    assert not first.running
    assert background.running() == [second]
    second.stop()
    second.stop()
    assert not second.running
    assert background.running() == []


def test_stop_all_stops_all() -> None:
    servers = [background(echo_once, name=name) for name in ("one", "two")]
    assert background.running() == servers
    background.stop_all()
    assert background.running() == []


def test_a_signal_is_an_event() -> None:
    ready = Signal()
    assert isinstance(ready, threading.Event)
    assert not ready.wait(0)
    ready.set()
    assert ready.wait(0)
    assert ready.is_set()


# serve


def test_serve_speaks_tcp() -> None:
    def shout(connection: socket.socket, _address: object) -> None:
        data = connection.recv(1024)
        print(data)
        connection.sendall(data.upper())

    with serve(shout) as server:
        assert say(server.address) == b"HELLO"
    assert "b'hello'" in server.output
    assert server.error is None
    server.stop()


def test_serve_speaks_udp_and_may_stay_silent() -> None:
    def answer(data: bytes, _address: object) -> bytes | None:
        return None if data == b"hush" else data.upper()

    with serve(answer, protocol="udp") as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(b"hush", server.address)
        client.sendto(b"hello", server.address)
        assert client.recv(1024) == b"HELLO"


# watch and label


@pytest.fixture
def tape() -> Tape:
    server = background(echo_once, name="server")
    with watch() as tape:
        say(server.address)
        server.join(5)
    return tape


def test_the_tape_tells_each_call(tape: Tape) -> None:
    (accept,) = tape.calls(op="accept")
    assert accept.role == "listener"
    (sent,) = tape.calls(role="client", op="sendall")
    assert (sent.op, sent.role, sent.layer) == ("sendall", "client", "plain")
    assert sent.ended is not None
    assert sent.started <= sent.ended
    (received,) = tape.calls(role="server", op="recv")
    assert received.result == b"hello"
    assert sent in tape.events
    assert tape.exchange.arrows


def test_a_call_keeps_its_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()
    with watch() as tape, pytest.raises(ConnectionRefusedError), socket.socket() as client:
        client.connect(free)
    (call,) = tape.calls(op="connect")
    assert call.error is not None
    assert call.error.type is ConnectionRefusedError
    assert call.result is None


def test_a_call_that_has_not_returned_is_on_the_tape() -> None:
    reading = threading.Event()

    @background
    def server() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                reading.set()
                connection.recv(1024)

    with watch() as tape:
        client = socket.create_connection(server.address, timeout=5)
        assert reading.wait(5)
    with client:
        (waiting,) = tape.calls(role="server", op="recv")
        assert waiting.ended is None
        assert waiting.result is None
    server.join(5)
    assert not server.running


def test_the_tape_is_drawn_with_a_text_twin(tape: Tape) -> None:
    bundle = tape._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == tape.text()
    html = bundle["text/html"]
    assert html.count("<img ") == 1
    assert 'alt="' in html
    picture = base64.b64decode(html.partition("base64,")[2].partition('"')[0]).decode()
    assert picture == tape.svg()
    assert picture.replace(" ", "").count("(prefers-color-scheme:dark)") == 1
    for word in ("listener", "client", "accept", "recv"):
        assert word in picture
        assert word in tape.text()


def test_the_live_ladder_is_a_widget(tape: Tape) -> None:
    import anywidget

    live = tape.live()
    assert isinstance(live, anywidget.AnyWidget)
    live.close()


def test_a_label_names_an_endpoint() -> None:
    server = background(echo_once, name="server")
    with watch() as tape:
        with socket.create_connection(server.address, timeout=5) as client:
            label(client, "maria")
            client.sendall(b"?")
            client.recv(1)
        server.join(5)
    assert "maria" in tape.text()
    assert "maria" in tape.svg()


# kernel


def test_a_snapshot_tells_the_state_and_never_guesses() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), timeout=5) as client,
    ):
        snapshot = kernel.snapshot(client)
        for field in ("state", "rtt", "cwnd", "unacked", "retransmits", "send_queue", "receive_queue"):
            assert hasattr(snapshot, field)
        assert snapshot.state in {"ESTABLISHED", None}
        assert kernel.snapshot(listener).state in {"LISTEN", None}
        if sys.platform == "linux":
            rows = kernel.connections(listener.getsockname()[1])
            assert {row.state for row in rows} >= {"LISTEN", "ESTABLISHED"}  # and what an earlier client left there


# predict


def test_a_prediction_gives_nothing_away_before_the_choice() -> None:
    import ipywidgets

    asked = predict("How many?", {"one": "No, two.", "two": "Yes, both."}, right="two")
    assert isinstance(asked, ipywidgets.Widget)
    assert "No, two." not in str(asked._repr_mimebundle_())
    assert "Yes, both." not in str(asked._repr_mimebundle_())
    with pytest.raises(ValueError, match="three"):
        predict("How many?", {"one": "No.", "two": "Yes."}, right="three")


# exercises


def test_every_exercise_has_what_the_design_says() -> None:
    assert exercises.ALL
    for exercise in exercises.ALL:
        assert getattr(exercises, exercise.name) is exercise
        assert exercise.prompt
        assert 1 <= len(exercise.hints) <= 4
        assert len(exercise.mistakes) >= 3
        assert all(mistake.name and mistake.source and mistake.message for mistake in exercise.mistakes)
        for source in (exercise.starter, exercise.solution):
            compile(source, exercise.name, "exec")
        assert callable(exercise.check)
        assert callable(exercise.hint)
        assert callable(exercise.reveal)
    assert {int(exercise.chapter) for exercise in exercises.ALL} >= {0, 1, 2, 3, 4}


def test_a_verdict_has_a_status_a_message_a_mistake_and_a_tape() -> None:
    exercise = exercises.ALL[0]
    passed = exercise.check_source(exercise.solution)
    assert (passed.status, passed.mistake) == ("passed", None)
    assert passed.message
    assert exercise.check_source(exercise.starter).status == "not attempted"
    failed = exercise.check_source(exercise.mistakes[0].source)
    assert (failed.status, failed.mistake) == ("failed", exercise.mistakes[0].name)
    assert failed.message == exercise.mistakes[0].message
    assert hasattr(failed, "tape")


def test_progress_can_be_shown() -> None:
    assert str(exercises.progress())


# Link and faults


def test_a_link_carries_both_ways_and_listens_in() -> None:
    with (
        serve(lambda connection, _: connection.sendall(connection.recv(100).upper())) as server,
        Link(server.address, up=[faults.Latency(0.001)]) as link,
    ):
        assert say(link.address, b"hello") == b"HELLO"
        assert (link.bytes_up, link.bytes_down) == (b"hello", b"HELLO")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(link.address, timeout=1)


def test_faults_may_be_changed_while_traffic_runs() -> None:
    with (
        serve(
            lambda connection, _: [connection.sendall(data) for data in iter(lambda: connection.recv(9), b"")]
        ) as server,
        Link(server.address) as link,
        socket.create_connection(link.address, timeout=0.3) as client,
    ):
        client.sendall(b"one")
        assert client.recv(9) == b"one"
        link.down = [faults.Blackhole(0)]
        client.sendall(b"two")
        with pytest.raises(TimeoutError):
            client.recv(9)
        assert link.bytes_up == b"onetwo"


def test_decisions_are_on_the_tape_with_their_cause_and_the_same_for_a_seed() -> None:
    causes = []
    for _ in range(2):
        with (
            watch() as tape,
            socket.socket(type=socket.SOCK_DGRAM) as server,
            socket.socket(type=socket.SOCK_DGRAM) as client,
        ):
            server.bind(("127.0.0.1", 0))
            server.settimeout(0.5)
            with Link(server.getsockname(), protocol="udp", up=[faults.Loss(0.5)], seed=7) as link:
                for number in range(20):
                    client.sendto(b"%d" % number, link.address)
                with contextlib.suppress(TimeoutError):  # what is lost never comes
                    while server.recv(100):
                        pass
        passages = [event for event in tape.events if hasattr(event, "decisions")]
        causes.append([decision.cause for passage in passages for decision in passage.decisions])
    assert causes[0] == causes[1]
    assert 3 <= len(causes[0]) <= 17
    assert all(cause.startswith("Loss 0.5, seed 7, draw ") for cause in causes[0])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Link(("127.0.0.1", 9), up=[faults.Loss(0.1)]), "Stall"),
        (lambda: Link(("127.0.0.1", 9), "udp", down=[faults.Slice(4)]), "Slice"),
        (lambda: faults.Bandwidth(0), "Blackhole"),
        (lambda: faults.Latency(-1), "0 seconds or more"),
        (lambda: faults.Duplicate(2), "between 0 .* and 1"),
        (lambda: Link(("127.0.0.1", 9), "sctp"), '"tcp" or "udp"'),
    ],
)
def test_what_a_link_cannot_do_is_said(make: Callable[[], object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        make()


# tls


def test_an_authority_issues_and_trusts() -> None:
    authority = tls.Authority()
    with (
        serve(lambda connection, _: connection.sendall(b"hi"), tls=authority.server_context("localhost")) as server,
        socket.create_connection(server.address, timeout=5) as raw,
        authority.client_context().wrap_socket(raw, server_hostname="localhost") as client,
    ):
        assert client.recv(10) == b"hi"


def test_the_gallery_has_contexts_a_host_a_code_and_advice() -> None:
    gallery = tls.gallery(tls.Authority())
    assert len(gallery) >= 12
    for animal in gallery.values():
        with (
            serve(lambda connection, _: connection.sendall(b"hi"), tls=animal.server_context) as server,
            socket.create_connection(server.address, timeout=5) as raw,
        ):
            try:
                with animal.client_context.wrap_socket(raw, server_hostname=animal.host) as client:
                    code = 0 if client.recv(10) else None
            except ssl.SSLCertVerificationError as error:
                code = error.verify_code
        assert code == animal.verify_code
        assert animal.advice


def test_a_handshake_gives_flights_whose_parts_cover_them() -> None:
    authority = tls.Authority()
    transcript = tls.handshake(authority.client_context(), authority.server_context("localhost"), "localhost")
    assert [flight.sender for flight in transcript.flights][:3] == ["client", "server", "client"]
    for flight in transcript.flights:
        edges = [0, *(part.end for part in flight.parts)]
        assert [part.start for part in flight.parts] == edges[:-1]
        assert edges[-1] == len(flight.data)
        assert all(part.label and part.explanation for part in flight.parts)


# options and measure


def test_the_table_of_options_has_what_the_design_says() -> None:
    names = [row.name for row in options.TABLE]
    assert {"SO_ERROR", "TCP_NODELAY", "IP_TTL", "IPV6_V6ONLY", "SO_MEMINFO"} <= set(names)
    for row in options.TABLE:
        assert row.systems
        assert row.what
        assert row.type
        assert isinstance(row.level, int)
    nodelay = options.TABLE["TCP_NODELAY"]
    assert (nodelay.level, nodelay.number) == (socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert nodelay.default is False
    assert nodelay.shown_by


def test_set_says_what_the_system_made_of_it() -> None:
    with socket.socket() as sock:
        made = options.set(sock, "SO_RCVBUF", 50_000)
        assert made.made == options.get(sock, "SO_RCVBUF") == sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert "50,000" in str(made)
        assert "SO_RCVBUF" in str(options.report(sock))


def test_a_comparison_is_honest() -> None:
    seen = measure.compare({"one": lambda: 2.0, "other": lambda: 1.0})
    assert "one is ≈ 2 times as slow as other" in str(seen)
    assert "too few" in str(measure.compare({"one": lambda: 2.0, "other": lambda: 1.0}, trials=3))


# a chat


def test_a_chat_carries_a_line_to_all() -> None:
    with (
        chat.Running(["Ana", "李雷"]) as service,
        service.client("Ana") as ana,
        service.client("李雷") as lei,
    ):
        lei.say("你好")
        heard = [ana.hear(60), ana.hear(60), lei.hear(60)]
    joined, *said = heard
    assert joined == chat.messages.Joined("李雷")
    assert said == [chat.messages.Said(1, "李雷", "你好")] * 2


# panels


def test_the_panels_are_widgets() -> None:
    import ipywidgets

    for panel in (
        panels.client(background(echo_once, name="echo")),
        panels.cuts(),
        panels.protocols(),
        panels.error_zoo(),
        panels.gallery(),
        panels.two_connections(),
        panels.crowd(),
        panels.attack(),
        panels.chat(),
    ):
        assert isinstance(panel, ipywidgets.Widget)
        panel.close()
