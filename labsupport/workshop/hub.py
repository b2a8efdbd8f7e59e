"""The board as a service of JupyterHub: the hub says who somebody is, so there is no code and no secret address.

The hub sets the environment (its documentation, "Services"): `JUPYTERHUB_SERVICE_URL` is where to listen,
`JUPYTERHUB_SERVICE_PREFIX` the path under the proxy.  Instructors are the hub's admins and those in its group
`LOOPBACK_INSTRUCTORS` ("instructors").
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any, Final
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler, stream_request_body

from .board import Board
from .live import Live
from .refusal import Refusal
from .reports import course
from .store import Store
from .web import ACTIONS, Events, Instructor, Missing, Names, Shared, files, quiet

__all__ = ["HubGate", "application", "run"]

_BODY: Final = 16 * 1024 * 1024


class HubGate:
    """Learners report with a token of the hub's; pages are for whom the hub has signed in."""

    def __init__(self, auth: Any, group: str) -> None:
        self._auth, self._group = auth, group

    async def joining(self, handler: RequestHandler, sent: dict[str, Any]) -> tuple[str, dict[str, str]]:  # noqa: ARG002
        """The hub's user, who still chooses to join, and a name."""
        return await self.learner(handler), {}

    async def learner(self, handler: RequestHandler) -> str:
        """The user of the token.  A cookie does not do: another page could make a browser send it."""
        token = self._auth.get_token(handler, in_cookie=False)
        user = await self._auth.user_for_token(token, sync=False) if token else None
        if user is None:
            raise Refusal(401, "The hub does not know this token. Stop your server in the hub, and start it again.")
        if not self._auth.check_scopes(self._auth.access_scopes, user):
            raise Refusal(
                403, "This token is not for the board: the hub's configuration gives the server's token its scope."
            )
        return f"hub:{user['name']}"

    async def looker(self, handler: RequestHandler) -> bool:
        """Anybody whom the hub has signed in and lets at this service; others are sent to the hub."""
        return await self._user(handler) is not None

    async def instructor(self, handler: RequestHandler) -> bool:
        """The hub's admins, and the group of the instructors."""
        user = await self._user(handler)
        if user is None:
            return False
        if user.get("admin") or self._group in user.get("groups", ()):
            return True
        handler.set_status(403)
        handler.finish({"error": f"Names are for the hub's admins and the group {self._group!r} alone."})
        return False

    async def _user(self, handler: Any) -> dict[str, Any] | None:
        user: dict[str, Any] | None = await self._auth.get_user(handler, sync=False)
        if user is None:
            handler.redirect(handler.get_login_url())
            return None
        if not self._auth.check_scopes(self._auth.access_scopes, user):
            handler.set_status(403)
            handler.finish({"error": "The hub does not let you at the board."})
            return None
        _ = handler.xsrf_token  # with a page it sets the cookie that the page's script then has to show
        return user


@stream_request_body
class _Callback(HubOAuthCallbackHandler):  # type: ignore[misc]  # the hub's has no types
    """The hub's; a body is dropped as everywhere here."""

    def data_received(self, chunk: bytes) -> None:
        """A part of a body that nobody wants."""


def application(board: Board, gate: HubGate, live: Live, prefix: str) -> Application:
    """All in one place: the hub's proxy leads here, and the hub says who asks."""
    given: dict[str, Any] = {"board": board, "gate": gate, "live": live}
    pages = (("", Shared), ("events", Events), ("instructor", Instructor), ("names", Names))
    handlers: list[Any] = [(prefix + path, _signed_in(handler), given) for path, handler in pages]
    handlers += [(prefix + path, handler, given) for path, handler in ACTIONS]
    handlers += [(prefix + path, handler, {**given, "file": file}) for path, handler, file in files()]
    handlers += [(prefix + "oauth_callback", _Callback)]
    return Application(
        handlers,
        cookie_secret=os.urandom(32),
        default_handler_class=Missing,
        default_handler_args=given,
        log_function=quiet,
    )


def _signed_in(handler: type[RequestHandler]) -> Any:
    """The handler with what sends a browser to the hub's sign-in."""
    return type(handler.__name__, (HubOAuthenticated, handler), {})


async def run(store: Store) -> None:
    """Serve what is in this file where the hub says, until it stops us (SIGTERM)."""
    where = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    board = Board(store, course())
    live = Live(board)
    gate = HubGate(HubOAuth.instance(), os.environ.get("LOOPBACK_INSTRUCTORS", "instructors"))
    server = HTTPServer(application(board, gate, live, prefix), max_body_size=_BODY, idle_connection_timeout=60)
    server.listen(where.port or 80, where.hostname or "127.0.0.1")
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    updating = asyncio.create_task(live.run())
    await stopped.wait()
    updating.cancel()
    await live.close()
    server.stop()
