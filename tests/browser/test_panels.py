"""Each panel as a learner uses it: by mouse, and with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.ways import WAYS, Open, Press, by_keyboard, focus, press_in, ran, status

PREDICT = """
from labsupport import predict
predict("What will it say?", {"one": "So said the first.", "two": "So said the second."}, right="two")
"""
SERVER = """
import socket
from labsupport import background, exercises, panels, watch

@background
def server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(1024):
                    connection.sendall(data)
"""
CLIENT = "panels.client(server, name='maria')"
LIVE = """
with watch() as tape:
    with socket.create_connection(server.address, timeout=2) as client:
        client.sendall("héllo".encode())
        client.recv(100)
tape.live()
"""
EXERCISE = """
from IPython.display import display
from labsupport import exercises

one = next(each for each in exercises.ALL if each.mistakes)
display(one, one.hint(), one.reveal(), one.check_source(one.starter), one.check_source(one.solution))
for mistake in one.mistakes:
    display(one.check_source(mistake.source))
"""


@WAYS
def test_a_prediction_answers_after_the_next_cell(press: Press, theme: str, open_notebook: Open) -> None:
    notebook = open_notebook(PREDICT, "print('ran')", theme=theme)
    notebook.run(0)
    panel = notebook.output(0)
    assert violations(notebook.page) == []
    commit = panel.get_by_role("button", name="That is my prediction")
    expect(commit).to_be_disabled()
    focus(notebook, 0)
    press(panel.get_by_role("radio", name="one"))
    press(commit)
    expect(panel).to_contain_text("Now run the next cell.")
    expect(panel).not_to_contain_text("So said")
    notebook.run(1)
    expect(panel).to_contain_text("So said the first.")
    expect(panel).to_contain_text("What happens: two")
    assert violations(notebook.page) == []
    notebook.picture(f"predict {theme}")


def test_tab_goes_into_a_prediction_and_on_to_its_button(open_notebook: Open) -> None:
    notebook = open_notebook(PREDICT, "print('ran')")
    notebook.run(0)
    panel = notebook.output(0)
    focus(notebook, 0)
    by_keyboard(panel.get_by_role("radio", name="one"))
    expect(panel.get_by_role("radio", name="one")).to_be_checked()
    expect(panel.get_by_role("button", name="That is my prediction")).to_be_enabled()
    notebook.page.keyboard.press("Tab")  # radio buttons of one name are one stop (ARIA: radio group pattern)
    expect(panel.get_by_role("button", name="That is my prediction")).to_be_focused()
    notebook.page.keyboard.press("Space")
    expect(panel).to_contain_text("Now run the next cell.")
    expect(panel.get_by_role("radio", name="two")).to_be_disabled()


def test_the_arrow_keys_choose_in_a_prediction(open_notebook: Open) -> None:
    notebook = open_notebook(PREDICT, "print('ran')")
    notebook.run(0)
    panel = notebook.output(0)
    focus(notebook, 0)
    by_keyboard(panel.get_by_role("radio", name="one"))
    for key, choice in (("ArrowDown", "two"), ("ArrowUp", "one"), ("ArrowUp", "two"), ("ArrowRight", "one")):
        notebook.page.keyboard.press(key)
        expect(panel.get_by_role("radio", name=choice)).to_be_checked()
        expect(panel.get_by_role("radio", name=choice)).to_be_focused()
    assert notebook.ask("panel.content.activeCellIndex") == 0


def test_a_prediction_does_not_hold_up_run_all(open_notebook: Open) -> None:
    notebook = open_notebook(PREDICT, "print('ran')")
    notebook.run_all()
    panel = notebook.output(0)
    expect(panel).not_to_contain_text("So said")
    panel.get_by_role("button", name="Show the answers").click()
    expect(panel).to_contain_text("So said the first.")
    expect(panel).to_contain_text("So said the second.")


@WAYS
def test_a_client_by_hand(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, SERVER, CLIENT, theme=theme)
    focus(notebook, 1)
    press(panel.get_by_role("button", name="Connect"))
    expect(panel.get_by_role("table")).to_contain_text("ESTABLISHED")
    box = panel.get_by_role("textbox", name="Text to send:")
    box.fill("नमस्ते")
    press(panel.get_by_role("button", name="Send", exact=True))
    status(panel, "sendall")
    press(panel.get_by_role("button", name="Receive"))
    status(panel, "recv", "= b'")
    press(panel.get_by_role("button", name="Half-close"))
    expect(panel.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    press(panel.get_by_role("button", name="Receive"))
    status(panel, "b''")
    assert violations(notebook.page) == []
    notebook.picture(f"client {theme}")
    press(panel.get_by_role("button", name="Close", exact=True))
    expect(panel.get_by_role("button", name="Connect")).to_be_enabled()
    press(panel.get_by_role("button", name="Connect"))
    expect(panel.get_by_role("button", name="Reset")).to_be_enabled()
    press(panel.get_by_role("button", name="Reset"))
    expect(panel.get_by_role("button", name="Connect")).to_be_enabled()
    expect(panel.locator(".loopback-ladder svg text", has_text="maria").first).to_be_visible()


def test_enter_in_the_text_sends_it(open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, SERVER, CLIENT)
    panel.get_by_role("button", name="Connect").click()
    expect(panel.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    panel.get_by_role("textbox", name="Text to send:").fill("hi")
    notebook.page.keyboard.press("Enter")
    status(panel, "sendall")


@WAYS
def test_the_live_ladder_is_stepped_through(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, SERVER, LIVE, theme=theme)
    said = panel.locator(".said")
    expect(panel.locator(".page svg").first).to_be_visible()
    focus(notebook, 1)
    press(panel.get_by_role("button", name="Next ▶"))
    expect(said).to_contain_text("Event 1 of")
    press(panel.get_by_role("button", name="Next ▶"))
    expect(said).to_contain_text("Event 2 of")
    press(panel.get_by_role("button", name="◀ Back"))
    expect(said).to_contain_text("Event 1 of")
    press(panel.locator("summary", has_text="The ladder as text"))
    expect(panel.get_by_label("The ladder as text")).to_contain_text("sendall")
    assert violations(notebook.page) == []
    notebook.picture(f"live {theme}")


def test_the_arrow_keys_go_through_the_ladder_and_not_through_the_cells(open_notebook: Open) -> None:
    notebook = open_notebook(SERVER, LIVE, "pass")
    notebook.run(0)
    notebook.run(1)
    panel = notebook.output(1)
    panel.locator(".scroller").focus()
    for key, event in (("Home", 1), ("ArrowDown", 2), ("ArrowRight", 3), ("ArrowUp", 2)):
        notebook.page.keyboard.press(key)
        expect(panel.locator(".said")).to_contain_text(f"Event {event} of")
    notebook.page.keyboard.press("Enter")
    expect(panel.locator(".bytes")).to_be_visible()
    assert notebook.ask("panel.content.activeCellIndex") == 1
    notebook.page.keyboard.press("Escape")
    expect(panel.locator(".said")).not_to_contain_text("Event")


def test_a_click_on_a_call_goes_there(open_notebook: Open) -> None:
    _, panel = ran(open_notebook, SERVER, LIVE)
    call = panel.locator(".spot", has_text="sendall").first
    call.scroll_into_view_if_needed()
    call.click()
    expect(panel.locator(".said")).to_contain_text("sendall")


def test_check_hint_and_reveal_are_read_in_both_themes(theme: str, open_notebook: Open) -> None:
    notebook = open_notebook(EXERCISE, theme=theme)
    notebook.run(0)
    assert notebook.errors() == []
    output = notebook.output(0)
    expect(output).to_contain_text("Hint 1")
    expect(output).to_contain_text("Not attempted")
    assert "Traceback" not in output.inner_text()
    notebook.until("[...document.querySelectorAll('.jp-OutputArea-output img')].every(image => image.naturalWidth > 0)")
    assert violations(notebook.page) == []
    notebook.picture(f"exercise {theme}")


CUTS = "from labsupport import panels\npanels.cuts()"


@WAYS
def test_a_line_is_cut_and_sent_to_three_readers(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, CUTS, theme=theme)
    assert violations(notebook.page) == []
    panel.get_by_role("textbox", name="Sizes of the pieces:").fill("7, 1")
    expect(panel).to_contain_text("8 bytes in 2 pieces")
    press(panel.get_by_role("checkbox", name="a second line right behind it"))
    press(panel.get_by_role("checkbox", name="a second line right behind it"))
    press(panel.get_by_role("button", name="Send"))
    status(panel, "1 of 3 readers returned the line: careful.")
    expect(panel.get_by_role("region", name="one recv")).to_contain_text("Cut off: 7 of 8 bytes")
    panel.locator("summary", has_text="the program of “careful”").click()
    expect(panel.locator("pre", has_text="def careful(sock)")).to_be_visible()
    expect(panel.locator(".page svg text", has_text="recv(1024)").first).to_be_visible()
    assert violations(notebook.page) == []
    notebook.picture(f"cuts {theme}")


def test_the_sliders_of_the_cuts_work_by_keyboard_and_enter_sends(open_notebook: Open) -> None:
    _, panel = ran(open_notebook, CUTS)
    press_in(panel.get_by_role("slider").first, "ArrowRight")
    sizes = panel.get_by_role("textbox", name="Sizes of the pieces:")
    expect(sizes).to_have_value("5")
    press_in(sizes, "Enter")
    status(panel, "of 3 readers returned the line")
    press_in(panel.get_by_role("radio", name="the second reader"), "ArrowDown")
    expect(panel.get_by_role("radio", name="careful")).to_be_checked()


PROTOCOLS = "from labsupport import panels\npanels.protocols()"


@WAYS
def test_messages_are_sent_by_both_protocols(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, PROTOCOLS, theme=theme)
    assert violations(notebook.page) == []
    focus(notebook, 0)
    press(panel.get_by_role("button", name="Send"))
    status(panel, "TCP: 10 of 10 came; each once and in order", "UDP: 7 of 10 came; missing: 3, 4 and 6")
    row = panel.get_by_role("row", name="3", exact=False).filter(has_text="stalled").first
    expect(row).to_contain_text("missing")
    expect(panel.locator(".loopback-ladder svg text", has_text="sender").first).to_be_visible()
    assert violations(notebook.page) == []
    notebook.picture(f"protocols {theme}")


def test_the_sliders_of_the_protocols_work_by_keyboard_and_by_a_typed_number(open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, PROTOCOLS)
    press_in(panel.get_by_role("slider", name="Loss:"), *["ArrowLeft"] * 4)
    expect(panel.get_by_role("spinbutton", name="Loss:")).to_have_value("0")
    panel.get_by_role("spinbutton", name="Messages:").fill("3")
    notebook.page.keyboard.press("Enter")
    notebook.heard()
    panel.get_by_role("button", name="Send").click()
    status(panel, "UDP: 3 of 3 came; each once and in order")
    expect(panel.get_by_role("table")).to_contain_text("3 messages, loss 0, doubling 0")
    press_in(panel.get_by_role("radio", name="UDP"), "ArrowUp")
    expect(panel.get_by_role("radio", name="TCP")).to_be_checked()
    expect(panel.locator(".loopback-ladder svg text", has_text="listener").first).to_be_visible()


ZOO = "from labsupport import panels\npanels.error_zoo()"


@WAYS
def test_the_error_zoo_is_guessed_and_then_seen(press: Press, theme: str, open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, ZOO, theme=theme)
    assert violations(notebook.page) == []
    run = panel.get_by_role("button", name="Run")
    expect(run).to_be_disabled()
    focus(notebook, 0)
    press(panel.get_by_role("radio", name="ConnectionRefusedError"))
    press(run)
    status(panel, "As you expected.", "What came: ConnectionRefusedError")
    expect(panel.get_by_role("row", name="its errno")).to_contain_text("ECONNREFUSED")
    expect(panel.locator(".page svg text", has_text="connect()").first).to_be_visible()
    panel.get_by_role("combobox", name="What goes wrong:").select_option("it reads, and says nothing")
    expect(run).to_be_disabled()
    panel.get_by_role("radio", name="BrokenPipeError").check()
    press(run)
    status(panel, "You expected: BrokenPipeError.")
    expect(panel.locator(".loopback-met")).to_contain_text("Met so far: 2 of 11")
    assert violations(notebook.page) == []
    notebook.picture(f"zoo {theme} {press.__name__}")


def test_the_timeout_of_the_zoo_works_by_keyboard_and_typed(open_notebook: Open) -> None:
    notebook, panel = ran(open_notebook, ZOO)
    press_in(panel.get_by_role("slider").first, "ArrowLeft")
    box = panel.get_by_role("spinbutton", name="The client's timeout:, in seconds")
    expect(box).to_have_value("0.4")
    box.fill("0.3")
    box.press("Enter")
    panel.get_by_role("combobox", name="What goes wrong:").select_option("it reads, and says nothing")
    press_in(panel.get_by_role("radio", name="I do not know yet"), "Space")
    notebook.heard()
    panel.get_by_role("button", name="Run").click()
    status(panel, "What came: TimeoutError, after ≈ 0.3")
