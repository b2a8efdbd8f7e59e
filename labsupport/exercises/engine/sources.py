"""Answers as source text: gaps filled, and complete programs run in a namespace of their own."""

from __future__ import annotations

import linecache
import textwrap
import types
from collections.abc import Callable
from typing import Final

from labsupport.tape.events import text_of

from .run import Run, finish, surely
from .values import printed
from .verdict import Verdict

__all__ = ["Loaded", "changed", "fill", "load"]

_GAP: Final = "raise NotImplementedError"
_QUOTES: Final = "“”„‘’"  # noqa: RUF001  those are the ones that web pages make
#: Seconds that the statements of a source may take, without the call of the answer.
_LIMIT: Final = 2.0


def fill(starter: str, body: str) -> str:
    """`starter` with `body` in the place of its gap: the line that raises NotImplementedError, and comments before it.

    Raises ValueError if it has not exactly one gap.
    """
    lines = starter.splitlines()
    gaps = [number for number, line in enumerate(lines) if line.strip().startswith(_GAP)]
    if len(gaps) != 1:
        raise ValueError(f"a starter has one gap, a line `{_GAP}`; this one has {len(gaps)}")
    end = start = gaps[0]
    while lines[start - 1].strip().startswith("#"):
        start -= 1
    indent = lines[end][: len(lines[end]) - len(lines[end].lstrip())]
    lines[start : end + 1] = textwrap.indent(textwrap.dedent(body).strip(), indent).splitlines()
    return "\n".join(lines) + "\n"


def changed(source: str, *changes: tuple[str, str]) -> str:
    """`source` with parts of it, wherever they stand, in the place of others: ``(old, new)``, one after the other.

    Raises ValueError if a part is not there.
    """
    for old, new in changes:
        if old not in source:
            raise ValueError(f"there is no {old!r} to change in this source")
        source = source.replace(old, new)
    return source


class Loaded:
    """A source that has been run: the `answer` that it binds, or the `verdict` if it came to none.

    `run` still owns the threads and sockets of its statements.
    """

    def __init__(self, run: Run | None, answer: object = None, verdict: Verdict | None = None) -> None:
        self.run, self.answer, self.verdict = run, answer, verdict

    def clear(self) -> int:
        """End the threads and close the sockets of its statements; how many threads could not be ended."""
        if self.run is None:
            return 0
        finish([self.run])
        return len(self.run.owner.threads())


def load(source: str, name: str) -> Loaded:
    """Run a complete source, as a module called `name`, and take what it binds to `name`."""
    file = f"<{name}>"
    try:
        code = compile(source, file, "exec")
    except SyntaxError as error:
        return Loaded(None, verdict=_unreadable(error, source))
    except (TypeError, ValueError, RecursionError, MemoryError) as error:
        return Loaded(None, verdict=Verdict("failed", f"Python cannot read this as a program: {error}."))
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = types.ModuleType(name)
    run = Run(name, _statements(code, module))
    try:
        run.start().wait(_LIMIT)
        return _taken(run, module, name)
    except KeyboardInterrupt:  # the learner's stop button
        surely(Loaded(run).clear)
        raise


def _statements(code: types.CodeType, module: types.ModuleType) -> Callable[[], object]:
    return lambda: exec(code, module.__dict__)  # noqa: S102  the learner's own program, on the learner's own machine


def _taken(run: Run, module: types.ModuleType, name: str) -> Loaded:
    if type(run.error) is NotImplementedError:
        return Loaded(
            run, verdict=Verdict("not attempted", "There is a gap left to fill: it raises NotImplementedError.")
        )
    if run.error is not None:
        where = f" at {run.at}" if run.at else ""
        text = f"{type(run.error).__name__}: {text_of(run.error)}".rstrip(": ")
        message = f"The program raised {text}{where}, before `{name}` could be tried."
    elif not run.ended:
        message = f"The program did not come to its end, so `{name}` could not be tried. Define it; the check calls it."
    elif name not in module.__dict__:
        message = f"The program does not define `{name}`: bind your answer to that name."
    else:
        return Loaded(run, answer=module.__dict__[name])
    return Loaded(run, verdict=Verdict("failed", message, printed=printed(run.owner.output)))


def _unreadable(error: SyntaxError, source: str) -> Verdict:
    lines = source.splitlines()
    line = lines[error.lineno - 1].strip() if error.lineno and error.lineno <= len(lines) else ""
    message = f"Python cannot read line {error.lineno}: {error.msg}."
    if any(quote in line for quote in _QUOTES):
        message += " The line has typographic quotes, as web pages make them (“ for instance); Python wants \" or '."
    elif isinstance(error, IndentationError):
        message += " The indentation was lost or mixed, as it often is when a program is copied from a page."
    return Verdict("failed", message, returned=f"{type(error).__name__}: {error.msg}", expected="a program")
