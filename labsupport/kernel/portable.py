"""The list of sockets on systems without /proc: from psutil, imported when it is asked for.

macOS lets only root see all of them; anybody else gets the sockets of this process, in which a
connection in TIME-WAIT no longer is.
"""

from __future__ import annotations

from typing import Any, Final

from .facts import Address, Row

__all__ = ["rows"]

#: psutil's names (psutil.CONN_*) that differ from RFC 9293 by more than a dash.
STATES: Final = {
    "LISTEN": "LISTEN",
    "SYN_SENT": "SYN-SENT",
    "SYN_RECV": "SYN-RECEIVED",
    "ESTABLISHED": "ESTABLISHED",
    "FIN_WAIT1": "FIN-WAIT-1",
    "FIN_WAIT2": "FIN-WAIT-2",
    "CLOSE_WAIT": "CLOSE-WAIT",
    "CLOSING": "CLOSING",
    "LAST_ACK": "LAST-ACK",
    "TIME_WAIT": "TIME-WAIT",
    "CLOSE": "CLOSED",
}


def rows(protocol: str) -> list[Row]:
    """All "tcp" or "udp" sockets that psutil may see."""
    return [_row(one) for one in _listed(protocol)]


def _listed(protocol: str) -> Any:
    try:
        import psutil
    except ImportError as error:
        raise RuntimeError(
            "Listing connections on this system needs psutil, which is not installed. "
            "Install it with: python -m pip install psutil"
        ) from error
    try:
        return psutil.net_connections(kind=protocol)
    except psutil.AccessDenied:
        return psutil.Process().net_connections(kind=protocol)


def _row(one: Any) -> Row:
    return Row(_address(one.laddr) or ("", 0), _address(one.raddr), STATES.get(one.status))


def _address(given: Any) -> Address | None:
    return (given[0], given[1]) if given else None
