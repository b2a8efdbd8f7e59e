"""Random conversations for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from labsupport.tape.events import Endpoint, Program
from tests.pictures.histories import Script, Step

__all__ = ["scripts"]

_PAYLOADS = st.sampled_from(
    [b"hi", b"hello ", b"\xff\xfe\x00\x01", "héllo 你好 नमस्ते".encode(), b"<&\"'>", b"x" * 300, b"a\nb\r\n", b"\x1b[0m"]
)


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """One to three clients, each in turn or in a thread of its own, that speak with one server."""
    script = Script()
    for number in range(draw(st.integers(1, 3))):
        own = draw(st.booleans())
        client = Program(f"Thread-{number + 1} (client)") if own else script.main
        server = Program(f"handler {number + 1}") if own else script.server
        near, far = script.connect(client)
        assert script.steps[-1].end is not None
        if own:  # the handler begins when the connection has been accepted
            script.sync(script.server, "set", 100 + number)
            script.sync(server, "wait", 100 + number, script.steps[-1].end)
        _talk(draw, script, client, server, near, far)
    return script


def _talk(draw: st.DrawFn, script: Script, client: Program, server: Program, near: Endpoint, far: Endpoint) -> None:
    for _ in range(draw(st.integers(0, 3))):
        ends = [(client, near), (server, far)]
        if draw(st.booleans()):
            ends.reverse()
        (speaker, mouth), (hearer, ear) = ends
        _say(draw, script, speaker, mouth, hearer, ear)
    _part(draw, script, client, server, near, far)


def _say(draw: st.DrawFn, script: Script, speaker: Program, mouth: Endpoint, hearer: Program, ear: Endpoint) -> None:
    """Some sends, a signal when all are out, one recv of all; or the same cut into several."""
    sends: list[Step] = [
        script.send(speaker, mouth, data) for data in draw(st.lists(_PAYLOADS, min_size=1, max_size=4))
    ]
    key = len(script.steps)
    told = script.sync(speaker, "set", key)
    script.sync(hearer, "wait", key, told.end)
    data = b"".join(bytes(getattr(step.event, "data", b"")) for step in sends)
    size = draw(st.sampled_from([len(data), 1, 3, 1024]))
    for at in range(0, min(len(data), 8 * size), size):
        script.recv(hearer, ear, data[at : at + size], *sends, size=size)
    script.sync(hearer, "set", key + 100_000)
    script.sync(speaker, "wait", key + 100_000, script.steps[-1].end)


def _part(draw: st.DrawFn, script: Script, client: Program, server: Program, near: Endpoint, far: Endpoint) -> None:
    how = draw(st.sampled_from(["close", "wait", "time out", "reset"]))
    if how == "close":
        gone = script.close(client, near)
        script.add(server, far, "recv", gone.begin, data=b"", length=0, asked=(1024,))
        script.close(server, far)
    elif how == "wait" and client is not script.main:
        script.add(client, near, "recv", asked=(1024,), still=True)
    elif how == "time out":
        script.fails(client, near, "recv", TimeoutError("timed out"))
    elif how == "reset":
        gone = script.add(server, far, "close", ending="linger")
        script.fails(client, near, "recv", ConnectionResetError(104, "Connection reset by peer"), gone.begin)
        script.close(client, near)
