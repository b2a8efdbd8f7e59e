"""TLS for one connection, without a socket: records in, text in clear out, and the other way.

`asyncio` has TLS of its own, which keeps 256 KiB for each connection and does not say who is still in the handshake; a
server that is to hold hundreds of strangers wants less of the one and more of the other.
"""

from __future__ import annotations

import ssl

__all__ = ["Channel"]

#: Bytes of text in clear that are taken at a time: a record has no more (RFC 9846, section 5.1).
_RECORD = 16_384


class Channel:
    """One end of a connection that is secure once `secure` says so.

    Whoever carries the bytes sends what `take` gives, after each call of another method.

    - `context`: a server's, or with `host` a client's that verifies the server for this name.
    - `ended`: the peer has said that it sends no more (close_notify).
    """

    def __init__(self, context: ssl.SSLContext, host: str | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=host is None, server_hostname=host)
        self.secure = self.ended = False
        if host is not None:
            self._shake()

    def receive(self, data: bytes | bytearray | memoryview) -> bytes:
        """The text in clear that these bytes of the peer complete.

        Raises:
            ssl.SSLError: the handshake failed, or a record was not the peer's.  `take` then has what the peer is told.
        """
        self._incoming.write(data)
        if not self.secure:
            self._shake()
        return self._read() if self.secure else b""

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.secure = True

    def _read(self) -> bytes:
        pieces = []
        try:
            while piece := self._tls.read(_RECORD):
                pieces.append(piece)
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        return b"".join(pieces)

    def send(self, text: bytes) -> None:
        """Encrypt some bytes; only once it is secure."""
        self._tls.write(text)

    def close(self) -> None:
        """Say that no more is sent."""
        if self.secure:
            try:
                self._tls.unwrap()
            except ssl.SSLError:  # the peer has not answered yet; nobody waits for it
                pass

    def take(self) -> bytes:
        """Records to send now; b"" if there are none."""
        return self._outgoing.read()
