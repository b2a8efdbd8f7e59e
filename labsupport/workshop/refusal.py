"""What the board does not do, and why."""

from __future__ import annotations

__all__ = ["Refusal"]


class Refusal(Exception):  # noqa: N818  an answer, not a fault of the program
    """A request is refused, and nothing of it is kept.

    - `status`: the HTTP status (RFC 9110, section 15; 429 is RFC 6585's).
    - `sentence`: what was wrong, what was expected, what to do; of text that was sent it repeats nothing.
    - `wait`: seconds after which trying again makes sense, or 0.
    """

    def __init__(self, status: int, sentence: str, *, wait: int = 0) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.wait = status, sentence, wait
