"""The code that learners type: who may join, until when, and which authority is the right one.

It is 24 characters of Douglas Crockford's base 32, which has no I, L, O and U: 16 are the first 80 bits of the SHA-256
of the authority's certificate, 8 are a secret of 40 bits.  The first part never leaves the learner's machine: there it
is compared with the authority that the board shows.  The second part is what the board asks for.

>>> split(written(fingerprint, secret)) == (fingerprint, secret)
True
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass, field
from typing import Final

from .refusal import Refusal

__all__ = ["Door", "Guesses", "fingerprint", "new_secret", "split", "written"]

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: What is read for what; hyphens and spaces are for the eye alone.
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_SHOWN: Final = 16
_SECRET: Final = 8

#: Wrong codes a minute, from one address and from all together.  A class may share one address.
_EACH: Final = 20
_ALL: Final = 100


def fingerprint(certificate: bytes) -> str:
    """The first 80 bits of the SHA-256 of a certificate in DER, as 16 digits."""
    number = int.from_bytes(hashlib.sha256(certificate).digest()[:10], "big")
    return "".join(_DIGITS[number >> shift & 31] for shift in range(75, -1, -5))


def new_secret() -> str:
    """40 random bits, as 8 digits."""
    return "".join(secrets.choice(_DIGITS) for _ in range(_SECRET))


def written(shown: str, secret: str) -> str:
    """The code in groups of four, to be read from a wall."""
    whole = shown + secret
    return "-".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def split(code: str) -> tuple[str, str]:
    """The fingerprint and the secret of a code, however it is typed.  Raises ValueError for what is no code."""
    typed = code.upper().translate(_READ_AS)
    if len(typed) != _SHOWN + _SECRET or not set(typed) <= set(_DIGITS):
        raise ValueError(
            f"A code has {_SHOWN + _SECRET} letters and digits in groups of four, such as 7QF2-…, "
            f"and this has {len(typed)}, or another character. Read it from the board again."
        )
    return typed[:_SHOWN], typed[_SHOWN:]


@dataclass
class Guesses:
    """How many wrong codes may still come: one bucket for each address, one for all, filled over a minute."""

    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)  # how many are left, when that was so

    def check(self, address: str, now: float) -> None:
        """Raises `Refusal`, 429, where too many wrong codes have come."""
        for who, most in ((address, _EACH), ("", _ALL)):
            left = self._left(who, most, now)
            if left < 1:
                wait = math.ceil((1 - left) * 60 / most)
                raise Refusal(429, f"Too many wrong codes have come. Try again in {wait} s.", wait=wait)

    def wrong(self, address: str, now: float) -> None:
        """A wrong code has come from there."""
        for who, most in ((address, _EACH), ("", _ALL)):
            self._buckets[who] = (self._left(who, most, now) - 1, now)
        if len(self._buckets) > 1000:  # those that are full again say nothing
            self._buckets = {who: kept for who, kept in self._buckets.items() if not who or now - kept[1] < 60}

    def _left(self, who: str, most: int, now: float) -> float:
        left, when = self._buckets.get(who, (float(most), now))
        return min(float(most), left + (now - when) * most / 60)


@dataclass
class Door:
    """Asks for the secret until `expires`, in seconds since 1970."""

    secret: str
    expires: float
    guesses: Guesses = field(default_factory=Guesses)

    def check(self, given: object, address: str, now: float) -> None:
        """Let somebody in.

        Raises:
            Refusal: 429 after too many wrong codes, 403 for a wrong code, 410 for one that has expired.
        """
        self.guesses.check(address, now)
        if not isinstance(given, str) or not hmac.compare_digest(
            given.encode("utf-8", "surrogatepass"), self.secret.encode()
        ):
            self.guesses.wrong(address, now)
            raise Refusal(403, "This is not the code of this workshop. Read it from the board again.")
        if now >= self.expires:
            raise Refusal(410, "The code of this workshop has expired. Ask the instructor to start a new one.")
