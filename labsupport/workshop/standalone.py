"""The board by itself, on the instructor's machine: TLS and a code for learners, a secret address for the instructor.

It has two ends.  The learners' is TLS with a certificate of an authority of its own, on loopback unless told otherwise.
The instructor's is HTTP on loopback alone: names never leave the machine, and no browser has to trust anybody new.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import secrets
import socket
import ssl
from dataclasses import dataclass
from typing import Any, Final

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from labsupport.tls import Authority
from labsupport.tls.certificates import Certificate, from_pem

from .board import Board
from .code import Door, fingerprint, new_secret, written
from .live import Live
from .refusal import Refusal
from .store import Store
from .web import ACTIONS, Events, Instructor, Missing, Names, Page, Shared, files, quiet

__all__ = ["Gate", "Identity", "applications", "serve"]

_IDLE: Final = 60
#: Larger bodies are not even read to their end.
_BODY: Final = 16 * 1024 * 1024


@dataclass(frozen=True)
class Identity:
    """What a board is known by, kept in its file so that one that was killed goes on as the same.

    `authority`: the authority's certificate in PEM; `certificate`, `key`: the server's.  The authority's own key is
    thrown away when it has signed.
    """

    authority: str
    certificate: str
    key: str
    secret: str
    expires: float

    @property
    def code(self) -> str:
        """What learners type."""
        return written(fingerprint(ssl.PEM_cert_to_DER_cert(self.authority)), self.secret)

    def context(self) -> ssl.SSLContext:
        """The server's context."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        _certificate(self).load_into(context)
        return context

    @classmethod
    def of(cls, store: Store, now: float, seconds: float) -> Identity:
        """That in the file, if its code has not expired; else the file is wiped, and it gets a new one."""
        kept = store.kept().get("identity")
        if kept is not None:
            found = cls(**json.loads(kept))
            if found.expires > now:
                return found
        store.wipe()
        authority = Authority("Loopback board")
        issued = authority.issue("loopback-board")
        made = cls(authority.pem, issued.pem, issued.key_pem, new_secret(), now + seconds)
        store.keep("identity", json.dumps(made.__dict__))
        return made


def _certificate(identity: Identity) -> Certificate:
    return from_pem(identity.certificate.encode(), identity.key.encode())


class Gate:
    """Learners have a secret of their own from joining on; the instructor has a cookie from a secret address."""

    def __init__(self, board: Board, door: Door) -> None:
        self._board, self._door = board, door
        self.token = secrets.token_urlsafe(24)
        self._cookie = secrets.token_urlsafe(24)
        self._cookie_name = f"loopback-board-{secrets.token_hex(4)}"  # ports of one host share their cookies

    async def joining(self, handler: RequestHandler, sent: dict[str, Any]) -> tuple[str, dict[str, str]]:
        """With the right code: a new secret, of which the board keeps the hash alone."""
        self._door.check(sent.get("code"), handler.request.remote_ip or "", self._board.clock())
        secret = secrets.token_urlsafe(32)
        return _hashed(secret), {"secret": secret}

    async def learner(self, handler: RequestHandler) -> str:
        """Who has this secret."""
        kind, _, secret = handler.request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not secret:
            raise Refusal(401, "Who has joined sends the secret that the board gave. Join with workshop.join(…) first.")
        return _hashed(secret)

    async def looker(self, handler: RequestHandler) -> bool:  # noqa: ARG002  a gate's signature
        """Counts are for everybody who reaches the board."""
        return True

    async def instructor(self, handler: RequestHandler) -> bool:
        """Who has opened the secret address in this browser."""
        given = handler.get_query_argument("token", "")
        if given and hmac.compare_digest(given.encode(), self.token.encode()):
            handler.set_cookie(self._cookie_name, self._cookie, httponly=True, samesite="Strict", path="/")
            handler.redirect("instructor")  # without the token: it is not left in the address line
            return False
        if hmac.compare_digest(_cookie(handler, self._cookie_name).encode(), self._cookie.encode()):
            return True
        handler.set_status(403)
        handler.finish({"error": "Names are for the instructor: open the private address that the board has printed."})
        return False


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _cookie(handler: RequestHandler, name: str) -> str:
    found = handler.request.cookies
    return str(found[name].value) if name in found else ""


class AuthorityFile(Page):
    """The authority's certificate, which a learner's program compares with the code before it says anything."""

    async def get(self) -> None:
        """In PEM; here `file` is the text itself."""
        self.set_header("Content-Type", "application/x-pem-file")
        self.finish(self.file)


def applications(board: Board, gate: Gate, live: Live, pem: str) -> tuple[Application, Application]:
    """The learners' end and the instructor's."""
    given: dict[str, Any] = {"board": board, "gate": gate, "live": live}
    both: list[Any] = [("/", Shared, given), ("/events", Events, given)]
    both += [(f"/{path}", handler, {**given, "file": file}) for path, handler, file in files()]
    learners: list[Any] = [(f"/{path}", handler, given) for path, handler in ACTIONS]
    learners += [("/authority.pem", AuthorityFile, {**given, "file": pem})]
    names: list[Any] = [("/instructor", Instructor, given), ("/names", Names, given)]
    settings: dict[str, Any] = {"default_handler_class": Missing, "default_handler_args": given, "log_function": quiet}
    instructors = Application(default_host=None, **settings)
    # Only under its own name: a page from elsewhere whose name leads here must not read it (DNS rebinding).
    instructors.add_handlers(r"(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?", both + names)
    return Application(both + learners, **settings), instructors


def serve(application: Application, address: tuple[str, int], context: ssl.SSLContext | None = None) -> tuple[str, int]:
    """Listen; the address.  Without a `context` it is plain HTTP, and loopback alone is taken.

    Raises:
        ValueError: another address without TLS.
        OSError: the address is in use, or not this machine's.
    """
    host, port = address
    if context is None and not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"without TLS the board listens on loopback alone, and not on {host}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=1024)
    listener.setblocking(False)
    server = HTTPServer(
        application, ssl_options=context, idle_connection_timeout=_IDLE, body_timeout=_IDLE, max_body_size=_BODY
    )
    server.add_socket(listener)
    found: tuple[str, int] = listener.getsockname()[:2]
    return found


def door_of(identity: Identity) -> Door:
    """The door that asks for this board's code."""
    return Door(identity.secret, identity.expires)
