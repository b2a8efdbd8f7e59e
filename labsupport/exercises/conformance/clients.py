"""Does a client get its answer, however it comes, and does it say so when none will?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from labsupport.exercises import peers
from labsupport.exercises.engine import Case, Stage

from .report import Report, tried

__all__ = ["check_client"]


def check_client(
    maker: Callable[[Any], object],
    question: bytes,
    answer: bytes,
    *,
    returns: object,
    broken: type[Exception] = Exception,
    retries: bool = False,
) -> Report:
    r"""Try a client that asks one question on a connection of its own.

        def maker(address):
            return ask(address, "how are you?")             # with a deadline below a second

        check_client(maker, b"how are you?\n", b"fine\n", returns="fine")

    - `maker(address)`: connects, asks, and gives what came of it.  Its deadline must be below a second.
    - `question`, `answer`: what it is to send, and what is sent back, as bytes on the wire.
    - `returns`: what it is to give for that answer; `broken`: what it raises when there will be none.
    - `retries`: it connects anew when a connection breaks; then each of its connections does.
    """
    talk = _Talk(question, answer, returns, broken, retries)
    return tried("a client", maker, talk.cases())


class _Talk:
    """What the server of the cases says."""

    def __init__(self, question: bytes, answer: bytes, returns: object, broken: type[Exception], retries: bool) -> None:
        self._question, self._answer = question, answer
        self._returns, self._broken, self._retries = returns, broken, retries

    def cases(self) -> Iterator[Case]:
        """All of them."""
        half = len(self._answer) // 2
        yield self._case("the answer comes in one piece", self._answers([self._answer]))
        yield self._case("the answer comes byte by byte", self._answers(_bytes(self._answer)))
        yield self._case("the answer ends early", lambda stage: self._breaks(stage, half, "finishes"))
        yield self._case("the connection is reset in the answer", lambda stage: self._breaks(stage, half, "resets"))
        yield self._case("the server hangs up without a word", lambda stage: self._breaks(stage, 0, "leaves"))
        yield self._case("the server never answers", self._silent)
        yield self._case("nobody listens", self._refused, _reserved)

    def _answers(self, pieces: Iterable[bytes]) -> Callable[[Stage], None]:
        def play(stage: Stage) -> None:
            stage.returns = self._returns
            server = stage.accept()
            server.hears(self._question)
            server.says_in_pieces(pieces)
            server.finishes()

        return play

    def _breaks(self, stage: Stage, size: int, how: str) -> None:
        stage.raises = self._broken
        while True:
            server = stage.accept()
            server.hears(self._question)
            if size:
                server.says_in_pieces([self._answer[:size]])
            getattr(server, how)()
            if not self._comes_again(stage):
                return

    def _silent(self, stage: Stage) -> None:
        stage.raises = self._broken
        server = stage.accept()
        server.hears(self._question)
        server.is_left()

    def _comes_again(self, stage: Stage) -> bool:
        """Whether a client that retries connects once more; one that does not ends by itself."""
        return self._retries and stage.until(lambda: len(stage.calls("connect", "connect_ex")) > len(stage.peers))

    def _refused(self, stage: Stage) -> None:
        stage.raises = self._broken
        stage.until(lambda: stage.gone)
        if not stage.calls("connect", "connect_ex"):
            raise peers.Unmet("the server", "a connection", "none")

    def _case(
        self,
        title: str,
        play: Callable[[Stage], None],
        given: Callable[[Stage], tuple[object, ...]] = lambda stage: (stage.address,),
    ) -> Case:
        return Case(title, "maker(address)", play, given=given)


def _reserved(stage: Stage) -> tuple[object, ...]:
    stage.listener = peers.reserve()  # it does not listen
    return (stage.address,)


def _bytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]
