"""A certificate that is known beforehand: verified as ever, and compared besides."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Final

from labsupport import tls
from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers.tls import attempts

from . import papers
from .papers import HOST, fingerprint
from .pin_mistakes import MISTAKES, STARTER, WORD, written
from .visits import BANK, comes, label, word

__all__ = ["PIN_CERTIFICATE"]

_SAID: Final = WORD.encode()
_WELCOME: Final = "xin chào, Linh".encode()
_SOMEBODY: Final = "somebody else"
_CALL: Final = "pin_certificate(address, host, cafile, fingerprint, password)"


def _case(
    title: str,
    met: str,
    shows: Callable[[], tuple[tls.Certificate, ...]],
    pin: Callable[[], str],
    raises: type[BaseException] | None = None,
) -> Case:
    """A server that shows a certificate on each connection, the last one from then on, and answers a password."""

    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted["met"] = met
        return stage.address, HOST, papers.authority().file, pin(), _SAID

    def play(stage: Stage) -> None:
        stage.raises = raises
        if raises is None:
            stage.returns = _WELCOME
        for number, certificate in enumerate(_on_and_on(shows()), 1):
            if not comes(stage):
                return
            if _converses(stage, certificate):
                stage.noted["heard"] = raises is not None or number > 1
                return

    return Case(title, _CALL, play, given, holds=_kept)


def _kept(outcome: Outcome) -> str:
    return "the password is said to nobody but the bank" if outcome.noted.get("heard") else ""


def _on_and_on(shown: tuple[tls.Certificate, ...]) -> Iterator[tls.Certificate]:
    return chain(shown, repeat(shown[-1]))


def _converses(stage: Stage, certificate: tls.Certificate) -> bool:
    """One connection: whether the password was said."""
    bank = label(stage.accept(BANK if certificate in (papers.issued(), papers.expired()) else _SOMEBODY))
    said = word(bank) if attempts(bank, papers.server_side(certificate)) else b""
    if said:
        bank.says(_WELCOME)
    bank.leaves()
    return bool(said)


def _known() -> str:
    return fingerprint(papers.issued())


def _of_its_text() -> str:
    return hashlib.sha256(ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(_other().pem)).encode()).hexdigest()


def _alike() -> str:
    """A fingerprint that differs from the one that is shown in its last eight digits."""
    real = fingerprint(_other())
    return real[:-8] + "".join(f"{15 - int(digit, 16):x}" for digit in real[-8:])


def _other() -> tls.Certificate:
    return papers.issued(number=2)


PIN_CERTIFICATE: Final = Task(
    name="pin_certificate",
    chapter=5,
    prompt=(
        "**A pin.** Your bank has told you the fingerprint of its certificate, on paper. An authority can be tricked "
        "into issuing another for the same name, so look twice: verify as ever, *and* compare. Only if this connection "
        "shows the certificate with this `fingerprint`, say the password (bytes), and return the answer. Else raise "
        "`ssl.SSLError`; then not one byte of yours may have gone out. Three lines."
    ),
    hints=(
        "When wrap_socket() has returned, the handshake is over, and nothing of yours has been sent.",
        "`tls.getpeercert(binary_form=True)` gives the certificate's bytes in DER, on this connection and no other.",
        "`hashlib.sha256(der).hexdigest()` is text, as `fingerprint` is. Compare all of it.",
        "If they differ: `raise ssl.SSLError('another certificate')`. The `with` blocks close the connection.",
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        """\
import hashlib
import hmac
import socket
import ssl


def pin_certificate(address, host, cafile, fingerprint, password):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile)
    tls = context.wrap_socket(socket.socket(), server_hostname=host)
    try:
        tls.settimeout(3)
        tls.connect(address)
        shown = hashlib.new("sha256", tls.getpeercert(True)).digest()
        if not hmac.compare_digest(shown, bytes.fromhex(fingerprint)):
            raise ssl.SSLCertVerificationError("not the one that was pinned")
        tls.sendall(password)
        return tls.recv(100)
    finally:
        tls.close()
""",
        written("""
pem = ssl.DER_cert_to_PEM_cert(tls.getpeercert(True))
der = ssl.PEM_cert_to_DER_cert(pem)
if fingerprint.upper() != hashlib.sha256(der).hexdigest().upper():
    raise ssl.SSLError
"""),
    ),
    cases=(
        _case("a good certificate for the bank's name, by the same authority, and another one", "other",
              lambda: (_other(),), _known, ssl.SSLError),
        _case("the fingerprint is the SHA-256 of the PEM text of what is shown, and of no certificate", "text",
              lambda: (_other(),), _of_its_text, ssl.SSLError),
        _case("another one, whose fingerprint differs in the last eight digits", "prefix",
              lambda: (_other(),), _alike, ssl.SSLError),
        _case("the bank; whoever connects a second time meets somebody else, with a good certificate", "two",
              lambda: (papers.issued(), _other()), _known),
        _case("the pinned certificate, and it has expired", "expired",
              lambda: (papers.expired(),), lambda: fingerprint(papers.expired()), ssl.SSLError),
    ),
    praise=(
        "The authority was tricked, and you were not: the password went to the one certificate that you know, on the "
        "connection that showed it. The price: when the bank renews its certificate, your pin must follow."
    ),
    mistakes=MISTAKES,
)  # fmt: skip
