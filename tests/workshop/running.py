"""The board in a process of its own, as an instructor starts it."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

__all__ = ["Running"]


class Running:
    """`python -m labsupport.workshop` on this `file`.  `port`, `own_port`, `code`, `private`: what it has printed."""

    def __init__(self, file: Path, *options: str) -> None:
        self.file, self._options = file, options
        self.port = self.own_port = 0
        self.start()

    def start(self) -> None:
        """Start it, on the ports of before where it has run already."""
        command = [sys.executable, "-m", "labsupport.workshop", "--file", str(self.file), "--until-input-ends"]
        command += ["--port", str(self.port), "--own-port", str(self.own_port), *self._options]
        environment = {**os.environ, "LABSUPPORT_HOME": str(self.file.parent)}
        self._process: subprocess.Popen[str] = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment
        )
        assert self._process.stdout is not None
        self.said = ""
        while "Ctrl-C" not in self.said:
            line = self._process.stdout.readline()
            assert line, f"the board has ended: {self.said}"
            self.said += line
        self.address, self.code = self._value("address"), self._value("code")
        self.private = self._value("for you alone")
        self.port = int(self.address.rpartition(":")[2])
        self.own_port = int(self.private.split("/")[2].rpartition(":")[2])

    def _value(self, name: str) -> str:
        return next(line.split()[-1] if name != "for you alone" else line.split()[-2]
                    for line in self.said.splitlines() if line.startswith(f"{name}:"))  # fmt: skip

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL."""
        self._process.send_signal(signal.SIGKILL)
        self._end()

    def stop(self) -> int:
        """Let it end; its exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._end()

    def _end(self) -> int:
        status = self._process.wait(20)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        return status

    def cookie(self) -> str:
        """What the private address gives a browser, for a Cookie header."""
        connection = http.client.HTTPConnection("127.0.0.1", self.own_port, timeout=5)
        connection.request("GET", "/" + self.private.split("/", 3)[3])
        given = connection.getresponse()
        connection.close()
        assert given.status == 302
        return (given.headers["Set-Cookie"] or "").partition(";")[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        if self._process.poll() is None:
            self.stop()
