"""What the bytes of TLS say: pure functions from bytes in clear to labelled parts.

Each takes bytes and gives a `Part` that covers them, with all that is in it, offsets from 0.  None of them raises:
malformed bytes give parts with an `error`.  `errors` finds those, `uncovered` shows that no byte is left out.

    field, shapes                             the presentation language of TLS (RFC 9846, section 3), objects that read
    hellos, tls13, tls12, record, alerts      the tables of messages, made of shapes
    extensions, extension_*, key_share        the table of extensions, and what is in a key share
    certificate, der                          certificates
    names, suites, registry                   numbers that have names
    cursor, cover                             a place in the bytes that cannot run past them; nothing is left out
"""

from __future__ import annotations

from labsupport.tls.parts import walk

from .alerts import alert
from .cover import errors, gaps, uncovered
from .handshake import message
from .record import application_data, change_cipher_spec, record_header

__all__ = [
    "alert",
    "application_data",
    "change_cipher_spec",
    "errors",
    "gaps",
    "message",
    "record_header",
    "uncovered",
    "walk",
]
