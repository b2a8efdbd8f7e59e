"""The chat in this process: a server in a thread of its own, with an authority and accounts made for it."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from labsupport import services
from labsupport.tls import Authority

from .client import Client
from .client_session import PATIENCE
from .limits import Limits
from .login import Accounts
from .room import Counts
from .server import Server

__all__ = ["HOST", "Running"]

#: What the certificate is for.
HOST: Final = "localhost"


class Running:
    """A chat on a free port of 127.0.0.1; use it in a `with`, or call its `stop()`.

        with chat.Running(["Ana", "李雷"]) as service, service.client("Ana") as ana:
            ana.say("नमस्ते")
            print(ana.hear())

    - `names`: an account is made for each.  `limits`: other ones than those of the specification.
    - `address`, `host`: where it is, and what its certificate is for; `authority` issued that.
    - `accounts`, `limits`, `counts`; `log`: the lines of its log; `error`: what ended it, or None.
    """

    def __init__(self, names: Iterable[str] = (), *, limits: Limits | None = None) -> None:
        self.accounts = Accounts(names)
        self.authority = Authority()
        self.host = HOST
        self.log: list[str] = []
        self._server = Server(self.accounts, self.authority.server_context(HOST), limits, self.log.append)
        self.limits = self._server.limits
        self._running = services.Running(self._server.serve, grace=self.limits.linger)
        self.address = self._running.address

    @property
    def counts(self) -> Counts:
        """What it has seen so far."""
        return self._server.counts

    @property
    def error(self) -> BaseException | None:
        """What ended it, or None; it has been shown too."""
        return self._running.error

    def client(self, name: str, *, timeout: float = PATIENCE) -> Client:
        """Somebody who is in, under a name that has an account.

        Raises:
            KeyError: it has none.  Otherwise as `Client`.
        """
        key = self.accounts.key(name)
        return Client(self.address, name, key, self.authority.client_context(), host=self.host, timeout=timeout)

    def ask_to_stop(self) -> None:
        """Have it stop, and do not wait until it has."""
        self._running.ask_to_stop()

    def stop(self) -> None:
        """Stop it gracefully, and wait until it has.  Twice does no harm."""
        self._running.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
