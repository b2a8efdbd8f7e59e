"""`panels.my_work()`: a learner's work as one file, out of the browser and in again."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Final

import anywidget
import ipywidgets
import traitlets

from labsupport.course import places
from labsupport.course.archive import MOST_BYTES, Refused, pack, unpack
from labsupport.course.bringing import bring
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.words import STYLE, status

__all__ = ["MyWork", "my_work"]

_HERE: Final = Path(__file__).parent
#: What a browser can hand to a kernel at once: Jupyter's server takes messages of 10 MiB (tornado's default).
_MOST_HERE: Final = min(MOST_BYTES, 9 * 2**20)
_TELLS: Final = (
    "Your progress and the notebooks that you have edited, as one file on your computer. "
    "Save open notebooks first (Ctrl+S): the file holds what is saved."
)


class Carrier(anywidget.AnyWidget):
    """A button that asks the kernel for a file and hands it to the browser, and a field that takes one.

    `most`: the bytes that are taken at once.  Messages: to the kernel {"kind": "pack"} and {"kind": "bring"} with the
    file, or {"kind": "too large", "bytes": …}; from it {"kind": "packed", "name": …} with the file.
    """

    _esm = _HERE / "carrying.js"
    _css = _HERE / "carrying.css"

    most = traitlets.Int(_MOST_HERE).tag(sync=True)


class MyWork(ipywidgets.VBox):
    """The learner's work in `folder` (None: the progress alone), to be downloaded and brought back.

    `said`: what came of the last press, in plain text.
    """

    said = traitlets.Unicode("")

    def __init__(self, folder: Path | None, originals: Path | None) -> None:
        self._folder, self._originals = folder, originals
        self.carrier = Carrier()
        self.carrier.on_msg(self._heard)
        self._says = ipywidgets.HTML(status(_TELLS))
        super().__init__([ipywidgets.HTML(STYLE), self.carrier, self._says])
        self.add_class("loopback-panel")
        self.observe(self._show, "said")

    def _show(self, _change: Any) -> None:
        self._says.value = status(*map(escape, self.said.splitlines()))

    def _heard(self, _widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        """What the browser asks for; whatever goes wrong is said, since nobody sees an exception here."""
        try:
            if content.get("kind") == "pack":
                self.hand_out()
            elif content.get("kind") == "bring" and buffers:
                self.take(bytes(buffers[0]))
            elif content.get("kind") == "too large":
                self.said = _too_large(int(content["bytes"]))
        except OSError as error:
            self.said = f"That did not work: {error}. What was here is as it was."
        except Exception as error:  # noqa: BLE001  see above
            self.said = f"That did not work: {type(error).__name__}: {error}. What was here is as it was."

    def hand_out(self) -> None:
        """Send the file to the browser."""
        data, left = pack(self._folder, self._originals)
        self.carrier.send({"kind": "packed", "name": "loopback-work.zip"}, [data])
        lines = [f"loopback-work.zip is with your browser's downloads: {len(data):,} bytes."]
        lines += [f"Left out: {line}" for line in left]
        self.said = "\n".join(lines)

    def take(self, data: bytes) -> None:
        """Bring back the work in a file; what is not taken changes nothing.  Raises OSError where it cannot be kept."""
        try:
            brought = bring(unpack(data), self._folder, self._originals)
        except Refused as error:
            self.said = f"This file is not taken: {error}. Nothing has been changed."
            return
        self.said = f"{brought}\nClose notebooks that are open, and open them again to see what came."

    def __repr__(self) -> str:
        return f"Download my work, or bring it back. {_TELLS}"

    def _repr_mimebundle_(self, **_settings: Any) -> dict[str, Any]:
        """The widget, and for a reader without a kernel what it would do."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        page = f"<p>{escape(repr(self))}</p>"
        return {"text/plain": repr(self), "text/html": page, "application/vnd.jupyter.widget-view+json": view}


def _too_large(size: int) -> str:
    return (
        f"This file has {size:,} bytes, and a browser can hand over at most {_MOST_HERE:,} at once. "
        "In a terminal: python -m labsupport import FILE"
    )


def my_work() -> MyWork:
    """Download your progress and your notebooks as one file, and bring them back, here or on another machine."""
    return replace_earlier(MyWork(places.here(), places.originals()))
