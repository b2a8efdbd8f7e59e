"""What goes wrong with a file over TLS, and the facts by which it shows."""

from __future__ import annotations

import ssl
from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.tls import APPLICATION_DATA

__all__ = ["FILE", "LIMIT", "LONG", "MISTAKES", "NAME", "STARTER", "framed", "written"]

#: What is asked for, and what is in it.
NAME: Final = "résumé.txt"
FILE: Final = "Amani Odhiambo, Kisumu. 2019 … 2026: harbour pilot.".encode()
#: More than a record holds (16,384 bytes; RFC 9846, section 5.1).
LONG: Final = FILE * 800
#: The longest file that is taken.
LIMIT: Final = 1_000_000

_HEAD: Final = '''\
import socket
import ssl
import struct


def sealed_file(address, host, cafile, name):
    """The file of this name, all of it (bytes); EOFError if it was cut.

    Over TLS: we send the name and a line end; the server sends four bytes, the length
    (big-endian, '!I'), and the file.
    ValueError: longer than a million bytes, and not read.
    """
    context = ssl.create_default_context(cafile=cafile)
    with socket.create_connection(address, timeout=5) as sock:
        with context.wrap_socket(sock, server_hostname=host) as tls:
            tls.sendall(name.encode() + b"\\n")
            '''
STARTER: Final = _HEAD + "raise NotImplementedError\n"

_EXACTLY: Final = """

def recv_exactly(tls, n):
    data = b""
    while len(data) < n:
        chunk = tls.recv(n - len(data))
        if not chunk:
            raise EOFError(f"cut after {len(data)} of {n} bytes")
        data += chunk
    return data
"""
_BODY: Final = """\
(length,) = struct.unpack("!I", recv_exactly(tls, 4))
if length > 1_000_000:
    raise ValueError(f"{length} bytes are too many")
return recv_exactly(tls, length)
"""


def framed(data: bytes) -> bytes:
    """A file as the server sends it."""
    return len(data).to_bytes(4, "big") + data


def written(body: str = _BODY, more: str = _EXACTLY, head: str = _HEAD) -> str:
    """A whole answer, from the lines of the gap, and what stands after the function."""
    return head + body.strip().replace("\n", "\n            ") + "\n" + more


# --- the signs of mistakes -------------------------------------------------------------------
# `noted` has "met", the case, and "whole": how many bytes of the file there are.


def _meets(outcome: Outcome, *met: str) -> bool:
    return outcome.noted.get("met") in met


def _half_closes(outcome: Outcome) -> Facts | None:
    """After shutdown(), what came was a TLS record (RFC 9846, section 5.1), as it is on the wire."""
    if not outcome.calls("shutdown"):
        return None
    raw = outcome.received.startswith(_RECORD)
    return {"got": outcome.received[:3].hex(" ")} if raw else None


#: Application data, and the version that every record has in its header.
_RECORD: Final = bytes((APPLICATION_DATA, 3, 3))


def _ends(outcome: Outcome) -> bool:
    return any(call.length == 0 and call.error is None and not call.open for call in outcome.receives)


def _returns_half(outcome: Outcome) -> bytes | None:
    """What was returned of a file that was cut."""
    cut = _meets(outcome, "cut") and outcome.ended and outcome.error is None
    return bytes(outcome.result) if cut and isinstance(outcome.result, bytes | bytearray) else None


def _until_the_end(outcome: Outcome) -> Facts | None:
    got = _returns_half(outcome)
    return {"k": len(got), "n": len(FILE)} if got is not None and _ends(outcome) else None


def _one_recv(outcome: Outcome) -> Facts | None:
    """The rest was never asked for."""
    less = isinstance(outcome.result, bytes) and len(outcome.result) < outcome.noted.get("whole", 0)
    short = _meets(outcome, "records") and outcome.ended and less
    return {"k": len(outcome.result), "n": outcome.noted["whole"]} if short and not _ends(outcome) else None  # type: ignore[arg-type]


def _asks_for_a_farewell(outcome: Outcome) -> Facts | None:
    """The whole file had come, and then the missing close_notify was taken for a cut."""
    whole = len(outcome.received) >= len(framed(FILE)) and _meets(outcome, "whole")
    return {} if whole and outcome.failed(ssl.SSLEOFError) and outcome.error is not None else None


def _waits_for_the_end(outcome: Outcome) -> Facts | None:
    """All was there, and it was waiting for more."""
    waits = outcome.waiting is not None and not outcome.ended
    return {"n": outcome.noted["whole"]} if waits and _meets(outcome, "stays") else None


def _half_a_length(outcome: Outcome) -> Facts | None:
    """Two bytes of the length had come, and were taken for all four."""
    if not _meets(outcome, "length") or not outcome.ended:
        return None
    if isinstance(outcome.result, bytes | bytearray) and outcome.error is None:
        return {"how": f"returned {bytes(outcome.result)!r}, as if that were the file"}
    return {"how": f"ended with '{outcome.error}'"} if type(outcome.error).__module__ == "struct" else None


def _believes_any_length(outcome: Outcome) -> Facts | None:
    """It has asked for more of a file that is too long."""
    reads_on = outcome.waiting is not None and not outcome.ended
    return {"n": LIMIT + 1} if reads_on and _meets(outcome, "too long") else None


# --- the wrong programs ----------------------------------------------------------------------

_TO_THE_END: Final = """\
data = b""
while chunk := tls.recv(65536):
    data += chunk
return data[4:]
"""

MISTAKES: Final = (
    Mistake(
        "until_the_end",
        written(_TO_THE_END, ""),
        "You returned {k} of {n} bytes as if they were the file. recv() gave b'', and in Python, on TLS, that says "
        "nothing: whoever stands on the way can end the TCP connection, without any key, and by default Python reports "
        "this as it reports a good end. The length in the message cannot be forged: compare.",
        _until_the_end,
        {"k": 20, "n": len(FILE)},
    ),
    Mistake(
        "asks_for_a_farewell",
        written("""\
data = b""
try:
    while chunk := tls.recv(65536):
        data += chunk
except ssl.SSLEOFError:
    raise EOFError("cut: no close_notify") from None
return data[4:]
""", "").replace("server_hostname=host)", "server_hostname=host, suppress_ragged_eofs=False)"),
        "The whole file had come, and you called it cut. suppress_ragged_eofs=False wants a close_notify before the "
        "end, and a Python server that closes a socket sends none: close(), `with` and shutdown() end TCP only; "
        "unwrap() alone says farewell. The length in the message tells a cut from an end without it.",
        _asks_for_a_farewell,
    ),
    Mistake(
        "half_closes",
        written("tls.shutdown(socket.SHUT_WR)\n" + _BODY),
        "shutdown() on a TLS socket throws the TLS layer away: what you read is the server's answer still encrypted "
        "(it begins {got}, the header of a TLS record), and what you send from now on goes out in clear. Use "
        "unwrap(), or let the message say its length.",
        _half_closes,
        {"got": "17 03 03"},
    ),
    Mistake(
        "one_recv",
        written("""\
(length,) = struct.unpack("!I", recv_exactly(tls, 4))
if length > 1_000_000:
    raise ValueError("too long")
return tls.recv(length)
"""),
        "One recv() is not the file: you returned {k} of {n} bytes. On TLS a recv() gives no more than one record, at "
        "most 16,384 bytes, and a server puts into a record what it likes. Read on, until the length is reached or b'' "
        "comes.",
        _one_recv,
        {"k": 20, "n": len(FILE)},
    ),
    Mistake(
        "half_a_length",
        written("""\
(length,) = struct.unpack("!I", tls.recv(4))
if length > 1_000_000:
    raise ValueError("too long")
return recv_exactly(tls, length)
"""),
        "The connection was cut inside the length, and your program {how}. Four bytes can be cut too: read them as you "
        "read the file, until they are all there or EOFError.",
        _half_a_length,
        {"how": "ended with 'unpack requires a buffer of 4 bytes'"},
    ),
    Mistake(
        "believes_any_length",
        written('(length,) = struct.unpack("!I", recv_exactly(tls, 4))\nreturn recv_exactly(tls, length)'),
        "{n:,} bytes were announced, and you began to collect them. Four bytes can announce 4 GiB, and TLS says who "
        "the server is, not that it means well or has no bug: whoever believes any length lets the other end fill the "
        "memory. Compare with the limit first, and raise ValueError.",
        _believes_any_length,
        {"n": LIMIT + 1},
    ),
    Mistake(
        "waits_for_the_end",
        written("""\
data = b""
while chunk := tls.recv(65536):
    data += chunk
if len(data) < 4 or data[:4] != struct.pack("!I", len(data) - 4):
    raise EOFError("cut")
return data[4:]
""", ""),
        "All {n:,} bytes had come, and you went on reading: this server keeps the connection open. The length says "
        "where the file ends; whoever waits for b'' waits for somebody else's decision.",
        _waits_for_the_end,
        {"n": len(LONG)},
    ),
)  # fmt: skip
