"""The chat in a process of its own, which never outlives this one."""

from __future__ import annotations

import shutil
import ssl
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from labsupport.services.child import end, said, start

from .client import Client
from .login import Accounts

__all__ = ["Program"]

#: Seconds for a graceful stop, and then some for a busy machine.
_PATIENCE: Final = 30.0


class Program:
    """``python -m labsupport.chat server`` as a child; use it in a `with`, or call its `stop()`.

    - `names`: an account is made for each; `accounts` has their keys.
    - `address`; `authority_file`: the certificate to trust, for `localhost`.
    - `pid`: its process.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.accounts = Accounts(names)
        self._folder = Path(tempfile.mkdtemp(prefix="loopback-chat-"))
        self.authority_file = str(self._folder / "authority.pem")
        try:
            where = self._started()
        except BaseException:  # a Ctrl-C too: nobody else could remove its files
            self._remove_files()
            raise
        self.pid = self._process.pid
        host, port = where.split()
        self.address: tuple[str, int] = (host, int(port))

    def _started(self) -> str:
        self.accounts.save(self._folder / "accounts.json")
        files = {"accounts": "accounts.json", "authority": "authority.pem", "log": "log.txt"}
        options = [text for name, file in files.items() for text in (f"--{name}", str(self._folder / file))]
        self._process = start("labsupport.chat", "server", *options, "--until-input-ends")
        return said(self._process, "the server", _PATIENCE)[0]

    def client(self, name: str) -> Client:
        """Somebody who is in, under a name that has an account.

        Raises:
            KeyError: it has none.  Otherwise as `Client`.
        """
        context = ssl.create_default_context(cafile=self.authority_file)
        return Client(self.address, name, self.accounts.key(name), context)

    @property
    def log(self) -> str:
        """Its log so far."""
        return (self._folder / "log.txt").read_text("utf-8")

    def terminate(self) -> None:
        """Send SIGTERM, so that it stops gracefully; on Windows that ends it at once."""
        self._process.terminate()

    def wait(self) -> int:
        """Wait until it has ended by itself; its exit code."""
        return self._process.wait(_PATIENCE)

    def stop(self) -> None:
        """Stop it gracefully, and remove its files.  Twice does no harm."""
        end(self._process, _PATIENCE)
        self._remove_files()

    def _remove_files(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
