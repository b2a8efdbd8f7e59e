r"""Two ways to log in, for servers of lines: the same token each time, and an answer to a challenge.

    with a token:       → token 0042\n                        ← welcome\n, or no\n and the end
    with a challenge:   ← challenge 9f3c...\n
                        → Amara 51b0...\n                     ← welcome\n, or no\n and the end

The answer to a challenge is HMAC-SHA-256 (RFC 2104), with a key that both sides know, of the challenge's bytes and the
name behind them, in hex.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any, Final

from .speech import LINES, Speech

__all__ = ["answer_challenge", "send_token", "with_challenge", "with_token"]

_WELCOME: Final = b"welcome\n"


def with_token(token: str, speech: Speech = LINES) -> Speech:
    """`speech` after a login with this token; a stranger guesses 0000, 0001, 0002, ..."""
    return replace(
        speech,
        login=f"{__name__}:{send_token.__name__}",
        credentials=(token,),
        insider=(token,),
        guess=lambda n: _token(f"{n:04}"),
    )


def with_challenge(name: str, key: bytes, speech: Speech = LINES) -> Speech:
    """`speech` after a login by challenge, for who knows the key; a stranger guesses the key."""
    return replace(
        speech,
        login=f"{__name__}:{answer_challenge.__name__}",
        credentials=(name, key),
        insider=(name, key),
        guess=lambda n: _answer(name, str(n).encode(), b"a challenge that was not seen"),
    )


def _token(token: str) -> bytes:
    return f"token {token}\n".encode()


def _answer(name: str, key: bytes, challenge: bytes) -> bytes:
    return f"{name} {hmac.digest(key, challenge + name.encode(), 'sha256').hex()}\n".encode()


def send_token(sock: Any, token: str) -> None:
    """Log in with a token.  PermissionError: the server does not let it in."""
    sock.sendall(_token(token))
    _expect_welcome(sock)


def answer_challenge(sock: Any, name: str, key: bytes) -> None:
    """Log in by an answer to the server's challenge.  PermissionError: the server does not let it in."""
    word, _, challenge = _line(sock).partition(b" ")
    if word != b"challenge":
        raise PermissionError(f"expected a challenge, and got {word!r}")
    sock.sendall(_answer(name, key, bytes.fromhex(challenge.decode())))
    _expect_welcome(sock)


def _expect_welcome(sock: Any) -> None:
    if (said := _line(sock) + b"\n") != _WELCOME:
        raise PermissionError(f"expected {_WELCOME!r}, and got {said!r}")


def _line(sock: Any) -> bytes:
    r"""A line of the server's, without its \n; read byte by byte, so that nothing behind it is taken."""
    line = b""
    while (byte := sock.recv(1)) not in (b"", b"\n"):
        line += byte
    return line
