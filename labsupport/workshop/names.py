"""The name that a learner shows to the instructor: what it may hold, and when two names are one."""

from __future__ import annotations

import unicodedata
from typing import Final

from .refusal import Refusal

__all__ = ["LONGEST", "checked_name", "folded"]

#: Characters.
LONGEST: Final = 40
#: Besides letters, marks and digits of any script.
_ALSO: Final = frozenset(" -_.'\u2019")
#: Invisible, and needed: they join or part letters in Persian and in Hindi.
_JOINERS: Final = frozenset("\u200c\u200d")

#: Letters and marks that nothing shows: Unicode's Default_Ignorable_Code_Point, of those categories.
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0").union(
    map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xE0100, 0xE01F0))
)


def checked_name(name: object) -> str:
    """The name in Unicode's form NFC, without spaces around it.

    Letters of any script, marks, digits, spaces and -_.': no markup, nothing invisible, nothing that reorders a line.

    Raises:
        Refusal: 422, with what is wrong.
    """
    if not isinstance(name, str):
        raise Refusal(422, "A name is text. Send a name of your choice.")
    made = unicodedata.normalize("NFC", name).strip(" ")
    if not 1 <= len(made) <= LONGEST:
        raise Refusal(422, f"A name has from 1 to {LONGEST} characters, and this one has {len(made)}. Choose another.")
    for character in made:
        if not _fits(character):
            raise Refusal(
                422,
                f"A name has letters, digits, spaces and any of -_.', and no U+{ord(character):04X}. "
                "Leave it out, or choose another name.",
            )
    if not any(_is_letter_or_digit(character) for character in made):
        raise Refusal(422, "A name has at least one letter or digit. Choose another.")
    return made


def folded(name: str) -> str:
    """What two names have in common that look alike but for case, width and spaces."""
    plain = "".join(each for each in unicodedata.normalize("NFKC", name).casefold() if each not in _JOINERS)
    return " ".join(unicodedata.normalize("NFKC", plain).split())


def _fits(character: str) -> bool:
    if character in _UNSEEN:
        return False
    return (
        character in _ALSO
        or character in _JOINERS
        or _is_letter_or_digit(character)
        or unicodedata.category(character) in ("Mn", "Mc")
    )


def _is_letter_or_digit(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "L" or category == "Nd"
