"""The socket options: one table, and from it what a lesson says, shows and tries.

    >>> options.set(sock, "SO_RCVBUF", 4096)
    SO_RCVBUF: asked 4,096 bytes, the system made 8,192 bytes of it (doubled; socket(7)).

`get` and `set` call getsockopt() and setsockopt() of the socket, so they stand on the tape like any other call;
`report` and the comparison in `set` ask below it.  The table is data: one file for each level.  What it says of macOS
and Windows is from documentation and has not been run there.
"""

from __future__ import annotations

from typing import Any

from labsupport.kernel.asking import plain

from .asking import MISFITS, check_socket, misfit, refusal
from .exclusions import EXCLUDED
from .option import Level, Option
from .reports import Report, report
from .settings import Setting
from .structs import Credentials, Linger, Membership, SourceMembership
from .table import TABLE, Table

__all__ = [
    "EXCLUDED",
    "TABLE",
    "Credentials",
    "Level",
    "Linger",
    "Membership",
    "Option",
    "Report",
    "Setting",
    "SourceMembership",
    "Table",
    "get",
    "report",
    "set",
]


def get(sock: Any, name: str) -> Any:
    """The value of the option `name` on this socket, as Python has it: True, 8192, Linger(on=False, seconds=0), ...

    Raises TypeError or ValueError for a question that makes no sense, and the system's OSError for what it refuses.
    """
    option = TABLE[name]
    check_socket(sock, option)
    if option.writeonly:
        raise ValueError(_one_way(option, "set"))
    sizes = (option.kind.size,) if option.kind.size else ()
    try:
        raw = sock.getsockopt(int(option.level), option.number, *sizes)
    except OSError as error:
        raise refusal(option, error, "read") from error
    return option.kind.read(raw)


def set(sock: Any, name: str, value: Any) -> Setting:  # noqa: A001  the contract's name, as options.set
    """Set the option `name` on this socket, and say what the system made of it.

    Raises TypeError or ValueError for a value that does not fit, and the system's OSError for what it refuses.
    """
    option = TABLE[name]
    check_socket(sock, option)
    if option.readonly:
        raise ValueError(_one_way(option, "read"))
    try:
        written = option.kind.write(value)
    except MISFITS as error:
        raise misfit(option, value, error) from None
    inner = plain(sock)
    before = option.ask(inner)
    try:
        sock.setsockopt(int(option.level), option.number, written)
    except OSError as error:
        raise refusal(option, error, f"set to {option.kind.shown(value)}") from error
    asked = tuple(value) if isinstance(value, list) else value
    return Setting(option, asked, before, option.ask(inner))


def _one_way(option: Option, way: str) -> str:
    if option.readonly and option.writeonly:
        return f"{option.name} cannot be used from Python, only from C: getsockopt() has to hand a struct in."
    if way == "read":
        return f"{option.name} can only be read: it tells what is. Ask with options.get(sock, {option.name!r})."
    return f"{option.name} can only be set: the system does not tell what it holds."
