"""Every byte of a handshake: what goes over to the browser, and what can be selected; no browser needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import traitlets

from labsupport import panels
from labsupport.panels.tls import flights as module
from labsupport.panels.tls.flights import HandshakePanel
from labsupport.pictures.handshake.words import title
from labsupport.tls.parts import Flight, Part
from labsupport.tls.transcript import Transcript, transcribe
from tests.pictures.handshakes import Made, flight, sealed
from tests.pictures.real import CASES, meet


@pytest.fixture(scope="module", params=CASES)
def transcript(request: pytest.FixtureRequest) -> Transcript:
    return CASES[request.param]()


@pytest.fixture(scope="module")
def run() -> Transcript:
    return meet()


def both(parts: Any, plain: Any) -> Iterator[tuple[Part, dict[str, Any]]]:
    """Each part, and what goes over of it."""
    assert len(parts) == len(plain)
    for part, told in zip(parts, plain, strict=True):
        yield part, told
        yield from both(part.parts, told.get("parts", []))


def test_the_tree_goes_over_whole_and_as_plain_data(transcript: Transcript) -> None:
    panel = panels.handshake(transcript)
    json.dumps(panel.get_state(["head", "flights", "selected", "opened"]))
    for flight_, told in zip(transcript.flights, panel.flights, strict=True):
        assert bytes.fromhex(told["data"]) == flight_.data
        assert len(told["opened"]) == len(told["data"])
        assert (told["start"], told["end"]) == (0, len(flight_.data))
        for part, one in both(flight_.parts, told["parts"]):
            assert (one["label"], one["start"], one["end"]) == (part.label, part.start, part.end)
            assert one.get("value", "") == part.value
            assert one.get("means", "") == part.explanation
            assert one.get("source", "") == part.source
            assert one.get("error", "") == part.error
            assert one.get("secret", False) is part.secret


def test_opened_bytes_are_those_in_clear_and_what_nobody_opened_is_dots(transcript: Transcript) -> None:
    panel = panels.handshake(transcript)
    for flight_, told in zip(transcript.flights, panel.flights, strict=True):
        for part, _ in both(flight_.parts, told["parts"]):
            shown = told["opened"][2 * part.start : 2 * part.end]
            if part.opened:
                assert bytes.fromhex(shown) == part.opened
            elif part.secret and not part.parts:
                assert set(shown) <= {"."}


def test_who_has_no_key_opens_nothing(run: Transcript) -> None:
    panel = panels.handshake(transcribe(run.bytes_up, run.bytes_down))
    assert ".." in panel.flights[1]["opened"]
    assert panel.flights[0]["opened"] == panel.flights[0]["data"]


# --- what is looked at ----------------------------------------------------------------------


def test_at_first_it_is_the_first_message(run: Transcript) -> None:
    panel = panels.handshake(run)
    assert panel.selected == "0.0.1"
    assert isinstance(panel.part, Part)
    assert panel.part.label == "ClientHello"
    assert not panel.opened


def test_at_first_it_is_what_is_broken_where_something_is() -> None:
    panel = panels.handshake(CASES["broken on its way"]())
    assert isinstance(panel.part, Part)
    assert panel.part.error
    assert "No connection" in panel.head["text"]


def test_at_first_it_is_the_message_that_was_refused_where_nothing_is_broken() -> None:
    panel = panels.handshake(CASES["unknown authority"]())
    assert isinstance(panel.part, Part)
    assert panel.part.label == "Certificate"


def test_a_part_is_selected_by_its_place(run: Transcript) -> None:
    found: list[Part | Flight | None] = []
    panel = panels.handshake(run)
    for place in ("1", "1.0.0.2"):
        panel.selected = place
        found.append(panel.part)
    flight_, part = found
    assert isinstance(flight_, Flight)
    assert flight_.sender == "server"
    assert isinstance(part, Part)
    assert part.label == "length"


@pytest.mark.parametrize("place", ["", "9", "0.0.99", "1.", "-1", "x", "0..1", "00", "0.01"])
def test_what_is_no_part_is_refused_and_changes_nothing(run: Transcript, place: str) -> None:
    panel = panels.handshake(run)
    with pytest.raises(traitlets.TraitError, match="there is no part"):
        panel.selected = place
    assert panel.selected == "0.0.1"


def test_each_box_of_the_picture_leads_to_its_parts(transcript: Transcript) -> None:
    panel = panels.handshake(transcript)
    assert panel.head["spots"]
    for spot in panel.head["spots"]:
        for place in spot["places"]:
            panel.selected = place
            assert isinstance(panel.part, Part)
            assert panel.part.label.startswith((spot["name"], "encrypted"))


def test_each_field_of_the_picture_leads_to_its_part(transcript: Transcript) -> None:
    panel = panels.handshake(transcript)
    fields = [(spot, field) for spot in panel.head["spots"] for field in spot["fields"]]
    assert fields
    for spot, field in fields:
        assert any(field["place"].startswith(f"{place}.") for place in spot["places"])
        panel.selected = field["place"]
        assert isinstance(panel.part, Part)
        name, _, value = field["name"].partition(" ")
        assert title(panel.part.label) == name
        assert not value or panel.part.value.startswith(value.removesuffix("…"))


def test_a_handshake_in_which_nothing_was_sent_can_be_looked_at() -> None:
    panel = panels.handshake(Made(error="client: waits for more bytes"))
    assert (panel.selected, panel.part, panel.flights) == ("", None, [])


def test_a_record_without_a_message_can_be_looked_at_first() -> None:
    noise = transcribe(b"GET / HTTP/1.0\r\n\r\n", b"")
    assert panels.handshake(noise).selected == "0.0"
    assert panels.handshake(Made((flight("client", sealed()),))).selected == "0.0.1"


def test_what_is_no_transcript_is_refused() -> None:
    with pytest.raises(TypeError, match=r"shows what tls.handshake\(...\)"):
        panels.handshake(b"\x16\x03\x01")  # type: ignore[arg-type]


# --- sources, text --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "link"),
    [
        ("RFC 9846, section 4.2.2", "https://www.rfc-editor.org/rfc/rfc9846.html#section-4.2.2"),
        ("RFC 9846, appendix E.4", "https://www.rfc-editor.org/rfc/rfc9846.html#appendix-E.4"),
        ("RFC 7301", "https://www.rfc-editor.org/rfc/rfc7301.html"),
        ("draft-ietf-tls-mldsa", ""),
        ("", ""),
    ],
)
def test_a_source_leads_to_its_section(source: str, link: str) -> None:
    assert module._link(source) == link


def test_each_rfc_that_a_transcript_names_has_a_link(transcript: Transcript) -> None:
    panel = panels.handshake(transcript)
    for flight_, told in zip(transcript.flights, panel.flights, strict=True):
        for part, one in both(flight_.parts, told["parts"]):
            assert ("link" in one) is part.source.startswith("RFC"), part.source


def test_the_picture_its_sentence_and_its_text_come_along(run: Transcript) -> None:
    head = panels.handshake(run).head
    assert "ClientHello" in head["svg"]
    assert "<style" not in head["defs"]  # it would leak out of the widget
    assert head["alt"].startswith("A TLS 1.3 handshake.")
    assert head["text"].startswith("TLS 1.3\n")
    assert head["error"] == ""
    refused = panels.handshake(CASES["unknown authority"]()).head["error"]
    assert refused.startswith("client: SSLCertVerificationError")


def test_a_cell_stores_the_same_words_on_every_run(run: Transcript) -> None:
    assert repr(panels.handshake(run)) == "<the bytes of a handshake: run this cell to look into them>"


def test_the_panel_is_found_by_its_name_and_not_hidden_by_a_module() -> None:
    assert "handshake" in panels.__all__
    assert panels.handshake.__name__ == "handshake"
    assert isinstance(panels.handshake(Made()), HandshakePanel)


def test_the_script_keeps_the_keys_and_fetches_nothing() -> None:
    script = (module._HERE / "flights.js").read_text("utf-8")
    assert '"data-lm-suppress-shortcuts": "true"' in script
    assert script.count("innerHTML") == 1  # what bytes say is text; the drawing comes from Python
    assert "import" not in script
    assert "fetch" not in script
    assert [part.split('"')[0] for part in script.split("http")[1:]] == ["://www.w3.org/2000/svg"]  # the name of SVG
    assert "url(" not in module.HandshakePanel._css
