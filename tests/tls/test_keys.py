"""Key logs, keys, and records opened with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport.tls.keys import Keys, Secret, expand_label, read_keylog
from tests.tls.sealing import AEADS, expanded, sealer

#: RFC 8448, section 3: the server's handshake traffic secret, and the key and IV that come of it.
SECRET = bytes.fromhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
KEY, IV = "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"

RANDOM = "ab" * 32


def log(**secrets: bytes) -> str:
    return "# made for a test\n" + "".join(f"{label} {RANDOM} {data.hex()}\n" for label, data in secrets.items())


def test_the_published_example() -> None:
    assert expand_label(SECRET, "key", 16).hex() == KEY
    assert expand_label(SECRET, "iv", 12).hex() == IV


@pytest.mark.parametrize("length", [32, 48])
def test_the_next_secret(length: int) -> None:
    first = Secret("CLIENT_TRAFFIC_SECRET_0", bytes(range(length)))
    second = first.next()
    assert second == Secret("CLIENT_TRAFFIC_SECRET_1", expanded(first.data, "traffic upd", length))
    assert second.next().label == "CLIENT_TRAFFIC_SECRET_2"


def test_a_key_log_is_read_once_each() -> None:
    text = log(CLIENT_TRAFFIC_SECRET_0=SECRET, EXPORTER_SECRET=SECRET)
    assert read_keylog(text + text) == {"CLIENT_TRAFFIC_SECRET_0": [SECRET], "EXPORTER_SECRET": [SECRET]}
    assert read_keylog("") == read_keylog("# TLS secrets log file\n") == {}


def test_a_key_log_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ключи.log"
    file.write_text(log(CLIENT_TRAFFIC_SECRET_0=SECRET) + "a line of something else\n", "ascii")
    assert read_keylog(file) == {"CLIENT_TRAFFIC_SECRET_0": [SECRET]}
    with pytest.raises(FileNotFoundError):
        read_keylog(tmp_path / "none.log")


def test_what_is_no_key_log() -> None:
    with pytest.raises(ValueError, match=r"no key log.*pathlib.Path\(filename\)"):
        read_keylog("/tmp/keys.log")
    with pytest.raises(TypeError, match=r"its text, or a .* of its file, and not bytes"):
        read_keylog(b"CLIENT_RANDOM")  # type: ignore[arg-type]


@pytest.mark.parametrize("cipher", AEADS)
def test_each_cipher(cipher: str) -> None:
    secret = bytes(range(AEADS[cipher][2]))
    seal, keys = sealer(secret, cipher), Keys("client", {"CLIENT_HANDSHAKE_TRAFFIC_SECRET": [secret]})
    for number in range(3):
        sealed = seal("नमस्ते".encode(), padding=number)
        opened = keys.open(sealed[:5], sealed[5:])
        assert opened is not None
        assert opened.data == "नमस्ते".encode() + b"\x17" + bytes(number)
        assert (opened.label, opened.number) == ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", number)


def test_keys_change_as_the_sender_goes_on() -> None:
    secrets = {"SERVER_HANDSHAKE_TRAFFIC_SECRET": [b"h" * 32], "SERVER_TRAFFIC_SECRET_0": [b"a" * 32]}
    updated = Secret("SERVER_TRAFFIC_SECRET_0", b"a" * 32).next()
    keys, said = Keys("server", secrets), []
    for secret in (b"h" * 32, b"a" * 32, updated.data, updated.next().data):
        seal = sealer(secret)
        for _ in range(2):
            sealed = seal(b"x")
            opened = keys.open(sealed[:5], sealed[5:])
            assert opened is not None
            said.append((opened.label, opened.number))
    labels = ["SERVER_HANDSHAKE_TRAFFIC_SECRET", *(f"SERVER_TRAFFIC_SECRET_{number}" for number in range(3))]
    assert said == [(label, number) for label in labels for number in range(2)]


def test_secrets_of_other_connections_do_no_harm() -> None:
    keys = Keys("client", {"CLIENT_TRAFFIC_SECRET_0": [bytes([one]) * 48 for one in range(9)]})
    sealed = sealer(b"\7" * 48, "AES-256-GCM")(b"hi")
    opened = keys.open(sealed[:5], sealed[5:])
    assert opened is not None
    assert opened.data == b"hi\x17"


def test_a_broken_record_counts_and_the_next_one_opens() -> None:
    seal, keys = sealer(SECRET), Keys("server", {"SERVER_TRAFFIC_SECRET_0": [SECRET]})
    records = [bytearray(seal(b"x")) for _ in range(3)]
    records[1][-1] ^= 1
    opened = [keys.open(bytes(one[:5]), bytes(one[5:])) for one in records]
    assert [one and one.number for one in opened] == [0, None, 2]


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(16), bytes(17), bytes(20_000)])
def test_what_nobody_sealed(sealed: bytes) -> None:
    keys = Keys("server", {"SERVER_TRAFFIC_SECRET_0": [SECRET]})
    assert keys.open(b"\x17\3\3\0\0", sealed) is None
    assert not Keys("client", {"SERVER_TRAFFIC_SECRET_0": [SECRET]}).any


def test_a_secret_of_no_known_length_is_left_alone() -> None:
    assert not Keys("server", {"SERVER_TRAFFIC_SECRET_0": [b"x" * 20]}).any
