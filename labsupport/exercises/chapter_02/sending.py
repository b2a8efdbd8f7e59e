"""Cases in which the learner's code sends, and somebody takes down what comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from labsupport.exercises.engine import Case, Stage
from labsupport.exercises.peers import Peer

__all__ = ["other_end", "sending"]


def sending(
    title: str, call: str, send: Callable[[Any, Any, Stage], object], heard: Sequence[bytes], room: int | None = None
) -> Case:
    """A case in which `send(answer, sock, stage)` is to send what is `heard`, and no more.

    `room`: so many bytes at most are taken by one `send` of the socket, as by a kernel whose buffer is nearly full.
    """

    def given(stage: Stage) -> tuple[object, ...]:
        sock, receiver = stage.connected("the receiver")
        receiver.room = room
        return sock, stage

    def use(answer: Any, sock: Any, stage: Stage) -> object:
        with sock:
            return send(answer, sock, stage)

    def play(stage: Stage) -> None:
        stage.rest()  # whoever sent too little has closed by then, on every run
        for data in heard:
            other_end(stage).hears(data)
        other_end(stage).hears_the_end()

    return Case(title, call, play, given, use=use)


def other_end(stage: Stage) -> Peer:
    """The other end of the one connection of a case."""
    (peer,) = stage.peers
    assert isinstance(peer, Peer)  # TCP
    return peer
