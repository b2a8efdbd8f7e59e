"""What carries reports to the board: a thread beside the learner's, so that no check waits for it.

It hears of a check from `progress`, which keeps the record; here is only what could not be sent yet, bounded.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from typing import Final

from labsupport import progress

from .membership import Membership, forget, note_sent
from .reports import Report
from .wire import BoardError, Line

__all__ = ["Post", "resume", "send_all", "trouble"]

#: Reports that wait while the board is away; then the oldest is dropped.
_WAITING: Final = 200
#: Seconds for which a connection stays open without a report, and between two attempts: the first, the longest.
_IDLE: Final = 10.0
_PAUSES: Final = (1.0, 30.0)


class Post:
    """Sends what it is given, in order, each once it is known that the one before has arrived.

    - `trouble`: a sentence on what is wrong now, or "".
    """

    def __init__(self) -> None:
        self.trouble = ""
        self.dropped = 0
        self._waiting: deque[Report] = deque()
        self._news = threading.Condition()
        self._running = False

    def give(self, *reports: Report) -> None:
        """Have these sent; returns at once."""
        with self._news:
            self._waiting.extend(reports)
            while len(self._waiting) > _WAITING:
                self._waiting.popleft()
                self.dropped += 1
            if self._waiting and not self._running:
                self._running = True
                threading.Thread(target=self._serve, name="board reports", daemon=True).start()
            self._news.notify_all()

    def idle(self, timeout: float) -> bool:
        """Wait until nothing waits; whether that came within `timeout` seconds."""
        with self._news:
            return self._news.wait_for(lambda: not self._waiting, timeout)

    def _serve(self) -> None:
        try:
            self._carry()
        except Exception as error:  # noqa: BLE001  said; and the next report is tried by a new thread
            with self._news:
                self._running = False
                self.trouble = f"Nothing can be sent ({error}). You lose nothing: leave the workshop, and join again."

    def _carry(self) -> None:
        line: Line | None = None
        made: Membership | None = None
        pause = _PAUSES[0]
        with contextlib.ExitStack() as lines:
            while (report := self._next()) is not None:
                now = Membership.read()
                if now is None:
                    self._clear("")
                    continue
                if line is None or now != made:
                    lines.close()
                    made, line = now, lines.enter_context(contextlib.closing(now.line()))
                if self._sent(made, line, report):
                    pause = _PAUSES[0]
                else:
                    self._rest(pause)
                    pause = min(2 * pause, _PAUSES[1])

    def _next(self) -> Report | None:
        """The oldest that waits; None, and the thread ends, where none comes for a while."""
        with self._news:
            if not self._news.wait_for(lambda: self._waiting, _IDLE):
                self._running = False
                return None
            return self._waiting[0]

    def _sent(self, made: Membership, line: Line, report: Report) -> bool:
        """Try to send it; whether it is dealt with."""
        try:
            line.post("report", report.body(), made.authorization)
        except BoardError as refused:
            return self._refused(made, report, refused)
        except OSError as error:
            self.trouble = f"The board does not answer ({error}): what you do is sent when it does. You lose nothing."
            return False
        self.trouble = ""
        note_sent(made, report.body())
        self._done(report)
        return True

    def _refused(self, made: Membership, report: Report, refused: BoardError) -> bool:
        self.trouble = f"The board has refused {report.exercise}: {refused}"
        if refused.status in (429, 500, 502, 503, 504):
            return False
        if refused.status in (401, 403):
            forget(made)
            self._clear(f"The board does not know you any more ({refused}): nothing is sent until you join again.")
        self._done(report)
        return True

    def _done(self, report: Report) -> None:
        with self._news:
            if self._waiting and self._waiting[0] is report:
                self._waiting.popleft()
            self._news.notify_all()

    def _clear(self, why: str) -> None:
        with self._news:
            self.trouble = why
            self._waiting.clear()
            self._news.notify_all()

    def _rest(self, seconds: float) -> None:
        """Until somebody leaves, as far as this kernel knows, or the time is over."""
        with self._news:
            self._news.wait_for(lambda: not self._waiting, seconds)


_post = Post()
_listening = threading.Lock()


def resume() -> None:
    """Report what this kernel's learner does from now on.  Twice does no harm."""
    if _listening.acquire(blocking=False):
        progress.listen(_heard)


def _heard(recorded: progress.Recorded) -> None:
    if recorded.kind != "exercise" or Membership.read() is None:
        return
    status = "passed" if recorded.passed else "failed"
    _post.give(Report(recorded.name, status, recorded.mistake, recorded.tries))


def send_all() -> None:
    """What is done already, at joining; waits up to two seconds, so that `sent()` can show it."""
    resume()
    done = progress.load()["exercises"]
    _post.give(*(Report(name, one["status"], one["mistake"], one["tries"]) for name, one in done.items()))
    _post.idle(2.0)


def trouble() -> str:
    """What is wrong with sending now, in this notebook, or ""."""
    return _post.trouble
