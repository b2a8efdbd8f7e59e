"""The chat holds through every attack that makes sense for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labsupport import chat, tls
from labsupport.exercises import attacks
from tests.exercises.attacks.conftest import Attacked
from tests.exercises.attacks.test_attacks import holds
from tests.leftovers import none_left

NAMES = ["Ana", "Zoë", "李雷", "Eli"]
#: Attackers that say nothing are let go of after a second, and not after ten: so nobody need wait so long here.
LIMITS = chat.Limits(login=1.0)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    with none_left():
        yield


def test_a_pickle_makes_no_sense() -> None:
    assert attacks.Pickle().skipped(attacks.chat_speech(chat.Accounts(NAMES), ""))


@pytest.mark.parametrize(
    "kind", [kind for kind in attacks.ALL if kind is not attacks.Pickle], ids=lambda kind: kind.__name__
)
def test_the_chat_holds(kind: type[attacks.Attack], attacked: Attacked) -> None:
    accounts, authority = chat.Accounts(NAMES), tls.Authority()

    def serve(listener: Any) -> None:
        server = chat.Server(accounts, authority.server_context("localhost"), LIMITS, print)
        attacks.until_stopped(server.serve)(listener)

    speech = attacks.chat_speech(accounts, authority.pem)
    holds(attacked(serve, kind().scaled(0.5), speech, later=5.0, seconds=0.5))


def test_the_chat_as_a_program_holds(attacked: Attacked) -> None:
    with chat.Program(NAMES) as program:
        speech = attacks.chat_speech(program.accounts, Path(program.authority_file).read_text())
        holds(attacked(program, attacks.Flood(), speech, later=5.0, seconds=0.5))


def test_the_good_client_is_somebody_else_than_the_insider() -> None:
    accounts = chat.Accounts(["Ana", "Eli"])
    speech = attacks.chat_speech(accounts, tls.Authority().pem)
    assert speech.credentials[0] == "Ana"
    assert speech.insider[0] == "Eli"
    with pytest.raises(ValueError, match="at least two"):
        attacks.chat_speech(chat.Accounts(["Ana"]), "")
