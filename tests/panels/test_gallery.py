"""The gallery of certificates: each policy judges as OpenSSL does, and the panel says so; no browser needed."""

from __future__ import annotations

import html
import re
import ssl
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import traitlets

from labsupport import panels, tls
from labsupport.panels.tls import encounter as encounters
from labsupport.panels.tls.certificates import GalleryPanel
from labsupport.panels.tls.encounter import MESSAGE, Encounter, Met
from labsupport.panels.tls.exhibits import GOOD, exhibits
from labsupport.panels.tls.policies import OWN_RULES, POLICIES, RULES, checks, code, context
from labsupport.panels.tls.verdicts import MEANINGS, card, sentence, summary, table, verdict
from labsupport.tape.events import Call
from tests.leftovers import none_left, until

DEFAULT, ANY_HOST, NOTHING, WEB, NEWEST, SYSTEM = POLICIES
SINCE, BEFORE = RULES
GOOD_ONE, OLD_ONE = "a good certificate", "a good certificate, TLS 1.2 at most"

#: The verify codes of `create_default_context()`, before Python 3.13 and since; 0 for accepted.
CODES = {
    "expired": (10, 10),
    "wrong host": (62, 62),
    "IP without IP SAN": (64, 64),
    "unknown authority": (20, 20),
    "self-signed": (18, 18),
    "wrong usage": (26, 26),
    "not yet valid": (9, 9),
    "missing intermediate": (20, 20),
    "unknown authority, root sent along": (19, 19),
    "wildcard too deep": (62, 62),
    "CN only, no SAN": (0, 0),
    "leaf used as CA": (79, 79),
    "weak key": (66, 66),
    "CN only, empty SAN": (0, 87),
    "no authority key identifier": (0, 85),
    "root without subject key identifier": (0, 86),
    "CA not critical": (0, 89),
    "CA without key usage": (0, 92),
    "intermediate as anchor": (2, 0),
    "leaf as anchor": (20, 0),
}


@pytest.fixture(scope="module")
def servers() -> dict[str, tls.Animal]:
    return exhibits()


@pytest.fixture
def panel() -> Iterator[GalleryPanel]:
    made = panels.gallery()
    yield made
    made.close()
    made._ticker.wait()
    assert all(one.wait() for one in made.experiments.values())


def met(servers: dict[str, tls.Animal], policy: str, rules: str = SINCE) -> dict[str, Met]:
    """What comes of every server, without the panel."""
    made = Encounter(policy, [(one, context(policy, rules, one.trusted)) for one in servers.values()])
    made.start()
    assert made.wait()
    assert made.trouble == ""
    assert list(made.met) == list(servers)
    return made.met


def settled(panel: GalleryPanel) -> None:
    until(lambda: not panel.busy)
    panel._ticker.wait()


def connect(panel: GalleryPanel, certificate: str, policy: str = DEFAULT, rules: str = OWN_RULES) -> Met:
    """Choose, press Connect and wait until it is known what came."""
    panel.certificate, panel.policy, panel.rules = certificate, policy, rules
    assert panel.connect()
    settled(panel)
    assert panel.met is not None
    return panel.met


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


# --- the policies -------------------------------------------------------------------------------


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("policy", [DEFAULT, NEWEST])
def test_the_default_judges_as_that_python_does(servers: dict[str, tls.Animal], policy: str, rules: str) -> None:
    found = met(servers, policy, rules)
    codes = {name: one.code or 0 for name, one in found.items() if name not in GOOD}
    assert codes == {name: both[rules == SINCE] for name, both in CODES.items()}
    assert found[GOOD_ONE].error is None
    assert (found[OLD_ONE].error is None) == (policy == DEFAULT)


def test_the_rules_of_this_python_are_its_own(servers: dict[str, tls.Animal]) -> None:
    assert (sys.version_info >= (3, 13)) == (OWN_RULES == SINCE)
    own = context(DEFAULT, OWN_RULES, servers[GOOD_ONE].trusted)
    assert own.verify_flags == ssl.create_default_context().verify_flags
    for name, one in met(servers, DEFAULT, OWN_RULES).items():
        assert (one.code or 0) == servers[name].verify_code


def test_who_is_stopped_meets_nobody_more(servers: dict[str, tls.Animal]) -> None:
    made = Encounter(DEFAULT, [(one, context(DEFAULT, SINCE, one.trusted)) for one in servers.values()])
    made.stop()
    made.start()
    assert made.wait()
    assert (made.met, made.trouble) == ({}, "")


def test_the_calls_of_both_ends_belong_to_a_handshake(servers: dict[str, tls.Animal]) -> None:
    for one in met({name: servers[name] for name in ("expired", GOOD_ONE)}, DEFAULT).values():
        assert len(one.ends) == 2
        calls = {event.endpoint for event in one.events() if isinstance(event, Call) and event.layer == "tls"}
        assert calls == one.ends


def test_an_error_that_is_kept_holds_no_socket(servers: dict[str, tls.Animal]) -> None:
    error = met({"expired": servers["expired"]}, DEFAULT)["expired"].error
    assert error is not None
    assert error.__traceback__ is None


def test_without_the_host_a_certificate_for_another_will_do(servers: dict[str, tls.Animal]) -> None:
    found = met(servers, ANY_HOST)
    accepted = {name for name, one in found.items() if one.error is None}
    usual = {name for name, (_, since) in CODES.items() if not since}
    assert accepted == GOOD | usual | {"wrong host", "wildcard too deep", "IP without IP SAN"}


@pytest.mark.parametrize("policy", [NOTHING, WEB])
def test_who_checks_nothing_tells_everybody(servers: dict[str, tls.Animal], policy: str) -> None:
    for one in met(servers, policy).values():
        assert one.error is None
        assert one.read.decode() == MESSAGE


def test_the_systems_roots_know_none_of_them(servers: dict[str, tls.Animal]) -> None:
    for one in met(servers, SYSTEM).values():
        assert one.code in (18, 19, 20, 66), one
        assert one.read == b""


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS is deprecated:DeprecationWarning")
def test_the_code_on_the_screen_makes_the_context_that_is_used(policy: str, rules: str) -> None:
    trusted = tls.Authority().pem
    names: dict[str, Any] = {"ssl": ssl, "trusted": trusted}
    exec(code(policy, rules), names)
    shown, used = names["context"], context(policy, rules, trusted)
    for attribute in ("verify_mode", "check_hostname", "verify_flags", "minimum_version", "protocol"):
        assert getattr(shown, attribute) == getattr(used, attribute)
    assert shown.cert_store_stats() == used.cert_store_stats()
    assert checks(policy) == (used.verify_mode is ssl.CERT_REQUIRED)
    assert checks(policy) == ("verify_flags" in code(policy, rules))
    gapless = used.verify_mode is ssl.CERT_REQUIRED and used.check_hostname
    assert gapless == (POLICIES[policy].gap == "") == (POLICIES[policy].repair == "")


# --- in words -----------------------------------------------------------------------------------


def test_every_code_has_a_meaning() -> None:
    assert {one for both in CODES.values() for one in both} - {0} == set(MEANINGS)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_card_says_what_to_do_and_never_to_turn_the_check_off(servers: dict[str, tls.Animal], policy: str) -> None:
    for rules in RULES:
        for one in met(servers, policy, rules).values():
            told = plain(card(one))
            for row in ("verdict", "its certificate", "the server has read", "an attacker", "a user should"):
                assert row in told
            assert ("accepted" in verdict(one)) == (one.error is None)
            advice = told.partition("a user should")[2].lower()
            for word in ("cert_none", "check_hostname = false", "turn verification off", "disable", "ignore"):
                assert word not in advice
            assert "verify_code" in told if one.error is not None else MESSAGE.encode() == one.read


def test_what_is_said_of_each_verdict(servers: dict[str, tls.Animal]) -> None:
    default, nothing = met(servers, DEFAULT), met(servers, NOTHING)
    assert verdict(default[GOOD_ONE]) == "✓ accepted"
    assert verdict(default["leaf as anchor"]) == "✓ accepted: these rules allow it"
    assert verdict(default["expired"]) == "✗ refused"
    assert verdict(nothing["expired"]) == verdict(nothing[GOOD_ONE]) == "⚠ accepted: nothing was checked"
    assert verdict(met(servers, ANY_HOST)["wrong host"]) == "⚠ accepted: the name was not checked"
    assert verdict(met(servers, SYSTEM)[GOOD_ONE]) == "✗ refused, although nothing is wrong with it"
    said = "expired: ✗ refused : certificate has expired (verify code 10)."
    assert plain(sentence(default["expired"])) == said
    assert summary(nothing).startswith("Of 22 servers 22 were accepted and 0 refused; 20 of those")


def test_what_a_user_should_do(servers: dict[str, tls.Animal]) -> None:
    default, system = met(servers, DEFAULT), met(servers, SYSTEM)
    assert servers["expired"].advice in plain(card(default["expired"]))
    assert servers["unknown authority"].advice in plain(card(default["unknown authority"]))
    assert POLICIES[SYSTEM].refused in plain(card(system["expired"]))
    assert servers["weak key"].advice in plain(card(system["weak key"]))
    nothing = plain(card(met(servers, NOTHING)["expired"]))
    assert "encrypted, to whoever answered" in nothing
    assert "no warning was shown" in nothing
    assert POLICIES[NOTHING].repair in nothing


def test_where_nothing_is_wrong_everybody_goes_on(servers: dict[str, tls.Animal]) -> None:
    default = met(servers, DEFAULT)
    for name in GOOD:
        told = plain(card(default[name]))
        assert "an attacker Can read nothing" in told
        assert "a user should Go on. a program should Go on." in told
    allowed = plain(card(default["CN only, no SAN"]))
    assert "an attacker Gains nothing by this fault alone" in allowed
    assert servers["CN only, no SAN"].advice in allowed


def test_a_version_of_tls_that_both_do_not_speak_is_no_fault_of_a_certificate(servers: dict[str, tls.Animal]) -> None:
    one = met(servers, NEWEST)[OLD_ONE]
    assert type(one.error) is ssl.SSLError
    told = plain(card(one))
    assert "OSError > SSLError verify_code none: it is not about the certificate" in told
    assert "There is no version of TLS that both allow." in told
    assert servers[OLD_ONE].advice in told


def test_the_table_has_a_row_a_server_and_a_column_a_policy(servers: dict[str, tls.Animal]) -> None:
    assert table({}, list(servers), GOOD_ONE) == ""
    columns = {(NOTHING, ""): met(servers, NOTHING), (DEFAULT, SINCE): met(servers, DEFAULT)}
    del columns[NOTHING, ""]["expired"]
    text = table(columns, list(servers), "expired")
    assert text.count('<th scope="row">') == len(servers)
    assert text.count('<th scope="col">') == 3
    assert text.index("default<br>Python 3.13 and newer") < text.index("CERT_NONE")
    row = text[text.index(">expired<") :].partition("</tr>")[0]
    assert plain(f"<i{row}") == "expired ✗ refused, 10 not tried"
    assert text.count("aria-current") == 1


# --- the panel ----------------------------------------------------------------------------------


def test_before_anything_was_tried(panel: GalleryPanel) -> None:
    assert "Choose a certificate and a policy" in panel.said
    assert panel.found == panel.verdicts == ""
    assert panel.certificate == GOOD_ONE
    assert panel.ladder.head["steps"] == 0
    assert "ssl.create_default_context(cadata=trusted)" in panel._asks.value


def test_a_handshake_is_told(panel: GalleryPanel) -> None:
    connect(panel, "wrong host", rules=SINCE)
    assert "wrong host: <b>✗ refused</b>" in panel.said
    assert "(verify code 62)" in panel.said
    assert "<b>62</b>" in panel.found
    assert panel.verdicts.count("not tried") == len(panel.names) - 1
    shown = panel.ladder._picture.text()
    assert "SSLCertVerificationError" in shown
    assert "sendall" not in shown


def test_all_are_tried_at_one_press_and_each_can_be_looked_at(panel: GalleryPanel) -> None:
    assert panel.try_all()
    settled(panel)
    assert "not tried" not in panel.verdicts
    assert "Of 22 servers" in panel.said
    ladders = set()
    for name in ("expired", GOOD_ONE):
        panel.certificate = name
        assert f"{name}: <b>" in panel.said
        ladders.add(panel.ladder._picture.text())
        assert panel.ladder._picture.text().count("[SYN-SENT]") == 1
    assert len(ladders) == 2
    assert any("sendall" in one for one in ladders)


def test_the_columns_stay_when_another_policy_is_tried(panel: GalleryPanel) -> None:
    for policy, rules in ((DEFAULT, SINCE), (DEFAULT, BEFORE), (NOTHING, SINCE), (NOTHING, BEFORE)):
        connect(panel, "CA not critical", policy, rules)
    assert panel.verdicts.count('<th scope="col">') == 4  # where nothing is checked, the rules make no difference
    row = panel.verdicts[panel.verdicts.index(">CA not critical<") :].partition("</tr>")[0]
    assert plain(f"<i{row}") == "CA not critical ✗ refused, 89 ✓ accepted ⚠ accepted"
    panel.policy = WEB
    assert panel.found == ""
    panel.policy, panel.rules = DEFAULT, SINCE
    assert "<b>89</b>" in panel.found


def test_while_it_runs_nothing_else_can_be_chosen(panel: GalleryPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    whole = Encounter._visit

    def later(self: Encounter) -> None:
        assert go_on.wait(30)
        whole(self)

    monkeypatch.setattr(Encounter, "_visit", later)
    panel.certificate, panel.policy = "expired", NOTHING
    assert panel.connect()
    assert not panel.connect()
    assert not panel.try_all()
    assert "on its way" in panel.said
    for control in (panel._certificate, panel._policy, panel._rules, panel._connect, panel._all):
        assert control.disabled
    panel.policy = WEB  # by a program: what comes belongs to the one before
    go_on.set()
    settled(panel)
    assert panel.found == ""
    panel.policy = NOTHING
    assert "nothing was checked" in panel.found
    assert not panel._connect.disabled


def test_every_control_has_a_name(panel: GalleryPanel) -> None:
    for control in (panel._certificate, panel._policy, panel._rules, panel._connect, panel._all):
        assert control.description


def test_a_choice_that_is_none_is_refused(panel: GalleryPanel) -> None:
    for trait, value in (("certificate", "a unicorn"), ("policy", "trust"), ("rules", "Python 2")):
        with pytest.raises(traitlets.TraitError):
            setattr(panel, trait, value)


def test_it_leaves_nothing_behind() -> None:
    panels.gallery().close()  # what is made once and kept is there now
    with none_left():
        panel = panels.gallery()
        assert panel.try_all()
        running = panel.chosen()
        assert running is not None
        panel.close()
        assert running.stopped.is_set()
        assert running.wait()
        panel._ticker.wait()
        assert not panel.try_all()
        del panel, running


def test_after_it_was_closed_nothing_begins() -> None:
    panel = panels.gallery()
    panel.close()
    assert not panel.connect()
    assert panel.experiments == {}


def test_its_repr_is_the_same_on_every_run(panel: GalleryPanel) -> None:
    assert repr(panel) == "<the gallery of certificates: run this cell to visit it>"


def test_a_machine_that_cannot_do_it_says_so(panel: GalleryPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encounters, "_LOCALHOST", "192.0.2.1")  # RFC 5737: nobody's address
    assert panel.connect()
    settled(panel)
    assert "Not all could be tried on this machine: OSError." in panel.said
