"""A file over a socket: with its length, its checksum, and nothing spoilt if it does not arrive."""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path, PurePath
from typing import Any, Final

from labsupport.exercises.engine import ANYTHING, Case, Reading, Stage, Step, Task, alone, seen, swept

from .file_mistakes import MISTAKES
from .file_program import CHANGED, ENORMOUS, FILE, OLD, SECOND, STARTER, Held, framed, written
from .sending import sending

__all__ = ["FILE_TRANSFER"]

_NAME: Final = "copy.png"
_TITLE: Final = "two files, the second one cut short"
_ROOM: Final = 1000
_TIMEOUT: Final = 0.2
_WHOLE: Final = framed(FILE)
#: Where files live in memory, if anywhere: thousands are written, and on a disk that takes longer than all the rest.
_MEMORY: Final = "/dev/shm"  # noqa: S108  the folder made in it has a name that nobody can guess, and is ours alone
_IN_MEMORY: Final = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
_BYTES: Final = bytes(range(1, 251)) * 25


# --- files -----------------------------------------------------------------------------------


def _folder(stage: Stage) -> Path:
    """A folder for this case alone."""
    made = tempfile.TemporaryDirectory(prefix="loopback-", dir=_IN_MEMORY, ignore_cleanup_errors=True)
    return Path(stage.afterwards.enter_context(made))


def _by_name(call: Any, *given: Any) -> object:
    """Call it; where the error names a file, only its name is kept, for the folder is another each time."""
    try:
        return call(*given)
    except OSError as error:
        if isinstance(error.filename, str):
            error.filename = PurePath(error.filename).name
        raise


# --- the other side --------------------------------------------------------------------------


class _Steps:
    """The steps of a case, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / _NAME

    def takes(self, returns: bytes | None = None, raises: type[BaseException] | None = None) -> Step:
        """A file is received; what is then at its path."""

        def do(files: Any, sock: Any) -> object:
            _by_name(files.recv_file, sock, str(self._path))
            return self._held()

        wanted = Held(returns) if returns is not None else ANYTHING
        return Step("recv_file(sock, path), and then open(path, 'rb').read()", do, wanted, raises)

    def unspoilt(self) -> tuple[Step, ...]:
        """What was there before is there, and nothing else."""
        return (
            Step("open(path, 'rb').read(), after that", lambda *_: self._held(), Held(OLD)),
            Step(
                "os.listdir(folder), after that",
                lambda *_: sorted(file.name for file in self._folder.iterdir()),
                [_NAME],
            ),
        )

    def _held(self) -> Held:
        return Held(self._path.read_bytes() if self._path.exists() else None)


def _receives(title: str, what: Any, old: bytes | None = OLD) -> Case:
    """A case in which `what(steps)` is read; `old` lies at the path before."""

    def use(files: Any, stage: Stage) -> object:
        folder = _folder(stage)
        if old is not None:
            (folder / _NAME).write_bytes(old)
        return seen(files, stage, what(_Steps(folder)))

    return alone(title, what(_Steps(Path())), use)


def _breaks(title: str, data: bytes, raises: type[BaseException], **more: Any) -> Case:
    """A file that does not arrive, or not as it was sent."""
    return _receives(
        title, lambda steps: Reading((data,), (steps.takes(raises=raises), *steps.unspoilt()), **more)
    )  # fmt: skip


def _sends(title: str, data: bytes, room: int | None = None) -> Case:
    def send(files: Any, sock: Any, stage: Stage) -> object:
        path = _folder(stage) / "photo.png"
        path.write_bytes(data)
        return _by_name(files.send_file, sock, str(path))

    return sending(title, "send_file(sock, path)", send, [framed(data)], room)


def _two(size: int, steps: _Steps) -> Reading:
    """A file that is longer than a chunk, and one of which not even the length is whole."""
    data = _BYTES[: size + size // 4 + 3]
    both = (steps.takes(data), steps.takes(raises=EOFError))
    return Reading.cut(framed(data) + framed(data)[:5], size, both, "finish")


def _two_files(files: Any, stage: Stage) -> object:
    steps = _Steps(_folder(stage))
    return swept(files, stage, _TITLE, lambda size: _two(size, steps))


FILE_TRANSFER: Final = Task(
    name="file_transfer",
    chapter=2,
    parts=("send_file", "recv_file"),
    prompt=(
        "**A file that arrives whole, or not at all.** `send_file(sock, path)` sends 8 bytes with the length "
        "(big-endian), the bytes of the file, and the 32 bytes of their SHA-256. `recv_file(sock, path)` takes one "
        "such file. It raises `EOFError` if the peer finishes too early, `ValueError` if the checksum differs. What is "
        "at `path` is replaced only when all is well; else nothing is left beside it. `file_transfer` holds both."
    ),
    hints=(
        (
            "`digest = hashlib.sha256()`, then `digest.update(chunk)` for each piece, and last `digest.digest()`: "
            "you need not have the whole file in memory, neither here nor there."
        ),
        (
            "Receiving: the length with recv_exactly(sock, 8); then at most 65536 bytes at a time, as long as some are "
            "left; then recv_exactly(sock, 32)."
        ),
        (
            "Write to `path + '.part'`. When the checksums agree, `os.replace(part, path)` puts it in the old file's "
            "place, in one step."
        ),
        "Whatever is raised on the way, the part must go: `except BaseException:`, `os.remove(part)`, `raise`.",
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        written(
            send="""
data = open(path, "rb").read()
sock.sendall(len(data).to_bytes(8, "big") + data + hashlib.sha256(data).digest())
""",
            recv="""
length = int.from_bytes(recv_exactly(sock, 8), "big")
data = b""
while len(data) < length:
    data += recv_exactly(sock, min(4096, length - len(data)))
if hashlib.sha256(data).digest() != recv_exactly(sock, 32):
    raise ValueError("changed")
with open(path + "~", "wb") as file:
    file.write(data)
os.rename(path + "~", path)
""",
        ),
        """\
import contextlib
import hashlib
import struct
from pathlib import Path


class Transfer:
    def send_file(self, sock, path):
        with open(path, "rb") as file:
            sum_ = hashlib.file_digest(file, "sha256").digest()
            file.seek(0)
            sock.sendall(struct.pack("!Q", Path(path).stat().st_size))
            sock.sendfile(file)
        sock.sendall(sum_)

    def recv_file(self, sock, path):
        def pieces(n):
            while n:
                piece = sock.recv(min(n, 1000))
                if not piece:
                    raise EOFError
                n -= len(piece)
                yield piece

        target = Path(path)
        part = target.with_suffix(".tmp")
        with contextlib.ExitStack() as stack:
            stack.callback(part.unlink, missing_ok=True)
            (length,) = struct.unpack("!Q", b"".join(pieces(8)))
            sum_ = hashlib.sha256()
            with part.open("wb") as file:
                for piece in pieces(length):
                    sum_.update(piece)
                    file.write(piece)
            if b"".join(pieces(32)) != sum_.digest():
                raise ValueError("not what was sent")
            part.replace(target)


file_transfer = Transfer()
""",
    ),
    cases=(
        _sends(f"{len(FILE)} bytes, not all of them text", FILE),
        _sends("an empty file", b""),
        _sends("5000 bytes, and a kernel that has room for 1000 at a time", _BYTES[:5000], _ROOM),
        _receives(
            "a file in three pieces, and a second file with the last of them",
            lambda steps: Reading(
                (_WHOLE[:20], _WHOLE[20:46], _WHOLE[46:] + framed(SECOND)),
                (steps.takes(FILE), steps.takes(SECOND), steps.takes(raises=EOFError)),
                "finish",
            ),
            old=None,
        ),
        _receives("an empty file", lambda steps: Reading((framed(b""),), (steps.takes(b""),))),
        _breaks(f"the peer finishes after 12 of {len(FILE)} bytes", _WHOLE[:20], EOFError, end="finish"),
        _breaks("two bytes were changed on the way", _WHOLE.replace(FILE, CHANGED), ValueError),
        _breaks("the peer finishes before the checksum", _WHOLE[:-32], EOFError, end="finish"),
        _breaks("the connection breaks in the middle", _WHOLE[:30], ConnectionError, end="reset"),
        _breaks("silence in the middle, on a socket with a timeout", _WHOLE[:30], TimeoutError, timeout=_TIMEOUT),
        _breaks(
            "an enormous length is announced, and 12 bytes come",
            struct.pack("!Q", ENORMOUS) + FILE[:12],
            EOFError,
            end="finish",
        ),
        alone(_TITLE, _two(1, _Steps(Path())), _two_files),
    ),
    praise=(
        "Whole or not at all: cut, changed, broken or silent, the old file was safe, and nothing was left beside it. "
        "The checksum finds what was changed by accident; against somebody who changes the checksum too, there is "
        "chapter 05."
    ),
    mistakes=MISTAKES,
)
