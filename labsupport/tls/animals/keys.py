"""Certificates whose key is too weak, or is for something else."""

from __future__ import annotations

from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from .animal import Chain, Visit, animal

__all__ = ["weak_key", "wrong_usage"]


@animal(
    "wrong usage",
    26,
    advice="Tell whoever runs the server that it shows a client's certificate, and needs one for servers (serverAuth).",
)
def wrong_usage(chain: Chain) -> Visit:
    """It is for clients (clientAuth), and a server shows it."""
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return Visit(chain.server.altered(adding=[(usage, False)]))


@animal(
    "weak key",
    66,
    advice="Send nothing that matters: with enough computers others can find its secret key. Tell whoever runs the "
    "server to have a certificate issued for a key of today's size (RSA 2048, or P-256).",
)
def weak_key(chain: Chain) -> Visit:
    """Its key is RSA with 1024 bits."""
    # Python's own contexts refuse to load it for a server too: the old server that has one runs at level 0.
    return Visit(chain.server.altered(key=_rsa_1024()), security_level=0)


@cache
def _rsa_1024() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  weak is what it is for
