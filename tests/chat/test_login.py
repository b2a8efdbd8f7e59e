"""Keys, proofs, accounts and their file."""

from __future__ import annotations

import hmac
import os
import stat
from pathlib import Path

import pytest

from labsupport.chat.login import Accounts, key_of, proof

ONE, OTHER = "00" * 32, "01" * 32


def test_a_proof_is_of_one_key_one_challenge_one_name() -> None:
    accounts = Accounts(["Ana", "Bo"])
    right = proof(accounts.key("Ana"), ONE, "Ana")
    assert accounts.proved("Ana", ONE, right)
    assert not accounts.proved("Ana", OTHER, right)
    assert not accounts.proved("Bo", ONE, right)
    assert not accounts.proved("Ana", ONE, proof(accounts.key("Bo"), ONE, "Ana"))
    assert not accounts.proved("Eve", ONE, right)


def test_an_unknown_name_is_compared_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same way for all, and in constant time: so it tells nobody which names there are."""
    compared = []
    compare = hmac.compare_digest

    def noted(a: str, b: str) -> bool:
        compared.append((a, b))
        return compare(a, b)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    accounts = Accounts(["Ana"])
    for name in ("Ana", "Eve"):
        assert not accounts.proved(name, ONE, OTHER)
    assert [given for _, given in compared] == [OTHER, OTHER]


def test_the_key_of_nobody_opens_nothing() -> None:
    accounts = Accounts()
    assert not accounts.proved("Eve", ONE, proof(accounts._nobody, ONE, "Eve"))


def test_two_names_that_are_one_in_capitals() -> None:
    for one, other in [("Zoë", "ZOË"), ("Straße", "STRASSE"), ("\u0390", "\u03aa\u0301")]:  # the last: only after NFC
        accounts = Accounts([one])
        with pytest.raises(ValueError, match="choose another name"):
            accounts.add(other)


def test_keys_are_random() -> None:
    keys = [Accounts(["Ana"]).key("Ana") for _ in range(3)]
    assert len(set(keys)) == 3
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize("name", ["ana", "ANA", "Ana"])
def test_no_two_names_that_differ_in_capitals_only(name: str) -> None:
    with pytest.raises(ValueError, match=f"there is an account 'Ana' already; choose another name than '{name}'"):
        Accounts(["Ana", name])


def test_a_bad_name_gets_no_account() -> None:
    with pytest.raises(ValueError, match="'<b>' cannot be the name of an account: a name has letters"):
        Accounts(["<b>"])


def test_the_file(tmp_path: Path) -> None:
    accounts = Accounts(["Ana", "李雷"])
    path = tmp_path / "room.json"
    accounts.save(path)
    accounts.save(path)  # over the old one
    assert list(tmp_path.iterdir()) == [path]
    again = Accounts.load(path)
    assert {name: again.key(name) for name in again.names} == {name: accounts.key(name) for name in ["Ana", "李雷"]}
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", "7", '{"Ana": "00"}', '{"Ana": 7}', f'{{"<b>": "{ONE}"}}', '{"Ana": "xy"}'])
def test_no_file_of_accounts(tmp_path: Path, text: str) -> None:
    path = tmp_path / "room.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"room\.json is no file of accounts: "):
        Accounts.load(path)


def test_a_key_as_text() -> None:
    assert key_of(ONE) == bytes(32)
    for text in ("", "00", ONE + "00", "zz" * 32, None):
        with pytest.raises(ValueError):  # noqa: PT011  each says something else
            key_of(text)
