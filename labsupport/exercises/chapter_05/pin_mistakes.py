"""What goes wrong where a certificate is pinned, and the facts by which it shows."""

from __future__ import annotations

import ssl
from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill

__all__ = ["MISTAKES", "STARTER", "WORD", "written"]

#: What the client says when it knows whom it talks to.
WORD: Final = "नमस्ते"

STARTER: Final = '''\
import hashlib
import socket
import ssl


def pin_certificate(address, host, cafile, fingerprint, password):
    """Say the password (bytes) to a server whose certificate has this fingerprint.

    Return its answer.  `fingerprint`: the SHA-256 of the certificate in its DER form,
    as 64 hexadecimal digits in lower case.
    """
    context = ssl.create_default_context(cafile=cafile)
    with socket.create_connection(address, timeout=5) as sock:
        with context.wrap_socket(sock, server_hostname=host) as tls:
            raise NotImplementedError  # any other certificate: raise ssl.SSLError
            tls.sendall(password)
            return tls.recv(1024)
'''

_DIFFERS: Final = """\
if shown != fingerprint:
    raise ssl.SSLError("this is another certificate than the one that we know")
"""
_COMPARED: Final = "shown = hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest()\n" + _DIFFERS


def written(compared: str = _COMPARED) -> str:
    """A whole answer, from the lines that compare."""
    return fill(STARTER, compared)


# --- the signs of mistakes -------------------------------------------------------------------
# `noted` has "met", who is on the other side, and "heard": it was said to somebody who was not to have it.


def _heard(outcome: Outcome, met: str) -> bool:
    return outcome.noted.get("met") == met and bool(outcome.noted.get("heard"))


def _connects(outcome: Outcome) -> int:
    return len(outcome.calls("connect", "connect_ex"))


def _never_compares(outcome: Outcome) -> Facts | None:
    return {} if _heard(outcome, "other") and outcome.error is None else None


def _after_the_password(outcome: Outcome) -> Facts | None:
    told = _heard(outcome, "other") and isinstance(outcome.error, ssl.SSLError)
    return {"password": WORD} if told else None


def _another_connection(outcome: Outcome) -> Facts | None:
    """The pinned certificate was shown first, and the password went to whoever came next."""
    return {"n": _connects(outcome)} if _heard(outcome, "two") and _connects(outcome) > 1 else None


def _text_for_der(outcome: Outcome) -> Facts | None:
    return {} if _heard(outcome, "text") else None


def _only_the_beginning(outcome: Outcome) -> Facts | None:
    return {} if _heard(outcome, "prefix") else None


def _a_dictionary(outcome: Outcome) -> Facts | None:
    wrong = outcome.raised(TypeError, "buffer API") or outcome.raised(TypeError, "bytes-like", "dict")
    return {"error": outcome.error} if wrong and outcome.at else None


def _pin_instead(outcome: Outcome) -> Facts | None:
    return {} if _heard(outcome, "expired") else None


def _never_equal(outcome: Outcome) -> Facts | None:
    """It was the pinned certificate, it was verified, and it was refused all the same."""
    mine = isinstance(outcome.error, ssl.SSLError) and not isinstance(outcome.error, ssl.SSLCertVerificationError)
    return {} if outcome.noted.get("met") == "two" and mine and not outcome.failed(OSError) else None


# --- the wrong programs ----------------------------------------------------------------------

_SENDS: Final = "            tls.sendall(password)\n            return tls.recv(1024)\n"

MISTAKES: Final = (
    Mistake(
        "never_compares",
        written("assert tls.getpeercert(), fingerprint"),
        "The certificate was good, and it was another one: the same authority has issued it to somebody else for the "
        "same name, and you said the password. That there is a certificate is what wrap_socket() has verified; which "
        "one, the fingerprint says. Compare.",
        _never_compares,
    ),
    Mistake(
        "after_the_password",
        written("pass").replace(
            _SENDS,
            "            tls.sendall(password)\n            answer = tls.recv(1024)\n"
            + "".join(f"            {line}\n" for line in _COMPARED.splitlines())
            + "            return answer\n",
        ),
        "You compared, and raised, and by then the other one had the password ({password}). When wrap_socket() "
        "returns, the certificate is there: compare before the first byte of yours goes out.",
        _after_the_password,
        {"password": WORD},
    ),
    Mistake(
        "another_connection",
        """\
import hashlib
import socket
import ssl


def pin_certificate(address, host, cafile, fingerprint, password):
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(address))
    if hashlib.sha256(der).hexdigest() != fingerprint:
        raise ssl.SSLError("this is another certificate than the one that we know")
    context = ssl.create_default_context(cafile=cafile)
    with socket.create_connection(address, timeout=5) as sock:
        with context.wrap_socket(sock, server_hostname=host) as tls:
            tls.sendall(password)
            return tls.recv(1024)
""",
        "You compared the certificate of one connection, and said the password on another: {n} connects are on the "
        "tape. The second was answered by somebody else. Compare what this very connection has shown: "
        "tls.getpeercert(binary_form=True).",
        _another_connection,
        {"n": 2},
    ),
    Mistake(
        "a_dictionary",
        written("shown = hashlib.sha256(tls.getpeercert()).hexdigest()\n" + _DIFFERS),
        "getpeercert() gives a dictionary with some of what is in the certificate, and under CERT_NONE an empty one "
        "({error}). A fingerprint is made of the certificate's bytes: getpeercert(binary_form=True).",
        _a_dictionary,
        {"error": "object supporting the buffer API required"},
    ),
    Mistake(
        "text_for_der",
        written(
            "pem = ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True))\n"
            "shown = hashlib.sha256(pem.encode()).hexdigest()\n" + _DIFFERS
        ),
        "You hashed the certificate's PEM text. The same certificate has many such texts (line ends, comments), and "
        "one DER form, of which fingerprints are made: getpeercert(binary_form=True) gives it.",
        _text_for_der,
    ),
    Mistake(
        "only_the_beginning",
        written(_COMPARED.replace("shown != fingerprint", "shown[:8] != fingerprint[:8]")),
        "You compared the beginning, and this certificate has a fingerprint that begins alike. Eight digits are 32 "
        "bits, which is few: who can have certificates made at will finds such a one by trying. Compare all 64.",
        _only_the_beginning,
    ),
    Mistake(
        "never_equal",
        written(
            "shown = hashlib.sha256(tls.getpeercert(binary_form=True)).digest()\n" + _DIFFERS
        ),
        "It was the pinned certificate, and you refused it: what you compared can never be equal. The fingerprint is "
        "text, 64 hexadecimal digits in lower case, as .hexdigest() gives it of the DER form; .digest() gives bytes.",
        _never_equal,
    ),
    Mistake(
        "pin_instead",
        written().replace(
            "    with socket.create",
            "    context.check_hostname = False\n    context.verify_mode = ssl.CERT_NONE\n    with socket.create", 1
        ),
        "The pin fitted, so nobody stood in the middle: only the server has the key to this certificate. But it has "
        "expired, and under CERT_NONE nobody looked: no date, no host, no authority. A pin instead of an authority is "
        "a design of its own (SSH has it), for when both ends are yours. Here both were asked for.",
        _pin_instead,
    ),
)  # fmt: skip
