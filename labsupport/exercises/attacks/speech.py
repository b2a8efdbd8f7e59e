"""How clients of a server speak: all that an attack must know of a protocol."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from labsupport.tls import Authority

__all__ = ["FRAMES", "LINES", "Speech", "Tls"]

_HELLO: Final = "héllo 你好".encode()


@dataclass(frozen=True)
class Tls:
    """TLS under it: whom the clients trust (a certificate in PEM), and the host that the server is to be."""

    pem: str
    host: str


@dataclass(frozen=True)
class Speech:
    r"""What a good client says and hears, and how somebody says what should not be said.

    Only the first two are needed.  An attack that needs more than there is is skipped, and says what it would need.

    - `question`, `answer`: a good question, and what is to come back for it, as bytes on the wire.
    - `begun`: the beginning of a question; a thousand bytes ``x`` after it do not end it.
    - `oversize`: the beginning of a question that is larger than the protocol allows; bytes ``x`` follow it.
    - `login`: how a good client logs in when it has connected: the name of a function, ``"package.module:function"``,
      that is called with the socket and the `credentials` and raises an `OSError` when it is not let in.  It is called
      in a process of the good client's own, which is why it is a name, and of a function in a file, not in a cell.
    - `credentials`: what the good client logs in with: strings, bytes, numbers.
    - `insider`: what somebody logs in with who then does harm.
    - `guess`: gives the bytes of a login with the n-th guess of the token, n = 0, 1, 2, ...
    - `pickled`: gives a question on the wire for the bytes of a pickle.
    - `named`: gives what is sent on the wire for some bytes that are a name, or any other text.
    - `tls`: TLS under all that.
    - `pace`: seconds from the beginning of one visit of the good client to the beginning of the next.
    """

    question: bytes
    answer: bytes
    begun: bytes = b""
    oversize: bytes = b""
    login: str = ""
    credentials: tuple[str | bytes | int, ...] = ()
    insider: tuple[str | bytes | int, ...] = ()
    guess: Callable[[int], bytes] | None = None
    pickled: Callable[[bytes], bytes] | None = None
    named: Callable[[bytes], bytes] | None = None
    tls: Tls | None = None
    pace: float = 0.02

    def __post_init__(self) -> None:
        for name in ("question", "answer"):
            value: object = getattr(self, name)
            if not isinstance(value, bytes):
                raise TypeError(f"a speech's {name} is bytes on the wire, not {value!r} ({type(value).__name__})")
            if not value:
                raise ValueError(f"a speech's {name} cannot be empty: by it one sees whether the server still answers")
        if self.login and not all(self.login.partition(":")):
            raise ValueError(f'login names a function as "package.module:function", and is {self.login!r}')

    def over_tls(self, authority: Authority, host: str = "localhost") -> Speech:
        """The same over TLS, for a server that shows a certificate for `host` of this authority."""
        return replace(self, tls=Tls(authority.pem, host))


def _line(text: bytes) -> bytes:
    return text + b"\n"


def _frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def _base64_line(data: bytes) -> bytes:
    return _line(base64.b64encode(data))


#: An echo of lines; a pickle goes into one as base64.
LINES: Final = Speech(_line(_HELLO), _line(_HELLO), begun=b"h", oversize=b"h", pickled=_base64_line, named=_line)
#: An echo of messages that have their length before them, in four bytes; the large one announces a gibibyte.
FRAMES: Final = Speech(
    _frame(_HELLO),
    _frame(_HELLO),
    begun=(2000).to_bytes(4, "big"),
    oversize=(2**30).to_bytes(4, "big"),
    pickled=_frame,
    named=_frame,
)
