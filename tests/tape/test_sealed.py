"""Which TLS records the calls of a program became: never a wrong one, and with all that was taken the right ones."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import Link, faults, serve
from labsupport.tape.arrows import Arrow
from labsupport.tape.events import Call, Endpoint, Program
from labsupport.tape.exchange import Exchange
from labsupport.tape.passages import Passage
from labsupport.tape.pieces import pieces_of
from labsupport.tape.sealed import Sealed, sealed
from labsupport.tape.ways import Way
from tests.leftovers import until
from tests.tape.secure import HELLO, Kind, carried, contexts
from tests.tape.stories import Story

CHANGE: Kind = (20, 1, b"\x01")
#: Sizes that a handshake's messages, session tickets and alerts have, too; and some that fill more than a record.
SIZES = st.sampled_from([1, 2, 5, 6, 36, 52, 74, 233, 574, 16_384, 20_000, 40_000]) | st.integers(1, 3000)


# --- by hand ---------------------------------------------------------------------------------


@dataclass
class Talk:
    """One end of a TLS connection: its calls, and the records that they became."""

    version: str = "1.3"
    program: Program = field(default_factory=lambda: Program("main"))
    end: Endpoint = field(default_factory=lambda: Endpoint(socket.AF_INET, socket.SOCK_STREAM))
    calls: list[Call] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    truth: list[tuple[Call, Kind]] = field(default_factory=list)

    def call(self, op: str, *kinds: Kind, length: int | None = None) -> Call:
        call = Call(self.program, self.end, op, "tls")
        if length is not None:
            call.asked, call.length, call.offset = (length,), length, self.end.sent
            self.end.sent += length
        start = self.passages[-1].offset + self.passages[-1].length if self.passages else 0
        self.passages += carried(kinds, start)
        call.finish()
        self.calls.append(call)
        self.truth += [(call, kind) for kind in kinds]
        return call

    def shake(self, who: str, tickets: Sequence[int] = ()) -> None:
        if self.version == "1.3":
            flight = [(23, 69, b"")] if who == "client" else [(23, size, b"") for size in (23, 591, 95, 69, *tickets)]
            self.call("do_handshake", HELLO[who], CHANGE, *flight)
        else:
            self.call("do_handshake", HELLO[who], CHANGE, (22, 40, b"\xaa\xbb\xcc\xdd"))

    def send(self, length: int) -> None:
        added = {"1.3": 17, "1.2": 24, "1.2 ChaCha20": 16}[self.version]
        sizes = [16_384] * (length // 16_384) + ([length % 16_384] if length % 16_384 else [])
        self.call("sendall", *((23, size + added, b"") for size in sizes), length=length)

    def unwrap(self) -> None:
        self.call("unwrap", (23, 19, b"") if self.version == "1.3" else (21, 26, b"\xaa\xbb\xcc\xdd"))

    def sealed(self, taken: int, come: int | None = None) -> Sealed | None:
        """What is found when the link has `come` records, all if it is None."""
        sends = [call for call in self.calls if call.op == "sendall"]
        passages = self.passages[:come]
        way = Way(passages, self.passages[0].route)
        return sealed(way, pieces_of(sends, taken), taken, self.calls)

    def true(self, call: Call, come: int | None = None) -> list[tuple[int, int]]:
        return [(kind, length) for one, (kind, length, _) in self.truth[:come] if one is call]


def made(found: Sealed, call: Call) -> list[tuple[int, int]]:
    return [(record.type, record.length) for record in found.made.get(call, ())]


TALKS = st.builds(
    lambda version, who, tickets, sizes, over: (version, who, tickets, sizes, over),
    st.sampled_from(["1.3", "1.2", "1.2 ChaCha20"]),
    st.sampled_from(["client", "server"]),
    st.lists(st.sampled_from([91, 250, 300]), max_size=3),
    st.lists(SIZES, max_size=6),
    st.booleans(),
)


def talked(version: str, who: str, tickets: list[int], sizes: list[int], over: bool) -> Talk:
    talk = Talk(version)
    talk.shake(who, tickets)
    for size in sizes:
        talk.send(size)
    if over:
        talk.unwrap()
    return talk


@given(TALKS)
@settings(max_examples=300, deadline=None)
def test_when_all_was_taken_all_is_known(one: tuple[str, str, list[int], list[int], bool]) -> None:
    talk = talked(*one)
    found = talk.sealed(taken=talk.end.sent)
    assert found is not None
    for call in talk.calls:
        assert made(found, call) == talk.true(call)
    assert found.reached == talk.end.sent


@given(TALKS, st.integers(1, 30), st.integers(0, 100))
@settings(max_examples=300, deadline=None)
def test_of_a_part_nothing_wrong_is_said(
    one: tuple[str, str, list[int], list[int], bool], come: int, share: int
) -> None:
    talk = talked(*one)
    found = talk.sealed(taken=0, come=come)
    if found is None:
        return
    for call in talk.calls:
        if call.op == "sendall":
            assert made(found, call) in (talk.true(call, come), [])
    low = talk.end.sent * share // 101
    for record in found.records(low, low + 1):
        assert (record.type, record.length) in [kind[:2] for _, kind in talk.truth[:come]]


def test_a_place_is_that_of_a_programs_own_bytes() -> None:
    talk = talked("1.3", "client", [], [5, 20_000], False)
    found = talk.sealed(taken=20_005)
    assert found is not None
    first = talk.truth[3]
    assert [record.length for record in found.records(0, 5)] == [22] == [first[1][1]]
    assert [record.length for record in found.records(4, 6)] == [22, 16_401]
    assert [record.length for record in found.records(16_389, 20_005)] == [3_633]
    assert found.passage(5) is talk.passages[4]
    assert found.delivery(5) == talk.passages[4].deliveries[0]


def test_of_a_record_that_was_cut_nothing_arrived() -> None:
    talk = talked("1.3", "client", [], [5, 6], False)
    talk.passages[-1].deliveries.clear()
    found = talk.sealed(taken=5)
    assert found is not None
    assert found.reached == 5
    assert (found.delivery(4), found.delivery(5)) == (talk.passages[3].deliveries[0], None)


def test_two_readings_that_fit_are_none() -> None:
    """Three tickets as long as what was sent, of which some may have come, and nothing says how much."""
    talk = talked("1.3", "server", [250, 250, 250], [233, 233, 233, 233], False)
    for passage in talk.passages:
        passage.order = passage.deliveries[0].order + 1000  # a link that was busy, and read all of it late
        passage.deliveries[0] = passage.deliveries[0]._replace(order=passage.order)
    assert talk.sealed(taken=0, come=9) is None
    assert talk.sealed(taken=4 * 233) is not None


def test_a_cipher_that_is_not_known_is_not_guessed() -> None:
    talk = Talk("1.2")
    talk.shake("client")
    talk.call("sendall", (23, 64, b""), length=5)  # AES-CBC: padded
    assert talk.sealed(taken=5) is None


def test_no_record_holds_more_than_was_sent() -> None:
    talk = Talk("1.2")
    talk.shake("client")
    talk.call("sendall", (23, 20, b""), length=1)  # too short for AES-GCM, and for ChaCha20-Poly1305 too long
    assert talk.sealed(taken=1) is None


# --- real ------------------------------------------------------------------------------------


def echo(connection: socket.socket, _address: Any) -> None:
    """Send back what comes, in capitals, and at the end say so."""
    while data := connection.recv(65_536):
        connection.sendall(data.upper())
    assert isinstance(connection, ssl.SSLSocket)
    connection.unwrap()


def exactly(sock: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        data = sock.recv(count - len(got))
        assert data
        got += data
    return got


VERSIONS = {
    "TLS 1.3": (17, contexts()),
    "TLS 1.2": (24, contexts(ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM")),
    "TLS 1.2 ChaCha20": (16, contexts(ssl.TLSVersion.TLSv1_2, "ECDHE+CHACHA20")),
}


def talk_through(
    story: Story, pair: tuple[ssl.SSLContext, ssl.SSLContext], say: Callable[[ssl.SSLSocket], None], **ways: Any
) -> Exchange:
    """What came of a TLS client that talks to an echo through a link."""
    client, server = pair
    with (
        serve(echo, tls=server) as echoing,
        Link(echoing.address, **ways) as link,
        socket.create_connection(link.address, timeout=10) as raw,
        client.wrap_socket(raw, server_hostname="localhost") as sock,
    ):
        say(sock)
        sock.unwrap()
    return story.excerpt.exchange


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("ways", [{}, {"up": faults.Latency(0.005)}, {"down": faults.Slice(100)}])
def test_real_calls_and_their_records(story: Story, version: str, ways: dict[str, faults.Fault]) -> None:
    added, pair = VERSIONS[version]
    texts = ["héllo".encode(), b"a", "你好".encode(), bytes(range(256)) * 100]

    def say(sock: ssl.SSLSocket) -> None:
        for text in texts:
            sock.sendall(text)
            assert exactly(sock, len(text)) == text.upper()

    found = talk_through(story, pair, say, **ways)
    sends = story.calls("client", "sendall")
    lengths = [[record.length for record in found.records(send)] for send in sends]
    assert lengths == [*([len(text) + added] for text in texts[:3]), [16_384 + added, 9_216 + added]]
    for send in (*sends, *story.calls("server", "sendall")):
        arrows = found.of(send)
        assert not any(arrow.doubt for arrow in arrows)
        assert all(arrow.delivery is not None and arrow.fate == "received" for arrow in arrows)
        assert sum(record.length - added for record in found.records(send)) == send.length
    for role, hello in (("client", "ClientHello"), ("server", "ServerHello")):
        (shake,), (unwrap,) = story.calls(role, "do_handshake"), story.calls(role, "unwrap")
        assert found.records(shake)[0].name == hello
        assert [record.length for record in found.records(unwrap)] == [2 + added]


def test_each_arrow_has_the_records_of_its_bytes(story: Story) -> None:
    def say(sock: ssl.SSLSocket) -> None:
        sock.sendall(bytes(40_000))
        exactly(sock, 40_000)

    found = talk_through(story, contexts(), say)
    (send,) = story.calls("client", "sendall")
    assert [(arrow.length, [record.length for record in arrow.records]) for arrow in found.of(send)] == [
        (16_384, [16_401]),
        (16_384, [16_401]),
        (7_232, [7_249]),
    ]


def test_a_link_delays_tls_as_it_delays_all(story: Story) -> None:
    found = talk_through(story, contexts(), _hello, up=faults.Latency(0.01))
    (send,) = story.calls("client", "sendall")
    (arrow,) = found.of(send)
    assert [decision.effect for decision in arrow.decisions] == ["delayed"]
    assert arrow.delivery is not None
    assert arrow.delivery.time - send.started >= 0.01


def _hello(sock: ssl.SSLSocket) -> None:
    sock.sendall(b"hello")
    assert exactly(sock, 5) == b"HELLO"


def test_a_record_that_is_cut_is_lost(story: Story) -> None:
    client, server = contexts()
    with (
        serve(echo, tls=server) as echoing,
        Link(echoing.address) as link,
        socket.create_connection(link.address, timeout=10) as raw,
        client.wrap_socket(raw, server_hostname="localhost") as sock,
    ):
        _hello(sock)
        before = len(link.bytes_up)
        link.up = faults.Limit(before + 10)
        sock.sendall(b"once more")
        assert sock.recv(100) == b""
    lost = _arrows(story, "once more")
    assert [(arrow.fate, arrow.start, arrow.end) for arrow in lost] == [("lost", 0, 9)]
    assert [decision.effect for decision in lost[0].decisions] == ["closed"]
    assert [record.size for record in lost[0].records] == [31]


def _arrows(story: Story, text: str) -> list[Arrow]:
    return [arrow for arrow in story.excerpt.exchange.arrows if arrow.source and arrow.source.data == text.encode()]


def test_a_client_that_trusts_nobody_says_so_in_clear(story: Story) -> None:
    _, server = contexts()
    with (
        serve(echo, tls=server) as echoing,
        Link(echoing.address) as link,
        socket.create_connection(link.address, timeout=10) as raw,
        ssl.create_default_context().wrap_socket(
            raw, server_hostname="localhost", do_handshake_on_connect=False
        ) as client,
    ):
        with pytest.raises(ssl.SSLCertVerificationError):
            client.do_handshake()
        # Before it closes: unread bytes make that a reset, which overtakes the alert.
        hello = 5 + int.from_bytes(link.bytes_up[3:5], "big")
        until(lambda: len(link.bytes_up) > hello)
    (shake,) = story.calls("client", "do_handshake")
    names = [record.name for record in story.excerpt.exchange.records(shake)]
    assert names[0] == "ClientHello"
    assert names[-1] in ("alert unknown_ca", "application data")


def test_starttls_and_back(story: Story) -> None:
    """In clear, by TLS, and in clear again, on one connection."""
    client, server = contexts()

    def upgrade(connection: socket.socket, _address: Any) -> None:
        connection.sendall(connection.recv(100).lower())
        with server.wrap_socket(connection, server_side=True) as secret:
            secret.sendall(secret.recv(100).lower())
            with secret.unwrap() as again:
                again.sendall(again.recv(100).lower())

    with serve(upgrade) as upgrading, Link(upgrading.address, down=faults.Latency(0.005)) as link:
        raw = socket.create_connection(link.address, timeout=10)
        raw.sendall(b"STARTTLS")
        assert raw.recv(100) == b"starttls"
        sock = client.wrap_socket(raw, server_hostname="localhost")
        sock.sendall(b"SECRET")
        assert sock.recv(100) == b"secret"
        with sock.unwrap() as again:
            again.sendall(b"AGAIN")
            assert again.recv(100) == b"again"
        assert link.bytes_up.startswith(b"STARTTLS")
        assert link.bytes_up.endswith(b"AGAIN")
        assert b"SECRET" not in link.bytes_up
    for text, lengths in (("starttls", []), ("secret", [23]), ("again", [])):
        (arrow,) = _arrows(story, text)
        assert (arrow.fate, arrow.doubt) == ("received", "")
        assert [record.length for record in arrow.records] == lengths
        assert [decision.effect for decision in arrow.decisions] == ["delayed"]
        assert arrow.passage is not None
        assert arrow.delivery is not None
        assert arrow.passage.order < arrow.delivery.order


def test_a_tls_socket_that_was_shut_down_sends_in_clear(story: Story) -> None:
    client, server = contexts()
    with (
        serve(lambda connection, _: connection.recv(100), tls=server) as serving,
        Link(serving.address) as link,
        socket.create_connection(link.address, timeout=10) as raw,
        client.wrap_socket(raw, server_hostname="localhost") as sock,
    ):
        sock.shutdown(socket.SHUT_RD)
        sock.send(b"geheim")
        layers = [(call.op, call.layer) for call in story.calls("client") if call.op in ("send", "shutdown")]
        assert layers == [("shutdown", "tls"), ("send", "plain")]


def test_without_a_link_there_are_no_records(story: Story) -> None:
    client, server = contexts()
    with (
        serve(echo, tls=server) as echoing,
        socket.create_connection(echoing.address, timeout=10) as raw,
        client.wrap_socket(raw, server_hostname="localhost") as sock,
    ):
        _hello(sock)
        sock.unwrap()
    found = story.excerpt.exchange
    assert not any(found.records(call) for call in story.calls())
    assert [(arrow.fate, arrow.doubt, arrow.records) for arrow in found.arrows] == [("received", "", ())] * 2


def test_ciphertext_of_a_loop_stays_what_it_is(story: Story) -> None:
    """asyncio hands ciphertext to its sockets: those calls are plain, and no record is theirs."""
    import asyncio

    client, server = contexts()

    async def say(address: tuple[str, int]) -> bytes:
        reader, writer = await asyncio.open_connection(*address, ssl=client, server_hostname="localhost")
        writer.write(b"hello")
        data = await reader.readexactly(5)
        writer.close()
        return data

    def answer(connection: socket.socket, _address: Any) -> None:
        connection.sendall(connection.recv(100).upper())

    with serve(answer, tls=server) as serving, Link(serving.address) as link:
        assert asyncio.run(say(link.address)) == b"HELLO"
    found = story.excerpt.exchange
    assert {call.layer for call in story.calls("client") if found.of(call)} == {"plain"}
    (send,) = story.calls("server", "sendall")
    assert [record.length for record in found.records(send)] == [22]


def test_close_notify_and_not_the_end_of_the_stream_ends_a_recv(story: Story) -> None:
    found = talk_through(story, contexts(), _hello)
    alerts = {control.cause: control for control in found.controls if control.kind == "alert"}
    (mine,), (theirs,) = story.calls("client", "unwrap"), story.calls("server", "unwrap")
    told = [call for call in story.calls("server", "recv") if call.length == 0]
    assert [alerts[mine].effect, alerts[theirs].effect] == [told[0], mine]
    fins = [control for control in found.controls if control.kind == "FIN"]
    assert [(fin.effect, fin.lost) for fin in fins] == [(None, False)] * 2
