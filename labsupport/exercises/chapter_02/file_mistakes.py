"""What goes wrong where a file goes over a socket, and the facts by which it shows."""

from __future__ import annotations

import hashlib
import struct
from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.streams import SENDING

from .file_program import CHANGED, ENORMOUS, FILE, OLD, RECV, SECOND, SEND, Held, framed, written

__all__ = ["MISTAKES"]


# --- the signs of mistakes -------------------------------------------------------------------


def _sent(outcome: Outcome) -> bytes:
    return b"".join(call.data or b"" for call in outcome.calls(*SENDING) if call.error is None)


def _held(outcome: Outcome) -> tuple[bytes | None, bytes | None]:
    """What is in the file, and what was to be there, where that was looked at; else None and None."""
    there = outcome.result.data if isinstance(outcome.result, Held) else None
    return there, outcome.returns.data if isinstance(outcome.returns, Held) else None


def _reads_text(outcome: Outcome) -> Facts | None:
    wrong = outcome.raised(UnicodeDecodeError) or outcome.raised(TypeError, "must be str, not bytes")
    return {"error": type(outcome.error).__name__} if wrong else None


def _hexadecimal(outcome: Outcome) -> Facts | None:
    hexed = hashlib.sha256(FILE).hexdigest().encode()
    return {} if outcome.unmet is not None and _sent(outcome).endswith(hexed[:30]) | (hexed in _sent(outcome)) else None


def _send_for_sendall(outcome: Outcome) -> Facts | None:
    sends = outcome.calls("send")
    if outcome.unmet is None or not sends or outcome.calls("sendall", "sendfile"):
        return None
    return {"k": max(call.length or 0 for call in sends)} if "only" in outcome.unmet.got else None


def _takes_too_much(outcome: Outcome) -> Facts | None:
    """One call took the end of this file, and the beginning of the next."""
    size = len(framed(FILE))
    ends = [call.offset + (call.length or 0) for call in outcome.receives if call.offset < size]
    over = max(ends, default=0) - size
    there, right = _held(outcome)
    wrong = outcome.ended and right in (FILE, SECOND) and there != right and _leaves_the_checksum(outcome) is None
    return {"k": over} if over > 0 and wrong else None


def _one_recv(outcome: Outcome) -> Facts | None:
    there, right = _held(outcome)
    if right != FILE or there == FILE or _takes_too_much(outcome) is not None:
        return None
    asked = [call.asked[0] if call.asked and isinstance(call.asked[0], int) else 0 for call in outcome.receives]
    for number, call in enumerate(outcome.receives[:-1]):
        k = call.length or 0
        if asked[number] == len(FILE) and 0 < k < len(FILE) and asked[number + 1] != len(FILE) - k:
            return {"k": k, "n": len(FILE)}
    return None


def _writes_into_the_target(outcome: Outcome) -> Facts | None:
    there, right = _held(outcome)
    spoilt = right == OLD != there and (there is None or len(there) < len(FILE))
    return {"old": OLD, "new": outcome.result} if spoilt else None


def _renames_too_early(outcome: Outcome) -> Facts | None:
    return {"old": OLD} if _held(outcome) == (CHANGED, OLD) else None


def _no_comparison(outcome: Outcome) -> Facts | None:
    unsaid = outcome.raises is ValueError and outcome.ended and outcome.error is None
    return {} if unsaid else None


def _leaves_the_part(outcome: Outcome) -> Facts | None:
    right, there = outcome.returns, outcome.result
    if not isinstance(right, list) or not isinstance(there, list) or outcome.raises is not None:
        return None
    more = [name for name in there if name not in right]
    return {"name": more[0]} if more else None


def _makes_room_for_all(outcome: Outcome) -> Facts | None:
    meant = outcome.received.startswith(struct.pack("!Q", ENORMOUS))
    return {"n": ENORMOUS} if meant and (outcome.raised(MemoryError) or outcome.raised(OverflowError)) else None


def _leaves_the_checksum(outcome: Outcome) -> Facts | None:
    there, right = _held(outcome)
    end = 8 + len(FILE)
    on_it = any(call.offset == end and call.asked and call.asked[0] == 8 for call in outcome.receives)
    return {} if right == SECOND != there and on_it else None


# --- the wrong programs ----------------------------------------------------------------------

_WHOLE: Final = """\
(length,) = struct.unpack("!Q", recv_exactly(sock, 8))
data = b""
while len(data) < length:
    chunk = sock.recv(min(65536, length - len(data)))
    if not chunk:
        raise EOFError
    data += chunk
digest = recv_exactly(sock, 32)
if digest != hashlib.sha256(data).digest():
    raise ValueError("changed")
with open(path, "wb") as file:
    file.write(data)
"""

MISTAKES: Final = (
    Mistake(
        "reads_text",
        written(send=SEND.replace('open(path, "rb")', "open(path)")),
        "A file is bytes, and you opened it as text ({error}). Without 'b' in its mode, open() decodes what it reads "
        "and may change the ends of lines. Use 'rb' and 'wb'.",
        _reads_text,
        {"error": "UnicodeDecodeError"},
    ),
    Mistake(
        "hexadecimal",
        written(send=SEND.replace("digest.digest()", "digest.hexdigest().encode()")),
        "You sent the checksum as 64 hexadecimal digits, and the protocol has 32 bytes for it. hexdigest() is for "
        "people; digest() gives the bytes themselves.",
        _hexadecimal,
    ),
    Mistake(
        "send_for_sendall",
        written(send=SEND.replace("sendall", "send")),
        "send() takes as many bytes as there is room for, at most {k} here, and says how many. The others were never "
        "sent. sendall() goes on until all are gone.",
        _send_for_sendall,
        {"k": 1000},
    ),
    Mistake(
        "takes_too_much",
        written(
            recv="""\
data = b""
while chunk := sock.recv(4096):
    data += chunk
(length,) = struct.unpack("!Q", data[:8])
if hashlib.sha256(data[8:-32]).digest() != data[-32:]:
    raise ValueError("changed")
with open(path, "wb") as file:
    file.write(data[8:-32])
"""
        ),
        "You read on to the end of the connection, or took what was there: {k} bytes of the next file are gone with "
        "this one. The length says where a file ends; ask for no more than is missing.",
        _takes_too_much,
        {"k": len(framed(OLD))},
    ),
    Mistake(
        "one_recv",
        written(
            recv=_WHOLE.replace(
                _WHOLE[_WHOLE.index("data = b") : _WHOLE.index("digest = ")], "data = sock.recv(length)\n"
            )
        ),
        "recv(length) gave {k} of the {n} bytes, and you took them for the whole file; what you compared as a checksum "
        "was more of the file. Ask until you have them all.",
        _one_recv,
        {"k": 12, "n": len(FILE)},
    ),
    Mistake(
        "writes_into_the_target",
        written(
            recv=RECV.replace('path + ".part"', "path")
            .replace("os.replace(part, path)", "pass")
            .replace("    os.remove(part)\n", "")
        ),
        "The connection ended in the middle, and the file that was there before is lost: where {old!r} was, there is "
        "{new!r} now. open() with 'w' empties a file at once. Write to another name beside it, and os.replace() it "
        "when all is well.",
        _writes_into_the_target,
        {"old": OLD, "new": Held(b"")},
    ),
    Mistake(
        "no_comparison",
        written(
            recv=RECV.replace(
                "if recv_exactly(sock, 32) != digest.digest():",
                "if len(recv_exactly(sock, 32)) != digest.digest_size:",
            )
        ),
        "Two bytes were changed on the way, and you kept the file. You have the sender's checksum: make your own of "
        "the bytes that came, compare the two, and raise ValueError if they differ.",
        _no_comparison,
    ),
    Mistake(
        "leaves_the_checksum",
        written(recv=_WHOLE.replace(_WHOLE[_WHOLE.index("digest = ") : _WHOLE.index("with open")], "")),
        "The first file is right; but its 32 bytes of checksum were still in the socket, and the next recv_file() took "
        "the first 8 of them for a length. Read all that belongs to a file, and look at it: a checksum that nobody "
        "compares is of no use.",
        _leaves_the_checksum,
    ),
    Mistake(
        "renames_too_early",
        written(
            recv=RECV.replace("    os.replace(part, path)\n", "")
            .replace("    if recv_exactly(sock, 32)", "    os.replace(part, path)\n    if recv_exactly(sock, 32)")
            .replace("    os.remove(part)\n", "    if os.path.exists(part):\n        os.remove(part)\n")
        ),
        "You found out that the file was changed, too late: it stands already where {old!r} was. First compare, then "
        "os.replace().",
        _renames_too_early,
        {"old": OLD},
    ),
    Mistake(
        "leaves_the_part",
        written(recv=RECV.replace("    os.remove(part)\n", "")),
        "The old file is safe, but {name!r} lies beside it now, and nobody will ever take it away. Remove what is not "
        "whole: try, except, os.remove(), raise.",
        _leaves_the_part,
        {"name": "copy.png.part"},
    ),
    Mistake(
        "makes_room_for_all",
        written(
            recv=_WHOLE.replace(
                _WHOLE[_WHOLE.index("data = b") : _WHOLE.index("digest = ")], "data = recv_exactly(sock, length)\n"
            )
        ),
        "A peer announced {n:,} bytes and you asked for all of them in one recv(): Python makes room for so many "
        "before anything comes, and there is not that much memory. Ask for at most 65536 at a time.",
        _makes_room_for_all,
        {"n": ENORMOUS},
    ),
)
