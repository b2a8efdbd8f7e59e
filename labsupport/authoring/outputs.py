"""The outputs of a cell: how they are stored, and when two runs of a cell gave the same.

Stored is what a reader without a kernel can see: text, HTML, pictures.  A widget's own view is not, since without its
kernel it is an error message; its `text/plain` stays and is what is compared.  Two runs are the same when text, order
and kinds of output agree after `sanitised`; metadata, PNG and JPEG data (they differ with the version of a drawing
library) and tracebacks (they hold paths and line numbers of the installed Python) are not compared.
"""

from __future__ import annotations

import base64
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from nbformat.v4 import new_output

__all__ = ["SANITIZE_FILE", "comparable", "difference", "normal", "same", "sanitised"]

#: The one file that says what may differ between two runs; in nbval's format.
SANITIZE_FILE: Final = Path(__file__).with_name("sanitize.cfg")

WIDGET_VIEW: Final = "application/vnd.jupyter.widget-view+json"
NOT_COMPARED: Final = frozenset({WIDGET_VIEW, "image/png", "image/jpeg"})

Output = Mapping[str, Any]

# IPython writes `File /somewhere/lib/python3.11/socket.py:848, in connect`; the folder is the machine's business.
_FRAME = re.compile(r"(File (?:\x1b\[[0-9;]*m)*)[^\x1b\n]*[/\\]([^/\\\x1b\n]+?)(?=[:,\x1b\n])")

_SVG = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")


@cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = SANITIZE_FILE.read_text("ascii")
    pairs = re.findall(r"^regex: (.*)$\n^replace: (.*)$", text, re.MULTILINE)
    return tuple((re.compile(regex), replace) for regex, replace in pairs)


def sanitised(text: str) -> str:
    """`text` with each measured figure (printed as "≈ 12.3 ms") replaced by "≈ #"."""
    for regex, replace in _rules():
        text = regex.sub(replace, text)
    return text


def normal(outputs: Iterable[Output], count: int | None = None) -> list[dict[str, Any]]:
    """The outputs of one cell as they are stored.

    Neighbouring pieces of stdout are joined, and so are those of stderr, which then follow stdout: the two are
    separate pipes, so their order is chance.  `count` becomes the execution count of a result.
    """
    result: list[dict[str, Any]] = []
    for output in outputs:
        if output["output_type"] == "stream":
            _add_stream(result, output["name"], output["text"])
        else:
            result.append(_NORMAL[output["output_type"]](output, count))
    return [_overwritten(output) if output["output_type"] == "stream" else output for output in result]


def _add_stream(outputs: list[dict[str, Any]], name: str, text: str) -> None:
    place = len(outputs)
    for index in range(len(outputs) - 1, -1, -1):
        if outputs[index]["output_type"] != "stream":
            break
        if outputs[index]["name"] == name:
            outputs[index]["text"] += text
            return
        if name == "stdout":
            place = index
    outputs.insert(place, new_output("stream", name=name, text=text))


def _overwritten(stream: dict[str, Any]) -> dict[str, Any]:
    """A carriage return takes the cursor back: of a progress line only its last state is stored."""
    stream["text"] = re.sub(r"^.*\r(?=[^\n])", "", stream["text"], flags=re.MULTILINE)
    return stream


def _error(output: Output, _count: int | None) -> dict[str, Any]:
    traceback = [_FRAME.sub(r"\1\2", frame) for frame in output["traceback"]]
    error: dict[str, Any] = new_output("error", ename=output["ename"], evalue=output["evalue"], traceback=traceback)
    return error


def _data(output: Output) -> dict[str, Any]:
    return {mime: value for mime, value in output["data"].items() if mime != WIDGET_VIEW}


def _display(output: Output, _count: int | None) -> dict[str, Any]:
    display: dict[str, Any] = new_output("display_data", _data(output), metadata=output.get("metadata") or {})
    return display


def _result(output: Output, count: int | None) -> dict[str, Any]:
    shown: dict[str, Any] = new_output(
        "execute_result", _data(output), metadata=output.get("metadata") or {}, execution_count=count
    )
    return shown


_NORMAL: Final[dict[str, Callable[[Output, int | None], dict[str, Any]]]] = {
    "display_data": _display,
    "error": _error,
    "execute_result": _result,
}


def comparable(outputs: Iterable[Output], sanitise: Callable[[str], str] = sanitised) -> list[tuple[str, str]]:
    """What two runs must agree on: pairs of kind ("stdout", a MIME type, "error") and sanitised text, in order."""
    pairs: list[tuple[str, str]] = []
    for output in normal(outputs):
        if output["output_type"] == "stream":
            pairs.append((output["name"], sanitise(output["text"])))
        elif output["output_type"] == "error":
            pairs.append(("error", sanitise(f"{output['ename']}: {output['evalue']}")))
        else:
            pairs += [(m, sanitise(str(v))) for m, v in sorted(output["data"].items()) if m not in NOT_COMPARED]
    return pairs


def same(stored: Iterable[Output], fresh: Iterable[Output]) -> bool:
    """Whether two runs of a cell gave the same outputs."""
    return comparable(stored) == comparable(fresh)


def difference(stored: Iterable[Output], fresh: Iterable[Output]) -> str:
    """The lines in which two runs of a cell differ: "-" stored, "+" fresh.

    A picture is shown as its SVG, an element a line; other long lines are cut.
    """
    before, after = (
        [line for kind, text in comparable(outputs) for line in (f"[{kind}]", *_lines(text))]
        for outputs in (stored, fresh)
    )
    lines = list(difflib.unified_diff(before, after, "stored", "fresh", n=1, lineterm=""))[2:]
    return "\n".join(line if len(line) <= 200 else f"{line[:200]}… ({len(line)} characters)" for line in lines)


def _lines(text: str) -> list[str]:
    return _SVG.sub(_drawn, text).splitlines()


def _drawn(picture: re.Match[str]) -> str:
    return "\n" + base64.b64decode(picture[1]).decode("utf-8", "replace").replace("><", ">\n<") + "\n"
