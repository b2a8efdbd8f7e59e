"""A call of a socket's method, as the tape has it: one of the `events`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .carrying import Carrying
from .ticks import clock, tick

if TYPE_CHECKING:
    from .events import Address, Endpoint, Program

__all__ = ["Call", "Failure", "text_of"]


def text_of(error: BaseException) -> str:
    """The message of an exception, also of a learner's class whose `__str__` raises."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  whatever it is, it is theirs
        return f"<a {type(error).__name__}, whose str() fails>"


class Failure(NamedTuple):
    """What a call raised, without the exception: that would hold its frames, and they the socket."""

    type: type[BaseException]
    errno: int | None
    message: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """What to keep of `error`."""
        return cls(type(error), getattr(error, "errno", None), text_of(error))

    def __str__(self) -> str:
        return f"{self.type.__name__}: {self.message}" if self.message else self.type.__name__


class Call(Carrying):
    """One call of a socket's method by a program.

    - `op`: the method's name ("recv"); `layer`: "plain" or "tls".
    - `asked`: the arguments, without data and without sockets.  (Of a call that has but one it may be `only`, until
      somebody wants the tuple: one object less on a tape is a fiftieth of the time of an echo.)
    - `order`, `started`: tick and second at which it began; `done`, `ended`: at which it
      returned or raised, None while it has not.
    - `result`: what came back.  Of bytes the first `KEPT_BYTES`, of `accept` the client's
      address, of the `_into` methods the number of bytes.
    - `error`: a `Failure`, or None.
    - `data`: the bytes that went out or came in, at most `KEPT_BYTES` of them; None for a
      call that carries none.  Of older ones the tape keeps the beginning (`forgotten`).
    - `length`: how many bytes really went out or came in; None while unknown.
    - `offset`: how many bytes this endpoint had sent (received) in its life before these.
    - `accepted`: the endpoint that `accept` gave.
    - `address`: the other end as this call named it or was told it.
    - `flags`: the flags given (MSG_PEEK, ...), with those that `recvmsg` returned.
    - `ending`: what a `close` does: "fin", or a RST because of bytes nobody took ("unread",
      RFC 9293 §3.6.1) or SO_LINGER 0 ("linger"), or nothing yet, for a `makefile` or a `dup`
      still holds the socket ("held"), or nothing more, for it was closed ("again").
    """

    __slots__ = (
        "accepted", "address", "asked", "done", "ended", "ending", "endpoint", "error", "flags", "layer", "length",
        "offset", "only", "op", "order", "program", "result", "started",
    )  # fmt: skip

    accepted: Endpoint | None
    address: Address | None
    asked: tuple[Any, ...]
    done: int | None
    ended: float | None
    ending: str
    error: Failure | None
    flags: int
    layer: str
    length: int | None
    offset: int
    only: int | None
    result: Any

    def __init__(self, program: Program, endpoint: Endpoint, op: str, layer: str = "plain") -> None:
        self.program = program
        self.endpoint = endpoint
        self.op = op
        self.layer = layer
        self.order = tick()
        self.started = clock()
        program.last = self

    if not TYPE_CHECKING:  # else mypy would believe in every name

        def __getattr__(self, name: str) -> Any:
            """What this call has not: most have little, and a call is written while the learner's program waits."""
            if name == "result" and self.op in _GIVING_BYTES:
                return self.data
            if name == "asked" and self.only is not None:
                return (self.only,)
            if name in _NOTHING:
                return _NOTHING[name]
            raise AttributeError(f"a Call has no {name!r}")

    def finish(self) -> None:
        """It has returned."""
        self.ended = clock()
        self.done = tick()

    def fail(self, error: BaseException) -> None:
        """It has raised."""
        self.error = Failure.of(error)
        self.ended = clock()
        self.done = tick()

    @property
    def role(self) -> str:
        """Who called: "client", "server", "listener" or the learner's label."""
        return self.endpoint.role

    @property
    def open(self) -> bool:
        """Has begun and has not returned."""
        return self.done is None

    def __repr__(self) -> str:
        came = "…" if self.open else f"! {self.error}" if self.error else f"= {self.result!r}"
        return f"<Call {self.order} {self.role}.{self.op} {came}>"


_GIVING_BYTES: Final = frozenset({"read", "recv", "recvfrom", "recvmsg"})
_NOTHING: Final[dict[str, Any]] = {
    **dict.fromkeys(("accepted", "address", "done", "ended", "error", "head", "length", "only", "result", "shelf")),
    "asked": (),
    "ending": "",
    "flags": 0,
    "layer": "plain",
    "offset": 0,
}
