"""Who is connected to whom: the `connect` of one endpoint and the `accept` of another."""

from __future__ import annotations

import errno
import math
import socket
from collections import defaultdict
from collections.abc import Iterable, Sequence

from .addresses import host, plain, serves
from .arrows import Connection
from .events import Address, Call, Endpoint
from .passages import Route
from .routes import Routes

__all__ = ["begins", "outcome", "refused", "stream_connections"]

_CONNECTS = frozenset({"connect", "connect_ex"})
_TALK = ("send", "recv", "shutdown", "read", "write")
_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})
_NOT_REACHED = frozenset({errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH})


def begins(connect: Call) -> bool:
    """Whether this call made its kernel send a SYN; wrong arguments or no route do not."""
    if connect.endpoint.type != socket.SOCK_STREAM or connect.op not in _CONNECTS:
        return False
    code = _code(connect)
    if code is None:
        return connect.error is None or issubclass(connect.error.type, TimeoutError | KeyboardInterrupt)
    return code in _UNDER_WAY - {errno.EALREADY} or code in _NOT_REACHED


def outcome(connect: Call, later: Iterable[Call]) -> tuple[bool, Call | None]:
    """Whether the kernels connected, as far as is known, and the call that was told so (or the contrary).

    `later`: what was called on this endpoint after it.  A connect that does not wait is told
    by a second connect, by SO_ERROR or by the first bytes; one that is open may have reached.
    """
    if connect.open or _code(connect) == 0:
        return True, connect
    if _code(connect) not in _UNDER_WAY:
        return False, connect
    for call in later:
        told = _told(call)
        if told is not None:
            return told, call
    return True, None


def refused(connect: Call, told: Call | None) -> bool:
    """Whether a RST was the answer."""
    return told is not None and errno.ECONNREFUSED in (_code(connect), _code(told))


def _code(call: Call) -> int | None:
    """What the call ended with: an errno, 0 for success, None for an error without number."""
    if call.error is not None:
        return call.error.errno if isinstance(call.error.errno, int) else None
    if call.op in ("connect_ex", "getsockopt"):
        return call.result if isinstance(call.result, int) else None
    return 0


def _told(call: Call) -> bool | None:
    """Whether this call says that its endpoint is connected; None if it does not say."""
    code = _code(call)
    if call.op in _CONNECTS:
        return True if code in (0, errno.EISCONN) else None if code in _UNDER_WAY else False
    if call.op == "getsockopt":
        asked = call.asked[:2] == (socket.SOL_SOCKET, socket.SO_ERROR)
        return code == 0 if asked and not call.open else None
    if call.op.startswith(_TALK) and not call.open:
        return True if code == 0 else False if code in _NOT_REACHED else None
    return None


def _end(call: Call) -> float:
    return math.inf if call.done is None else call.done


def stream_connections(calls: Sequence[Call], routes: Iterable[Route] = ()) -> list[Connection]:
    """The TCP connections in `calls`, numbered from 1 in the order in which they began.

    A client that speaks to a link and the server that hears from it are one connection, by one of `routes`.
    """
    book = _Book(calls, routes)
    found: list[Connection] = []
    begun: set[Endpoint] = set()
    for connect in book.connects:
        # A second connect() on an endpoint may be there to learn how the first one ended.
        if connect.endpoint not in begun and connect not in book.answers:
            connection = book.begun_by(connect, len(found) + 1)
            found.append(connection)
            if connection.made:
                begun.add(connect.endpoint)
    known = {end for connection in found for end in (connection.client, connection.server)}
    strangers = [end for end in book.talking if end not in known and not end.listening]
    for client, server in _paired(strangers, book):
        door, accept = (server.listener, book.accept_of.get(server)) if server is not None else (None, None)
        route = book.route_of(client, server)
        found.append(Connection(len(found) + 1, client, server, door, accept=accept, route=route))
    return found


def _paired(strangers: Sequence[Endpoint], book: _Book) -> list[tuple[Endpoint | None, Endpoint | None]]:
    """Ends whose connect, or accept, the tape has not: (client, server), as far as they are on it."""
    waiting: dict[tuple[Address | None, Address | None], Endpoint] = {}
    found: dict[Endpoint, tuple[Endpoint | None, Endpoint | None]] = {}
    for end in strangers:
        local, peer = plain(end.local), book.beyond(end)
        other = waiting.pop((peer, local), None) if local is not None and peer is not None else None
        if other is None:
            waiting[local, peer] = end
        first, pair = (end, (end, other)) if other is None else (other, (other, end))
        swap = pair[0].listener is not None
        found[first] = (pair[1], pair[0]) if swap else pair
    return list(found.values())


class _Book:
    """What is looked up for each connection, noted in one walk over the calls."""

    def __init__(self, calls: Sequence[Call], routes: Iterable[Route]) -> None:
        self._routes = Routes(routes)
        self.connects: list[Call] = []
        self.answers: set[Call] = set()
        self.accept_of: dict[Endpoint, Call] = {}
        self.talking: dict[Endpoint, None] = {}
        self._accepts: dict[tuple[str, int], list[Call]] = defaultdict(list)  # by the client's address
        self._listens: dict[int, list[Call]] = defaultdict(list)  # by port
        self._since: dict[Endpoint, int] = {}
        self._closed: dict[Endpoint, int] = {}
        self._after: dict[Endpoint, list[Call]] = defaultdict(list)
        for call in calls:
            if call.endpoint.type == socket.SOCK_STREAM:
                self._note(call)

    def _note(self, call: Call) -> None:
        end = call.endpoint
        if call.op == "accept":
            if call.accepted is not None and call.accepted.peer is not None:
                self.accept_of[call.accepted] = call
                self._accepts[host(call.accepted.peer), call.accepted.peer[1]].append(call)
            return
        if call.op == "listen" and call.error is None and end.local is not None:
            self._listens[end.local[1]].append(call)
            self._since.setdefault(end, call.order)
        elif call.op == "close":
            self._closed.setdefault(end, call.order)
        elif begins(call):
            self.connects.append(call)
        if end.listener is not None or call.op.startswith(_TALK):
            self.talking[end] = None
        self._after[end].append(call)

    def begun_by(self, connect: Call, number: int) -> Connection:
        """The connection that this call began, or tried to begin."""
        client = connect.endpoint
        made, told = outcome(connect, (call for call in self._after[client] if call.order > connect.order))
        if told is not None and told is not connect:
            self.answers.add(told)
        if not made:
            return Connection(number, client, None, connect=connect, made=False)
        route = self._routes.take(connect)
        here, there = (client.local, client.peer) if route is None else (route.local, route.target)
        accept = self._accept_for(connect, here, there)
        if accept is not None and accept.accepted is not None:
            return Connection(number, client, accept.accepted, accept.accepted.listener, connect, accept, route=route)
        door = None if route is not None and route.error else self._listener_for(connect, there)
        return Connection(number, client, None, door, connect, route=route)

    def route_of(self, client: Endpoint | None, server: Endpoint | None) -> Route | None:
        """The route between two ends, or of the one that is on the tape."""
        end = server or client
        return next(reversed(self._routes.of(end)), None) if end is not None else None

    def beyond(self, end: Endpoint) -> Address | None:
        """The address of the other end, also where a link stands between."""
        return plain(self._routes.beyond(end.local, end.peer)[1])

    def _accept_for(self, connect: Call, here: Address | None, there: Address | None) -> Call | None:
        """The first accept left of one who came from `here`; each is given out once, for addresses are used again."""
        waiting = self._accepts.get((host(here), here[1]), []) if here is not None else []
        for accept in waiting:
            in_time = _end(accept) > connect.order and self._stood(accept.endpoint, connect)
            if in_time and _meet(accept.accepted, there):
                waiting.remove(accept)
                return accept
        return None

    def _listener_for(self, connect: Call, address: Address | None) -> Endpoint | None:
        """The endpoint that was listening at the address when `connect` was called."""
        for listen in reversed(self._listens.get(address[1], []) if address is not None else []):
            if serves(listen.endpoint.local, address) and self._stood(listen.endpoint, connect):
                return listen.endpoint
        return None

    def _stood(self, listener: Endpoint, connect: Call) -> bool:
        """Whether the listener was there when `connect` asked for it, as far as the tape reaches."""
        return self._since.get(listener, 0) < _end(connect) and self._closed.get(listener, math.inf) > connect.order


def _meet(server: Endpoint | None, asked: Address | None) -> bool:
    """A client's port may serve for several servers at once, so both addresses must agree."""
    return server is None or server.local is None or asked is None or serves(server.local, asked)
