"""Certificates that are for somebody else, or do not say properly whom they are for."""

from __future__ import annotations

from cryptography import x509

from labsupport.tls.naming import general_name, subject

from .animal import Chain, Visit, animal

__all__ = ["address_as_name", "common_name_empty_san", "common_name_no_san", "deep_wildcard", "wrong_host"]

#: The subject of a certificate from the time when the host stood in the common name.
OLD = subject("Loopback", common_name="localhost")


def names(*hosts: x509.GeneralName) -> list[tuple[x509.ExtensionType, bool]]:
    """The Subject Alternative Name with these hosts, for `adding=`."""
    return [(x509.SubjectAlternativeName(hosts), False)]


@animal(
    "wrong host",
    62,
    advice="Check the address that you typed or were given. If it is right, send nothing: it may be another "
    "server that has answered. Ask whoever runs yours for the name that its certificate is for.",
)
def wrong_host(chain: Chain) -> Visit:
    """It is for www.example.org, and the client means to go to localhost."""
    return Visit(chain.server.altered(adding=names(general_name("www.example.org"))))


@animal(
    "wildcard too deep",
    62,
    advice="Use a name that the certificate covers, such as shop.example.org. If you were given this one, ask "
    "whoever runs the server for a certificate that names it.",
)
def deep_wildcard(chain: Chain) -> Visit:
    """It is for *.example.org, and the client means to go to my.shop.example.org: * stands for one label."""
    return Visit(chain.server.altered(adding=names(general_name("*.example.org"))), host="my.shop.example.org")


@animal(
    "IP without IP SAN",
    64,
    advice="Use the server's name instead of its address. If it has none, ask whoever runs it for a certificate that "
    "holds the address as an IP address.",
)
def address_as_name(chain: Chain) -> Visit:
    """The client means to go to 127.0.0.1, and the certificate holds that address as a DNS name."""
    return Visit(chain.server.altered(adding=names(x509.DNSName("127.0.0.1"))), host="127.0.0.1")


@animal(
    "CN only, empty SAN",
    0,
    strict=87,
    advice="Tell whoever runs the server to have a new certificate issued, with its host in the Subject Alternative "
    "Name.",
)
def common_name_empty_san(chain: Chain) -> Visit:
    """Its host stands in the common name alone, and its Subject Alternative Name is empty."""
    return Visit(chain.server.altered(subject=OLD, adding=names()))


@animal(
    "CN only, no SAN",
    0,
    advice="Python goes on, browsers do not. Tell whoever runs the server to have a new certificate issued, with its "
    "host in the Subject Alternative Name.",
)
def common_name_no_san(chain: Chain) -> Visit:
    """Its host stands in the common name alone, which RFC 9525 no longer allows; Python still looks there."""
    return Visit(chain.server.altered(subject=OLD, without=[x509.SubjectAlternativeName]))
