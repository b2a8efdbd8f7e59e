"""HTTP to the board, by sockets that are on nobody's tape: the learner's ladders show the learner's own calls alone."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from typing import Any, Final
from urllib.parse import urlsplit

from labsupport.tape.lives import Plain, PlainSSL

from .code import fingerprint

__all__ = ["BoardError", "Line", "authority_at", "trusting"]

#: What every board's certificate is for, wherever it listens: its authority signs nothing else.
BOARD_NAME: Final = "loopback-board"
_PATIENCE: Final = 5.0
#: Bytes of an answer that are read.
_MOST: Final = 65_536


class BoardError(Exception):
    """The board has refused something; `status` is the HTTP status, and the message what the board says."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class _Unwatched(http.client.HTTPConnection):
    """A connection whose socket is the standard library's, whatever `socket.socket` is now.

    `name`: that for which the certificate must be, where there is a `context`.
    """

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, name: str = BOARD_NAME) -> None:
        super().__init__(host, port, timeout=_PATIENCE)
        self._context, self._name = context, name

    def connect(self) -> None:
        """Connect to the first address that answers."""
        failed: OSError | None = None
        for family, kind, protocol, _, address in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            plain = Plain(family, kind, protocol)
            try:
                plain.settimeout(_PATIENCE)
                plain.connect(address)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sock = self._context.wrap_socket(plain, server_hostname=self._name) if self._context else plain
            except OSError as error:
                plain.close()
                failed = error
            else:
                return
        raise failed or OSError(f"{self.host} has no address")


def trusting(pem: str) -> ssl.SSLContext:
    """A context that trusts this authority and no other, and whose sockets are not watched."""
    return _off_the_tape(ssl.create_default_context(cadata=pem))


def _off_the_tape(context: ssl.SSLContext) -> ssl.SSLContext:
    context.sslsocket_class = PlainSSL
    return context


def authority_at(host: str, port: int, shown: str) -> str:
    """The certificate of the board's authority in PEM, if its fingerprint is `shown`, the one in the code.

    It is asked for over a connection that trusts anybody, and nothing of the learner's is sent on that.

    Raises:
        ssl.SSLCertVerificationError: it is another authority.
        OSError: nobody answers there, or no board.
    """
    anybody = _off_the_tape(ssl.create_default_context())
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    connection = _Unwatched(host, port, anybody)
    try:
        connection.request("GET", "/authority.pem")
        pem = connection.getresponse().read(_MOST).decode("ascii")
        certificate = ssl.PEM_cert_to_DER_cert(pem)
        found = fingerprint(certificate)
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"who answers at {host}:{port} is no board of a workshop") from error
    finally:
        connection.close()
    if found != shown:
        raise ssl.SSLCertVerificationError(
            f"The board at {host}:{port} is not the one that this code belongs to: its authority's fingerprint begins "
            f"with {found}, and the code with {shown}. Nothing was sent. Read address and code from the board again; "
            "if they are right, somebody stands between you and the board: tell the instructor."
        )
    return ssl.DER_cert_to_PEM_cert(certificate)  # and not the text: more certificates could stand in it


class Line:
    """A connection to the board, made when it is needed and kept until `close`.

    https without a `context` trusts the authorities that this machine trusts, as for any web server.  Raises ValueError
    for a `url` that is neither http nor https, and for http where a `context` is given.
    """

    def __init__(self, url: str, context: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in (("https",) if context else ("http", "https")) or not parts.hostname:
            raise ValueError(f"The board's address begins with https:// (on a hub also with http://), not as {url!r}.")
        self._path = parts.path.rstrip("/")
        if parts.scheme == "http":
            self._connection = _Unwatched(parts.hostname, parts.port or 80, None)
        elif context:
            self._connection = _Unwatched(parts.hostname, parts.port or 443, context)
        else:
            anybody_known = _off_the_tape(ssl.create_default_context())
            self._connection = _Unwatched(parts.hostname, parts.port or 443, anybody_known, parts.hostname)

    def post(self, action: str, body: bytes, authorization: str = "") -> dict[str, Any]:
        """Ask for something; the answer.

        Raises:
            BoardError: the board refuses.
            OSError: it does not answer, or somebody else does.
        """
        try:
            return self._ask(action, body, authorization)
        except (ConnectionError, http.client.BadStatusLine):
            self.close()  # the board may have closed a connection that was idle: once more on a new one
            return self._ask(action, body, authorization)

    def _ask(self, action: str, body: bytes, authorization: str) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
        try:
            self._connection.request("POST", f"{self._path}/{action}", body, headers)
            response = self._connection.getresponse()
            text = response.read(_MOST)
            answer = json.loads(text)
        except (OSError, http.client.BadStatusLine):  # a certificate that is not right is a ValueError too
            self.close()
            raise
        except (http.client.HTTPException, ValueError) as error:
            self.close()
            raise self._no_board() from error
        if not isinstance(answer, dict):
            raise self._no_board()
        if response.status != 200:
            raise BoardError(response.status, str(answer.get("error", response.reason)))
        return answer

    def _no_board(self) -> OSError:
        return OSError(f"who answers at {self._connection.host} is no board of a workshop")

    def close(self) -> None:
        """Close the connection, if there is one; the next `post` makes another."""
        self._connection.close()
