"""What goes wrong where a file goes over a socket."""

from __future__ import annotations

import hashlib
from typing import Final

from labsupport.exercises.engine import Mistake

from . import file_signs as signs
from .file_program import ENORMOUS, FILE, OLD, RECV, SEND, Held, framed, written

__all__ = ["MISTAKES"]


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
        signs.reads_text,
        {"error": "UnicodeDecodeError"},
    ),
    Mistake(
        "hexadecimal",
        written(send=SEND.replace("digest.digest()", "digest.hexdigest().encode()")),
        "You sent the checksum as 64 hexadecimal digits, and the protocol has 32 bytes for it. hexdigest() is for "
        "people; digest() gives the bytes themselves.",
        signs.hexadecimal,
    ),
    Mistake(
        "sums_something_else",
        written(
            send=SEND.replace(
                '    sock.sendall(struct.pack("!Q", os.path.getsize(path)))\n',
                '    head = struct.pack("!Q", os.path.getsize(path))\n'
                "    digest.update(head)\n    sock.sendall(head)\n",
            )
        ),
        "The length and the file are right, and the checksum, the last 32 bytes, is not. You sent {got}, and it is "
        "{right}. It is the SHA-256 of all bytes of the file and of nothing else, so not of the length.",
        signs.sums_something_else,
        {
            "got": hashlib.sha256(framed(FILE)[:-32]).hexdigest(),
            "right": hashlib.sha256(FILE).hexdigest(),
        },
    ),
    Mistake(
        "send_for_sendall",
        written(send=SEND.replace("sendall", "send")),
        "send() takes as many bytes as there is room for, at most {k} here, and says how many. The others were never "
        "sent. sendall() goes on until all are gone.",
        signs.send_for_sendall,
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
        signs.takes_too_much,
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
        signs.one_recv,
        {"k": 12, "n": len(FILE)},
    ),
    Mistake(
        "writes_into_the_target",
        written(
            recv=RECV.replace('path + ".part"', "path")
            .replace("os.replace(part, path)", "pass")
            .replace("    os.remove(part)\n", "")
        ),
        "The file did not come as it was sent ({title}), and the one that was there before is lost: where {old!r} was, "
        "there is {new!r} now. open() with 'w' empties a file at once. Write to another name beside it, and "
        "os.replace() it when all is well.",
        signs.writes_into_the_target,
        {"title": f"the peer finishes after 12 of {len(FILE)} bytes", "old": OLD, "new": Held(b"")},
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
        signs.no_comparison,
    ),
    Mistake(
        "leaves_the_checksum",
        written(recv=_WHOLE.replace(_WHOLE[_WHOLE.index("digest = ") : _WHOLE.index("with open")], "")),
        "The first file is right; but its 32 bytes of checksum were still in the socket, and the next recv_file() took "
        "the first 8 of them for a length. Read all that belongs to a file, and look at it: a checksum that nobody "
        "compares is of no use.",
        signs.leaves_the_checksum,
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
        signs.renames_too_early,
        {"old": OLD},
    ),
    Mistake(
        "leaves_the_part",
        written(recv=RECV.replace("    os.remove(part)\n", "")),
        "The old file is safe, but {name!r} lies beside it now, and nobody will ever take it away. Remove what is not "
        "whole: try, except, os.remove(), raise.",
        signs.leaves_the_part,
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
        signs.makes_room_for_all,
        {"n": ENORMOUS},
    ),
    Mistake(
        "hides_an_end",
        written(recv="try:\n    " + RECV.strip().replace("\n", "\n    ") + "\nexcept EOFError:\n    return"),
        "{what} before a whole file had come, and recv_file() returned all the same: whoever called it takes what is "
        "at path for the new file. Let {error} through; if you catch it to tidy up, `raise` it again.",
        signs.hides_an_end,
        {"what": "The peer finished", "error": "EOFError"},
    ),
)
