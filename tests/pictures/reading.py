"""Reading a picture as a viewer would: its texts, their sizes, and what stands outside of it."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree as ET

__all__ = ["from_html", "parsed", "sizes", "texts"]

_SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    """The tree; an error when it is not well-formed."""
    return ET.fromstring(svg)


def texts(svg: str) -> list[str]:
    """What each text element says."""
    return ["".join(element.itertext()) for element in parsed(svg).iter(f"{_SVG}text")]


def sizes(svg: str) -> set[float]:
    """All font sizes, in pixels; transforms that shrink, or a viewBox without that size, are an error."""
    root = parsed(svg)
    for element in root.iter():
        assert "scale" not in element.get("transform", "")
        box = element.get("viewBox")
        if box is not None:
            width = "384" if element.get("width") == "100%" else element.get("width")
            assert box.split()[2:] == [width, element.get("height")]
    return {float(size) for size in re.findall(r'font-size="([\d.]+)', svg)} | {
        float(size) for size in re.findall(r"font-size:\s*([\d.]+)", svg)
    }


def from_html(html: str) -> str:
    """The SVG inside an <img>."""
    found = re.search(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", html)
    assert found is not None
    return base64.b64decode(found[1]).decode()
