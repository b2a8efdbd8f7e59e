"""The check of this machine: what the course needs of it, what was seen, and what to do where something is missing.

    >>> from labsupport import check
    >>> check.machine()

Each line is a `Result`: plain data, shown in a notebook with what is in order folded, and by
`python -m labsupport check` as text.  Nothing leaves the machine, and nothing waits longer than two seconds.
"""

from __future__ import annotations

import html
import platform
import socket
import ssl
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

from labsupport import kernel
from labsupport.kernel.tables import Shown
from labsupport.tape import watched

__all__ = ["Report", "Result", "machine"]

#: Seconds that a check waits for the network inside this machine.
_PATIENCE = 2

_PACKAGES = ["jupyterlab", "ipywidgets", "anywidget", "matplotlib", "trustme", "cryptography", "fsrs"]


class Missing(Exception):  # noqa: N818  nothing has gone wrong: this machine does not have it
    """What a check did not find; the message is a sentence for the learner."""


@dataclass(frozen=True)
class Result:
    """One line of the check."""

    #: What was looked at.
    name: str
    ok: bool
    #: What was seen: a version, an address, an error.
    seen: str
    #: What to do about it; "" where nothing needs to be done.
    cure: str
    #: Whether the course cannot run without it.
    needed: bool

    def __str__(self) -> str:
        mark = "ok" if self.ok else "MISSING" if self.needed else "without"
        return f"{mark:8}{self.name}: {self.seen}" + (f"\n        {self.cure}" if self.cure else "")


class Report(Shown, list[Result]):
    """All lines of a check, in the order in which they were looked at."""

    @property
    def usable(self) -> bool:
        """Whether the course can run here."""
        return all(result.ok for result in self if result.needed)

    @property
    def summary(self) -> str:
        """One sentence: how many lines are in order, and whether the course can run."""
        good = sum(result.ok for result in self)
        if good == len(self):
            return "This machine has everything that the course uses."
        count = f"{good} of {len(self)} lines are in order"
        return f"{count}; the course runs." if self.usable else f"{count}; the course cannot run before this is mended."

    def text(self) -> str:
        """All lines, and the sentence."""
        return "\n".join([*map(str, self), self.summary])

    def html(self) -> str:
        """What is missing, with its cure; what is in order is folded."""
        text = html.escape
        bad = "".join(
            f"<li><b>{text(one.name)}</b>: {text(one.seen)}<br>{text(one.cure)}</li>" for one in self if not one.ok
        )
        good = "".join(f"<li>{text(one.name)}: {text(one.seen)}</li>" for one in self if one.ok)
        return (
            f"<p>{text(self.summary)}</p>"
            + (f"<ul>{bad}</ul>" if bad else "")
            + (f"<details><summary>What is in order</summary><ul>{good}</ul></details>" if good else "")
        )


def machine() -> Report:
    """Check this machine, each line within `_PATIENCE` seconds."""
    return Report(_look(*row) for row in _TABLE)


def _look(name: str, needed: bool, what: Callable[[], str], cure: str) -> Result:
    """Run one check; whatever it raises is what was seen."""
    try:
        return Result(name, True, what(), "", needed)
    except Exception as error:  # noqa: BLE001  a check must survive the strangest machine
        seen = str(error) if isinstance(error, Missing) else f"{type(error).__name__}: {error}"
        return Result(name, False, seen, cure, needed)


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()}"


def _packages() -> str:
    names = _PACKAGES if sys.platform == "linux" else [*_PACKAGES, "psutil"]
    versions = {name: next((found.version for found in metadata.distributions(name=name)), "") for name in names}
    if missing := [name for name, version in versions.items() if not version]:
        raise Missing(f"{', '.join(missing)} not installed for {sys.executable}")
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _watching() -> str:
    if not watched.installed():
        raise Missing("socket.socket is not ours: the ladder would stay empty")
    return "every call on a socket is written on the tape"


def _stream(host: str, family: socket.AddressFamily) -> str:
    """Send a byte over TCP to ourselves, and back."""
    with socket.create_server((host, 0), family=family) as listener:
        listener.settimeout(_PATIENCE)
        with socket.create_connection(listener.getsockname()[:2], timeout=_PATIENCE) as client:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(_PATIENCE)
                client.sendall(b"?")
                connection.sendall(connection.recv(1))
                if client.recv(1) != b"?":
                    raise Missing(f"a byte sent to {host} did not come back: something sits between")
    return f"a byte went to {host} and back"


def _tcp() -> str:
    return _stream("127.0.0.1", socket.AF_INET)


def _ipv6() -> str:
    return _stream("::1", socket.AF_INET6)


def _udp() -> str:
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        one.bind(("127.0.0.1", 0))
        one.settimeout(_PATIENCE)
        other.sendto(b"?", one.getsockname())
        one.recvfrom(16)
    return "a datagram arrived at 127.0.0.1"


def _localhost() -> str:
    found = {str(info[4][0]) for info in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)}
    if not found & {"127.0.0.1", "::1"}:
        raise Missing(f"the name localhost leads to {', '.join(sorted(found))}")
    return f"localhost is {' and '.join(sorted(found))}"


def _states() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told = dict.fromkeys(name for name, _, _ in kernel.snapshot(listener).known())
    if "state" not in told:
        raise Missing(f"{platform.system()} does not tell the state of a connection here")
    return f"the kernel tells {len(told)} facts of a listener, its state among them"


def _tls() -> str:
    if not ssl.HAS_TLSv1_3:
        raise Missing(f"{ssl.OPENSSL_VERSION} has no TLS 1.3")
    return f"{ssl.OPENSSL_VERSION}, with TLS 1.3"


def _progress() -> str:
    from labsupport import progress

    folder = progress.home()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return "kept, in a folder that can be written to"


_INSTALL = "Run the first command of the README again, in the folder of the course."

#: Name, whether the course cannot run without it, the check, the cure.
_TABLE: list[tuple[str, bool, Callable[[], str], str]] = [
    ("Python", True, _python, _INSTALL),
    ("Packages", True, _packages, _INSTALL),
    ("The tape", True, _watching, "Restart the kernel, and import labsupport after any package that replaces sockets."),
    ("TCP on loopback", True, _tcp, "Let Python connect to 127.0.0.1: a firewall or a sandbox forbids it."),
    ("UDP on loopback", True, _udp, "Let Python send to 127.0.0.1: a firewall or a sandbox forbids it."),
    ("IPv6 on loopback", False, _ipv6, "Steps about IPv6 will say that they are skipped; all else works."),
    ("The name localhost", False, _localhost, 'Add the line "127.0.0.1 localhost" to the hosts file of this machine.'),
    ("The kernel's states", False, _states, "Tables of states stay empty; the ladders work, they come from the tape."),
    ("TLS", False, _tls, "Chapter 05 needs a Python built with OpenSSL 1.1.1 or newer; all else works."),
    ("Your progress", False, _progress, "Set the variable LABSUPPORT_HOME to a folder in which you may write."),
]
