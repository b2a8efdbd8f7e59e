"""A certificate authority of your own, for this notebook and nobody else."""

from __future__ import annotations

import ssl
from datetime import datetime

import trustme
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .certificates import Certificate, Extension, from_pem
from .folder import Folder
from .naming import checked_name, general_name, subject
from .times import validity

__all__ = ["Authority"]


class Authority:
    """Issues certificates, and makes the contexts of servers that have them and of clients that trust them.

        authority = tls.Authority()
        server = serve(handler, tls=authority.server_context("localhost"))
        context = authority.client_context()
        client = context.wrap_socket(socket.create_connection(server.address), server_hostname="localhost")

    Nobody trusts it but the contexts that it makes, and those that are given its certificate (`file`, `pem`).  Keys
    are of the elliptic curve P-256.  They stay in memory until somebody asks for a file.

    - `name`: what its certificates say of who issued them; 1 to 64 characters.
    - `certificate`: its own certificate, signed by itself, and the key that it signs with.

    Raises:
        TypeError: the name is no string.
        ValueError: it is empty, has more than 64 characters, or more than one line.
    """

    def __init__(self, name: str = "Loopback") -> None:
        subject(name)
        self._ca = trustme.CA(organization_name=name, organization_unit_name="certificate authority")
        self.name = name
        self.certificate = from_pem(self._ca.cert_pem.bytes(), self._ca.private_key_pem.bytes())
        self._folder = Folder()

    @property
    def pem(self) -> str:
        """Its certificate in PEM, for `ssl.create_default_context(cadata=authority.pem)`."""
        return self.certificate.pem

    @property
    def file(self) -> str:
        """Path of a file with its certificate (no key), for `cafile=authority.file` and `curl --cacert`.

        It lies in a private temporary folder, which is removed when Python ends.
        """
        return self._folder.keep("authority.pem", self.pem)

    def server_context(self, *hosts: str, verify_clients: bool = False) -> ssl.SSLContext:
        """What `ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)` gives, with a new certificate for `hosts`.

        With `verify_clients`, a client must show a certificate that this authority has issued (mutual TLS).

        Raises:
            TypeError, ValueError: as `issue` does.
        """
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.issue(*hosts).load_into(context)
        if verify_clients:
            context.load_verify_locations(cadata=self.pem)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client_context(self, certificate: Certificate | str | None = None) -> ssl.SSLContext:
        """What `ssl.create_default_context(cafile=authority.file)` gives: it trusts this authority and no other.

        It verifies the chain and the host, from Python 3.13 on strictly.  For mutual TLS, `certificate` is what the
        client shows: one of `issue_client`, or the name to issue one to.

        Raises:
            TypeError, ValueError: as `issue_client` does.
        """
        context = ssl.create_default_context(cadata=self.pem)
        if certificate is None:
            return context
        if not isinstance(certificate, Certificate):
            certificate = self.issue_client(certificate)
        certificate.load_into(context)
        return context

    def issue(self, *hosts: str, not_before: datetime | None = None, not_after: datetime | None = None) -> Certificate:
        """A certificate for a server with these names and addresses.

        `hosts`: "localhost", "example.org", "*.example.org", "bücher.example", "127.0.0.1", "::1".  They stand in its
        Subject Alternative Name and nowhere else.  It is valid from yesterday for 90 days, unless `not_before` and
        `not_after`, points in time with a time zone, say otherwise.

        Raises:
            TypeError: no host; a host that is no string, a time that is no datetime.
            ValueError: what no host can be called; a time without a time zone; an end before the beginning.
        """
        if not hosts:
            raise TypeError('a certificate needs a host that it is for: pass "localhost", or several hosts')
        names = x509.SubjectAlternativeName([general_name(host) for host in hosts])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        return self._signed("server", [(names, False), (usage, False)], not_before, not_after)

    def issue_client(self, name: str) -> Certificate:
        """A certificate for a client, whose name a server finds as `commonName` in `getpeercert()["subject"]`.

        Raises:
            TypeError: the name is no string.
            ValueError: it is empty, has more than 64 characters, or more than one line.
        """
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        client = self._signed("client", [(usage, False)])
        return client.altered(
            subject=subject(self.name, "client", common_name=checked_name(name)), without=[x509.SubjectAlternativeName]
        )

    def _signed(
        self,
        unit: str,
        extensions: list[Extension],
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Certificate:
        """What trustme makes serves both ends and signs code as well; ours are for one purpose, as real ones are."""
        begin, end = validity(not_before, not_after)
        made = self._ca.issue_cert("localhost")
        first = from_pem(made.cert_chain_pems[0].bytes(), made.private_key_pem.bytes(), self.certificate)
        return first.altered(
            subject=subject(self.name, unit), not_before=begin, not_after=end, adding=[_SIGNS_ONLY, *extensions]
        )

    def __repr__(self) -> str:
        return f"<certificate authority {self.name!r}>"


#: An elliptic curve key signs, and never encrypts (RFC 8813, section 3).
_SIGNS_ONLY: Extension = (
    x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    ),
    True,
)
