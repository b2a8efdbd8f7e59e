"""The decks, the handout and the guide in a browser that has no network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from labsupport.authoring import chapter as chapters
from labsupport.authoring import handout, instructor, slides
from labsupport.authoring.notes import read as read_notes
from tests.browser.axe import violations

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))

#: Shows each slide with all its fragments; what lies outside of it, and cannot be scrolled to.
LOOK = """() => Reveal.getSlides().flatMap(slide => {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v, 99);
    const box = slide.querySelector('.fit');
    const found = [];
    if (box.scrollWidth > box.clientWidth + 1) found.push(`${h}/${v}: ${box.scrollWidth} wide, of ${box.clientWidth}`);
    const cut = [...box.querySelectorAll('pre')].filter(pre => pre.scrollWidth > pre.clientWidth + 1);
    found.push(...cut.map(pre => `${h}/${v}: a line of ${pre.scrollWidth} in ${pre.clientWidth}`));
    if (box.scrollHeight > box.clientHeight + 1 && !slide.matches('.picture') && box.tabIndex !== 0)
        found.push(`${h}/${v} is ${box.scrollHeight} tall, of ${box.clientHeight}`);
    const view = slide.querySelector('.window');
    if (view && view.scrollTop + view.clientHeight < view.scrollHeight - 1) found.push(`${h}/${v}: the picture's end`);
    return found;
})"""

Opened = Callable[..., tuple[Page, list[str]]]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Open a page of this text as a file, without a network; what its console complains of, and what it asks for."""
    contexts: list[BrowserContext] = []

    def open_one(text: str, theme: str = "light") -> tuple[Page, list[str]]:
        path = tmp_path / "page.html"
        path.write_text(text, "utf-8")
        context = browser.new_context(
            viewport={"width": 1280, "height": 720},
            color_scheme="dark" if theme == "dark" else "light",
            offline=True,
            reduced_motion="reduce",
        )
        contexts.append(context)
        complaints: list[str] = []
        listen(context, complaints)
        page = context.new_page()
        page.goto(path.as_uri())
        return page, complaints

    yield open_one
    for context in contexts:
        context.close()


def listen(context: BrowserContext, complaints: list[str]) -> None:
    """Write down errors, warnings, and whatever is asked for that is no file and no data of the page's own."""

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "about:", "blob:")):
            complaints.append(request.url)

    context.on("console", said)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", asked)


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("LOOPBACK_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=name.startswith("handout"))


def test_a_deck_opens_without_a_network(chapter: Path, opened: Opened) -> None:
    page, complaints = opened(slides.deck(chapter))
    page.wait_for_function("globalThis.Reveal?.isReady()")
    read = chapters.read(chapter)
    found = slides.columns(read, read_notes(read.number))
    assert page.evaluate("Reveal.getTotalSlides()") == sum(map(len, found))
    noted = sum(bool(slide.notes) for column in found for slide in column)
    assert page.locator("aside.notes").count() == noted >= len(read.steps)
    assert page.evaluate(LOOK) == []
    assert complaints == []


def test_axe_finds_nothing_serious_on_any_kind_of_slide(opened: Opened, theme: str) -> None:
    page, _ = opened(slides.deck(NOTEBOOKS[1]), theme)
    page.wait_for_function("globalThis.Reveal?.isReady()")
    kinds = page.evaluate("[...new Set(Reveal.getSlides().map(slide => slide.classList[0]))]")
    assert {"title", "head", "question", "code", "picture", "answer", "text", "recall"} <= set(kinds)
    for kind in kinds:
        page.evaluate(
            """kind => { const { h, v } = Reveal.getIndices(document.querySelector(`section section.${kind}`));
                Reveal.slide(h, v, 99); }""",
            kind,
        )
        page.wait_for_function("document.getAnimations().length === 0")
        picture(page, f"slides-{kind}-{theme}")
        assert violations(page, "section.present > section.present") == [], kind


def test_keys_scroll_a_picture_change_the_theme_and_open_the_notes(opened: Opened) -> None:
    page, complaints = opened(slides.deck(NOTEBOOKS[1]))
    page.wait_for_function("globalThis.Reveal?.isReady()")
    page.evaluate(
        "Reveal.slide(...Object.values(Reveal.getIndices(document.querySelector('section.picture'))).slice(0, 2))"
    )
    where = page.evaluate("Reveal.getIndices()")
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('section.picture.present .window').scrollTop > 100")
    assert page.evaluate("Reveal.getIndices()")["v"] == where["v"]

    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("t")
    page.wait_for_function("before => getComputedStyle(document.body).backgroundColor !== before", arg=before)

    with page.context.expect_page() as popup:
        page.keyboard.press("s")
    popup.value.wait_for_function("document.body.innerText.includes('Wait for:')")
    picture(popup.value, "slides-notes")
    assert complaints == []


@pytest.mark.parametrize("size", ["A4", "Letter"])
@pytest.mark.parametrize("what", ["handout", "instructor"])
def test_it_prints_without_a_line_cut_off(what: str, size: str, opened: Opened, tmp_path: Path) -> None:
    text = handout.handout(NOTEBOOKS) if what == "handout" else instructor.guide(NOTEBOOKS)
    page, complaints = opened(text)
    width, height = {"A4": (672, 980), "Letter": (694, 920)}[size]  # inside the margins, in CSS pixels
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(media="print")
    wide = page.evaluate(
        """width => [...document.querySelectorAll('main *')].filter(each => {
            const box = each.getBoundingClientRect();
            return box.right > width + 1 || (each.tagName === 'FIGURE' && box.height > innerHeight);
        }).map(each => each.outerHTML.slice(0, 200))""",
        width,
    )
    assert wide == []
    picture(page, f"{what}-{size}")
    data = page.pdf(path=tmp_path / f"{what}.pdf", format=size)
    assert data.startswith(b"%PDF")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") + data.count(b"/Type /Page/") > 9
    assert complaints == []
