"""The good client, in a process of its own: ``python -m labsupport.exercises.attacks.good``.

What it feels is the server's doing alone: it shares no interpreter with the server, and none with the attackers.

Orders: ``("visit", address, speech, pace)``, from then on a visit every `pace` seconds; ``("rest",)``.  It says of each
visit when it began (`time.monotonic`, one clock for the whole system), how long it took, and what came of it.
"""

from __future__ import annotations

import time
from typing import Any

from labsupport.tape.watched import uninstall

from .client import visit
from .helpers import orders, say
from .speech import Speech, Tls

__all__ = ["main", "spoken", "understood"]


def spoken(speech: Speech, credentials: tuple[Any, ...]) -> tuple[Any, ...]:
    """What another process must know of a speech to log in with these credentials and to ask, as literals."""
    tls = speech.tls
    return speech.question, speech.answer, speech.login, credentials, tls and (tls.pem, tls.host)


def understood(words: tuple[Any, ...]) -> Speech:
    """What `spoken` was given, as far as it was told."""
    question, answer, login, credentials, tls = words
    return Speech(question, answer, login=login, credentials=credentials, tls=Tls(*tls) if tls else None)


def main() -> None:
    """Visit as ordered."""
    uninstall()  # nobody looks at the tape of this process
    coming = orders()
    while True:
        match coming.get():
            case ("visit", address, words, pace):
                speech = understood(words)
                while coming.empty():
                    begun = time.monotonic()
                    seconds, outcome = visit(address, speech)
                    say(begun, seconds, outcome)
                    time.sleep(max(0.0, begun + pace - time.monotonic()))
            case _:
                say("resting")


if __name__ == "__main__":
    main()
