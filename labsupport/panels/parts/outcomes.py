"""What there is to say of a call by hand, once it has returned or raised."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["SAYS", "Outcome", "as_text", "counted", "short", "why"]

#: What there is to say of a call that has returned.
SAYS: Final = {
    "connect": "The two kernels are connected. Whether the server's program knows of it is another question: "
    "has its accept() returned?",
    "send": "That does not say that the server's program has read them.",
    "end": "The server has finished sending; every later recv() will give b'' at once.",
    "half-close": "You have finished sending: when the server has read what you sent, its next recv() gives b''. "
    "You can still receive.",
    "close": "Your program has let go. Your kernel says so to the server's, after all that you sent.",
    "unread": "your kernel ended the connection with a reset (RFC 9293 §3.6.1).",
    "reset": "A reset: a server waiting in recv() gets ConnectionResetError. Bytes that had arrived unread: Linux "
    "still hands them over first; other systems may drop them.",
}


class Outcome(NamedTuple):
    """What came of an action: the `call` as a program would write it, what it gave or raised, and a sentence."""

    action: str
    call: str
    gave: str
    sentence: str
    failed: bool = False


def counted(number: int) -> str:
    """A number of bytes in words: "1 byte", "2,000 bytes"."""
    return f"{number:,} byte{'' if number == 1 else 's'}"


def short(data: bytes, limit: int = 64) -> str:
    """Bytes as a program would write them, the first `limit` of them."""
    return repr(data) if len(data) <= limit else f"{data[:limit]!r}…"


def as_text(data: bytes) -> str:
    """What the bytes are as text, if they are."""
    try:
        return f"As text: {data.decode()}"
    except UnicodeDecodeError:
        return "They are not whole UTF-8 text: perhaps a character was cut in two."


def why(action: str, error: OSError, patience: float) -> str:
    """What the error means, to somebody who did `action` and waited so many seconds at most."""
    for kind, when, sentence in _REASONS:
        if isinstance(error, kind) and when in ("", action):
            return sentence.format(patience)
    return str(error)


#: (type of the error, action or "" for any, sentence): the first that fits.
_REASONS: Final[tuple[tuple[type[OSError], str, str], ...]] = (
    (ConnectionRefusedError, "", "Nobody listens here. Has the server ended? Run its cell again, and then this one."),
    (TimeoutError, "receive", "Nothing came within {:g} s. That was your own timeout: the connection still stands."),
    (TimeoutError, "send", "No room in your kernel within {:g} s: the server does not read. Some bytes may have gone."),
    (TimeoutError, "", "No answer within {:g} s: the listener's queue may be full."),
    (ConnectionResetError, "", "The other end has reset the connection. Linux tells this once: then recv() gives b''."),
    (BrokenPipeError, "", "The other end has closed, and its kernel has said so: nobody will read what you send."),
)
