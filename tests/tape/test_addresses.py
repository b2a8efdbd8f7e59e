from __future__ import annotations

import pytest

from labsupport.tape.addresses import host, plain, port, serves


@pytest.mark.parametrize(
    ("local", "asked", "answer"),
    [
        (("127.0.0.1", 80), ("127.0.0.1", 80), True),
        (("127.0.0.1", 80), ("127.0.0.1", 81), False),
        (("127.0.0.2", 80), ("127.0.0.1", 80), False),
        (("0.0.0.0", 80), ("127.0.0.1", 80), True),
        (("::", 80), ("::1", 80), True),
        (("", 80), ("127.0.0.1", 80), True),
        (("::1", 80), ("127.0.0.1", 80), False),
        (("127.0.0.1", 80), ("localhost", 80), True),
        (("::1", 80), ("localhost", 80), True),
        (("127.0.0.1", 80), ("0.0.0.0", 80), True),
        (("::ffff:127.0.0.1", 80), ("127.0.0.1", 80), True),
        (("fe80::1%lo", 80), ("fe80::1", 80), True),
        (None, ("127.0.0.1", 80), False),
        (("127.0.0.1", 80), None, False),
        (None, None, True),
    ],
)
def test_who_serves_whom(local: tuple[str, int] | None, asked: tuple[str, int] | None, answer: bool) -> None:
    assert serves(local, asked) is answer


def test_one_spelling_of_each() -> None:
    assert host(("::ffff:10.0.0.1", 1)) == "10.0.0.1"
    assert plain(("fe80::1%eth0", 7)) == ("fe80::1", 7)
    assert (plain(None), port(None), port(("x", 7))) == (None, None, 7)
