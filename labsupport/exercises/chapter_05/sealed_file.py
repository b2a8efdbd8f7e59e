"""A file over TLS that notices a cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Stage, Task
from labsupport.exercises.peers import Peer
from labsupport.exercises.peers.tls import shakes_hands

from . import papers
from .papers import HOST
from .sealed_mistakes import FILE, LIMIT, LONG, MISTAKES, NAME, STARTER, framed, written
from .visits import label

__all__ = ["SEALED_FILE"]

_SERVER: Final = "the server"
_CUT: Final = 20


# --- the server ------------------------------------------------------------------------------


def _case(
    title: str,
    met: str,
    serve: Callable[[Stage, Peer], None],
    returns: bytes | None = None,
    raises: type[BaseException] | None = None,
) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted.update(met=met, whole=len(returns or b""))
        return stage.address, HOST, papers.authority().file, NAME

    def play(stage: Stage) -> None:
        stage.raises = raises
        if returns is not None:
            stage.returns = returns
        server = label(stage.accept(_SERVER))
        shakes_hands(server, papers.server_side(papers.issued()))
        server.hears(f"{NAME}\n".encode())
        stage.rest()  # a client that throws its TLS layer away has done so
        serve(stage, server)

    return Case(title, "sealed_file(address, host, cafile, name)", play, given)


def _whole(stage: Stage, server: Peer) -> None:
    server.says(framed(FILE))
    stage.rest()  # who closes first is to be the same on every run
    server.leaves()


def _cut(size: int) -> Callable[[Stage, Peer], None]:
    def serve(stage: Stage, server: Peer) -> None:  # noqa: ARG001  the shape of a script
        server.says(framed(FILE)[:size])
        server.leaves()

    return serve


def _records(stage: Stage, server: Peer) -> None:
    """One record a call, so that no two of them join, as long as somebody reads."""
    data = framed(FILE)
    for piece in (data[:4], data[4 : 4 + _CUT], data[4 + _CUT :]):
        if not stage.gone:
            server.says(piece)
            stage.rest()
    server.leaves()


def _stays(stage: Stage, server: Peer) -> None:  # noqa: ARG001
    server.says(framed(LONG))
    server.is_left()


def _too_long(stage: Stage, server: Peer) -> None:  # noqa: ARG001
    server.says((LIMIT + 1).to_bytes(4, "big") + FILE)
    server.is_left("a client that goes")


SEALED_FILE: Final = Task(
    name="sealed_file",
    chapter=5,
    prompt=(
        "**Whole, or EOFError.** TLS proves that each byte is the server's. That it was the last only a close_notify "
        "would prove, which few Python servers send, and anybody on the way can end the TCP connection. The connection "
        "stands, the name is sent. Read the length (four bytes), then the file, and return it; `EOFError` if it was "
        "cut, wherever; `ValueError`, without reading on, if it is longer than a million bytes. You know "
        "`recv_exactly` from chapter 02; write it once more."
    ),
    hints=(
        "Without close_notify a cut and a good end differ in one thing: how many bytes came. That cannot be forged.",
        "`recv_exactly(tls, n)`: recv(n - len(data)) until n bytes are there; b'' before that is `raise EOFError`.",
        '`(length,) = struct.unpack("!I", recv_exactly(tls, 4))`. The four bytes can be cut, too.',
        "No shutdown() and no waiting for b'': the line end says where the name ends, the length where the file does.",
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        written("""
with tls.makefile("rb") as file:
    length = int.from_bytes(head := file.read(4), "big")
    if len(head) == 4 and length > 1_000_000:
        raise ValueError("too long")
    data = file.read(length)
if len(head) < 4 or len(data) < length:
    raise EOFError("cut")
return data
""", ""),
        written("""
try:
    size = memoryview(bytearray(4))
    fill(tls, size)
    length = int.from_bytes(size, "big")
    if length > 10**6:
        raise ValueError(length)
    data = bytearray(length)
    fill(tls, memoryview(data))
    return bytes(data)
except ssl.SSLEOFError:
    raise EOFError("cut") from None
""", """

def fill(tls, view):
    while view:
        count = tls.recv_into(view, min(len(view), 4096))
        if not count:
            raise EOFError("cut")
        view = view[count:]
""").replace("server_hostname=host)", "server_hostname=host, suppress_ragged_eofs=False)"),
    ),
    cases=(
        _case("all of the file, and then the server closes, as Python programs do", "whole", _whole, FILE),
        _case("the file comes in three records", "records", _records, FILE),
        _case(f"somebody ends the connection after {_CUT} of {len(FILE)} bytes", "cut", _cut(4 + _CUT),
              raises=EOFError),
        _case("somebody ends the connection inside the length", "length", _cut(2), raises=EOFError),
        _case("somebody ends the connection before the first byte", "nothing", _cut(0), raises=EOFError),
        _case(f"{len(LONG):,} bytes, and the server waits for your next wish", "stays", _stays, LONG),
        _case(f"a length of {LIMIT + 1:,} is announced", "too long", _too_long, raises=ValueError),
    ),
    praise=(
        "Cut in the file, in the length, before the first byte: you noticed each, and called no whole file cut. TLS "
        "kept the bytes secret and unaltered; that all of them came, your length has proved."
    ),
    mistakes=MISTAKES,
)  # fmt: skip
