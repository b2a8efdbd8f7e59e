"""The server of the panel of attacks, in a process of its own: what it holds is what the process holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from types import TracebackType
from typing import Final, Self

from labsupport.services.child import end, said, start

from .server_limits import Limits

__all__ = ["Besieged"]

_MODULE: Final = f"{__package__}.limited"
#: Seconds that it gets to end.
_PATIENCE: Final = 2.0


class Besieged:
    """A server with these limits on a free port of 127.0.0.1, until its `stop()` or the end of its `with`.

    - `address`: `(host, port)`; `pem`: the authority that its certificate is from, "" without TLS; `pid`: its process.

    Raises:
        RuntimeError: it did not start; with what it said.
    """

    def __init__(self, limits: Limits) -> None:
        self._process = start(_MODULE, json.dumps(asdict(limits)))
        self.pid = self._process.pid
        (line,) = said(self._process, "the server", _PATIENCE)
        told = json.loads(line)
        host, port = told["address"]
        self.address: tuple[str, int] = (host, port)
        self.pem: str = told["pem"]

    def stop(self) -> None:
        """End it, and whoever is with it.  Twice does no harm."""
        end(self._process, _PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
