"""Certificates that break RFC 5280: OpenSSL minds with VERIFY_X509_STRICT only.

That flag `create_default_context()` sets from Python 3.13 on; an `SSLContext()` of one's own does not.

Most come from authorities that somebody made at home, from a recipe of ten years ago.
"""

from __future__ import annotations

from cryptography import x509

from labsupport.tls.certificates import Certificate

from .animal import Chain, Visit, animal

__all__ = [
    "authority_not_critical",
    "authority_without_key_usage",
    "no_authority_key_identifier",
    "root_without_subject_key_identifier",
]


@animal(
    "no authority key identifier",
    0,
    strict=85,
    advice="Tell whoever runs the server to have its certificate issued again, with an Authority Key Identifier. Its "
    "clients need nothing new.",
)
def no_authority_key_identifier(chain: Chain) -> Visit:
    """It does not say which of the authority's keys has signed it (RFC 5280, 4.2.1.1)."""
    return Visit(chain.server.altered(without=[x509.AuthorityKeyIdentifier]))


@animal(
    "root without subject key identifier",
    0,
    strict=86,
    advice="Ask whoever runs the authority to make its root again, with a Subject Key Identifier and the same key. "
    "Servers need nothing new; every client needs the new root.",
)
def root_without_subject_key_identifier(chain: Chain) -> Visit:
    """The authority's own certificate does not name its key (RFC 5280, 4.2.1.2)."""
    return _under(chain, chain.root.altered(without=[x509.SubjectKeyIdentifier]))


@animal(
    "CA not critical",
    0,
    strict=89,
    advice="Ask whoever runs the authority to make its root again, with critical Basic Constraints and the same key. "
    "Servers need nothing new; every client needs the new root.",
)
def authority_not_critical(chain: Chain) -> Visit:
    """The authority's own certificate says that it is one, and does not mark that as critical (RFC 5280, 4.2.1.9)."""
    return _under(chain, chain.root.altered(adding=[(x509.BasicConstraints(ca=True, path_length=None), False)]))


@animal(
    "CA without key usage",
    0,
    strict=92,
    advice="Ask whoever runs the authority to make its root again, with the Key Usage keyCertSign and the same key. "
    "Servers need nothing new; every client needs the new root.",
)
def authority_without_key_usage(chain: Chain) -> Visit:
    """The authority's own certificate does not say that its key may sign certificates (RFC 5280, 4.2.1.3)."""
    # Without a path length, as such authorities are: a path length without a key usage is a fault of its own (81).
    unlimited = (x509.BasicConstraints(ca=True, path_length=None), True)
    return _under(chain, chain.root.altered(without=[x509.KeyUsage], adding=[unlimited]))


def _under(chain: Chain, root: Certificate) -> Visit:
    """The server's certificate below this root, which the client trusts."""
    return Visit(chain.server.altered(root), trusted=root)
