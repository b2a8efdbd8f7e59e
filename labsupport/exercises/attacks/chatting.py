"""How clients of the chat speak, so that its server can be attacked.

    with chat.Program(["Ana", "Zoë", "Eli"]) as program:
        speech = attacks.chat_speech(program.accounts, Path(program.authority_file).read_text())
        attacks.run(program, speech, later=6.0)

A client that has not logged in may stay for 4 seconds (`Limits.login`), so that is how long one must look.
"""

from __future__ import annotations

import itertools
from typing import Any, Final

from labsupport import chat
from labsupport.chat.messages import Challenge, Hello, Login, Say, Welcome, encode, from_server

from .speech import Speech, Tls

__all__ = ["chat_speech", "log_in"]

_TEXT: Final = "héllo 你好"
_HELLO: Final = encode(Hello((1,)))
_turn: Final = itertools.count()


def chat_speech(accounts: chat.Accounts, pem: str, host: str = "localhost") -> Speech:
    """The speech of the chat; the last account is the one of a member who does harm, the others are the good client's.

    Several, in turn, because a name that is in is in use until the server has seen that it left.

    Raises:
        ValueError: there are fewer than two accounts.
    """
    *good, harmful = accounts.names
    if not good:
        raise ValueError("the good client and the attackers need an account each: make at least two")
    said = encode(Say(_TEXT))
    return Speech(
        question=said,
        answer=said[said.index(b'"text"') :].rstrip(b"}"),  # as it stands in the `said` that comes back
        begun=(2000).to_bytes(4, "big") + b"{",
        oversize=(2**30).to_bytes(4, "big") + b"{",
        login=f"{__name__}:{log_in.__name__}",
        credentials=tuple(part for name in good for part in (name, accounts.key(name))),
        insider=(harmful, accounts.key(harmful)),
        guess=lambda number: _HELLO + encode(Login(good[0], f"{number:064x}")),
        named=lambda name: _HELLO + chat.framed(b'{"type":"login","name":"%s","proof":"%064x"}' % (name, 0)),
        tls=Tls(pem, host),
    )


def log_in(sock: Any, *credentials: str | bytes) -> None:
    """Log in as the next of those whose names and keys these are.  PermissionError: the server does not let it in."""
    people = list(zip(credentials[::2], credentials[1::2], strict=True))
    name, key = people[next(_turn) % len(people)]
    assert isinstance(name, str)
    assert isinstance(key, bytes)
    sock.sendall(_HELLO)
    challenge = _message(sock)
    if not isinstance(challenge, Challenge):
        raise PermissionError(f"expected a challenge, and got {challenge!r}")
    sock.sendall(encode(Login(name, chat.proof(key, challenge.challenge, name))))
    welcome = _message(sock)
    if not isinstance(welcome, Welcome):
        raise PermissionError(f"expected to be welcome, and got {welcome!r}")


def _message(sock: Any) -> Any:
    return from_server(_exactly(sock, int.from_bytes(_exactly(sock, 4), "big")))


def _exactly(sock: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise ConnectionResetError("the connection has ended")
        data += piece
    return data
