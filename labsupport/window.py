"""`watch`: the window on the one tape that a notebook shows."""

from __future__ import annotations

import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from labsupport.pictures import Picture
from labsupport.pictures.ladder.layout import Layout
from labsupport.tape.events import Call, Event, Passage, Program, Route, Sync, tick
from labsupport.tape.exchange import Exchange
from labsupport.tape.frames import chain
from labsupport.tape.mishaps import after_each_cell
from labsupport.tape.programs import current
from labsupport.tape.record import TAPE
from labsupport.tape.selection import belonging, seeds
from labsupport.tape.settling import settle
from labsupport.tape.streams import RECEIVING
from labsupport.tape.watched import endpoint_of, installed

if TYPE_CHECKING:
    from labsupport.panels.parts.ladder import LiveLadder

__all__ = ["Tape", "Window", "label", "watch"]

#: A name that long still fits above its line in the narrow ladder.
LONGEST_NAME: Final = 20
#: Seconds that a window waits, before it opens, for threads that are still at work.
SHORTLY: Final = 0.05


class Tape(Picture):
    """What happened in a window: shown in a cell it is the ladder.

    While the block of `watch` runs it grows; when the block has ended it stays as it is.
    """

    def __init__(self) -> None:
        super().__init__([])
        self._opener: Program | None = current()
        self._lost_before = TAPE.dropped + len(TAPE)
        self._begin = tick()
        self._still: Picture | None = None

    @property
    def open(self) -> bool:
        """Whether the block still runs, so that more may come."""
        return self._still is None

    @property
    def events(self) -> list[Event]:
        """All events of the window so far: calls, what programs did to wait for each other, and notes."""
        return self.now().events

    @property
    def dropped(self) -> int:
        """How many events of this window the tape has had to drop."""
        return self.now().dropped

    @property
    def exchange(self) -> Exchange:
        """Which bytes of which send came out of which recv."""
        return self.now().exchange

    @property
    def _layouts(self) -> tuple[Layout, Layout]:
        return self.now()._layouts  # noqa: SLF001  of its own class

    def live(self) -> LiveLadder:
        """The ladder as a widget: it grows while the block runs, and can be stepped through."""
        from labsupport.panels.parts.ladder import LiveLadder

        return LiveLadder(self.now, lambda: self.open)

    def now(self) -> Picture:
        """The picture as it stands: a call that waits now is an open bar, whatever becomes of it later."""
        if self._still is not None:
            return self._still
        every, end = TAPE.events(), tick()
        chosen = belonging(every, seeds(every, self._begin, self._opener), self._begin, self._opener)
        dropped = max(0, TAPE.dropped - self._lost_before)
        return Picture([_as_of(event, end) for event in chosen if event.order < end], dropped)

    def _close(self) -> None:
        self._still = self.now()


def _as_of(event: Event, end: int) -> Event:
    """The event as it stood at tick `end`."""
    if isinstance(event, Passage | Route):
        return event.as_of(end)
    if not isinstance(event, Call | Sync) or (event.done is not None and event.done < end):
        return event
    event = copy.copy(event)
    event.done = event.ended = event.result = None
    if isinstance(event, Call):
        event.error = event.accepted = None
        if event.op in RECEIVING:
            event.length = event.data = None
    return event


#: The ladders of blocks that an exception has ended in this cell, by the exception's id: itself it would hold frames,
#: and they sockets.
_unseen: dict[int, Tape] = {}


def _after_cell(result: Any = None) -> None:
    """Show the ladder that an exception has kept the cell from showing: now it is needed most."""
    unseen = dict(_unseen)
    _unseen.clear()
    error = getattr(result, "error_in_exec", None)
    found = [unseen[id(one)] for one in chain(error) if id(one) in unseen] if error is not None else []
    if found:
        from IPython.display import display

        display(found[0])  # type: ignore[no-untyped-call,unused-ignore]  # not typed in every version


class Window:
    """What `watch()` gives: enter it with `with`, as often as you like."""

    def __init__(self) -> None:
        self._tapes: list[Tape] = []

    def __enter__(self) -> Tape:
        if not installed():
            raise RuntimeError("labsupport.uninstall() was called, so no call is on the tape; restart the kernel")
        # What an earlier cell has set going belongs to that cell, as far as it comes to rest soon.
        settle(0, SHORTLY)
        tape = Tape()
        self._tapes.append(tape)
        return tape

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        tape = self._tapes.pop()
        try:
            settle(tape._begin)  # noqa: SLF001  the window is what opens and closes it
        finally:  # also when somebody interrupts the wait
            tape._close()  # noqa: SLF001  as above
        if error is not None and after_each_cell(_after_cell) and tape.calls():
            _unseen[id(error)] = tape

    def __getattr__(self, name: str) -> Any:
        """What is looked for here by mistake."""
        raise AttributeError(
            f"what watch() gives has no {name!r}: open it with `with watch() as tape:`, and ask `tape`",
            name=name,
            obj=self,
        )

    def __repr__(self) -> str:
        return "<a window on the tape: open it with `with watch() as tape:` and show `tape` after the block>"


def watch() -> Window:
    """Mark a window on the tape: ``with watch() as tape:`` and, after the block, ``tape``.

    It holds the connections that did something while the block ran, from their beginning, and their listener from its
    bind on, but not the servers of earlier cells that sit idle.  At the end of the block it waits, half a second at
    most, until the background threads that took part have ended or wait for something that nobody will do, so that the
    picture is the same on every run.

    An exception in the block goes through.  If it ends the cell, the ladder is shown under the cell all the same.
    """
    return Window()


def label(sock: object, name: str) -> None:
    """Call this socket's end of the conversation `name` in every picture, instead of "client" or "server".

    Also after the socket is closed.  TypeError or ValueError when it is no socket, or no name.
    """
    endpoint = endpoint_of(sock)
    if not isinstance(name, str):
        raise TypeError(f"a label is a piece of text such as 'maria', not {name!r} ({type(name).__name__})")
    if not name.strip() or not name.isprintable():
        raise ValueError(f"a label is a name that can be read, such as 'maria', not {name!r}")
    if len(name) > LONGEST_NAME:
        raise ValueError(
            f"a label has at most {LONGEST_NAME} characters, to fit above its line; {name!r} has {len(name)}"
        )
    endpoint.label = name.strip()
