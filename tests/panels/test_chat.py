"""A room, and who is in it: what each hears, the frames, and what strangers send; no browser needed."""

from __future__ import annotations

import html
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import traitlets

from labsupport import chat, panels
from labsupport.chat.messages import Error, Joined, Left, Pong, Said
from labsupport.panels.room.assembly import NAMES, ChatPanel
from labsupport.panels.room.chat_lines import frames_table, heard_list, log_list
from labsupport.panels.room.frames_seen import Seen, Wire
from labsupport.panels.room.person import Person
from labsupport.panels.room.strange_frames import STRANGE
from labsupport.tape.events import Call
from labsupport.tls import Authority
from tests.leftovers import none_left, until

ANA, ZOE, LEI = NAMES
MARKUP = "<b>你好</b> <img src=x onerror=alert(1)>"
#: What the server answers to each strange thing, and whether the connection is kept.
ANSWERS = {
    "a line that clears a terminal": ("bad-text", True),
    "a line that runs backwards": ("bad-text", True),
    "a line of 1,001 bytes": ("bad-text", True),
    "a line that is a number": ("bad-message", True),
    "a second hello": ("not-now", False),
    "half a character": ("bad-json", False),
    "30 pings at once": ("too-fast", False),
    "a frame of 4,097 bytes": ("bad-frame", False),
}


@pytest.fixture
def panel_for() -> Iterator[Callable[..., ChatPanel]]:
    made: list[ChatPanel] = []

    def make(*given: Any, **settings: Any) -> ChatPanel:
        made.append(panels.chat(*given, **settings))
        return made[-1]

    yield make
    for panel in made:
        panel.close()
        panel._ticker.wait()
        assert all(one.wait() for one in panel.experiments.values())


@pytest.fixture
def panel(panel_for: Callable[..., ChatPanel]) -> ChatPanel:
    return panel_for()


def all_in(panel: ChatPanel, *names: str) -> None:
    """These have come in, and each knows of all."""
    panel.join(*names)
    until(lambda: all(set(panel.experiments[name].members) >= set(names) for name in names))


def hears(panel: ChatPanel, name: str, text: str) -> None:
    until(lambda: text in plain(panel.heard[name]))


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def person(*heard: Any) -> Person:
    place: Any = None
    made = Person("Ana", place)
    made.heard.extend(heard)
    return made


# --- people talk --------------------------------------------------------------------------------


def test_before_anybody_is_in(panel: ChatPanel) -> None:
    assert "Nobody is in yet" in panel.said
    assert panel.heard == dict.fromkeys(NAMES, "")
    assert panel.frames == panel.logged == ""
    assert not panel.say(ANA)
    assert not panel.leave(ANA)
    assert not panel.send_strange()
    assert panel._own is None


def test_all_hear_what_one_says_and_nothing_of_it_is_markup(panel: ChatPanel) -> None:
    all_in(panel, *NAMES)
    assert panel.say(ANA, MARKUP)
    for name in NAMES:
        hears(panel, name, f"1 Ana : {MARKUP}")
        assert "<img" not in panel.heard[name]
        assert "<b>你好" not in panel.heard[name]
    assert "In the room: Ana, Zoë, 李雷." in panel.said


def test_what_is_typed_is_said_and_the_field_is_empty_then(panel: ChatPanel) -> None:
    all_in(panel, ANA, ZOE)
    panel.fields[ZOE].value = "नमस्ते"
    assert panel.drafts[ZOE] == "नमस्ते"
    panel.fields[ZOE]._handle_msg(
        {"content": {"data": {"method": "custom", "content": {"event": "submit"}}}, "buffers": []}
    )
    hears(panel, ANA, "Zoë : नमस्ते")
    assert panel.drafts[ZOE] == ""
    assert not panel.say(ZOE)


def test_who_comes_and_goes_is_told(panel: ChatPanel) -> None:
    all_in(panel, ANA)
    all_in(panel, ANA, LEI)
    hears(panel, ANA, "李雷 has come in.")
    assert panel.doors[LEI].description == "李雷 leaves"
    panel.doors[LEI].click()
    hears(panel, ANA, "李雷 has left.")
    hears(panel, LEI, "You have left.")
    until(lambda: panel.doors[LEI].description == "李雷 joins")
    assert panel.buttons[LEI].disabled
    panel.doors[LEI].click()
    all_in(panel, ANA, LEI)


@pytest.mark.parametrize("name", ANSWERS)
def test_what_no_client_should_send_is_refused_and_told(panel: ChatPanel, name: str) -> None:
    code, stays = ANSWERS[name]
    all_in(panel, ANA, ZOE)
    panel._strange.value = name
    assert panel.send_strange()
    hears(panel, ANA, f"({code})")
    if stays:
        assert panel.say(ANA, "你好")
        hears(panel, ZOE, "1 Ana : 你好")
    else:
        hears(panel, ZOE, f"Ana was let go of: {code} .")
        until(lambda: not panel._runs(ANA))
    assert "\x1b" not in panel.heard[ANA] + panel.frames + panel.logged
    assert "\u202e" not in panel.heard[ANA] + panel.frames + panel.logged


def test_what_is_unknown_is_ignored(panel: ChatPanel) -> None:
    assert STRANGE.keys() - ANSWERS.keys() == {"an unknown message"}
    all_in(panel, ANA)
    panel.strange = "an unknown message"
    assert panel.send_strange()
    assert panel.say(ANA, "你好")
    hears(panel, ANA, "1 Ana : 你好")
    assert "refuses" not in panel.heard[ANA]


def test_a_client_does_not_send_what_may_not_be_said(panel: ChatPanel) -> None:
    all_in(panel, ANA)
    panel.say(ANA, "x" * 1001)
    hears(
        panel, ANA, "Your own client does not send it: a text has from 1 to 1000 bytes of UTF-8, not 1001 (bad-text)."
    )


# --- what goes over the wire --------------------------------------------------------------------


def test_frames_in_clear_and_the_ladder_of_who_is_shown(panel: ChatPanel) -> None:
    all_in(panel, ANA, ZOE)
    panel.say(ANA, "नमस्ते")
    hears(panel, ZOE, "1 Ana : नमस्ते")
    until(lambda: '{"type":"say","text":"नमस्ते"}' in plain(panel.frames))
    assert "sent 46 00 00 00 2a 7b 22 74" in plain(panel.frames)
    until(lambda: panel.ladder._picture.text().split()[0] == "Ana")
    panel._shown.value = ZOE
    assert panel.shown == ZOE
    assert "The frames of Zoë" in panel.frames
    assert '"type":"say"' not in plain(panel.frames)
    assert "said" in plain(panel.frames)
    drawn = {event.endpoint.label for event in panel.experiments[ZOE].events() if isinstance(event, Call)}
    assert ZOE in drawn
    assert ANA not in drawn


def test_the_wire_takes_streams_apart() -> None:
    wire = Wire()
    for piece in (b"\0\0\0\2{", b"}\0\0\0\x03{ }"):
        wire._note("received", piece)
    wire._note("sent", b"\0\0\0\0")
    wire._note("sent", b"\0\0\2\0" + b"x" * 512)
    wire._note("received", b"\0\0\2\0" + b"x" * 512)
    assert list(wire.frames)[:3] == [
        Seen("received", b"\0\0\0\2{}", 6),
        Seen("received", b"\0\0\0\3{ }", 7),
        Seen("sent", b"\0\0\0\0", 4, whole=False),
    ]
    assert (wire.frames[-1].length, len(wire.frames[-1].data)) == (516, 400)


def test_the_log_is_shown(panel: ChatPanel) -> None:
    all_in(panel, ANA)
    until(lambda: "Ana" in panel.logged)
    assert log_list([]) == ""
    assert "&lt;b&gt;\\x1b[2J" in log_list(["<b>\x1b[2J"])


def test_every_message_has_its_sentence() -> None:
    heard = (
        *(Said(3, "<i>", "\x1b[2J"), Joined("Zoë"), Left("Zoë", "bye"), Left("Zoë", "lost"), Left("Zoë", "idle")),
        *(Error("bad-text", "no <b>"), "You are in.", Pong()),
    )
    text = heard_list("Ana", person(*heard))
    assert "<i>" not in text
    shown = plain(text)
    assert shown.startswith("In the room: you are not in it Pong You are in. The server refuses it: no <b> (bad-text).")
    assert shown.endswith("3 <i> : \\x1b[2J")
    for sentence in (
        "Zoë has come in.",
        "Zoë has left.",
        "Zoë is gone: the connection broke.",
        "Zoë was let go of: idle .",
    ):
        assert sentence in shown
    assert heard_list("Ana", None) == frames_table("Ana", []) == ""


# --- at another server --------------------------------------------------------------------------


def test_at_a_server_of_ones_own(panel_for: Callable[..., ChatPanel]) -> None:
    with chat.Running(["Amara", "Søren", "ישראל", "Bo"]) as service:
        panel = panel_for(service)
        assert panel.names == ("Amara", "Søren", "ישראל")
        all_in(panel, "Amara", "ישראל")
        with service.client("Bo") as bo:
            assert bo.members == {"Amara", "ישראל", "Bo"}
            panel.say("ישראל", "שלום")
            message = bo.hear(30)
            assert isinstance(message, Said)
            assert message.text == "שלום"
        panel.close()
        assert service.error is None
        with service.client("Bo"):
            pass


@pytest.mark.parametrize("trust", ["pem", "file", "client_context", "itself"])
def test_at_an_address(panel_for: Callable[..., ChatPanel], trust: str) -> None:
    with chat.Running(["Amara"]) as service:
        given: dict[str, Any] = {
            "pem": service.authority.pem,
            "file": service.authority.file,
            "client_context": service.authority.client_context(),
            "itself": service.authority,
        }
        keys = {"Amara": service.accounts.key("Amara")}
        panel = panel_for(address=service.address, authority=given[trust], accounts=keys)
        all_in(panel, "Amara")
        panel.close()


def test_a_server_that_is_told_to_stop_says_so(panel_for: Callable[..., ChatPanel]) -> None:
    with chat.Running(["Amara"]) as service:
        panel = panel_for(service)
        all_in(panel, "Amara")
    hears(panel, "Amara", "The server has let go of you: the server stops (stopping).")
    until(lambda: not panel.busy)
    assert "Nobody is in any more." in panel.said
    panel.join("Amara")
    hears(panel, "Amara", "It could not come in: ConnectionRefusedError")


def test_who_is_not_let_in_is_told_why(panel_for: Callable[..., ChatPanel]) -> None:
    with chat.Running(["Amara"]) as service:
        panel = panel_for(
            address=service.address, authority=service.authority, accounts={"Amara": bytes(32)}, names=["Amara", "Bo"]
        )
        panel.join(*panel.names)
        hears(panel, "Amara", "(login-refused)")
        hears(panel, "Bo", "There is no account of this name")
        other = panel_for(address=service.address, authority=Authority(), accounts=service.accounts)
        other.join("Amara")
        hears(other, "Amara", "SSLCertVerificationError")


def test_a_server_that_says_nothing_holds_nobody_for_long(panel_for: Callable[..., ChatPanel]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        panel = panel_for(address=mute.getsockname(), authority=Authority(), accounts={"Ana": bytes(32)})
        panel.join("Ana")
        hears(panel, "Ana", "It could not come in: TimeoutError")


@pytest.mark.parametrize(
    ("given", "settings", "error", "said"),
    [
        (("127.0.0.1", 5000), {}, TypeError, "authority="),
        (("127.0.0.1", 5000), {"authority": Authority()}, TypeError, "accounts="),
        (("127.0.0.1", 5000), {"authority": 7, "accounts": {"Ana": b""}}, TypeError, "tls.Authority"),
        (("127.0.0.1", 5000), {"authority": Authority(), "accounts": ["Ana"]}, TypeError, "chat.Accounts"),
        (("127.0.0.1", 5000), {"authority": Authority(), "accounts": {}}, ValueError, "no account"),
        (("192.0.2.1", 5000), {"authority": Authority(), "accounts": {"Ana": b""}}, ValueError, "within this machine"),
        (SimpleNamespace(address="here"), {"authority": Authority(), "accounts": {"Ana": b""}}, TypeError, "address"),
        (None, {"names": "Ana"}, TypeError, "at most 4 names"),
        (None, {"names": ["Ana", "Bo", "Cy", "Di", "Ed"]}, TypeError, "at most 4 names"),
        (None, {"names": ["Ana", "Ana"]}, ValueError, "twice"),
        (None, {"names": ["Ana", "<b>"]}, ValueError, "cannot be the name of an account"),
    ],
)
def test_what_is_no_server_is_refused_with_a_sentence(given: Any, settings: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        panels.chat(given, **settings)


def test_an_ssl_context_is_taken(panel_for: Callable[..., ChatPanel]) -> None:
    with chat.Running(["Amara"]) as service:
        context = ssl.create_default_context(cadata=service.authority.pem)
        all_in(panel_for(service, authority=context), "Amara")


# --- the panel ----------------------------------------------------------------------------------


def test_every_control_has_a_name_of_its_own(panel: ChatPanel) -> None:
    each = (panel.fields, panel.doors, panel.buttons)
    names = [control.description for controls in each for control in controls.values()]
    names += [one.description for one in (panel._everybody, panel._odd, panel._shown, panel._strange)]
    assert all(names)
    assert len(set(names)) == len(names)


def test_a_choice_that_is_none_is_refused(panel: ChatPanel) -> None:
    for trait in ("shown", "strange"):
        with pytest.raises(traitlets.TraitError):
            setattr(panel, trait, "nobody")


def test_nobody_comes_in_twice(panel: ChatPanel) -> None:
    assert panel.join(*NAMES)
    assert not panel.join(ANA)
    panel.close()
    until(lambda: not any(map(panel._runs, NAMES)))
    assert not panel.join(ANA)


@pytest.mark.parametrize("when", ["at once", "later"])
def test_it_leaves_nothing_behind(when: str) -> None:
    panels.chat().close()  # what is made once and kept is there now
    with none_left():
        panel = panels.chat()
        panel.join(*NAMES)
        if when == "later":
            all_in(panel, *NAMES)
            panel.say(ANA)
        panel.close()
        panel._ticker.wait()
        assert all(one.wait() for one in panel.experiments.values())
        del panel
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("panel")]


def test_its_repr_is_the_same_on_every_run(panel: ChatPanel) -> None:
    assert repr(panel) == "<a room, and who is in it: run this cell to talk there>"
