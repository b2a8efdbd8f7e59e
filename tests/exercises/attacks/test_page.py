"""The page that shows how to write an attack is true."""

from __future__ import annotations

import re
from pathlib import Path

from labsupport.exercises import attacks
from tests.exercises.attacks.defended import Server
from tests.pages import run

PAGE = Path(attacks.__file__).with_name("README.md")


def test_its_example_does_what_it_says() -> None:
    page = PAGE.read_text("utf-8")
    _, printed = run(page)
    assert printed == re.findall(r"^print\(.*\)  # (.*)$", page, re.MULTILINE)


def test_its_example_works_on_a_server() -> None:
    names, _ = run(PAGE.read_text("utf-8"))
    announced: list[str] = []
    attack = names["HalfAQuestion"](20, seconds=0.5)
    (result,) = attacks.run(Server(), attacks.LINES, [attack], announce=announced.append).results
    assert result.did.connections == 20
    assert result.did.bytes == 20 * 7
    assert result.back is not None
    assert "20 connections" in announced[0]


def test_it_tells_how_many_there_are() -> None:
    assert "The twelve here" in PAGE.read_text("utf-8")
    assert len(attacks.ALL) == 12
