"""Where keys stand when a program needs them as files: a folder for its owner alone, gone when Python ends.

One folder serves the process, with one folder inside for each certificate.  A process that is killed cannot remove
its own: the next one that needs a folder does.  It can tell, as a folder in use is locked, and the lock goes with its
process.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

__all__ = ["Folder", "passing_file"]

PREFIX: Final = "loopback-keys-"

#: Seconds in which a new folder may not be locked yet.
YOUNG: Final = 60

_making = threading.Lock()
_roots: dict[int, Path] = {}  # by process: a forked child has its own


class Folder:
    """A private temporary folder: mode 0700, its files 0600 (on Windows: the rights of the user's own TEMP).

    It is made with the first file and removed when Python ends; not with this object, as nobody keeps the certificate
    in `context.load_cert_chain(authority.issue("localhost").file)`.
    """

    def __init__(self) -> None:
        self._path: Path | None = None
        self._writing = threading.Lock()

    def keep(self, name: str, text: str) -> str:
        """Write a file, unless it is there already, and return its absolute path.

        At no moment can anybody but its owner read it.  Where somebody has cleared the folder away, it is made again.
        """
        with self._writing:
            if self._path is None or not self._path.is_dir():
                self._path = Path(tempfile.mkdtemp(dir=_root()))
            path = self._path / name
            if not path.exists():
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w", encoding="ascii") as file:
                    file.write(text)
        return str(path)


@contextlib.contextmanager
def passing_file(text: str) -> Iterator[str]:
    """A file of that folder which is there for this block alone; its path."""
    descriptor, path = tempfile.mkstemp(dir=_root())
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        yield path
    finally:
        Path(path).unlink(missing_ok=True)


def _root() -> Path:
    """This process's folder; a new one where the old one has been cleared away."""
    with _making:
        process = os.getpid()
        if process not in _roots or not _roots[process].is_dir():
            _remove_orphans()
            path = Path(tempfile.mkdtemp(prefix=PREFIX))
            with contextlib.suppress(OSError):  # some network file systems have no locks
                _lock(path)  # for as long as this process lives
            atexit.register(_remove, path, process)
            _roots[process] = path
        return _roots[process]


def _remove(path: Path, process: int) -> None:
    # A forked child that ends comes here too, and the folder is still its parent's.
    if os.getpid() == process:
        shutil.rmtree(path, ignore_errors=True)


def _remove_orphans() -> None:
    """Remove what killed processes of this user have left."""
    for path in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            if time.time() - path.lstat().st_mtime > YOUNG:
                _remove_if_left(path)
        except OSError:
            pass  # in use, somebody else's, or gone


if sys.platform == "win32":
    # Windows cannot lock a folder: what a killed process has left stays until TEMP is cleared.

    def _lock(path: Path) -> None:
        """Nothing."""

    def _remove_if_left(path: Path) -> None:
        """Nothing."""

else:

    def _lock(path: Path, how: int = fcntl.LOCK_SH) -> int:
        """Lock a folder while the descriptor is open; an OSError if another process has it locked."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _remove_if_left(path: Path) -> None:
        """Remove a folder that no process has locked."""
        descriptor = _lock(path, fcntl.LOCK_EX)
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)
