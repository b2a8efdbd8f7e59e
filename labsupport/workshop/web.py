"""What the board answers over HTTP: joining, reporting, leaving, and the pages.  Both kinds of board use it.

A `Gate` says who asks; everything else is the same.  A refusal is a status and one sentence; nothing that was sent is
repeated in it.  Pages come with a Content-Security-Policy that allows nothing but their own files.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Awaitable, Callable
from http.client import responses
from pathlib import Path
from typing import Any, Final, Protocol

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, stream_request_body

from .board import Board
from .live import Live
from .refusal import Refusal
from .reports import LARGEST, object_of, parse

__all__ = [
    "ACTIONS", "Action", "Asked", "Events", "Gate", "Instructor", "Missing", "Names", "Page", "Shared",
    "files", "quiet",
]  # fmt: skip

_PAGES: Final = Path(__file__).parent / "pages"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Pages with counts that look at the same time; more would only cost.
_LOOKERS: Final = 500


class Gate(Protocol):
    """Who asks?"""

    async def joining(self, handler: RequestHandler, sent: dict[str, Any]) -> tuple[str, dict[str, str]]:
        """The key of somebody who may join, and what to answer besides the name.  Raises `Refusal`."""

    async def learner(self, handler: RequestHandler) -> str:
        """The key of somebody who says to have joined.  Raises `Refusal`, 401."""

    async def looker(self, handler: RequestHandler) -> bool:
        """Whether they may see the shared page; if not, the handler has been answered."""

    async def instructor(self, handler: RequestHandler) -> bool:
        """Whether they may see names; if not, the handler has been answered."""


@stream_request_body
class Asked(RequestHandler):
    """What all handlers share.  A body is dropped as it comes: nobody fills the memory by sending one."""

    def initialize(self, board: Board, gate: Gate, live: Live) -> None:
        """Tornado's way to give a handler what it works on."""
        self.board, self.gate, self.live = board, gate, live

    def set_default_headers(self) -> None:
        """Headers of every answer, errors too."""
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    def data_received(self, chunk: bytes) -> None:
        """A part of a body that nobody wants."""

    def refuse(self, refusal: Refusal) -> None:
        """Answer with the refusal."""
        self.set_status(refusal.status, responses.get(refusal.status, "Refused"))
        if refusal.wait:
            self.set_header("Retry-After", str(refusal.wait))
        if refusal.status == 401:
            self.set_header("WWW-Authenticate", "Bearer")
        self.finish({"error": refusal.sentence})

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002  tornado's
        """What tornado refuses by itself: an unknown path, another method, a fault of ours."""
        self.finish({"error": f"{responses.get(status_code, 'Error')}."})


# --- what learners' programs ask -----------------------------------------------------------------


class Action(Asked):
    """A POST with a JSON object.  What is larger than `LARGEST` is dropped, and answered with 413."""

    def prepare(self) -> None:
        """Before the body comes."""
        self._body, self._size = bytearray(), 0

    def data_received(self, chunk: bytes) -> None:
        """A part of the body."""
        self._size += len(chunk)
        if self._size <= LARGEST:
            self._body += chunk

    async def post(self) -> None:
        """Do it, or refuse it."""
        try:
            answer = await self.do(self._whole())
        except Refusal as refusal:
            self.refuse(refusal)
        else:
            self.finish(answer)

    def _whole(self) -> bytes:
        if self._size > LARGEST:
            raise Refusal(413, f"This has {self._size} bytes; the board takes {LARGEST} at most. Nothing was kept.")
        return bytes(self._body)

    async def do(self, body: bytes) -> dict[str, Any]:
        """What this action is; the answer as a JSON object.  Raises `Refusal`."""
        raise NotImplementedError


class Join(Action):
    """``{"code", "name"}`` (on a hub: ``{"name"}``) → ``{"name", "secret"}``."""

    async def do(self, body: bytes) -> dict[str, Any]:
        """Let somebody in."""
        sent = object_of(body)
        key, more = await self.gate.joining(self, sent)
        return {"name": await self.board.join(key, sent.get("name")), **more}


class Report(Action):
    """A report → ``{}``, when it is on the disk."""

    async def do(self, body: bytes) -> dict[str, Any]:
        """Keep it.  Who has not joined learns nothing of what a report looks like."""
        key = await self.gate.learner(self)
        self.board.check_known(key)
        await self.board.report(key, parse(body, self.board.course))
        return {}


class Leave(Action):
    """``{}`` → ``{}``, when nothing of this learner is left."""

    async def do(self, body: bytes) -> dict[str, Any]:
        """Delete them."""
        object_of(body)
        await self.board.leave(await self.gate.learner(self))
        return {}


#: Path and handler of what learners' programs ask.
ACTIONS: Final = (("join", Join), ("report", Report), ("leave", Leave))


# --- what is looked at -------------------------------------------------------------------------------


class Page(Asked):
    """A file of ours, the same for everybody."""

    def initialize(self, board: Board, gate: Gate, live: Live, file: str = "") -> None:
        """`file`: its name in `pages/`."""
        super().initialize(board, gate, live)
        self.file = file

    def send_page(self, file: str) -> None:
        """Answer with a file of ours."""
        self.set_header("Content-Type", _KINDS[Path(file).suffix])
        self.finish((_PAGES / file).read_bytes())

    async def get(self) -> None:
        """Style and script are no secret."""
        self.send_page(self.file)


class Shared(Page):
    """The page for everybody: counts."""

    async def get(self) -> None:
        """The page."""
        if await self.gate.looker(self):
            self.send_page("shared.html")


class Instructor(Page):
    """The instructor's page: names."""

    async def get(self) -> None:
        """The page."""
        if await self.gate.instructor(self):
            self.send_page("instructor.html")


class Events(Asked):
    """The state of the shared page, as soon as it is another than the number `seen` that the page has."""

    #: How many may look at the same time, at one end of the board.
    most: float = _LOOKERS

    def allowed(self) -> Awaitable[bool]:
        """Whether who asks may see it."""
        return self.gate.looker(self)

    view: Callable[[Board], dict[str, Any]] = staticmethod(Board.shared)

    async def get(self) -> None:
        """Wait, and answer."""
        if not await self.allowed():
            return
        looking: set[Events] = self.settings.setdefault("looking", set())
        if len(looking) >= self.most:
            self.refuse(Refusal(503, "Too many look at this board. Look at the one on the wall.", wait=60))
            return
        seen = self.get_query_argument("seen", "-1")
        looking.add(self)
        try:
            answer = await self.live.after(int(seen) if seen.isdecimal() and len(seen) < 16 else -1, self.view)
        finally:
            looking.remove(self)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        with contextlib.suppress(StreamClosedError):  # the page has gone
            await self.finish(answer)


class Names(Events):
    """The same for the instructor's page, however many look at the other."""

    most = math.inf

    def allowed(self) -> Awaitable[bool]:
        """The instructor alone."""
        return self.gate.instructor(self)

    view = staticmethod(Board.instructors)


def files() -> list[tuple[str, type[Page], str]]:
    """Path, handler and file of what the pages load."""
    return [(name, Page, name) for name in ("page.css", "page.js", "icon.svg")]


class Missing(Asked):
    """Any other path."""

    def prepare(self) -> None:
        """404, whatever the method."""
        self.refuse(Refusal(404, "The board has no such page."))


def quiet(handler: RequestHandler) -> None:
    """No log of who asked for what."""
