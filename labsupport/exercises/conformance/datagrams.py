"""Does a client, or a server, of datagrams cope with all that may become of them?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from labsupport.exercises.engine import Case, Stage
from labsupport.exercises.peers import UdpPeer

from .report import Report, tried

__all__ = ["check_datagram_client", "check_datagram_server"]

#: Strays come so many, and one each so many seconds: for a second and a half.
_STRAYS: Final = 24
_EVERY: Final = 0.06
#: More than a buffer of 2048 bytes holds.
_LARGE: Final = 4000

Reply = Callable[[bytes], bytes]


def check_datagram_client(
    maker: Callable[[Any], object],
    reply: Reply,
    *,
    returns: object,
    stale: Reply | None = None,
    forged: Reply | None = None,
    repeats: bool = True,
    gives_up: type[Exception] = Exception,
) -> Report:
    """Try a client that asks one question by datagram.

        def maker(address):
            return ask(address, b"hello", deadline=0.4)     # sends b"7 hello", takes only an answer with a 7

        check_datagram_client(maker, reply=bytes.upper, returns=b"HELLO", stale=lambda question: b"6 OLD")

    - `maker(address)`: asks, and gives what came of it.  Its deadline must be below half a second.
    - `reply(question)`: the answer to a question; `returns`: what the client is to give for it.
    - `stale(question)`: the answer to an older question; None: its questions cannot be told apart.
    - `forged(question)`: what a stranger answers, from another port; None: what `reply` says, back to front.
    - `repeats`: it asks again when no answer comes; `gives_up`: what it raises when none comes in time.
    """
    talk = _Talk(reply, stale, forged or (lambda question: reply(question)[::-1]), returns, gives_up)
    return tried("a client of datagrams", maker, talk.cases(repeats))


class _Talk:
    """What the server of the cases says."""

    def __init__(
        self, reply: Reply, stale: Reply | None, forged: Reply, returns: object, gives_up: type[Exception]
    ) -> None:
        self._reply, self._stale, self._forged = reply, stale, forged
        self._returns, self._gives_up = returns, gives_up

    def cases(self, repeats: bool) -> Iterator[Case]:
        """All of them."""
        yield self._answered("the answer comes at once", lambda *_: None)
        if repeats:
            yield self._answered("the first question is lost", lambda server, _: server.takes("it again"))
        yield self._answered("an empty datagram comes first", lambda server, _: server.says_nothing())
        yield self._answered(
            "a stranger answers first",
            lambda server, question: server.stranger_says(self._forged(question)),
        )
        if self._stale is not None:
            stale = self._stale
            yield self._answered(
                "the answer to an older question comes first",
                lambda server, question: server.says(stale(question)),
            )
            yield self._answered(
                "it comes twice, and then a large datagram",
                lambda server, question: _all(server, stale(question), stale(question), b"".ljust(_LARGE, b"x")),
            )
            yield self._unanswered("stray answers without end", self._strays)
        yield self._unanswered("the server never answers", lambda server, _: server.is_left())
        yield self._unanswered("the server is gone", lambda server, _: server.leaves())

    def _answered(self, title: str, before: Callable[[UdpPeer, bytes], object]) -> Case:
        """A case in which the answer comes, and something else `before` it."""

        def play(stage: Stage, server: UdpPeer) -> None:
            stage.returns = self._returns
            question = server.takes("a question")
            before(server, question)
            server.answers(self._reply(question))

        return _case(title, play)

    def _unanswered(self, title: str, instead: Callable[[UdpPeer, bytes], object]) -> Case:
        def play(stage: Stage, server: UdpPeer) -> None:
            stage.raises = self._gives_up
            instead(server, server.takes("a question"))

        return _case(title, play)

    def _strays(self, server: UdpPeer, question: bytes) -> None:
        assert self._stale is not None
        server.drips([self._stale(question)] * _STRAYS, _EVERY)


def _all(server: UdpPeer, *datagrams: bytes) -> None:
    for data in datagrams:
        server.says(data)


def _case(title: str, play: Callable[[Stage, UdpPeer], None]) -> Case:
    def scene(stage: Stage) -> None:
        server = stage.peers[0]
        assert isinstance(server, UdpPeer)
        play(stage, server)

    return Case(title, "maker(address)", scene, given=lambda stage: (stage.datagrams().address,))


# --- a server --------------------------------------------------------------------------------


def check_datagram_server(
    maker: Callable[[Any], object], question: bytes, answer: bytes, *, ignores: bytes | None = None
) -> Report:
    """Try a server of datagrams.

        def maker(sock):
            while True:                                     # the socket is bound
                data, address = sock.recvfrom(2048)
                sock.sendto(data.upper(), address)

        check_datagram_server(maker, b"hello", b"HELLO")

    - `maker(sock)`: serves on a bound socket until it is stopped.
    - `question`, `answer`: a datagram, and what is to come back.
    - `ignores`: a datagram to which nothing is to come back; None: there is none.
    """

    def served(title: str, before: Callable[[Stage], object]) -> Case:
        def play(stage: Stage) -> None:
            before(stage)
            stage.rest()
            amara = stage.datagram_client("Amara")
            amara.says(question)
            amara.hears(answer)

        return Case(title, "maker(sock)", play, given=lambda stage: (stage.bind(),), serves=True)

    def chen(stage: Stage, *datagrams: bytes) -> UdpPeer:
        client = stage.datagram_client("Chen")
        _all(client, *datagrams)
        return client

    def twice(stage: Stage) -> None:
        client = chen(stage, question, question)
        client.hears(answer)
        client.hears(answer)

    cases = [
        served("one question", lambda _: None),
        served("the same question comes twice", twice),
        served("an empty datagram comes first", lambda stage: chen(stage, b"")),
        served("a large datagram comes first", lambda stage: chen(stage, b"".ljust(_LARGE, b"x"))),
        served("a client asks and is gone", lambda stage: chen(stage, question).leaves()),
    ]
    if ignores is not None:
        cases.append(served("a datagram that is to be ignored comes first", lambda stage: chen(stage, ignores)))
    return tried("a server of datagrams", maker, cases)
