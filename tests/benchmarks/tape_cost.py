"""What does the tape add to one call?  At most 1.5 µs, on one core, best of 15 interleaved pairs.

python -m tests.benchmarks.tape_cost
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.harness import best_of_pairs, judge, leave, pin, unwatched

# Processor time, not the clock: nothing here waits, and on a shared machine the clock counts other people's work.
MOST = 1.5e-6
CALLS = 500  # a round of a millisecond, which is likely to go undisturbed

Pair = tuple[socket.socket, socket.socket]
Loop = Callable[[socket.socket, socket.socket], None]


def streams() -> Pair:
    """Two ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        return client, listener.accept()[0]


def datagrams() -> Pair:
    """Two connected UDP sockets."""
    one, other = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
    one.bind(("127.0.0.1", 0))
    other.bind(("127.0.0.1", 0))
    one.connect(other.getsockname())
    other.connect(one.getsockname())
    return one, other


def send_and_recv(size: int) -> Loop:
    def loop(one: socket.socket, other: socket.socket) -> None:
        data = bytes(size)
        for _ in range(CALLS // 2):
            one.send(data)
            other.recv(size)

    return loop


def sendall_and_recv_into(one: socket.socket, other: socket.socket) -> None:
    data = bytes(64)
    room = bytearray(64)
    for _ in range(CALLS // 2):
        one.sendall(data)
        other.recv_into(room)


def sendto_and_recvfrom(one: socket.socket, other: socket.socket) -> None:
    data = bytes(64)
    address = other.getsockname()
    for _ in range(CALLS // 2):
        one.sendto(data, address)
        other.recvfrom(64)


def settimeout_and_getsockname(one: socket.socket, _other: socket.socket) -> None:
    for _ in range(CALLS // 2):
        one.settimeout(None)
        one.getsockname()


def timed(loop: Loop, pair: Pair) -> Callable[[], float]:
    """A call of this takes the seconds that one call takes in the loop."""

    def once() -> float:
        began = time.process_time()
        loop(*pair)
        return (time.process_time() - began) / CALLS

    return once


def lives() -> float:
    """Seconds a call in 50 whole lives: socket, connect, accept, close, close."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.process_time()
        for _ in range(50):
            client = socket.socket()
            client.connect(listener.getsockname())
            accepted, _ = listener.accept()
            client.close()
            accepted.close()
        return (time.process_time() - began) / (50 * 6)


def plain_lives() -> float:
    with unwatched():
        return lives()


def added(name: str, make: Callable[[], Pair], loop: Loop) -> bool:
    """Measure one loop on plain and on watched sockets, and judge the difference."""
    with unwatched():
        plain = make()
    watched = make()
    one, other = best_of_pairs(timed(loop, plain), timed(loop, watched))
    for sock in (*plain, *watched):
        sock.close()
    return said(name, one, other)


def said(name: str, plain: float, watched: float) -> bool:
    return judge(
        f"{name}, plain {plain * 1e6:.2f} µs, watched {watched / plain:.2f} times; added",
        (watched - plain) * 1e6,
        MOST * 1e6,
        " µs",
    )


def main() -> None:
    """Measure each pair of methods."""
    import labsupport  # noqa: F401  watches sockets from here on

    pin()
    loops: tuple[tuple[str, Callable[[], Pair], Any], ...] = (
        ("send and recv of 1 byte", streams, send_and_recv(1)),
        ("send and recv of 64 bytes", streams, send_and_recv(64)),
        ("send and recv of 4096 bytes", streams, send_and_recv(4096)),
        ("sendall and recv_into", streams, sendall_and_recv_into),
        ("sendto and recvfrom", datagrams, sendto_and_recvfrom),
        ("settimeout and getsockname", streams, settimeout_and_getsockname),
    )
    kept = [added(*one) for one in loops]
    plain, watched = best_of_pairs(plain_lives, lives)
    # No bound: a life also has its sockets made known to the tape, asked for their addresses and for unread bytes.
    print(f"       a whole life (six calls): plain {plain * 6e6:.1f} µs, watched {watched * 6e6:.1f} µs")
    leave(*kept)


if __name__ == "__main__":
    main()
