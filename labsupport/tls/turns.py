"""Who spoke when: what two ends sent, brought into the order of a handshake.

Somebody who listens in has two streams of bytes, one each way, and no word on which byte came before which of the
other.  The protocol says it: an end that has sent its hello, or its Finished, waits.  What is said after the handshake
has no such order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from .parts import SEALED_HANDSHAKE, Sender
from .records import Record

__all__ = ["turns"]

#: After these a sender waits for the other, as long as the handshake lasts.
_LAST_WORDS: Final[dict[Sender, frozenset[str]]] = {
    "client": frozenset({"ClientHello", "Finished", SEALED_HANDSHAKE}),
    "server": frozenset({"HelloRetryRequest", "ServerHelloDone", "Finished", SEALED_HANDSHAKE}),
}


def turns(up: Sequence[Record], down: Sequence[Record]) -> list[tuple[Sender, int]]:
    """Who spoke, and up to which of the bytes it sent, turn by turn.

    - `up`: the records of the client; `down`: those of the server.

    The flights of the handshake take turns; then what the client said after it, as one flight, then what the server
    did.
    """
    client, server = _flights(up, "client"), _flights(down, "server")
    order: list[tuple[Sender, int]] = []
    for mine, theirs in zip_longest(client, server):
        order += [("client", mine)] if mine else []
        order += [("server", theirs)] if theirs else []
    order += [("client", up[-1].part.end)] if up and client[-1] < up[-1].part.end else []
    order += [("server", down[-1].part.end)] if down and server[-1] < down[-1].part.end else []
    return order


def _flights(records: Sequence[Record], sender: Sender) -> list[int]:
    """Where the flights of the handshake end; one that never came to its last word is all there is."""
    ends = [place for place, record in enumerate(records) if _LAST_WORDS[sender].intersection(record.names)]
    if not ends:
        return [record.part.end for record in records[-1:]]
    early = [place for place, record in enumerate(records) if "EndOfEarlyData" in record.names]
    if early and ends[0] < early[0]:
        ends[0] = early[0] - 1  # what stands before it was sent without waiting (RFC 9846, section 2.3)
    if sender == "server":
        ends = [place + (records[place].names == _RETRY and _names(records, place + 1) == _CHANGE) for place in ends]
        tickets = ends[-1]
        while _names(records, tickets + 1) and set(_names(records, tickets + 1)) == {"NewSessionTicket"}:
            tickets += 1
        ends += [tickets] if tickets > ends[-1] else []
    return [records[place].part.end for place in ends]


def _names(records: Sequence[Record], place: int) -> tuple[str, ...]:
    return records[place].names if place < len(records) else ()


#: For old boxes on the way, a server that asks again adds a change_cipher_spec (RFC 9846, appendix E.4).
_RETRY: Final = ("HelloRetryRequest",)
_CHANGE: Final = ("change_cipher_spec",)
