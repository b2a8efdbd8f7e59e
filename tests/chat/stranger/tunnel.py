"""TLS for a program that reads and writes in two threads."""

import contextlib
import socket
import ssl
import threading


class Tunnel:
    """TLS on a blocking socket that one thread may write to while another one reads (one SSL object alone may not)."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host_name: str) -> None:
        self.sock = sock
        self._lock = threading.Lock()
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host_name)

    def handshake(self) -> None:
        done = False
        while not done:
            try:
                self._tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            finally:  # an alert, too
                self._flush()
            if not done:
                self._fill()

    def send(self, data: bytes) -> None:
        with self._lock:
            self._tls.write(data)
            self._flush()

    def receive(self) -> bytes:
        """What has come, at least one byte; nothing at the end."""
        while True:
            with self._lock:
                try:
                    return self._tls.read(65536)
                except ssl.SSLWantReadError:
                    self._flush()
                except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                    return b""
            self._fill()

    def close(self) -> None:
        """Says in TLS that nothing follows, and does not wait for an answer."""
        with self._lock:
            with contextlib.suppress(OSError):  # among them: the server's own close has not come
                self._tls.unwrap()
            with contextlib.suppress(OSError):
                self._flush()
        self.sock.close()

    def _fill(self) -> None:
        data = self.sock.recv(65536)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    def _flush(self) -> None:
        if self._out.pending:
            self.sock.sendall(self._out.read())
