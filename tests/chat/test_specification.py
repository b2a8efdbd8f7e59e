"""The page and the program say the same: each table of SPECIFICATION.md is compared with the code."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import labsupport.chat
from labsupport.chat.bodies import DEPTH
from labsupport.chat.client_session import EXPECTED, PACE, PATIENCE, PING, SILENCE
from labsupport.chat.frames import framed
from labsupport.chat.limits import Limits
from labsupport.chat.login import proof
from labsupport.chat.messages import FROM_CLIENT, FROM_SERVER
from labsupport.chat.refusal import CODES, KEPT
from labsupport.chat.session import ALLOWED, State
from labsupport.tape.watched import installed

PAGE = (Path(labsupport.chat.__file__).parent / "SPECIFICATION.md").read_text("utf-8")


def rows(first: str) -> list[list[str]]:
    """The rows of the table whose head begins with this cell."""
    lines = iter(PAGE.splitlines())
    for line in lines:
        if line.startswith(f"| {first} |"):
            break
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def names(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


def test_it_is_one_page() -> None:
    assert len(PAGE.splitlines()) <= 75
    assert installed()  # the package is imported as a learner imports it


def test_the_messages() -> None:
    listed = {(sender, names(kind)[0]): names(given) for sender, kind, given, _ in rows("from")}
    ours = {
        (sender, name): [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
        for sender, kinds in (("client", FROM_CLIENT), ("server", FROM_SERVER))
        for name, kind in kinds.items()
    }
    assert listed == ours


def test_the_errors() -> None:
    listed = {name: kept for code, _, kept in rows("code") for name in names(code)}
    assert listed.keys() == CODES.keys()
    assert set(listed.values()) == {"kept", "closed"}
    assert {name for name, kept in listed.items() if kept == "kept"} == KEPT


def test_the_limits() -> None:
    listed = {
        name: float(value)
        for limit, values, _ in rows("limit")
        for name, value in zip(names(limit), values.split(", "), strict=True)
    }
    assert listed == {name: float(value) for name, value in dataclasses.asdict(Limits()).items()}


def test_the_states() -> None:
    said = next(line for line in PAGE.splitlines() if line.startswith("**States.**"))
    for state, kinds in ALLOWED.items():
        sent = " allows " + ", ".join(f"`{name}`" for name, kind in FROM_CLIENT.items() if kind in kinds)
        assert f"`{state.value}`{sent if kinds else ' hears nothing any more'}" in said
    assert EXPECTED.keys() == ALLOWED.keys() == set(State)


def test_the_numbers_in_the_text() -> None:
    assert f"more than {DEPTH} deep (the outermost counts)" in PAGE
    assert f"sends `ping` every {PING:g}" in PAGE
    assert f"nothing for {PATIENCE:g} s before `welcome`, or for {SILENCE:g} s while it pings every {PING:g}" in PAGE
    assert PING < SILENCE < Limits().idle
    assert f"at most {PACE[0]} at once and {PACE[1]:g} a second is safe" in PAGE
    assert PACE[0] < Limits().burst
    assert PACE[1] < Limits().rate


def test_the_examples() -> None:
    given = re.search("`([0-9a-f ]+)` and 14 bytes", PAGE)
    assert given is not None
    assert framed(b'{"type":"bye"}') == bytes.fromhex(given[1]) + b'{"type":"bye"}'
    right = proof(bytes(range(32)), bytes(range(32, 64)).hex(), "Zoë")
    assert f"key `000102…1f`, challenge `202122…3f`, name `Zoë`: proof `{right}`" in PAGE
