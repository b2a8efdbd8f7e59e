r"""Names and texts of strangers: what is allowed, and how to show any text so that it does no harm.

>>> shown("red \x1b[31m, and \u202ereversed")
'red \\x1b[31m, and \\u202ereversed'
"""

from __future__ import annotations

import unicodedata
from typing import Final

from .refusal import Refusal

__all__ = ["check_name", "check_text", "shown"]

#: What reorders or breaks a line, besides the control characters: Unicode Standard Annex #9, section 2, and UAX #14.
_UNRULY: Final = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Invisible, and needed: they join letters, in Persian and in Hindi, and the parts of an emoji.
_JOINERS: Final = frozenset("\u200c\u200d")
#: General categories of what is shown as its number: control, format, surrogate, private use, unassigned, separators.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def check_name(name: str, most: int = 64) -> str:
    """The name, if it is as the specification says.

    Raises:
        Refusal: `bad-name`, with what is wrong.
    """
    wrong = _wrong_name(name, most)
    if wrong:
        raise Refusal("bad-name", f"a name {wrong}")
    return name


def _wrong_name(name: str, most: int) -> str:
    size = len(name.encode(errors="surrogatepass"))
    if not 1 <= size <= most:
        return f"has from 1 to {most} bytes of UTF-8, not {size}"
    for character in name:
        if character not in "-_." and not _is_letter_mark_or_digit(character):
            return f"has letters, marks, digits, '-', '_' and '.', and no U+{ord(character):04X}"
    if not _is_letter_mark_or_digit(name[0]) or unicodedata.category(name[0])[0] == "M":
        return "begins with a letter or a digit"
    if not unicodedata.is_normalized("NFC", name):
        return "is in Unicode's form NFC: its letters are composed"
    return ""


def _is_letter_mark_or_digit(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd"


def check_text(text: str, most: int = 1000) -> str:
    """The text, if it is as the specification says.

    Raises:
        Refusal: `bad-text`, with what is wrong.
    """
    size = len(text.encode(errors="surrogatepass"))
    if not 1 <= size <= most:
        raise Refusal("bad-text", f"a text has from 1 to {most} bytes of UTF-8, not {size}")
    for character in text:
        if character in _UNRULY or unicodedata.category(character) == "Cc":
            raise Refusal("bad-text", f"a text has no U+{ord(character):04X}")
    return text


def shown(text: str, most: int = 1000) -> str:
    """The text for a terminal or a log: what is invisible, reorders or controls stands as its number.

    At most so many characters; then an ellipsis says that there was more.  For HTML, escape what this gives
    (`html.escape`).
    """
    cut = text[:most] + ("…" if len(text) > most else "")
    return "".join(map(_visible, cut))


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
