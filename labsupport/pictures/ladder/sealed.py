"""What somebody who listens in on a link sees of each TLS call: how many records, how long, and not what is in them.

Of a handshake only what is in clear is named: how long its encrypted records are, and how many session tickets there
are, differs from run to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from labsupport.tape.events import Call
from labsupport.tape.records import Record
from labsupport.tape.streams import RECEIVING, SENDING
from labsupport.tape.tls import CHANGE_CIPHER_SPEC, CONTENT_TYPES

from .draft import Draft

__all__ = ["on_the_wire"]

_CHANGE: Final = CONTENT_TYPES[
    CHANGE_CIPHER_SPEC
]  # which in TLS 1.3 is there for the sake of old devices on the way, and says nothing


def on_the_wire(draft: Draft) -> None:
    """A note below each TLS call whose records a link has carried."""
    for call, label in list(draft.begins.items()):
        # An alert in place of a recv's bytes is left out: nothing says at which moment it went.
        records = draft.exchange.records(call) if isinstance(call, Call) and call.op not in RECEIVING else ()
        if isinstance(call, Call) and records:
            draft.label(draft.cast.lanes[label.lane], label.row, "note", _said(draft, call, records), call)


def _said(draft: Draft, call: Call, records: Sequence[Record]) -> str:
    if call.op in SENDING:
        number = draft.numbers.get(draft.exchange.of(call)[0].number, 0)
        return f"{number} on the wire: {_size(records)}"
    if call.op == "unwrap":
        return f"close_notify on the wire: {_size(records)}"
    names = dict.fromkeys(record.name for record in records if record.clear and record.name != _CHANGE)
    secret = ["encrypted records"] if any(not record.clear for record in records) else []
    return f"on the wire: {', then '.join([', '.join(names), *secret] if names else secret)}"


def _size(records: Sequence[Record]) -> str:
    count = f"{len(records):,} record{'s' if len(records) > 1 else ''}"
    return f"{count}, {sum(record.size for record in records):,} bytes"
