"""The panels of chapter 08, as a learner uses them: by mouse, and with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.axe import violations
from tests.browser.ways import WAYS, Open, Press, focus, press_in, ran, status

ATTACK = "from labsupport import panels\npanels.attack()"
CHAT = "from labsupport import panels\npanels.chat()"
WIDER = "element => element.scrollWidth > element.clientWidth + 1"
MARKUP = "<b>नमस्ते</b> <img src=x onerror=alert(1)>"


def ended(panel: Locator, *said: str) -> None:
    """Wait until the attack is over and the status line says this."""
    expect(panel.get_by_role("button", name="Stop")).to_be_disabled(timeout=60_000)
    status(panel, *said)


def announced(panel: Locator, text: str) -> None:
    """Wait until an attack is announced: two processes have been started before, and the good client has come."""
    expect(panel.locator(".loopback-status")).to_contain_text(f"Announced: {text}", timeout=60_000)


def button(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("button", name=name, exact=True)


@WAYS
def test_attacked_defended_and_attacked_again(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, ATTACK, theme=theme)
    assert violations(notebook.page) == []
    expect(button(panel, "Stop")).to_be_disabled()
    focus(notebook, 0)
    press(button(panel, "Attack"))
    expect(panel.get_by_role("progressbar")).to_be_visible()
    announced(panel, "idle: 60 connections to 127.0.0.1")
    assert violations(notebook.page) == []
    ended(panel, "idle: ", "Serve clients beside each other")
    expect(panel.get_by_role("row", name="under attack")).to_contain_text("unanswered")
    expect(panel.get_by_role("row", name="sockets")).to_be_visible()
    expect(panel.locator(".page svg text", has_text="timed out").first).to_be_visible()
    focus(notebook, 0)
    press(button(panel, "All limits"))
    expect(panel.get_by_role("combobox", name="Time:")).to_have_value("0.5 s for a whole question")
    press(button(panel, "Attack"))
    runs = panel.get_by_role("region", name="Your attacks so far")
    expect(runs.get_by_role("row")).to_have_count(3, timeout=60_000)
    ended(panel, "idle: ")
    assert violations(notebook.page) == []
    notebook.picture(f"attack {theme} {press.__name__}")


def test_attack_and_limits_are_chosen_by_keyboard_and_it_is_stopped(open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, ATTACK)
    press_in(panel.get_by_role("combobox", name="The attack:"), *["ArrowDown"] * 3)
    expect(panel).to_contain_text("There is no TLS handshake to stop in")
    expect(button(panel, "Attack")).to_be_disabled()
    press_in(panel.get_by_role("combobox", name="TLS handshake:"), "ArrowDown")
    expect(panel).to_contain_text("60 attackers will connect")
    panel.get_by_role("spinbutton", name="Attackers:").fill("5")
    notebook.page.keyboard.press("Tab")  # the number counts when it is left
    expect(panel).to_contain_text("5 attackers will connect to 127.0.0.1")
    expect(button(panel, "Attack")).to_be_enabled()
    press_in(button(panel, "Attack"), "Enter")
    announced(panel, "stalled handshake: 5 connections")
    press_in(button(panel, "Stop"), "Enter")
    ended(panel, "It was stopped early.")
    assert notebook.ask("panel.content.activeCellIndex") == 0


@WAYS
def test_three_people_talk(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, CHAT, theme=theme)
    assert violations(notebook.page) == []
    focus(notebook, 0)
    press(button(panel, "Everybody joins"))
    status(panel, "In the room: Ana, Zoë, 李雷.")
    field = panel.get_by_role("textbox", name="Ana says:")
    field.fill(MARKUP)
    notebook.heard()
    notebook.page.keyboard.press("Enter")
    for name in ("Ana", "Zoë", "李雷"):
        expect(panel.get_by_role("log", name=f"What {name} hears")).to_contain_text(f"Ana: {MARKUP}")
    expect(field).to_have_value("")
    expect(panel.locator(".loopback-heard img")).to_have_count(0)
    press(button(panel, "Say it as 李雷"))
    expect(panel.get_by_role("log", name="What Zoë hears")).to_contain_text("2 李雷: שלום")
    assert violations(notebook.page) == []
    press(button(panel, "Send it"))
    expect(panel.get_by_role("log", name="What Ana hears")).to_contain_text("a text has no U+001B (bad-text)")
    expect(panel.get_by_role("region", name="The frames of Ana")).to_contain_text('"code":"bad-text"')
    expect(panel.locator(".page svg text", has_text="sendall").first).to_be_visible()
    focus(notebook, 0)
    press(button(panel, "Zoë leaves"))
    expect(panel.get_by_role("log", name="What Ana hears")).to_contain_text("Zoë has left.")
    status(panel, "In the room: Ana, 李雷.")
    assert violations(notebook.page) == []
    notebook.picture(f"chat {theme} {press.__name__}")


def test_the_frames_of_somebody_else_by_the_arrow_keys(open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, CHAT)
    press_in(button(panel, "Everybody joins"), "Enter")
    status(panel, "In the room: Ana, Zoë, 李雷.")
    press_in(panel.get_by_role("radio", checked=True), "ArrowDown")
    expect(panel.get_by_role("region", name="The frames of Zoë")).to_contain_text('"name":"Zoë"')
    strange = panel.get_by_role("combobox", name="What a stranger's client might send:")
    press_in(strange, "End")
    expect(strange).to_have_value("a frame of 4,097 bytes")
    notebook.heard()
    press_in(button(panel, "Send it"), "Enter")
    expect(panel.get_by_role("log", name="What Zoë hears")).to_contain_text("not 4097 (bad-frame)")
    expect(panel.get_by_role("log", name="What Ana hears")).to_contain_text("Zoë was let go of: bad-frame.")
    expect(button(panel, "Zoë joins")).to_be_visible()
    assert notebook.ask("panel.content.activeCellIndex") == 0


def test_both_are_read_on_a_telephone(theme: str, open_notebook: Open) -> None:
    notebook = open_notebook(ATTACK, CHAT, theme=theme, width=400)
    notebook.run(0)
    notebook.run(1)
    button(notebook.output(1), "Everybody joins").click()
    status(notebook.output(1), "In the room: Ana, Zoë, 李雷.")
    button(notebook.output(1), "Say it as Zoë").click()
    expect(notebook.output(1).get_by_role("log", name="What Ana hears")).to_contain_text(f"Zoë: {MARKUP}")
    button(notebook.output(0), "Attack").click()
    announced(notebook.output(0), "idle: 60 connections")
    ended(notebook.output(0), "idle: ", "Serve clients beside each other")
    for index, kind in ((0, "attack"), (1, "chat")):
        assert not notebook.output(index).locator(f".loopback-{kind}").first.evaluate(WIDER)
    assert violations(notebook.page) == []
    notebook.picture(f"attack and chat narrow {theme}")
