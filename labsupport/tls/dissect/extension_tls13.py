"""The extensions that RFC 9846 defines: rows of the table."""

from __future__ import annotations

from typing import Final

from .der import distinguished_name
from .extension_row import EMPTY, Row, listed, one
from .key_share import ENTRY, NAMED_GROUP
from .names import PSK_MODES, SCHEMES, VERSIONS
from .shapes import Field, Many, Number, Rest, Struct, Vector, fields

__all__ = ["TLS13"]

_RFC: Final = "RFC 9846, section 4.3"

_SCHEMES: Final = listed(
    "supported_signature_algorithms",
    2,
    2**16 - 2,
    Field("SignatureScheme", Number(2, SCHEMES), source=f"{_RFC}.3"),
    "The ways of signing that this side can check, the preferred first.",
)

_IDENTITY: Final = Struct(
    fields(
        f"{_RFC}.11",
        ("identity", Vector(1, 2**16 - 1), "The key's name: usually a ticket that the server gave out earlier."),
        (
            "obfuscated_ticket_age",
            Number(4),
            (
                "The ticket's age in milliseconds plus the ticket_age_add that came with it, so that nobody who "
                "listens can tell which connections belong together."
            ),
        ),
    )
)

_OFFERED_KEYS: Final = Struct(
    fields(
        f"{_RFC}.11",
        (
            "identities",
            Vector(7, 2**16 - 1, Many(Field("PskIdentity", _IDENTITY, "A key that the client has.", f"{_RFC}.11"))),
            "The keys that the client has and would use.",
        ),
        (
            "binders",
            Vector(
                33,
                2**16 - 1,
                Many(
                    Field(
                        "PskBinderEntry",
                        Vector(32, 255),
                        "A checksum of this ClientHello under one of the keys, which shows that the client has it.",
                        f"{_RFC}.11.2",
                    )
                ),
            ),
            "One checksum for each identity, in their order.",
        ),
    )
)

_SHARES: Final = listed(
    "client_shares",
    0,
    2**16 - 1,
    Field("KeyShareEntry", ENTRY, "A public value for one group.", f"{_RFC}.8"),
    "Public values for the groups that the client guesses the server will take. A wrong guess costs a round trip.",
)

_SERVER_SHARE: Final = one(
    "server_share", ENTRY, "The server's public value, in a group that the client offered.", f"{_RFC}.8"
)
_SELECTED_GROUP: Final = one(
    "selected_group", NAMED_GROUP, "The group that the client shall send a value for.", f"{_RFC}.8"
)

_OID_FILTER: Final = Struct(
    fields(
        f"{_RFC}.5",
        ("certificate_extension_oid", Vector(1, 255), "Which extension of a certificate, as a DER object identifier."),
        ("certificate_extension_values", Vector(0, 2**16 - 1), "What must stand in it, as DER."),
    )
)

TLS13: Final[dict[int, Row]] = {
    10: Row(
        "supported_groups",
        "The groups in which this side can agree on keys: elliptic curves, prime numbers, and ML-KEM.",
        f"{_RFC}.7",
        dict.fromkeys(
            ("CH", "EE"),
            listed(
                "named_group_list",
                2,
                2**16 - 1,
                Field("NamedGroup", NAMED_GROUP, source=f"{_RFC}.7"),
                "The groups, the preferred first.",
            ),
        ),
    ),
    13: Row(
        "signature_algorithms",
        "The signatures that this side can check: those of handshake messages, and those in certificates too unless "
        "signature_algorithms_cert says otherwise.",
        f"{_RFC}.3",
        {"CH": _SCHEMES, "CR": _SCHEMES},
    ),
    41: Row(
        "pre_shared_key",
        "A key that both ends have already, from an earlier connection or from elsewhere: with it, no certificate is "
        "sent. Must come last in a ClientHello, since its binders cover all that stands before them.",
        f"{_RFC}.11",
        {
            "CH": _OFFERED_KEYS,
            "SH": one(
                "selected_identity",
                Number(2),
                "Which of the client's keys the server took, counted from 0.",
                f"{_RFC}.11",
            ),
        },
    ),
    42: Row(
        "early_data",
        "Data of the application in the first flight, before the server has answered. It can be replayed by an "
        "attacker, so an application must ask for it.",
        f"{_RFC}.10",
        {
            "CH": EMPTY,
            "EE": EMPTY,
            "NST": one(
                "max_early_data_size",
                Number(4, unit="bytes"),
                "So many bytes of early data may be sent with this ticket.",
                "RFC 9846, section 4.7.1",
            ),
        },
    ),
    43: Row(
        "supported_versions",
        "The versions of TLS that the client would speak, or the one that the server chose. This decides, not the "
        "version at the beginning of the message.",
        f"{_RFC}.1",
        {
            "CH": listed(
                "versions",
                2,
                254,
                Field("ProtocolVersion", Number(2, VERSIONS), source=f"{_RFC}.1"),
                "The versions, the preferred first.",
            ),
            **dict.fromkeys(
                ("SH", "HRR"),
                one("selected_version", Number(2, VERSIONS), "The version chosen.", f"{_RFC}.1"),
            ),
        },
    ),
    44: Row(
        "cookie",
        "Bytes that the server asks the client to send back in its second ClientHello, so that it need not remember "
        "the first.",
        f"{_RFC}.2",
        dict.fromkeys(
            ("CH", "HRR"),
            Struct((Field("cookie", Vector(1, 2**16 - 1), "What they mean only the server knows.", f"{_RFC}.2"),)),
        ),
    ),
    45: Row(
        "psk_key_exchange_modes",
        "How the client would use a key that both ends have, now or with a ticket from this connection.",
        f"{_RFC}.9",
        {
            "CH": listed(
                "ke_modes",
                1,
                255,
                Field("PskKeyExchangeMode", Number(1, PSK_MODES), source=f"{_RFC}.9"),
                "The ways that the client accepts.",
            )
        },
    ),
    47: Row(
        "certificate_authorities",
        (
            "The authorities whose certificates this side accepts, so that the other can choose the right one of its "
            "own."
        ),
        f"{_RFC}.4",
        dict.fromkeys(
            ("CH", "CR"),
            listed(
                "authorities",
                3,
                2**16 - 1,
                Field(
                    "DistinguishedName",
                    Vector(1, 2**16 - 1, Rest(distinguished_name)),
                    "An authority's name.",
                    f"{_RFC}.4",
                ),
                "The names of the authorities.",
            ),
        ),
    ),
    48: Row(
        "oid_filters",
        "What the server wants to find in the client's certificate.",
        f"{_RFC}.5",
        {
            "CR": listed(
                "filters",
                0,
                2**16 - 1,
                Field("OIDFilter", _OID_FILTER, "One condition.", f"{_RFC}.5"),
                "The conditions.",
            )
        },
    ),
    49: Row(
        "post_handshake_auth",
        "The client is willing to be asked for its certificate later, in the middle of the connection.",
        f"{_RFC}.6",
        {"CH": EMPTY},
    ),
    50: Row(
        "signature_algorithms_cert",
        "The signatures that this side can check inside certificates, where they differ from those of the handshake.",
        f"{_RFC}.3",
        dict.fromkeys(("CH", "CR"), _SCHEMES),
    ),
    51: Row(
        "key_share",
        "Public values for the key exchange, sent along with the hello, so that everything after the ServerHello can "
        "be encrypted.",
        f"{_RFC}.8",
        {
            "CH": _SHARES,
            "SH": _SERVER_SHARE,
            "HRR": _SELECTED_GROUP,
        },
    ),
}
