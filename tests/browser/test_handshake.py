"""The bytes of a handshake as a learner looks into them: by mouse, by keyboard, in both themes, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe import violations

Open = Callable[..., Any]

RUN = """
from labsupport import panels, pictures, tls

authority = tls.Authority()
transcript = tls.handshake(authority.client_context(), authority.server_context("localhost"), "localhost")
pictures.flights(transcript)
"""
BROKEN = """
def tamper(number, data):
    return data[:-1] + bytes([data[-1] ^ 1]) if number == 1 else data

broken = tls.handshake(authority.client_context(), authority.server_context("localhost"), "localhost", tamper=tamper)
panels.handshake(broken)
"""
PANEL = "panel = panels.handshake(transcript)\npanel"
PLACE = ".loopback-flights"
WIDTHS = pytest.mark.parametrize("width", [400, 1400])
#: Each width in one theme: what a click does depends on neither.
LOOKS = pytest.mark.parametrize(("width", "theme"), [(400, "light"), (1400, "dark")])


def opened(open_notebook: Open, *cells: str, **how: Any) -> tuple[Any, Locator]:
    """The notebook, and the output of its last cell."""
    notebook = open_notebook(RUN, *cells, **how)
    notebook.run_all()
    assert notebook.errors() == []
    return notebook, notebook.output(len(cells))


def item(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("treeitem", name=name)


def title(panel: Locator) -> Locator:
    return panel.locator(".detail .title")


@WIDTHS
def test_the_picture_is_seen_whole_in_both_themes(width: int, theme: str, open_notebook: Open) -> None:
    notebook, output = opened(open_notebook, theme=theme, width=width)
    image = output.locator("img")
    expect(image).to_have_count(1)
    notebook.until("[...document.querySelectorAll('.jp-OutputArea-output img')].every(one => one.naturalWidth > 0)")
    assert "ClientHello" in (image.get_attribute("alt") or "")
    assert image.evaluate("one => one.getBoundingClientRect().width") >= min(width - 120, 384)
    if (
        width == 1400
    ):  # a place narrower than the narrow picture is scrolled by JupyterLab, whose scroller takes no focus
        assert violations(notebook.page) == []
    notebook.picture(f"flights {width} {theme}")


@LOOKS
def test_a_click_on_a_message_shows_it_and_a_click_on_a_byte_its_field(
    width: int, theme: str, open_notebook: Open
) -> None:
    notebook, panel = opened(open_notebook, PANEL, theme=theme, width=width)
    expect(title(panel)).to_have_text("ClientHello")
    assert violations(notebook.page, PLACE) == []
    box = panel.locator(".spot").filter(has_text="Certificate: show its bytes")
    box.click()
    expect(title(panel)).to_contain_text("Certificate")
    expect(item(panel, "Certificate, 1 certificate, secret")).to_have_attribute("aria-selected", "true")
    first = panel.locator(".bytes .hex .on").first
    wire = first.inner_text()
    panel.get_by_role("radio", name="opened with the key").check()
    expect(first).to_have_text("0b")  # the type of a Certificate
    panel.get_by_role("radio", name="as on the wire").check()
    assert first.inner_text() == wire
    panel.locator(".bytes .hex .byte").first.click()
    expect(title(panel)).to_contain_text("type application_data")
    expect(panel.locator(".detail")).to_contain_text("in clear: an eavesdropper can read this. 1 byte")
    assert panel.locator(".bytes .hex .on").count() == 1
    assert violations(notebook.page, PLACE) == []
    notebook.picture(f"handshake {width} {theme}")


@LOOKS
def test_a_click_on_a_field_in_the_picture_selects_it(width: int, theme: str, open_notebook: Open) -> None:
    notebook, panel = opened(open_notebook, PANEL, theme=theme, width=width)
    panel.locator(".spot").filter(has_text="server_name localhost, of ClientHello").click()
    expect(title(panel)).to_contain_text("server_name localhost")
    expect(item(panel, "server_name, localhost, in clear").first).to_have_attribute("aria-selected", "true")
    expect(panel.locator(".here")).to_have_count(2)  # the message, and its field
    expect(panel.locator("[aria-current=true]")).to_have_count(2)
    assert violations(notebook.page, PLACE) == []
    notebook.picture(f"handshake field {width} {theme}")


def test_the_picture_by_the_keyboard(open_notebook: Open) -> None:
    notebook, panel = opened(open_notebook, PANEL)
    press = notebook.page.keyboard.press
    panel.evaluate("element => { element.tabIndex = -1; element.focus(); }")
    press("Tab")
    expect(panel.get_by_role("button", name="ClientHello: show its bytes", exact=True)).to_be_focused()
    press("ArrowDown")
    press("Enter")
    expect(title(panel)).to_contain_text("server_name localhost")
    press("End")
    press("ArrowLeft")
    press("Home")
    press(" ")
    expect(title(panel)).to_have_text("ClientHello")
    assert notebook.ask("panel.content.activeCellIndex") == 1  # the keys went to no other cell


def test_by_the_keyboard_alone(open_notebook: Open) -> None:
    notebook, panel = opened(open_notebook, PANEL)
    press = notebook.page.keyboard.press
    panel.evaluate("element => { element.tabIndex = -1; element.focus(); }")
    press("Tab")  # the picture
    press("Tab")
    expect(item(panel, "ClientHello, in clear")).to_be_focused()
    press("ArrowRight")  # opens
    press("ArrowRight")  # goes in
    expect(title(panel)).to_have_text("handshake header")
    press("ArrowDown")
    expect(title(panel)).to_contain_text("legacy_version TLS 1.2")
    expect(panel.locator(".bytes .hex .on")).to_have_text(["03 ", "03"])
    expect(item(panel, "legacy_version")).to_be_focused()
    press("ArrowLeft")
    expect(title(panel)).to_have_text("ClientHello")
    press("ArrowLeft")  # closes
    expect(item(panel, "legacy_version")).to_be_hidden()
    press("End")
    press("Home")
    expect(title(panel)).to_contain_text("Flight 1 client → server: ClientHello")
    press("ArrowDown")
    press("Enter")
    expect(item(panel, "ClientHello, in clear")).to_be_hidden()
    assert notebook.ask("panel.content.activeCellIndex") == 1  # the keys went to no other cell
    press("Tab")
    expect(panel.get_by_role("link", name="RFC 9846")).to_be_focused()
    press("Tab")
    expect(panel.locator(".bytes")).to_be_focused()


def test_the_bytes_can_be_opened_with_the_keyboard(open_notebook: Open) -> None:
    notebook, panel = opened(open_notebook, PANEL, "panel.selected = '1.2'")
    panel = notebook.output(1)
    expect(title(panel)).to_contain_text("TLSCiphertext")
    wire = panel.get_by_role("radio", name="as on the wire")
    wire.focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(panel.get_by_role("radio", name="opened with the key")).to_be_checked()
    expect(panel.locator(".bytes")).to_have_attribute("aria-label", "The bytes of this record, opened with the key")
    assert notebook.ask("panel.content.activeCellIndex") == 1  # the keys went to no other cell


def test_what_is_broken_is_shown_first(theme: str, open_notebook: Open) -> None:
    notebook, panel = opened(open_notebook, BROKEN, theme=theme)
    expect(panel.locator(".detail .wrong")).to_contain_text("No secret of the key log opens this record")
    expect(panel.locator("[aria-selected=true] > .row .cross")).to_be_visible()
    assert violations(notebook.page, PLACE) == []
    notebook.picture(f"handshake broken {theme}")


def test_no_text_is_small_and_nothing_sticks_out(open_notebook: Open) -> None:
    for width in (400, 1400):
        _, panel = opened(open_notebook, PANEL, width=width)
        small = panel.evaluate(
            """element => [...element.querySelectorAll('.loopback-flights *')].filter(one => one.textContent.trim()
                && parseFloat(getComputedStyle(one).fontSize) < 12).map(one => one.className)"""
        )
        assert small == []
        assert panel.evaluate(
            """element => { const root = element.querySelector('.loopback-flights').getBoundingClientRect();
                return [...element.querySelectorAll('.tree, .detail, .bytes')].every(
                    one => one.getBoundingClientRect().right <= root.right + 1); }"""
        )


def test_of_a_flight_of_many_records_not_all_bytes_are_shown_at_once(open_notebook: Open) -> None:
    """A million of them would stop the browser."""
    long = """
transcript = tls.handshake(
    authority.client_context(), authority.server_context("localhost"), "localhost", say=(bytes(100_000),)
)
panel = panels.handshake(transcript)
panel.selected = str(len(panel.flights) - 1)
panel
"""
    _, panel = opened(open_notebook, long)
    expect(panel.locator(".bytes p")).to_contain_text("more: choose one of its records.")
    assert panel.locator(".bytes .hex .byte").count() == 20480
    item(panel, "TLSCiphertext").last.click()
    expect(panel.locator(".bytes p")).to_have_count(0)
