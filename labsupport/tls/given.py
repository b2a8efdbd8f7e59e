"""What a learner passes to `tls.handshake`, checked, so that a wrong argument gets one clear sentence."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from itertools import islice
from typing import Final

from .parts import Sender, receiver_of

__all__ = ["check_context", "check_host", "check_session", "check_tamper", "checked_flight", "checked_words"]

#: How many things may be said, and how many bytes in all.
MOST_SAID: Final = 64
MOST_BYTES: Final = 1 << 20

#: What the call that makes a context takes.
_HOST: Final = {"client": "", "server": '"localhost"'}


def check_context(context: object, whose: Sender, wrong: int) -> None:
    """Refuse what cannot be the context of this end; `wrong` is the protocol that only the other can have."""
    if not isinstance(context, ssl.SSLContext):
        raise TypeError(
            f"the {whose} needs an ssl.SSLContext such as authority.{whose}_context({_HOST[whose]}), "
            f"and got {context!r}"
        )
    if context.protocol == wrong:
        raise ValueError(
            f"this is the context of a {receiver_of(whose)}, and the {whose} needs one of its own: "
            "handshake(client, server, host)"
        )


def check_host(host: object) -> None:
    """Refuse what cannot be the name or the address of a host."""
    if not isinstance(host, str):
        raise TypeError(f'the host is a string such as "localhost" or "127.0.0.1", and not {host!r}')
    if not host or "\0" in host:  # what else is no name, Python says
        raise ValueError(f'{host!r} cannot be the name of a host; names look like "localhost"')


def check_session(session: object) -> None:
    """Refuse what is no session."""
    if not isinstance(session, ssl.SSLSession | None):
        raise TypeError(f"a session is the .session of an earlier transcript, and not {session!r}")


def checked_words(say: object) -> list[bytes]:
    """What is to be said, as a list."""
    if isinstance(say, bytes | str) or not isinstance(say, Iterable):
        raise TypeError(f'say takes several bytes, one for each turn, such as say=(b"hello?", b"hello!"), not {say!r}')
    words = list(islice(say, MOST_SAID + 1))
    for word in words:
        if not isinstance(word, bytes) or not word:
            raise TypeError(f'what is said is bytes, at least one, such as b"hello", and not {word!r}')
    if len(words) > MOST_SAID or sum(map(len, words)) > MOST_BYTES:
        raise ValueError(f"at most {MOST_SAID} things can be said, with {MOST_BYTES:,} bytes in all")
    return words


def check_tamper(tamper: object) -> None:
    """Refuse what cannot be called."""
    if tamper is not None and not callable(tamper):
        raise TypeError(f"tamper is a function of the number of a flight and its bytes, and not {tamper!r}")


def checked_flight(data: object) -> bytes:
    """What a learner's function made of a flight."""
    if not isinstance(data, bytes | bytearray):
        raise TypeError(f"tamper returns the bytes that arrive instead, b'' for none, and it returned {data!r}")
    return bytes(data)
