"""A ladder in places of any width, on a page of nothing else."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from labsupport.pictures import Picture
from labsupport.pictures.document import drawing
from labsupport.pictures.sheet import Sheet
from tests.pictures.histories import Script

PAGE = '<!doctype html><div id="place" style="width:{width}px;overflow:auto">{picture}</div>'
#: The height of a place, and how much of what is in it lies beside what is to be seen.
LOOK = "place => [place.offsetHeight, place.firstElementChild.scrollWidth - place.firstElementChild.clientWidth]"
#: Below an image that stands in a line there is room for the letters that hang below the line.
HANGING = 8


def _ladder() -> tuple[Picture, Sheet]:
    script = Script()
    near, far = script.connect(script.main)
    for number in range(8):
        send = script.send(script.main, near, b"message %d" % number)
        script.recv(script.server, far, b"message %d" % number, send)
    picture = Picture(script.events(0))
    return picture, drawing(*picture._layouts, picture.alt())


@pytest.mark.parametrize("width", [300, 400, 799, 800, 1400])
def test_a_place_is_as_high_as_what_is_drawn_for_its_width(browser: Browser, width: int) -> None:
    picture, sheet = _ladder()
    assert sheet.narrow.height > sheet.wide.height + 2 * HANGING  # else there is nothing to see
    drawn = sheet.wide if width >= sheet.wide.width else sheet.narrow
    page = browser.new_page()
    try:
        page.set_content(PAGE.format(width=width, picture=picture._repr_mimebundle_()["text/html"]))
        height, beside = page.locator("#place").evaluate(LOOK)
    finally:
        page.close()
    assert drawn.height <= height <= drawn.height + HANGING + 16 * (beside > 0)
    assert beside == max(0, sheet.narrow.width - width)
