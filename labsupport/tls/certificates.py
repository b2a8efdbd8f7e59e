"""A certificate with its key, and how to make another that differs from it in one thing.

trustme makes certificates that work.  For the rest, `altered` takes one of them, changes what it is told to, and has
it signed again: a wrong certificate is the right one with one change, and its definition is that change.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from .folder import Folder, passing_file
from .times import check_time

__all__ = ["Certificate", "Extension", "Key", "from_pem"]

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

#: An extension, and whether it is critical: whoever does not know a critical one must refuse the certificate.
Extension = tuple[x509.ExtensionType, bool]


@dataclass(frozen=True, repr=False)
class Certificate:
    """A certificate, its private key, and what is sent along with it.

    - `cert`: the certificate, as `cryptography` has it.
    - `key`: its private key, which stays in memory until somebody asks for a file.
    - `issuer`: who signed it; None where it has signed itself.
    - `chain`: what is sent after it: the intermediate certificates, the nearest first, without the root.
    """

    cert: x509.Certificate
    key: Key
    issuer: Certificate | None = None
    chain: tuple[x509.Certificate, ...] = ()
    _folder: Folder = field(default_factory=Folder, init=False, compare=False)

    @property
    def pem(self) -> str:
        """The certificate and its chain in PEM, without the key: what may be shown to everybody."""
        return "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in (self.cert, *self.chain))

    @property
    def key_pem(self) -> str:
        """The private key in PEM, not encrypted: for nobody but the server or client that it was issued to."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")

    @property
    def file(self) -> str:
        """Path of one PEM file with the key and the chain, for `context.load_cert_chain(certificate.file)`.

        It lies in a private temporary folder, which is removed when Python ends.
        """
        return self._folder.keep("certificate-and-key.pem", self.key_pem + self.pem)

    def files(self) -> tuple[str, str]:
        """Paths of two PEM files, chain and key, for `context.load_cert_chain(*certificate.files())`."""
        return self._folder.keep("certificate.pem", self.pem), self._folder.keep("key.pem", self.key_pem)

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let `context` show this certificate.  The key is on disk only while OpenSSL reads it.

        Raises:
            TypeError: no `ssl.SSLContext`.
            ssl.SSLError: OpenSSL refuses it, for instance a key that is too weak for this context.
        """
        if not isinstance(context, ssl.SSLContext):
            raise TypeError(f"a certificate is loaded into an ssl.SSLContext, and not into {context!r}")
        with passing_file(self.key_pem + self.pem) as path:
            context.load_cert_chain(path)

    def altered(
        self,
        by: Certificate | Literal["itself"] | None = None,
        *,
        key: Key | None = None,
        subject: x509.Name | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        without: Sequence[type[x509.ExtensionType]] = (),
        adding: Sequence[Extension] = (),
    ) -> Certificate:
        """The same certificate with these changes, signed again.

        - `by`: who signs; without it, who has signed this one.
        - `key`: another private key than this certificate's.
        - `not_before`, `not_after`: points in time with a time zone.
        - `without`: the extensions that it shall not have.
        - `adding`: the extensions that it shall have, in the place of those of the same type.

        The two key identifiers follow the keys, unless they are among `without`.

        Raises:
            TypeError: `by` is no certificate; a time that is no datetime.
            ValueError: a time without a time zone, or that no certificate can name; an end before the beginning.
        """
        check_time(not_before, not_after)
        issuer = self._signer(by)
        key = key or self.key
        signing = issuer.key if issuer else key
        subject = subject or self.cert.subject
        builder = (
            x509.CertificateBuilder()
            .issuer_name(issuer.cert.subject if issuer else subject)
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before or self.cert.not_valid_before_utc)
            .not_valid_after(not_after or self.cert.not_valid_after_utc)
        )
        for extension, critical in self._extensions(_identifiers(key, signing), adding):
            if type(extension) not in without:
                builder = builder.add_extension(extension, critical)
        chain = (issuer.cert, *issuer.chain) if issuer and issuer.issuer else ()
        return Certificate(builder.sign(signing, hashes.SHA256()), key, issuer, chain)

    def _signer(self, by: Certificate | Literal["itself"] | None) -> Certificate | None:
        """Who signs; None where it signs itself."""
        if by is None or isinstance(by, Certificate):
            return self.issuer if by is None else by
        if by != "itself":
            raise TypeError(f'a certificate is signed by another certificate, or by "itself", and not by {by!r}')
        return None

    def _extensions(self, *changes: Sequence[Extension]) -> list[Extension]:
        """This certificate's extensions, each replaced by the last change of its type."""
        found = {type(one.value): (one.value, one.critical) for one in self.cert.extensions}
        for change in changes:
            found |= {type(extension): (extension, critical) for extension, critical in change}
        return list(found.values())

    def __repr__(self) -> str:
        return f"<certificate of {self.cert.subject.rfc4514_string()}, issued by {self.cert.issuer.rfc4514_string()}>"


def from_pem(certificate: bytes, key: bytes, issuer: Certificate | None = None) -> Certificate:
    """A certificate and its key from PEM, signed by `issuer`, or by itself."""
    loaded = load_pem_private_key(key, None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Certificate(x509.load_pem_x509_certificate(certificate), loaded, issuer)


def _identifiers(key: Key, signing: Key) -> list[Extension]:
    """Subject and Authority Key Identifier (RFC 5280, sections 4.2.1.1 and 4.2.1.2)."""
    return [
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False),
    ]
