"""Every animal of the gallery is wrong in the way that it says, on every Python."""

from __future__ import annotations

import re
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

import labsupport.tls
from labsupport import serve, tls
from labsupport.tls.animals import ALL, Definition
from tests.pages import run
from tests.tls.meeting import HELLO, between, verify_code

PAGE = Path(labsupport.tls.__file__).with_name("README.md")
NAMES = [one.name for one in ALL]

#: What the default of Python 3.13 has more than that of 3.12.
FLAGS = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN


@pytest.fixture(scope="module")
def authority() -> tls.Authority:
    return tls.Authority()


@pytest.fixture(scope="module")
def gallery(authority: tls.Authority) -> dict[str, tls.Animal]:
    return tls.gallery(authority)


def greet(connection: socket.socket, address: tuple[str, int]) -> None:
    connection.sendall(HELLO)


# what it holds


def test_it_holds_what_the_course_shows(gallery: dict[str, tls.Animal]) -> None:
    assert list(gallery) == NAMES
    assert len(gallery) == 20
    assert {one.name for one in gallery.values()} == set(gallery)
    codes = {one.name: (one.code, one.strict) for one in ALL}
    assert codes["expired"] == (10, 10)
    assert {code for code, _ in codes.values()} >= {2, 9, 10, 18, 19, 20, 26, 62, 64, 66, 79}
    assert {new for code, new in codes.values() if code == 0} == {0, 85, 86, 87, 89, 92}  # newly refused by 3.13
    assert [name for name, (code, new) in codes.items() if code and not new] == [
        "intermediate as anchor",
        "leaf as anchor",
    ]


# what happens


@pytest.mark.parametrize("name", NAMES)
def test_it_gives_the_code_that_it_states(gallery: dict[str, tls.Animal], name: str) -> None:
    animal = gallery[name]
    assert between(animal.server_context, animal.client_context, animal.host) == animal.verify_code


@pytest.mark.parametrize("name", NAMES)
def test_and_through_a_server_of_the_course(gallery: dict[str, tls.Animal], name: str) -> None:
    animal = gallery[name]
    with serve(greet, tls=animal.server_context) as server:
        assert verify_code(animal.client_context, animal.host, server.address) == animal.verify_code


@pytest.mark.parametrize("definition", ALL, ids=NAMES)
def test_with_and_without_the_flags_of_3_13(authority: tls.Authority, definition: Definition) -> None:
    """Whatever Python this is, both of its codes are true."""
    animal = tls.gallery(authority, [definition])[definition.name]
    animal.client_context.verify_flags &= ~FLAGS
    assert between(animal.server_context, animal.client_context, animal.host) == definition.code
    animal.client_context.verify_flags |= FLAGS
    assert between(animal.server_context, animal.client_context, animal.host) == definition.strict


@pytest.mark.parametrize("name", NAMES)
def test_who_verifies_nothing_meets_them_all(gallery: dict[str, tls.Animal], name: str) -> None:
    """It is the certificate that is wrong, and nothing else: without a look at it the handshake succeeds."""
    animal = gallery[name]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    assert between(animal.server_context, context, animal.host) == 0


def test_a_client_that_meets_an_animal_still_accepts_a_good_server(
    authority: tls.Authority, gallery: dict[str, tls.Animal]
) -> None:
    """Where the client trusts the authority itself, its context has no fault."""
    for name in ("expired", "wrong host", "unknown authority", "self-signed", "weak key"):
        assert between(authority.server_context("localhost"), gallery[name].client_context, "localhost") == 0


def test_contexts_are_an_animals_own(authority: tls.Authority) -> None:
    animals = [*tls.gallery(authority).values(), *tls.gallery(authority).values()]
    contexts = {id(context) for animal in animals for context in (animal.server_context, animal.client_context)}
    assert len(contexts) == 4 * len(NAMES)


def test_the_authority_is_as_it_was(authority: tls.Authority) -> None:
    assert between(authority.server_context("localhost"), authority.client_context(), "localhost") == 0


@pytest.mark.parametrize("authority", [None, "Loopback", tls.Authority])
def test_what_is_no_authority_is_refused(authority: Any) -> None:
    with pytest.raises(TypeError, match="the gallery needs the authority that its clients trust"):
        tls.gallery(authority)


def test_what_is_no_definition_is_refused(authority: tls.Authority) -> None:
    with pytest.raises(TypeError, match=r"made by @animal\(...\)"):
        tls.gallery(authority, [lambda chain: chain])  # type: ignore[list-item]  # that is the mistake
    with pytest.raises(ValueError, match="two certificates of the gallery are called 'expired'"):
        tls.gallery(authority, [*ALL, ALL[0]])


# what is said


@pytest.mark.parametrize("definition", ALL, ids=NAMES)
def test_the_advice_is_for_a_user_and_never_to_verify_less(definition: Definition) -> None:
    advice = definition.advice
    less = (
        r"turn|switch|\boff\b|disable|ignore|skip|bypass|unverified|insecure|exception|CERT_NONE|check_hostname|verify"
    )
    assert not re.search(less, advice, re.IGNORECASE)
    assert re.search(r"\b(tell|ask|check|use|trust|get|have|know)\b", advice, re.IGNORECASE)
    assert advice.endswith(".")
    assert 40 < len(advice) < 240


@pytest.mark.parametrize("definition", ALL, ids=NAMES)
def test_what_is_wrong_is_one_sentence(definition: Definition) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{10,130}\.", definition.wrong)


# the page


def test_the_pages_examples_do_what_they_say() -> None:
    page = PAGE.read_text("utf-8")
    names, printed = run(page)
    assert printed == re.findall(r"print\(.*\)  # (.*)", page)
    (animal,) = names["zoo"].values()
    assert between(animal.server_context, animal.client_context, animal.host) == animal.verify_code
    assert not set(names["zoo"]) & set(NAMES)
