"""What both sides of Loopback chat, version 1, share: frames, JSON, messages, names, texts, the proof."""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Mapping

VERSION = 1
FRAME_LIMIT = 4096
TEXT_LIMIT = 1000
NAME_LIMIT = 64
DEPTH_LIMIT = 16
HEADER = 4

Message = dict[str, object]
Check = Callable[[object], bool]

_HEX = re.compile(r"[0-9a-f]{64}\Z")
_REORDERING = frozenset({*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029})


class FrameError(Exception):
    """A length of 0, or above the limit."""


class StrictJsonError(Exception):
    """A frame that is not exactly one object in strict JSON."""


def pack(message: Mapping[str, object]) -> bytes:
    """One whole frame."""
    body = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    if len(body) > FRAME_LIMIT:
        raise FrameError(f"a frame of {len(body)} bytes")
    return len(body).to_bytes(HEADER, "big") + body


def take_frame(buffer: bytearray) -> bytes | None:
    """Removes the first frame from the buffer; None if it is not all there yet."""
    if len(buffer) < HEADER:
        return None
    length = int.from_bytes(buffer[:HEADER], "big")
    if not 1 <= length <= FRAME_LIMIT:
        raise FrameError(f"a frame of {length} bytes")
    if len(buffer) < HEADER + length:
        return None
    frame = bytes(buffer[HEADER : HEADER + length])
    del buffer[: HEADER + length]
    return frame


def parse(frame: bytes) -> Message:
    """The object in a frame; StrictJsonError for all that the specification calls `bad-json`."""
    try:
        value = json.loads(frame.decode("utf-8"), object_pairs_hook=_without_twins, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise StrictJsonError(str(error)) from error
    if not isinstance(value, dict):
        raise StrictJsonError("not an object")
    _inspect(value)
    return value


def _without_twins(pairs: list[tuple[str, object]]) -> Message:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key twice in one object")
    return result


def _no_constant(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _inspect(top: Message) -> None:
    """Depth (the outermost object is the first level) and halves of surrogate pairs, without recursion."""
    waiting: list[tuple[object, int]] = [(top, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict | list) and depth > DEPTH_LIMIT:
            raise StrictJsonError("nested too deep")
        if isinstance(value, dict):
            waiting.extend((key, depth + 1) for key in value)
            waiting.extend((inner, depth + 1) for inner in value.values())
        elif isinstance(value, list):
            waiting.extend((inner, depth + 1) for inner in value)
        elif isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
            raise StrictJsonError("half of a surrogate pair")


def is_string(value: object) -> bool:
    return isinstance(value, str)


def is_flag(value: object) -> bool:
    return isinstance(value, bool)


def is_hex(value: object) -> bool:
    """64 digits of lower-case hex."""
    return isinstance(value, str) and _HEX.match(value) is not None


def is_version(value: object) -> bool:
    """A whole number from 1 to 65535, written as one: not `true`, not `1.0`."""
    return type(value) is int and 1 <= value <= 65535


def is_versions(value: object) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= 16 and all(map(is_version, value))


def is_number(value: object) -> bool:
    """The number of a line in the room."""
    return type(value) is int and value >= 1


def is_name(value: object) -> bool:
    if not isinstance(value, str) or not 1 <= len(value.encode("utf-8", "replace")) <= NAME_LIMIT:
        return False
    if not unicodedata.is_normalized("NFC", value):
        return False
    kinds = [unicodedata.category(char) for char in value]
    first_fits = kinds[0][0] == "L" or kinds[0] == "Nd"
    return first_fits and all(k[0] in "LM" or k == "Nd" or c in "-_." for c, k in zip(value, kinds, strict=True))


def is_names(value: object) -> bool:
    return isinstance(value, list) and all(map(is_name, value))


def is_text(value: object) -> bool:
    if not isinstance(value, str) or not 1 <= len(value.encode("utf-8", "replace")) <= TEXT_LIMIT:
        return False
    return not any(unicodedata.category(char) == "Cc" or ord(char) in _REORDERING for char in value)


# A name in a `login` and a text in a `say` need only be strings here: their form has error codes of its own.
FROM_CLIENT: dict[str, dict[str, Check]] = {
    "hello": {"versions": is_versions},
    "login": {"name": is_string, "proof": is_hex},
    "say": {"text": is_string},
    "ping": {},
    "bye": {},
}
FROM_SERVER: dict[str, dict[str, Check]] = {
    "challenge": {"version": is_version, "challenge": is_hex},
    "welcome": {"name": is_name},
    "members": {"names": is_names, "more": is_flag},
    "joined": {"name": is_name},
    "said": {"number": is_number, "name": is_name, "text": is_text},
    "pong": {},
    "bye": {},
    "left": {"name": is_name, "why": is_string},
    "error": {"code": is_string, "text": is_string},
}


def fits(message: Message, fields: dict[str, Check]) -> bool:
    """Whether all the fields are there and as described; others are ignored."""
    return all(field in message and check(message[field]) for field, check in fields.items())


def read_key(text: str) -> bytes:
    """A key from its 64 digits of hex, in capital letters too."""
    if not is_hex(text.strip().lower()):
        raise ValueError("a key is 64 digits of hex")
    return bytes.fromhex(text.strip())


def proof(key: bytes, challenge: bytes, name: str) -> str:
    signed = b"loopback-chat 1 login:" + challenge + name.encode("utf-8")
    return hmac.new(key, signed, hashlib.sha256).hexdigest()
