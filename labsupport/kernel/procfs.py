"""The kernel's own lists of sockets on Linux: /proc/net/tcp, tcp6, udp and udp6 (proc_pid_net(5)).

Any user may read them.  They are the one place without netlink where a connection in TIME-WAIT shows.
An address is written as hexadecimal 32-bit words in the machine's own byte order, a port in plain order.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .facts import Address, Row

__all__ = ["parse_row", "rows"]

FOLDER: Final = Path("/proc/net")

TIMERS: Final = {1: "retransmit", 2: "keepalive", 3: "time-wait", 4: "probe"}


def rows(protocol: str, states: Mapping[int, str]) -> list[Row]:
    """Both families' rows; a list that this system does not have is empty."""
    found = []
    for name in (protocol, protocol + "6"):
        try:
            lines = (FOLDER / name).read_text("ascii").splitlines()
        except OSError:
            continue
        found += [parse_row(line, states if protocol == "tcp" else None) for line in lines[1:]]
    return found


def parse_row(line: str, states: Mapping[int, str] | None) -> Row:
    """One line of such a list; `states` is None for datagrams, which have none."""
    part = line.split()
    remote = _address(part[2])
    to_send, to_read = (int(count, 16) for count in part[4].split(":"))
    kind, ticks = (int(count, 16) for count in part[5].split(":"))
    timer = TIMERS.get(kind)
    return Row(
        local=_address(part[1]),
        remote=remote if remote[1] else None,
        state=None if states is None else states.get(int(part[3], 16)),
        send_queue=to_send,
        receive_queue=to_read,
        timer=timer,
        expires=None if timer is None else ticks / os.sysconf("SC_CLK_TCK"),
        drops=int(part[12]) if states is None else None,
    )


def _address(text: str) -> Address:
    host, port = text.split(":")
    words = struct.unpack(f">{len(host) // 8}I", bytes.fromhex(host))
    raw = struct.pack(f"={len(words)}I", *words)
    family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, raw), int(port, 16)
