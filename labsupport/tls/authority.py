"""A certificate authority of your own, for this notebook and nobody else."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .certificates import Certificate, Extension, from_pem
from .folder import Folder
from .naming import general_name, subject

__all__ = ["Authority"]

#: From when and until when a certificate is valid if nobody says otherwise, as seen from now.
BEFORE, AFTER = timedelta(days=-1), timedelta(days=90)
#: A certificate can name no time before 1950 (RFC 5280, section 4.1.2.5.1), and Python none after the year 9999.
EARLIEST, LATEST = datetime(1950, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


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
            ValueError: it is empty or has more than 64 characters.
        """
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        client = self._signed("client", [(usage, False)])
        return client.altered(
            subject=subject(self.name, "client", common_name=name), without=[x509.SubjectAlternativeName]
        )

    def _signed(
        self,
        unit: str,
        extensions: list[Extension],
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Certificate:
        """What trustme makes serves both ends and signs code as well; ours are for one purpose, as real ones are."""
        begin, end = _validity(not_before, not_after)
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


def _validity(not_before: datetime | None, not_after: datetime | None) -> tuple[datetime, datetime]:
    """Both ends; what is not said lies around now, and in any case on the right side of what is said."""
    for one in (not_before, not_after):
        if one is not None:
            _check_time(one)
    now = datetime.now(UTC)
    begin = not_before or min(now, not_after or now) + BEFORE
    end = not_after or max(now, begin) + AFTER
    if begin >= end:
        raise ValueError(f"a certificate begins before it ends: not_before is {begin}, and not_after is {end}")
    return begin, end


def _check_time(one: object) -> None:
    """It is a point in time that a certificate can name."""
    if not isinstance(one, datetime):
        raise TypeError(f"when a certificate is valid is said by a datetime with a time zone, not by {one!r}")
    if one.utcoffset() is None:
        raise ValueError(f"{one!r} has no time zone: write datetime(..., tzinfo=UTC), or datetime.now(UTC)")
    if not EARLIEST <= one < LATEST:
        raise ValueError(f"the times in a certificate lie in the years 1950 to 9998, and {one} does not")
