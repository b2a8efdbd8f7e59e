"""The arguments and results of socket methods, as plain data.

What is kept of them must not hold an object of the program: a tape that did would hold its sockets.
"""

from __future__ import annotations

from typing import Any, Final

from .events import KEPT_BYTES, Address
from .lives import Plain

__all__ = ["address_of", "first_bytes", "harmless", "in_order", "local_address", "peer_address", "size_of"]


def first_bytes(data: Any, most: int = KEPT_BYTES) -> tuple[bytes | None, int | None]:
    """The bytes to keep of anything bytes-like, and how many there are."""
    most = min(most, KEPT_BYTES)
    if type(data) is bytearray:  # the most frequent, and three times as quick
        return bytes(data[:most]), len(data)
    try:
        view = memoryview(data)
        return bytes(view.cast("B")[:most] if view.contiguous else view.tobytes()[:most]), view.nbytes
    except (TypeError, ValueError, BufferError):
        return None, None


def size_of(data: Any) -> int | None:
    """How many bytes anything bytes-like holds."""
    try:
        return memoryview(data).nbytes
    except TypeError:
        return None


_INTO: Final = ("buffer", "nbytes", "flags")

#: The names of arguments that may be given by name.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "read": ("len", "buffer"),
    "recv": ("buflen", "flags"),
    "recv_into": _INTO,
    "recvfrom": ("buflen", "flags"),
    "recvfrom_into": _INTO,
    "send": ("data", "flags"),
    "sendall": ("data", "flags"),
    "sendfile": ("file", "offset", "count"),
    "sendto": ("data", "flags_or_addr", "addr"),
}


def in_order(op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments as if all had been given by place; one that was passed over is None."""
    names = _NAMES.get(op, tuple(kwargs))
    last = max((names.index(name) + 1 for name in kwargs if name in names), default=0)
    return (*args, *(kwargs.get(name) for name in names[len(args) : last]))


def harmless(value: Any) -> Any:
    """Wrong arguments, without the objects that a tape must not keep alive: of those their type."""
    if value is None or isinstance(value, int | float | str | bytes):
        return value
    return tuple(map(harmless, value)) if isinstance(value, tuple) else f"<{type(value).__name__}>"


def address_of(value: Any) -> Address | None:
    """A host and a port, whatever else stands behind them; None for an address of another kind."""
    if isinstance(value, tuple) and len(value) >= 2 and isinstance(value[0], str) and isinstance(value[1], int):
        return (value[0], value[1])
    return None


def local_address(sock: Any) -> Address | None:
    """What the kernel calls this end, None while it does not."""
    try:
        return address_of(Plain.getsockname(sock))
    except OSError:
        return None


def peer_address(sock: Any) -> Address | None:
    """What the kernel calls the other end, None while it has none."""
    try:
        return address_of(Plain.getpeername(sock))
    except OSError:
        return None
