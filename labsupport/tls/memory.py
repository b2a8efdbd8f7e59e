"""A handshake without a network: two ends in memory, and every byte between them carried by hand."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from .folder import passing_file
from .given import check_context, check_host, check_session, check_tamper, checked_flight, checked_words
from .parts import Sender
from .transcript import Transcript, transcript_of

__all__ = ["Tamper", "handshake"]

#: How often each end may speak before it is asked to say something new; in a handshake it does three times.
TURNS: Final = 16

Tamper = Callable[[int, bytes], bytes]

#: Contexts have one key log each: two runs with one context would take each other's.
_ONE_AT_A_TIME = threading.RLock()


def handshake(
    client_context: ssl.SSLContext,
    server_context: ssl.SSLContext,
    host: str,
    *,
    say: Iterable[bytes] = (),
    close_notify: bool = False,
    session: ssl.SSLSession | None = None,
    tamper: Tamper | None = None,
) -> Transcript:
    """Let two ends shake hands in memory, without a socket, and write down every byte of it.

        transcript = tls.handshake(authority.client_context(), authority.server_context("localhost"), "localhost")
        print(transcript)

    What TLS refuses is not raised: it is the transcript's `.error`, and the flights go up to the alert.

    - `host`: what the client asks for, a name or an address, as `server_hostname` of `wrap_socket()`.
    - `say`: what the two say afterwards, by turns, the client first: `say=(b"hello?", b"hello!")`.
    - `close_notify`: whether both ends close TLS in the end, as `unwrap()` does and Python's `close()` does not.
    - `session`: an earlier transcript's `.session`, of the same client context, to be resumed.
    - `tamper`: called with the number of each flight, from 0, and its bytes; what it returns arrives instead.

    The secrets are read from the key log of the two contexts, which is set for the time of the run to a file that only
    its owner can read, and then set back.  A key log that a context had gets the lines too.

    Raises:
        TypeError: no context, a host that is no string, no session, a tamper that cannot be called, words or a tampered
            flight that are no bytes.
        ValueError: a server's context for the client or the reverse, no possible host, a session of another context,
            more to say than 64 times, or 1 MiB.
        OSError: a context's own key log cannot be opened any more.
    """
    check_context(client_context, "client", ssl.PROTOCOL_TLS_SERVER)
    check_context(server_context, "server", ssl.PROTOCOL_TLS_CLIENT)
    check_host(host)
    check_session(session)
    check_tamper(tamper)
    words = checked_words(say)
    with _ONE_AT_A_TIME, _key_log({client_context, server_context}) as keylog:
        client = _End("client", client_context, host, session)
        run = _Run(client, _End("server", server_context), tamper)
        run.settle()
        for number, word in enumerate(words):
            run.say(run.ends[number % 2], word)
        if close_notify:
            run.say_goodbye()
        secrets = keylog.read_text("ascii")
    return transcript_of(run.flights, secrets, run.error, client.session)


class _End:
    """One end: what OpenSSL makes of the bytes that it is given."""

    def __init__(
        self,
        name: Sender,
        context: ssl.SSLContext,
        host: str = "",
        session: ssl.SSLSession | None = None,
    ) -> None:
        self.name: Sender = name
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.error = ""
        self.done = False
        if name == "server":
            self._tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        else:
            self._tls = _client(context, self.incoming, self.outgoing, host, session)

    def go_on(self) -> None:
        """Go as far as the bytes that have come allow."""
        if not (self.done or self.error):
            self._shake()
        # Also where nothing is said: session tickets, and the refusal of a client's certificate, come with a read.
        while self.ready and self._try(lambda: self._tls.read(65536)):
            pass

    def _shake(self) -> None:
        self._try(self._tls.do_handshake)
        self.done = not (self.error or self._waits)

    @property
    def ready(self) -> bool:
        """Whether its handshake has succeeded and nothing has gone wrong since."""
        return self.done and not self.error

    def say(self, word: bytes) -> None:
        self._try(lambda: self._tls.write(word))

    def say_goodbye(self) -> None:
        """Send a close_notify; the other's is not waited for."""
        self._try(self._tls.unwrap)

    def _try(self, call: Callable[[], object]) -> object:
        """What the call gives; None where it waits for bytes, or fails."""
        self._waits = False
        try:
            return call()
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            self._waits = True
        except ssl.SSLError as error:
            self.error = _said(error)
        return None

    @property
    def session(self) -> ssl.SSLSession | None:
        """What the other end would resume."""
        return self._tls.session if self.ready else None


class _Run:
    """Two ends and the bytes that went from one to the other."""

    def __init__(self, client: _End, server: _End, tamper: Tamper | None) -> None:
        self.ends = (client, server)
        self.flights: list[tuple[Sender, bytes]] = []
        self._tamper = tamper

    def settle(self) -> None:
        """Carry bytes to and fro until neither end has any more."""
        for _ in range(TURNS):
            if not any([self._carry(*self.ends), self._carry(*reversed(self.ends))]):
                return

    def say(self, speaker: _End, word: bytes) -> None:
        """Let one end send this, if its handshake has succeeded."""
        if speaker.ready:
            speaker.say(word)
            self.settle()

    def say_goodbye(self) -> None:
        for end in self.ends:
            if end.ready:
                end.say_goodbye()
                self.settle()

    def _carry(self, sender: _End, receiver: _End) -> bool:
        """Hand on what one end has to send; whether there was anything."""
        sender.go_on()
        data = sender.outgoing.read()
        if not data:
            return False
        if self._tamper is not None:
            data = checked_flight(self._tamper(len(self.flights), data))
        receiver.incoming.write(data)
        self.flights.append((sender.name, data))
        return True

    @property
    def error(self) -> str:
        """What each end raised, or that it still waits; "" where both are content."""
        said = [(end.name, end.error or ("" if end.done else "waits for more bytes")) for end in self.ends]
        return "; ".join(f"{name}: {error}" for name, error in said if error)


def _said(error: ssl.SSLError) -> str:
    """An error by its type and OpenSSL's reason, without the line of C that its message ends with."""
    detail = f": {error.verify_message}" if isinstance(error, ssl.SSLCertVerificationError) else ""
    return f"{type(error).__name__} {error.reason or error.strerror or ''}".rstrip() + detail


@contextlib.contextmanager
def _key_log(contexts: Iterable[ssl.SSLContext]) -> Iterator[Path]:
    """Let the contexts write their secrets to a file that only its owner can read and that is gone afterwards."""
    with passing_file("") as name, contextlib.ExitStack() as stack:
        path = Path(name)
        for context in contexts:
            stack.callback(_give_back, context, context.keylog_filename, path)
            context.keylog_filename = str(path)
        yield path


def _give_back(context: ssl.SSLContext, before: str | None, path: Path) -> None:
    """Set the key log that a context had, which gets the lines of this run as if nothing had been changed."""
    context.keylog_filename = before  # type: ignore[assignment]  # None is how it is switched off
    if before is not None:
        with Path(before).open("ab") as file:
            lines = dict.fromkeys(path.read_bytes().splitlines(keepends=True))  # both ends log the same
            file.write(b"".join(line for line in lines if not line.startswith(b"#")))


def _client(
    context: ssl.SSLContext, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, host: str, session: ssl.SSLSession | None
) -> ssl.SSLObject:
    try:
        return context.wrap_bio(incoming, outgoing, server_hostname=host, session=session)
    except UnicodeError:
        raise ValueError(f'{host!r} cannot be the name of a host; names look like "localhost"') from None
    except ValueError:
        raise ValueError("this session is of another client context: pass the context that it was made with") from None
