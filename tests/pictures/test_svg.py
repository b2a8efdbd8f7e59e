from __future__ import annotations

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.pictures import Picture
from labsupport.pictures.ladder.layout import lay_out, lay_out_both
from labsupport.pictures.svg import DEFS, fragment
from labsupport.tape.excerpt import Excerpt
from tests.pictures.histories import Script
from tests.pictures.reading import from_html, parsed, sizes, texts
from tests.pictures.strategies import scripts


def _long(rounds: int) -> Script:
    script = Script()
    near, far = script.connect(script.main)
    for number in range(rounds):
        send = script.send(script.main, near, b"message %d" % number)
        script.recv(script.server, far, b"message %d" % number, send)
        back = script.send(script.server, far, b"ok")
        script.recv(script.main, near, b"ok", back)
    return script


@given(scripts(), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_every_picture_is_well_formed_and_every_number_of_its_sends_appears(script: Script, seed: int) -> None:
    picture = Picture(script.events(seed))
    numbers = {wire.number for wire in lay_out(picture).story.wires if wire.kind == "data"}
    for width in (None, 400, 1400):
        said = texts(picture.svg(width))
        for number in numbers:
            assert str(number) in said


@given(scripts())
@settings(deadline=None, max_examples=20)
def test_no_text_is_under_twelve_pixels_and_nothing_is_scaled(script: Script) -> None:
    picture = Picture(script.events(0))
    for width in (None, 400, 1400):
        assert min(sizes(picture.svg(width))) >= 12


@given(scripts())
@settings(deadline=None, max_examples=20)
def test_nothing_of_one_run_is_in_a_picture(script: Script) -> None:
    events = script.events(0)
    svg = Picture(events).svg()
    assert script.listener.local is not None
    assert "127.0.0.1" not in svg
    assert str(script.listener.local[1]) not in " ".join(texts(svg)).split()


def test_one_file_holds_a_wide_and_a_narrow_picture_and_its_own_width_decides() -> None:
    svg = Picture(_long(1).events(0)).svg()
    root = parsed(svg)
    assert root.get("width") == "100%"
    assert root.get("viewBox") is None  # with one, the text would shrink with the picture
    assert svg.count("@media (max-width:799.98px)") == 1
    assert [element.get("class") for element in root if element.tag.endswith("svg")] == ["wide", "narrow"]


def test_the_dark_palette_is_one_block_and_colours_are_attributes() -> None:
    svg = Picture(_long(1).events(0)).svg()
    assert svg.count("prefers-color-scheme") == 1
    for element in parsed(svg).iter():
        for name in re.findall(r"\bf-(\w+)", element.get("class", "")):
            assert element.get("fill"), name
        for name in re.findall(r"\bs-(\w+)", element.get("class", "")):
            assert element.get("stroke"), name


def test_the_picture_has_a_role_a_title_and_a_description() -> None:
    picture = Picture(_long(1).events(0))
    root = parsed(picture.svg())
    assert root.get("role") == "img"
    ids = {element.get("id"): "".join(element.itertext()) for element in root if element.get("id")}
    labelled = [ids[name] for name in (root.get("aria-labelledby") or "").split()]
    assert labelled[1] == picture.alt()


def test_stored_as_one_image_with_alt_text_and_its_text_twin() -> None:
    picture = Picture(_long(1).events(0))
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    html = bundle["text/html"]
    assert re.fullmatch(r"(<div style=[^<]*>)?<img alt=[^<]*>(</div>)?", html)
    assert from_html(html) == picture.svg()
    assert bundle["text/plain"] == picture.text()


def test_bytes_cannot_break_out_of_the_picture() -> None:
    script = Script()
    near, far = script.connect(script.main)
    evil = b"</text><script>alert(1)</script>\x00\x1b[31m\xe2\x80\xae"
    send = script.send(script.main, near, evil)
    script.recv(script.server, far, evil, send)
    picture = Picture(script.events(0))
    root = parsed(picture.svg())
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert "\u202e" not in picture.svg()
    assert "<script>" not in picture._repr_mimebundle_()["text/html"]
    assert "\x1b" not in picture.text()


def test_rows_can_be_drawn_in_pages() -> None:
    layout = lay_out(Excerpt(_long(30).events(0)))
    whole = fragment(layout)
    pages = [fragment(layout, first, first + 20) for first in range(0, len(layout.rows), 20)]
    for page in pages:
        parsed(f'<svg xmlns="http://www.w3.org/2000/svg">{DEFS}{page}</svg>')
    wrap = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'.format
    labels = [text for page in pages for text in texts(wrap(page)) if "B wait" not in text and "kernel" not in text]
    assert sorted(labels) == sorted(
        text for text in texts(wrap(whole)) if "B wait" not in text and "kernel" not in text
    )
    assert fragment(layout, 5, 5) == ""


def test_a_page_stays_within_its_rows() -> None:
    layout = lay_out(Excerpt(_long(30).events(0)))
    page = parsed(f'<svg xmlns="http://www.w3.org/2000/svg">{fragment(layout, 20, 40)}</svg>')
    low, high = layout.rows[20].top, layout.rows[40].top
    for element in page.iter():
        if element.get("y") is not None:
            assert low - 1 <= float(element.get("y", "0")) <= high + 1


def test_of_a_very_long_ladder_the_first_and_last_rows_are_stored_and_the_rest_is_counted() -> None:
    picture = Picture(_long(200).events(0))
    said = texts(picture.svg(1400))
    more = [text for text in said if "more rows" in text]
    assert len(more) == 1
    assert any("message 0" in text for text in said)
    assert any("message 199" in text for text in said)
    assert len(said) < 1500
    assert any("more rows" in line for line in picture.text().splitlines())


def test_signs_that_do_not_occur_are_not_explained() -> None:
    script = Script()
    script.add(script.server, script.listener, "accept", still=True)
    said = " ".join(texts(Picture(script.events(0)).svg()))
    assert "a call that waits" in said
    assert "bytes of one send" not in said
    assert "kernel to kernel" not in said
    assert "only the kernel has it" not in said


def test_a_chip_has_room_for_letters_and_emoji_of_any_font() -> None:
    script = Script()
    near, _ = script.connect(script.main)
    for word in ("héllo wörld", "你好世界你好", "नमस्ते दुनिया", "👋🏽🎉🎉🎉🎉🎉", "مرحبا بالعالم", "சென்னை", "❤️ ok"):
        script.send(script.main, near, word.encode())
    picture = Picture(script.events(0))
    for layout in lay_out_both(picture):
        for label in layout.story.labels:
            for chip, _, width in (each for row in layout.boxes[label.index].chips for each in row):
                assert 12 + 7.2 * len(chip.name) + (7.2 + _widest(chip.text) if chip.text else 0) <= width
                assert chip.text.removesuffix("…")


def _widest(text: str) -> float:
    """In pixels, at 12 px: a Latin letter of 0.6 em, any other of 1 em, an emoji of 1.37 em; marks stand on others."""
    kinds = {character: unicodedata.category(character) for character in text}
    sizes = {"So": 16.4, "Sk": 16.4, "Mn": 0.0}
    latin = {character: ord(character) < 0x300 or character in "…␣" for character in text}
    return sum(7.2 if latin[each] else sizes.get(kinds[each], 12.0) for each in text)
