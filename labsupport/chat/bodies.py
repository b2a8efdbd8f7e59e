"""The body of a frame: one JSON object in UTF-8, read more strictly than `json` alone reads it.

`json.loads` takes NaN and a key twice, gives half of a surrogate pair back as a character that no UTF-8 has, and leaves
by RecursionError where somebody sends many brackets (a thousand on Python 3.11, more on later ones).
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from .refusal import Refusal

__all__ = ["DEPTH", "dumped", "loaded"]

#: So deep may objects and arrays be nested.
DEPTH: Final = 16


def loaded(body: bytes) -> dict[str, Any]:
    """The object in a body.

    Raises:
        Refusal: `bad-json`, with what is wrong.
    """
    try:
        found = _READER.decode(body.decode())
        if b"\\u" in body:
            _WRITER.encode(found).encode()  # fails for half of a surrogate pair
    except UnicodeDecodeError:
        raise Refusal("bad-json", "a message is in UTF-8, and this one is not") from None
    except UnicodeEncodeError:
        raise Refusal("bad-json", "half of a surrogate pair is no character") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise Refusal("bad-json", "a message is JSON (RFC 8259), and this one is not") from None
    if not isinstance(found, dict):
        raise Refusal("bad-json", "a message is a JSON object, in braces")
    _check_depth(found)
    return found


def dumped(message: dict[str, Any]) -> bytes:
    """The body of a message: no spaces, and each character as itself."""
    return _WRITER.encode(message).encode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refusal("bad-json", "a key stands twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Refusal("bad-json", f"{name} is no JSON")


def _check_depth(found: dict[str, Any]) -> None:
    level: list[Any] = [found]
    for _ in range(DEPTH):
        level = [item for one in level for item in (one.values() if isinstance(one, dict) else one)]
        level = [item for item in level if isinstance(item, dict | list)]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> Refusal:
    return Refusal("bad-json", f"objects and arrays are nested at most {DEPTH} deep")


_READER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
_WRITER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
