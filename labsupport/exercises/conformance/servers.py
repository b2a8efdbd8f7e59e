"""Does a server hold, whatever its clients do?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from labsupport.exercises.engine import Case, Stage
from labsupport.exercises.peers import Peer

from .report import Report, tried

__all__ = ["ECHO", "Clients", "Exchange", "Play", "check_server", "goes"]

Exchange = tuple[bytes, bytes]
Play = Callable[[Stage], None]

_HELLO: Final = "héllo 你好\n".encode()
#: What an echo is asked, and answers.
ECHO: Final = ((_HELLO, _HELLO), (b"again\n", b"again\n"))
#: What one client asks without reading an answer fits into the buffers of two sockets, so that nobody need wait.
_UNREAD: Final = 32_768
#: So many clients are connected at once.
_CROWD: Final = 12


def check_server(
    maker: Callable[[Any], object],
    exchanges: Sequence[Exchange] = ECHO,
    *,
    oversize: bytes = b"",
    at_once: bool = True,
) -> Report:
    r"""Try a server with clients that break off, dribble, pipeline, reset, or read late.

        def maker(listener):
            while True:                                     # a server as in chapter 01
                serve_one(listener.accept()[0])

        check_server(maker, [(b"ping\n", b"pong\n")])     # what a client sends, what it is to get

    - `maker(listener)`: serves clients until it is stopped.  The listener is bound to 127.0.0.1 and listens.
    - `exchanges`: questions and their answers, as bytes on the wire; unless given, an echo's.
    - `oversize`: the beginning of a question that the protocol does not allow; b"": it has no maximum.
    - `at_once`: a client that says nothing is to keep no other one waiting.
    """
    clients = Clients(list(exchanges))
    return tried("a server", maker, (_case(title, play) for title, play in clients.plays(oversize, at_once)))


class Clients:
    """What the clients of the cases say."""

    def __init__(self, exchanges: list[Exchange]) -> None:
        if not exchanges or not all(question for question, _ in exchanges):
            raise ValueError("exchanges are pairs (question, answer) of bytes, at least one, and no question is empty")
        self._exchanges = exchanges
        self._first = exchanges[0]

    def plays(self, oversize: bytes, at_once: bool) -> Iterator[tuple[str, Play]]:
        """All cases: the title, and the script."""
        yield "one question after the other", self._in_turn
        yield "a question comes byte by byte", self._byte_by_byte
        yield "all questions in one piece: pipelined", self._pipelined
        yield "a client finishes sending, and still wants its answers", self._half_close
        yield "a client leaves without a word", self._without_a_word
        yield "a client leaves in the middle of a question", self._early_end
        yield "a client resets its connection in the middle of a question", self._reset
        yield "a client asks much and reads late", self._slow_reader
        yield f"{_CROWD} clients at once", self._crowd
        if at_once:
            yield "a client that says nothing keeps nobody waiting", self._silent
        if oversize:
            yield "a question is too large", lambda stage: self._too_large(stage, oversize)

    def _in_turn(self, stage: Stage) -> None:
        amara = stage.client("Amara")
        for question, answer in self._exchanges:
            amara.says(question)
            amara.hears(answer)
        goes(amara)

    def _byte_by_byte(self, stage: Stage) -> None:
        bo = stage.client("Bo")
        question, answer = self._first
        bo.says_in_pieces(_bytes(question))
        bo.hears(answer)
        goes(bo)

    def _pipelined(self, stage: Stage) -> None:
        chen = stage.client("Chen")
        chen.says_at_once(*(question for question, _ in self._exchanges))
        chen.hears(b"".join(answer for _, answer in self._exchanges))
        goes(chen)

    def _half_close(self, stage: Stage) -> None:
        dalia = stage.client("Dalia")
        dalia.says_at_once(*(question for question, _ in self._exchanges))
        dalia.finishes()
        dalia.hears(b"".join(answer for _, answer in self._exchanges))
        dalia.hears_the_end()

    def _without_a_word(self, stage: Stage) -> None:
        stage.client("Chen").leaves()
        self.then_somebody_else(stage)

    def _early_end(self, stage: Stage) -> None:
        chen = stage.client("Chen")
        chen.says_part_of(self._first[0], len(self._first[0]) // 2)
        stage.rest()
        chen.leaves()
        self.then_somebody_else(stage)

    def _reset(self, stage: Stage) -> None:
        chen = stage.client("Chen")
        chen.says_part_of(self._first[0], len(self._first[0]) // 2)
        stage.rest()
        chen.resets()
        self.then_somebody_else(stage)

    def _slow_reader(self, stage: Stage) -> None:
        eli = stage.client("Eli")
        question, answer = self._first
        times = max(1, _UNREAD // max(len(question), len(answer)))
        eli.says(question * times)
        stage.rest()
        eli.hears(answer * times)
        goes(eli)

    def _crowd(self, stage: Stage) -> None:
        crowd = [stage.client(f"client {number}") for number in range(1, _CROWD + 1)]
        question, answer = self._first
        for each in crowd:
            each.says(question)
        for each in crowd:
            each.hears(answer)
            goes(each)

    def _silent(self, stage: Stage) -> None:
        stage.client("Fatima")
        self.then_somebody_else(stage)

    def _too_large(self, stage: Stage, oversize: bytes) -> None:
        chen = stage.client("Chen")
        chen.says(oversize)
        chen.is_hung_up()
        self.then_somebody_else(stage)

    def then_somebody_else(self, stage: Stage) -> None:
        """Whatever happened: the next client is served."""
        stage.rest()
        amara = stage.client("Amara")
        question, answer = self._first
        amara.says(question)
        amara.hears(answer)
        goes(amara)


def goes(client: Peer) -> None:
    """The client finishes, and hears the end."""
    client.finishes()
    client.hears_the_end()


def _bytes(data: bytes) -> Iterable[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


def _case(title: str, play: Play) -> Case:
    return Case(title, "maker(listener)", play, given=lambda stage: (stage.listen(),), serves=True)
