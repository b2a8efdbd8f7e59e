"""Certificates between which and a trusted authority something is missing or wrong."""

from __future__ import annotations

from dataclasses import replace

from labsupport.tls.naming import subject

from .animal import Chain, Visit, animal

__all__ = [
    "intermediate_as_anchor",
    "leaf_as_anchor",
    "leaf_as_authority",
    "missing_intermediate",
    "self_signed",
    "unknown_authority",
    "unknown_root_sent_along",
]


@animal(
    "self-signed",
    18,
    advice="Send nothing: everybody can make such a certificate, for any name. If the server is yours, have its "
    "certificate issued by an authority that your clients trust.",
)
def self_signed(chain: Chain) -> Visit:
    """It has signed itself: nobody vouches for it."""
    return Visit(chain.server.altered("itself"))


@animal(
    "unknown authority",
    20,
    advice="Send nothing: an authority that you do not trust vouches for this server. If it is your company's, get "
    "its certificate from the administrators, not from this connection, and trust that.",
)
def unknown_authority(chain: Chain) -> Visit:
    """An authority has signed it that the client does not trust."""
    return Visit(chain.server.altered(chain.stranger))


@animal(
    "unknown authority, root sent along",
    19,
    advice="Send nothing: a root that a server sends is no reason to trust it. If it is your company's, get its "
    "certificate from the administrators, not from this connection, and trust that.",
)
def unknown_root_sent_along(chain: Chain) -> Visit:
    """An authority has signed it that the client does not trust, and the server sends that authority's root."""
    return Visit(replace(chain.server.altered(chain.stranger), chain=(chain.stranger.cert,)))


@animal(
    "missing intermediate",
    20,
    advice="Tell whoever runs the server to send the intermediate certificates too. A browser that has them from "
    "elsewhere goes on, so that it may have gone unnoticed.",
)
def missing_intermediate(chain: Chain) -> Visit:
    """The trusted root vouches for an intermediate authority, whose certificate the server does not send."""
    return Visit(replace(chain.server.altered(chain.intermediate), chain=()))


@animal(
    "leaf used as CA",
    79,
    advice="Send nothing, and tell whoever runs the server whose certificate was used to sign this one: its key may "
    "have been stolen.",
)
def leaf_as_authority(chain: Chain) -> Visit:
    """A server's certificate has signed it, and a server's certificate may not sign others."""
    customer = chain.server.altered(subject=subject("Loopback", "customer"))
    # A customer stands below the root and sends nothing along; whoever it has signed for must send the customer's.
    return Visit(replace(chain.server.altered(customer), chain=(customer.cert,)))


@animal(
    "intermediate as anchor",
    2,
    strict=0,
    advice="Before 3.13, trust the root above the intermediate instead. From Python 3.13 on it is accepted: know "
    "that you trust whatever this intermediate signs.",
)
def intermediate_as_anchor(chain: Chain) -> Visit:
    """The client has been told to trust the intermediate authority, and not the root above it."""
    return Visit(chain.server.altered(chain.intermediate), trusted=chain.intermediate)


@animal(
    "leaf as anchor",
    20,
    strict=0,
    advice="Before Python 3.13, trust the authority that has issued it. From 3.13 on it is accepted: you trust this "
    "server alone, and have to be told of each new certificate.",
)
def leaf_as_anchor(chain: Chain) -> Visit:
    """The client has been told to trust the server's own certificate, and not the authority above it."""
    return Visit(chain.server, trusted=chain.server)
