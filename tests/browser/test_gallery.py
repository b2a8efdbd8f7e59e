"""The gallery of certificates as a learner visits it: by mouse, and with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.ways import WAYS, Open, Press, focus, press_in, ran, status

GALLERY = "from labsupport import panels\npanels.gallery()"
NOTHING = "create_default_context(), verify_mode = CERT_NONE"


@WAYS
def test_a_certificate_is_refused_and_then_accepted_by_who_does_not_look(
    press: Press, theme: str, open_notebook: Open
) -> None:
    notebook, panel = ran(open_notebook, GALLERY, theme=theme)
    assert violations(notebook.page) == []
    panel.get_by_role("combobox", name="The server shows:").select_option("expired")
    panel.get_by_role("radio", name="Python 3.13 and newer").check()
    focus(notebook, 0)
    press(panel.get_by_role("button", name="Connect"))
    status(panel, "expired: ✗ refused: certificate has expired (verify code 10).")
    expect(panel.get_by_role("row", name="a user should")).to_contain_text("Check the date and time")
    expect(panel.locator(".page svg text", has_text="do_handshake()").first).to_be_visible()
    panel.get_by_role("combobox", name="The client's context:").select_option(NOTHING)
    expect(panel.locator("pre").first).to_contain_text("context.verify_mode = ssl.CERT_NONE")
    press(panel.get_by_role("button", name="Connect"))
    status(panel, "expired: ⚠ accepted: nothing was checked.")
    expect(panel.get_by_role("row", name="an attacker")).to_contain_text("encrypted, to whoever answered")
    expect(panel.locator(".page svg text", has_text="sendall").first).to_be_visible()
    assert violations(notebook.page) == []
    notebook.picture(f"gallery {theme} {press.__name__}")


@WAYS
def test_all_certificates_are_tried_with_two_policies(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, GALLERY, theme=theme)
    panel.get_by_role("radio", name="Python 3.13 and newer").check()
    focus(notebook, 0)
    press(panel.get_by_role("button", name="Try all"))
    verdicts = panel.get_by_role("region", name="The verdicts")
    expect(verdicts.get_by_role("row", name="leaf used as CA")).to_contain_text("✗ refused, 79")
    panel.get_by_role("combobox", name="The client's context:").select_option(NOTHING)
    press(panel.get_by_role("button", name="Try all"))
    expect(verdicts.get_by_role("columnheader", name="CERT_NONE")).to_be_visible()
    expect(verdicts.get_by_role("row", name="leaf used as CA")).to_contain_text("⚠ accepted")
    status(panel, "Of 22 servers 22 were accepted")
    expect(verdicts.get_by_text("not tried")).to_have_count(0)
    assert violations(notebook.page) == []
    notebook.picture(f"gallery all {theme} {press.__name__}")


def test_certificate_and_policy_are_chosen_by_the_arrow_keys(open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, GALLERY)
    press_in(panel.get_by_role("combobox", name="The server shows:"), "ArrowDown", "ArrowDown")
    press_in(panel.get_by_role("combobox", name="The client's context:"), "ArrowDown", "ArrowDown")
    expect(panel.locator("pre").first).to_contain_text("CERT_NONE")
    notebook.heard()
    press_in(panel.get_by_role("button", name="Connect"), "Enter")
    status(panel, "expired: ⚠ accepted")
    press_in(panel.get_by_role("radio", checked=True), "ArrowDown")
    press_in(panel.get_by_role("radio", checked=True), "ArrowDown", "ArrowUp")
    expect(panel.get_by_role("radio", checked=True)).to_be_focused()
    assert notebook.ask("panel.content.activeCellIndex") == 0


def test_it_is_read_on_a_telephone(theme: str, open_notebook: Open) -> None:
    notebook = open_notebook(GALLERY, theme=theme, width=400)
    notebook.run(0)
    panel = notebook.output(0)
    panel.get_by_role("button", name="Try all").click()
    status(panel, "Of 22 servers")
    wider = "element => element.scrollWidth > element.clientWidth + 1"
    assert not panel.locator(".loopback-gallery").first.evaluate(wider)
    assert violations(notebook.page) == []
    notebook.picture(f"gallery narrow {theme}")
