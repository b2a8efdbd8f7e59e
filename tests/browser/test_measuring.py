"""The panels that measure, as a learner uses them: by mouse, and with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.axe import violations
from tests.browser.ways import WAYS, Open, Press, focus, press_in, ran, status

TWO = "from labsupport import panels\npanels.two_connections()"
CROWD = "from labsupport import panels\npanels.crowd()"
WIDER = "element => element.scrollWidth > element.clientWidth + 1"


def ended(panel: Locator, *said: str) -> None:
    """Wait until it has been measured and the status line says this."""
    expect(panel.get_by_role("button", name="Stop")).to_be_disabled(timeout=60_000)
    status(panel, *said)


@WAYS
def test_two_connections_are_compared(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, TWO, theme=theme)
    assert violations(notebook.page) == []
    expect(panel.get_by_role("button", name="Stop")).to_be_disabled()
    focus(notebook, 0)
    press(panel.get_by_role("button", name="Run"))
    expect(panel.get_by_role("progressbar")).to_be_visible()
    assert violations(notebook.page) == []
    ended(panel, "write, write, read: default is ≈", "times as slow as TCP_NODELAY = True")
    figures = panel.get_by_role("region", name="Both connections")
    expect(figures.get_by_role("row", name="default")).to_contain_text("questions/s")
    expect(figures.get_by_role("row", name="TCP_NODELAY = True")).to_contain_text("questions/s")
    expect(panel).to_contain_text("TCP_NODELAY is True, as asked.")
    expect(panel.locator(".page svg text", has_text="sendall").first).to_be_visible()
    assert violations(notebook.page) == []
    notebook.picture(f"two connections {theme} {press.__name__}")


def test_option_value_and_traffic_are_chosen_by_the_arrow_keys(open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, TWO)
    value = panel.get_by_role("combobox", name="Its value:")
    press_in(panel.get_by_role("combobox", name="The option that differs:"), *["ArrowDown"] * 3)
    expect(value.locator("option")).to_have_text(["1 byte", "16,384 bytes", "262,144 bytes", "100,000,000 bytes"])
    press_in(value, "ArrowDown")
    expect(value).to_have_value("16,384 bytes")
    press_in(panel.get_by_role("combobox", name="The traffic:"), *["ArrowDown"] * 3)
    expect(panel).to_contain_text("SO_SNDBUF: room for what is written")
    expect(panel).to_contain_text("to a peer that takes at most 16 KiB every 5 ms")
    press_in(panel.get_by_role("button", name="Run"), "Enter")
    ended(panel, "the peer reads slowly: SO_SNDBUF = 16,384 bytes is ≈")
    expect(panel).to_contain_text("SO_SNDBUF: asked 16,384 bytes")
    press_in(panel.get_by_role("radio", checked=True), "ArrowUp")
    expect(panel.get_by_role("radio", name="the default connection")).to_be_checked()
    assert notebook.ask("panel.content.activeCellIndex") == 0


@WAYS
def test_a_measurement_is_stopped(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, TWO, theme=theme)
    panel.get_by_role("combobox", name="The option that differs:").select_option("TCP_CORK")
    focus(notebook, 0)
    press(panel.get_by_role("button", name="Run"))
    stop = panel.get_by_role("button", name="Stop")
    expect(stop).to_be_enabled()
    press(stop)
    ended(panel, "It was stopped early.")
    expect(panel.get_by_role("button", name="Run")).to_be_enabled()


@WAYS
def test_a_crowd_comes_to_one_design_and_then_to_all(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, CROWD, theme=theme)
    assert violations(notebook.page) == []
    focus(notebook, 0)
    press(panel.get_by_role("button", name="Run", exact=True))
    expect(panel.get_by_role("progressbar")).to_be_visible()
    ended(panel, "one at a time: 20 of 20 waited longer than 0.1 s")
    expect(panel.get_by_role("row", name="asyncio")).to_contain_text("not tried")
    expect(panel.locator(".page svg text", has_text="half a").first).to_be_visible()
    press(panel.get_by_role("button", name="Run all designs"))
    assert violations(notebook.page) == []
    ended(panel, "Somebody waited longer than 0.1 s with: one at a time")
    expect(panel.get_by_role("region", name="How long the others waited").get_by_text("not tried")).to_have_count(0)
    expect(panel.get_by_role("row", name="a thread each")).to_contain_text("of 20")
    assert violations(notebook.page) == []
    notebook.picture(f"crowd {theme} {press.__name__}")


def test_the_crowd_is_chosen_by_keyboard_and_typed(open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, CROWD)
    press_in(panel.get_by_role("slider", name="Slow ones before them:"), "ArrowLeft")
    expect(panel.get_by_role("spinbutton", name="Slow ones before them:")).to_have_value("0")
    panel.get_by_role("spinbutton", name="Clients:").fill("4")
    notebook.page.keyboard.press("Enter")
    expect(panel.get_by_role("slider", name="Clients:")).to_have_value("4")
    press_in(panel.get_by_role("combobox", name="The design:"), *["ArrowDown"] * 4)
    notebook.heard()
    press_in(panel.get_by_role("button", name="Run", exact=True), "Enter")
    ended(panel, "selectors: ")
    expect(panel).to_contain_text("4 clients, no slow one.")
    expect(panel).to_contain_text("One more client costs a socket and half a kilobyte.")


def test_both_are_read_on_a_telephone(theme: str, open_notebook: Open) -> None:
    notebook = open_notebook(TWO, CROWD, theme=theme, width=400)
    notebook.run(0)
    notebook.run(1)
    notebook.output(0).get_by_role("button", name="Run").click()
    ended(notebook.output(0), "times as slow as")
    notebook.output(1).get_by_role("button", name="Run", exact=True).click()
    ended(notebook.output(1), "one at a time: 20 of 20")
    for index, kind in ((0, "comparing"), (1, "crowd")):
        assert not notebook.output(index).locator(f".loopback-{kind}").first.evaluate(WIDER)
    assert violations(notebook.page) == []
    notebook.picture(f"measuring narrow {theme}")
