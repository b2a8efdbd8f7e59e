"""The gallery: certificates that are wrong on purpose, one small function each; ../README.md shows how to add one."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric import ec

from labsupport.tls.authority import Authority
from labsupport.tls.naming import subject

from .animal import Animal, Chain, Definition, Visit, animal
from .chains import (
    intermediate_as_anchor,
    leaf_as_anchor,
    leaf_as_authority,
    missing_intermediate,
    self_signed,
    unknown_authority,
    unknown_root_sent_along,
)
from .dates import expired, not_yet_valid
from .keys import weak_key, wrong_usage
from .names import address_as_name, common_name_empty_san, common_name_no_san, deep_wildcard, wrong_host
from .strict import (
    authority_not_critical,
    authority_without_key_usage,
    no_authority_key_identifier,
    root_without_subject_key_identifier,
)

__all__ = ["ALL", "Animal", "Chain", "Definition", "Visit", "animal", "chain", "gallery"]

#: In the order in which a learner meets them: the common ones first.
ALL: tuple[Definition, ...] = (
    expired,
    wrong_host,
    address_as_name,
    unknown_authority,
    self_signed,
    wrong_usage,
    not_yet_valid,
    missing_intermediate,
    unknown_root_sent_along,
    deep_wildcard,
    common_name_no_san,
    leaf_as_authority,
    weak_key,
    common_name_empty_san,
    no_authority_key_identifier,
    root_without_subject_key_identifier,
    authority_not_critical,
    authority_without_key_usage,
    intermediate_as_anchor,
    leaf_as_anchor,
)


def gallery(authority: Authority, definitions: Sequence[Definition] = ALL) -> dict[str, Animal]:
    """Every bad certificate by its name, each with a server that shows it and a client that trusts `authority`.

    The certificates are new each time.  Where the authority itself is what is wrong, the client trusts a
    certificate with that fault instead, for the same name and key.

    Raises:
        TypeError: no authority; one of the definitions was not made by `@animal(...)`.
        ValueError: two of them have one name.
    """
    if not isinstance(authority, Authority):
        raise TypeError(f"the gallery needs the authority that its clients trust, an Authority, and not {authority!r}")
    for number, one in enumerate(definitions):
        if not isinstance(one, Definition):
            raise TypeError(f"what hangs in the gallery is made by @animal(...), not {one!r}")
        if any(other.name == one.name for other in definitions[:number]):
            raise ValueError(f"two certificates of the gallery are called {one.name!r}: give each a name of its own")
    right = chain(authority)
    return {one.name: one.bring(right) for one in definitions}


def chain(authority: Authority) -> Chain:
    """Three right certificates below this authority, and a stranger: what `Definition.bring` is given."""
    root = authority.certificate
    intermediate = root.altered(
        root,
        subject=subject(authority.name, "intermediate authority"),
        key=ec.generate_private_key(ec.SECP256R1()),
    )
    stranger = Authority("Somebody else")
    return Chain(root, intermediate, authority.issue("localhost"), stranger.certificate)
