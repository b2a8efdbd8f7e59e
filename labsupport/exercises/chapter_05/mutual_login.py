"""Mutual TLS: a client that shows a certificate, and knows when it was refused."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Stage, Task
from labsupport.exercises.peers import Peer
from labsupport.exercises.peers.tls import answers_the_hello, attempts, throws_away

from . import papers
from .login_mistakes import MISTAKES, NAME, STARTER, WELCOME, written
from .papers import ELSEWHERE, HOST
from .visits import BANK, label

__all__ = ["MUTUAL_LOGIN"]

_OLD: Final = ssl.TLSVersion.TLSv1_2
_CALL: Final = "mutual_login(address, host, cafile, certfile, name)"


# --- the server ------------------------------------------------------------------------------


def _case(
    title: str,
    met: str,
    play: Callable[[Stage, Peer], None],
    raises: type[BaseException] | None = PermissionError,
    *,
    known: bool = False,
) -> Case:
    """One connection; with `known`, the client's certificate is of the authority that the server asks for."""

    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted["met"] = met
        shown = papers.member(NAME, by_a_stranger=not known)
        return stage.address, HOST, papers.authority().file, shown.file, NAME.encode()

    def script(stage: Stage) -> None:
        stage.raises = raises
        if raises is None:
            stage.returns = WELCOME.encode()
        play(stage, label(stage.accept(BANK)))

    return Case(title, _CALL, script, given)


def _asks(at_most: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    return papers.server_side(papers.issued(), asks=True, at_most=at_most)


def _lets_it_finish(stage: Stage, bank: Peer) -> None:
    """In TLS 1.3: the client ends its handshake, and does all that it does before it waits."""
    answers_the_hello(bank, _asks())
    stage.until(lambda: not any(call.open for call in stage.calls("do_handshake", "connect")))
    stage.rest()


def _friend(stage: Stage, bank: Peer) -> None:
    _lets_it_finish(stage, bank)
    if attempts(bank, _asks()):
        bank.hears(NAME.encode())
        bank.says(WELCOME.encode())
    else:
        stage.noted["refused"] = True
        throws_away(bank)
    bank.leaves()


def _alert(stage: Stage, bank: Peer) -> None:
    """Only when the client thinks that all is well is its certificate looked at."""
    _lets_it_finish(stage, bank)
    attempts(bank, _asks())
    throws_away(bank)
    bank.leaves()


def _early(stage: Stage, bank: Peer) -> None:  # noqa: ARG001  the shape of a script
    attempts(bank, _asks(_OLD))
    bank.leaves()


def _reset(stage: Stage, bank: Peer) -> None:
    """In TLS 1.2 the client waits for the server's last word, and a reset comes instead."""
    answers_the_hello(bank, _asks(_OLD))
    stage.rest()
    bank.resets()


def _silence(stage: Stage, bank: Peer) -> None:  # noqa: ARG001
    """Let in by the handshake, and then shown out by the program behind it."""
    if attempts(bank, papers.server_side(papers.issued())):
        bank.hears(NAME.encode())
    bank.leaves()


def _other_host(stage: Stage, bank: Peer) -> None:  # noqa: ARG001
    attempts(bank, papers.server_side(papers.issued(ELSEWHERE), asks=True))
    bank.leaves()


MUTUAL_LOGIN: Final = Task(
    name="mutual_login",
    chapter=5,
    prompt=(
        "**Refused, and you know it.** The server asks for your certificate. Over TLS, say your `name` (bytes) and "
        "return its greeting (here it comes in one piece). Servers refuse in different ways: with an alert, with a "
        "reset, or they hang up without a word; some when they see your certificate, some later. All this is a "
        "`PermissionError`. Only if it is *you* who refuse, because the server's certificate is wrong, an "
        "`ssl.SSLCertVerificationError` goes through. About ten lines."
    ),
    hints=(
        "In TLS 1.3 wrap_socket() returns before the server has looked at your certificate. What tells you?",
        "The refusal comes with your first read. In TLS 1.2 it comes in wrap_socket(). One `try` around both.",
        "An alert is an ssl.SSLError, a reset a ConnectionError; and recv() may give b'', which is no error at all.",
        (
            "SSLCertVerificationError is a kind of SSLError: `except ssl.SSLCertVerificationError: raise` comes first, "
            "then `except (ssl.SSLError, ConnectionError) as error: raise PermissionError(...) from error`."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        """\
import socket
import ssl


def mutual_login(address, host, cafile, certfile, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile)
    context.load_cert_chain(certfile)
    tls = context.wrap_socket(socket.socket(), server_hostname=host)
    try:
        tls.settimeout(3)
        tls.connect(address)
        tls.send(name)
        if greeting := tls.recv(100):
            return greeting
        raise ConnectionAbortedError("no greeting")
    except OSError as error:
        if isinstance(error, ssl.CertificateError):
            raise
        raise PermissionError("refused") from error
    finally:
        tls.close()
""",
        written("""
tls = None
try:
    tls = context.wrap_socket(sock, server_hostname=host, suppress_ragged_eofs=False)
    tls.write(name)
    greeting = tls.read(1024)
except ssl.SSLError as error:
    if error.reason == "CERTIFICATE_VERIFY_FAILED":
        raise
    greeting = b""
except ConnectionError:
    greeting = b""
finally:
    if tls is not None:
        tls.close()
if greeting == b"":
    raise PermissionError(f"{host} does not want us")
return greeting
"""),
    ),
    cases=(
        _case("your certificate is of an authority that the server does not know", "alert", _alert),
        _case("the server knows your authority, and lets you in", "friend", _friend, None, known=True),
        _case("the same server on an old machine, which speaks TLS 1.2 at most", "early", _early),
        _case("one that says nothing of its reasons: a reset, when it has seen your certificate", "reset", _reset),
        _case("the handshake is well; then you are not on the list, and the server hangs up", "silence", _silence),
        _case("the server's certificate is for another host", "other host", _other_host, ssl.SSLCertVerificationError),
    ),
    praise=(
        "An alert after you thought that you were in, an alert before, a reset, and an end without a word: four "
        "refusals, each told as one; and the one time that you refused, you said that it was you."
    ),
    mistakes=MISTAKES,
)
