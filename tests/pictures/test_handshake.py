from __future__ import annotations

import re
import ssl
from base64 import b64decode
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import pictures
from labsupport.pictures.colours import PALETTE, stroke
from labsupport.pictures.draw.pen import n
from labsupport.pictures.handshake.boxes import box, frame
from labsupport.pictures.handshake.draw import draw
from labsupport.pictures.handshake.model import Message, Story
from labsupport.pictures.handshake.signs import CLEAR, HATCH, SEALED, TINT
from labsupport.pictures.handshake.story import tell
from labsupport.pictures.handshake.words import title
from labsupport.tls.authority import Authority
from labsupport.tls.memory import handshake
from labsupport.tls.parts import Flight, Part
from labsupport.tls.transcript import transcribe
from tests.pictures.handshakes import TLS_1_2, TLS_1_3, Made, clear, flight, message, refused, sealed
from tests.pictures.reading import from_html, parsed, sizes, texts
from tests.pictures.real import CASES, flipped, meet
from tests.pictures.test_colours import DARK, LIGHT, _luminance

WIDTHS = (384, 800)


@pytest.fixture(scope="module", params=CASES)
def story(request: pytest.FixtureRequest) -> Story:
    return tell(CASES[request.param]())


def seen(story: Story) -> list[tuple[int, str, str, bool]]:
    """(flight, sender, message, secret), in order."""
    return [(turn.number, turn.sender, one.name, one.secret) for turn in story.turns for one in turn.messages]


def named(story: Story, name: str) -> Message:
    return next(one for turn in story.turns for one in turn.messages if one.name == name)


def values(one: Message) -> dict[str, str]:
    """What the fields that are shown of a message say, by their names."""
    return {name: value for name, value, _ in one.fields}


# --- what is told ---------------------------------------------------------------------------


def test_the_flights_of_tls_1_3_and_what_of_them_is_secret() -> None:
    assert seen(tell(meet())) == [
        (1, "client", "ClientHello", False),
        (2, "server", "ServerHello", False),
        (2, "server", "change_cipher_spec", False),
        (2, "server", "EncryptedExtensions", True),
        (2, "server", "Certificate", True),
        (2, "server", "CertificateVerify", True),
        (2, "server", "Finished", True),
        (3, "client", "change_cipher_spec", False),
        (3, "client", "Finished", True),
        (4, "server", "NewSessionTicket", True),
    ]


def test_in_tls_1_2_the_certificate_is_in_clear() -> None:
    older = tell(CASES["TLS 1.2"]())
    assert [name for _, _, name, secret in seen(older) if secret] == ["Finished", "Finished"]
    assert not named(older, "Certificate").secret
    assert named(tell(meet()), "Certificate").secret


def test_keys_come_before_the_first_message_that_is_secret(story: Story) -> None:
    ways = [one.secret for turn in story.turns for one in turn.messages]
    if story.keys is None:
        assert not any(ways)
        return
    turn, place = story.keys
    before = sum(len(one.messages) for one in story.turns[:turn]) + place
    assert ways[: before + 1] == [False] * before + [True]


def test_the_fields_that_are_shown_say_what_was_offered_and_chosen() -> None:
    told = tell(meet())
    assert values(named(told, "ClientHello")) == {
        "server_name": "localhost",
        "ALPN": "h2, http/1.1",
        "supported_versions": "TLS 1.3, TLS 1.2",
        "key_share": "",
    }
    assert values(named(told, "EncryptedExtensions")) == {"ALPN": "http/1.1"}
    assert told.ending == "Agreed: TLS 1.3, TLS_AES_256_GCM_SHA384, ALPN http/1.1."
    assert values(named(tell(CASES["TLS 1.2"]()), "ServerHello"))["ALPN"] == "http/1.1"


def test_a_resumed_session_shows_its_key_and_no_certificate() -> None:
    told = tell(CASES["resumed"]())
    assert "pre_shared_key" in values(named(told, "ServerHello"))
    assert "Certificate" not in [name for _, _, name, _ in seen(told)]


def test_who_listens_without_the_keys_sees_sealed_records() -> None:
    run = meet()
    told = tell(transcribe(run.bytes_up, run.bytes_down))
    assert [name for _, _, name, secret in seen(told) if secret] == ["encrypted_record"] * 2
    assert named(told, "encrypted_record").says == "nobody here has the key"
    assert named(told, "ClientHello").fields[0][:2] == ("server_name", "localhost")
    assert not told.failed


# --- how it ends ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "who", "cause", "ending"),
    [
        ("unknown authority", "client", "Certificate", "It does not know the authority that signed the certificate"),
        ("wrong host", "client", "Certificate", "Hostname mismatch, certificate is not valid for 'localhost'"),
        ("no certificate", "server", "Certificate", "It asked for a certificate and got none."),
        ("no version", "server", "ClientHello", "It finds no version that both have."),
    ],
)
def test_a_refusal_says_who_refused_what_and_why(case: str, who: str, cause: str, ending: str) -> None:
    told = tell(CASES[case]())
    other = "server" if who == "client" else "client"
    assert told.failed
    assert told.ending.startswith(f"No connection: the {who} refuses the {other}'s {cause}. ")
    assert ending in told.ending
    marked = [(turn.sender, one.name) for turn in told.turns for one in turn.messages if one.wrong]
    assert marked == [(other, cause)]
    assert named(told, "alert").says.startswith(f"the {who} ")


def test_a_client_without_a_certificate_is_said_to_have_none() -> None:
    told = tell(CASES["no certificate"]())
    says = [one.says for turn in told.turns for one in turn.messages if one.name == "Certificate"]
    assert says == ["who the server says it is", "the client has no certificate"]


def test_a_broken_byte_is_shown_where_it_is_and_the_alert_blames_it() -> None:
    told = tell(CASES["broken on its way"]())
    broken = named(told, "encrypted_record")
    assert broken.wrong == "No secret of the key log opens this record"
    assert told.ending.startswith("No connection: the client refuses the server's encrypted_record. It cannot open")
    assert [name for _, _, name, _ in seen(told)][3:7] == [
        "EncryptedExtensions",
        "encrypted_record",
        "CertificateVerify",
        "Finished",
    ]


def test_where_a_hello_was_broken_what_cannot_be_opened_is_blamed() -> None:
    told = tell(meet(tamper=flipped(0, 20)))  # in the client's random: both ends go on, with different keys
    assert named(told, "EncryptedExtensions").wrong == "refused by the client"


def test_an_altered_certificate_of_tls_1_2_is_blamed_by_what_openssl_says() -> None:
    def tamper(number: int, data: bytes) -> bytes:
        if number != 1:
            return data
        hello = 5 + int.from_bytes(data[3:5])
        last = hello + 5 + int.from_bytes(data[hello + 3 : hello + 5]) - 1  # of the certificate's signature
        return flipped(1, last)(1, data)

    told = tell(meet(newest=ssl.TLSVersion.TLSv1_2, tamper=tamper))
    assert named(told, "Certificate").wrong == "refused by the client"
    assert "signature" in told.ending


def test_an_end_without_an_alert_is_said_too() -> None:
    hello = message("ClientHello", {"random": ""}, error="The data ends where random should begin.")
    told = tell(Made((flight("client", clear("handshake", hello)),), error="server: waits for more bytes"))
    assert told.ending == "No connection: the client's ClientHello: The data ends where random should begin."
    told = tell(Made((flight("client", clear("handshake", message("ClientHello"))),), error="server: waits"))
    assert told.ending == "No connection: the handshake did not come to its end."


def test_an_error_with_figures_of_one_run_is_told_without_them() -> None:
    hello = message("ClientHello", {"cipher_suites": ""}, error="The length says 4711 bytes, and 12 follow.")
    told = tell(Made((flight("client", clear("handshake", hello)),), error="server: SSLError"))
    assert named(told, "ClientHello").wrong == "something is wrong in its cipher_suites"


def test_bytes_that_are_no_record_and_messages_that_nobody_knows_are_named() -> None:
    noise = pictures.flights(transcribe(b"GET / HTTP/1.0\r\n\r\n", b"")).text()
    assert "no record" in noise
    assert "✗ These bytes are no TLS record" in noise
    assert noise.endswith("Nothing was agreed on.")
    strange = Made((flight("client", clear("handshake", message("unknown message 99"))),))
    assert named(tell(strange), "unknown message 99").says == ""


def test_an_alert_that_is_not_known_still_ends_it() -> None:
    told = tell(refused("unknown, 0xAB"))
    assert told.failed
    assert "breaks off" in told.ending


def test_a_proper_end_is_no_failure() -> None:
    told = tell(CASES["said"]())
    assert not told.failed
    assert told.ending.startswith("Agreed")


def test_nothing_at_all_is_a_picture_too() -> None:
    nothing = pictures.flights(Made(error="client: waits for more bytes"))
    parsed(nothing.svg())
    assert nothing.text().splitlines()[-1] == "No connection: the handshake did not come to its end."


# --- the same on every run -------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_two_runs_give_one_picture(case: str) -> None:
    one, other = (pictures.flights(CASES[case]())._repr_mimebundle_() for _ in range(2))
    assert one == other


def test_how_many_tickets_a_server_sends_does_not_show() -> None:
    def run(tickets: int) -> str:
        authority = Authority()
        server = authority.server_context("localhost")
        server.num_tickets = tickets
        return pictures.flights(handshake(authority.client_context(), server, "localhost")).svg()

    assert run(1) == run(4)
    assert run(0) != run(1)


def test_the_group_of_a_key_share_does_not_show() -> None:
    # Newer versions of OpenSSL offer and choose other groups.
    assert "x25519" not in pictures.flights(meet()).svg().lower()


def test_a_message_that_goes_on_in_the_next_record_is_one_box() -> None:
    halves = message("Certificate", {"certificate_list": ""}), message("Certificate (continued)")
    told = tell(Made((flight("server", sealed(halves[0]), sealed(halves[1])),)))
    assert named(told, "Certificate").paths == ((0, 1), (1, 1))
    assert len(seen(told)) == 1


def test_what_is_wrong_with_a_later_record_of_a_message_is_said_too() -> None:
    told = tell(Made((flight("server", sealed(), sealed(error="It was altered.")),), error="client: SSLError"))
    assert len(seen(told)) == 1
    assert named(told, "encrypted_record").wrong == "It was altered"


def test_of_a_part_and_what_is_in_it_the_smallest_is_blamed() -> None:
    inner = message("ClientHello", {"random": "", "cipher_suites": ""}, error="The data ends here.")
    hello = replace(inner, error="It is not whole.")
    assert (
        named(tell(Made((flight("client", clear("handshake", hello)),))), "ClientHello").wrong == "The data ends here"
    )


def test_of_two_hellos_the_later_one_is_refused() -> None:
    hello = flight("client", clear("handshake", message("ClientHello")))
    retry = flight("server", clear("handshake", message("HelloRetryRequest")))
    alert = flight("server", clear("alert", message("alert", {"description": "handshake_failure"})))
    told = tell(Made((hello, retry, hello, alert), error="server: SSLError"))
    assert [one.wrong for turn in told.turns for one in turn.messages] == ["", "", "refused by the server", ""]


def test_what_is_broken_is_blamed_before_what_an_alert_is_usually_about() -> None:
    broken = sealed(message("EncryptedExtensions", {"x": ""}, error="It is too short."))
    certificate = sealed(message("Certificate"))
    alert = flight("client", sealed(message("alert", {"description": "bad_certificate"})))
    told = tell(Made((flight("server", broken, certificate), alert), error="client: SSLError"))
    assert told.ending.startswith("No connection: the client refuses the server's EncryptedExtensions.")


# --- how it is drawn -------------------------------------------------------------------------


def test_text_is_large_enough_and_nothing_is_scaled(story: Story) -> None:
    svg = pictures.Flights(story).svg()
    assert min(sizes(svg)) >= 12
    for width in WIDTHS:
        assert min(sizes(pictures.Flights(story).svg(width))) >= 12


def test_what_is_clear_and_what_is_secret_differs_in_words_and_hatching_too(story: Story) -> None:
    ways = [one.secret for turn in story.turns for one in turn.messages]
    for width in WIDTHS:
        svg = pictures.Flights(story).svg(width)
        said = texts(svg)
        assert said.count("secret") == sum(ways) + 1  # and once in the legend
        assert said.count("in clear") == len(ways) - sum(ways) + 1
        assert svg.count("url(#sealed)") == sum(ways)


def test_boxes_stand_below_each_other_and_hold_their_fields(story: Story) -> None:
    for width in WIDTHS:
        page, place = draw(story, width), frame(width)
        bottom = 0.0
        for spot, fields in page.places:
            assert spot.y > bottom
            bottom = spot.y + spot.height
            for _, (x, y, wide, high) in fields:
                assert spot.x < x < x + wide <= spot.x + spot.width
                assert spot.y < y < y + high < bottom
            for (_, here), (_, there) in pairwise(fields):
                assert here.x + here.width < there.x or here.y + here.height < there.y
        assert bottom < page.height
        for one in (one for turn in story.turns for one in turn.messages):
            shape = box(one, place)
            ends = [shape.words + chip.x + chip.width for row in shape.chips for chip in row]
            assert max(ends, default=0) <= place.right
            room = (place.right - shape.words) / 6.7  # characters
            assert all(len(words) <= room for words in shape.says + shape.wrong if " " in words)


def test_each_field_stands_where_it_is_drawn_and_knows_its_part() -> None:
    transcript = CASES["TLS 1.3"]()
    story = tell(transcript)
    for width in WIDTHS:
        page = draw(story, width)
        drawn = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="17"', page.body)
        chips = [(chip, spot) for place in page.places for chip, spot in place.fields]
        assert [(n(spot.x), n(spot.y), n(spot.width)) for _, spot in chips] == drawn
    messages = [(turn.number - 1, one) for turn in story.turns for one in turn.messages]
    assert len(chips) > 5
    for (number, one), place in zip(messages, page.places, strict=True):
        assert [chip.name for chip, _ in place.fields] == [name for name, _, _ in one.fields]
        for chip, _ in place.fields:
            part = at(transcript.flights[number], chip.path)
            assert title(part.label) == chip.name
            assert chip.path[:2] in one.paths


def at(flight: Flight, path: tuple[int, ...]) -> Part:
    record, *inner = path
    part = flight.parts[record]
    for number in inner:
        part = part.parts[number]
    return part


def test_arrows_begin_at_their_sender_and_flights_are_numbered_there(story: Story) -> None:
    for width in WIDTHS:
        page, place = draw(story, width), frame(width)
        x = {"client": place.client, "server": place.server}
        circles = re.findall(r'<circle cx="([\d.]+)" cy="[\d.]+" r="10"[^>]*/><text[^>]*>(\d+)<', page.body)
        assert [(float(at), int(number)) for at, number in circles] == [
            (x[turn.sender], turn.number) for turn in story.turns
        ]
        tips = [float(at) for at in re.findall(r'<path d="M([\d.]+) [\d.]+L[\d.]+ [\d.]+V[\d.]+z"', page.body)]
        assert tips == [
            x["server" if turn.sender == "client" else "client"] for turn in story.turns for _ in turn.messages
        ]


def test_flights_stand_apart_and_what_failed_is_outlined(story: Story) -> None:
    for width in WIDTHS:
        page, spots = draw(story, width), (one.box for one in draw(story, width).places)
        turns = [[next(spots) for _ in turn.messages] for turn in story.turns]
        for before, after in pairwise(turns):
            within = [low.y - high.y - high.height for high, low in pairwise(before)]
            assert after[0].y - before[-1].y - before[-1].height > min(within, default=5)
        bad = sum(
            bool(one.wrong or one.alert.removeprefix("close_notify")) for turn in story.turns for one in turn.messages
        )
        assert page.body.count(f'stroke-width="2.4" {stroke("error")}') == bad


def test_the_wide_picture_is_as_high_as_the_narrow_one_so_that_neither_leaves_a_gap(story: Story) -> None:
    narrow = draw(story, 384)
    assert draw(story, 800, narrow.height).height == pytest.approx(narrow.height)
    assert draw(story, 800).height < narrow.height


def test_a_value_that_is_too_long_is_cut() -> None:
    long = message("ClientHello", {"server_name": f"{'x' * 60}.example"})
    told = tell(Made((flight("client", clear("handshake", long)),)))
    assert [len(one.value) for one in named(told, "ClientHello").fields] == [40]
    (row,) = box(named(told, "ClientHello"), frame(384)).chips
    assert row[0].value.endswith("…")
    assert row[0].x + row[0].width < 320


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("ink", ["ink", "soft", "error", CLEAR, SEALED])
@pytest.mark.parametrize(("colour", "strength"), [(CLEAR, TINT), (SEALED, HATCH)])
def test_text_on_a_box_can_be_read(theme: int, ink: str, colour: str, strength: float) -> None:
    if ink in (CLEAR, SEALED) and ink != colour:
        return  # a sign stands on its own ground
    card, over = PALETTE["card"][theme], PALETTE[colour][theme]
    parts = [(int(over[at : at + 2], 16), int(card[at : at + 2], 16)) for at in (1, 3, 5)]
    ground = "#" + "".join(f"{round(one * strength + other * (1 - strength)):02x}" for one, other in parts)
    light, dark = sorted((_luminance(one) for one in (PALETTE[ink][theme], ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_stored_as_one_image_with_alt_text_and_its_text_twin() -> None:
    picture = pictures.flights(TLS_1_3)
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert re.fullmatch(r"<img alt=[^<]*>", bundle["text/html"])
    assert from_html(bundle["text/html"]) == picture.svg()
    assert bundle["text/plain"] == picture.text()
    assert picture.svg().count("prefers-color-scheme") == 1
    root = parsed(picture.svg())
    ids = {element.get("id"): "".join(element.itertext()) for element in root if element.get("id")}
    assert [ids[name] for name in (root.get("aria-labelledby") or "").split()][1] == picture.alt()


def test_two_versions_stand_side_by_side_where_there_is_room() -> None:
    html = pictures.flights(TLS_1_2, TLS_1_3)._repr_mimebundle_()["text/html"]
    images = re.findall(r'<img alt="([^"]*)" width="(\d+)" height="(\d+)"', html)
    assert [alt[: len("A TLS 1.2")] for alt, _, _ in images] == ["A TLS 1.2", "A TLS 1.3"]
    assert {width for _, width, _ in images} == {"384"}
    assert len({height for _, _, height in images}) == 1
    # A file that is lower than its place would stand in the middle of it.
    files = [b64decode(data).decode() for data in re.findall(r"base64,([^\"]+)", html)]
    assert {re.search(r' height="(\d+)"', file)[1] for file in files} == {images[0][2]}  # type: ignore[index]


def test_what_is_no_transcript_is_refused() -> None:
    for wrong in (("a", "b"), None, Authority().client_context()):
        with pytest.raises(TypeError, match=r"shows what tls.handshake\(...\) or tls.transcribe"):
            pictures.flights(wrong)  # type: ignore[arg-type]


def test_the_text_has_the_same_facts_in_at_most_100_columns(story: Story) -> None:
    text = pictures.Flights(story).text()
    assert max(map(len, text.splitlines())) <= 100
    lines = [line for line in text.splitlines() if re.match(r" {5}(in clear|secret) ", line)]
    said = [("secret" if one.secret else "in clear", one.name) for turn in story.turns for one in turn.messages]
    assert [(line[5:15].strip(), line[15:].split("  ")[0].strip()) for line in lines] == said
    for turn in story.turns:
        for one in turn.messages:
            assert one.wrong[:30] in text
            assert all(f"{name}: {value}" in text if value else name in text for name, value in values(one).items())
    assert story.ending[:60] in text


def test_the_sentence_tells_all_of_it(story: Story) -> None:
    alt = pictures.Flights(story).alt()
    for turn in story.turns:
        for one in turn.messages:
            assert one.name in alt
    assert alt.endswith(story.ending)


def test_the_sentence_says_what_was_in_clear_and_what_in_secret() -> None:
    assert pictures.flights(TLS_1_3).alt() == (
        "A TLS 1.3 handshake. The client sends ClientHello in clear; the server sends ServerHello and "
        "change_cipher_spec in clear, then EncryptedExtensions, Certificate, CertificateVerify and Finished in secret; "
        "the client sends change_cipher_spec in clear, then Finished in secret; the server sends NewSessionTicket in "
        "secret. Agreed: TLS 1.3, TLS_AES_256_GCM_SHA384, ALPN http/1.1."
    )


def test_values_cannot_break_out_of_the_picture() -> None:
    evil = message("ClientHello", {"server_name": "</text><script>x</script>"})
    picture = pictures.flights(Made((flight("client", clear("handshake", evil)),)))
    assert not [element for element in parsed(picture.svg()).iter() if element.tag.endswith("script")]
    assert "<script>" not in picture._repr_mimebundle_()["text/html"]


@given(st.integers(0, 3), st.integers(0, 1200))
@settings(deadline=None, max_examples=25)
def test_whatever_byte_is_broken_there_is_a_picture(number: int, at: int) -> None:
    authority = _AUTHORITY
    picture = pictures.flights(meet(authority, tamper=flipped(number, at)))
    for width in WIDTHS:
        parsed(picture.svg(width))
    assert picture.text().splitlines()[-1]


_AUTHORITY = Authority()
