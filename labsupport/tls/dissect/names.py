"""Small registries of TLS: versions, groups, signature schemes, and numbers of a few extensions.

Names are IANA's; what OpenSSL 3.0 to 3.5 can send is in them, and what a browser sends beside.
"""

from __future__ import annotations

from typing import Final

from labsupport.tape import tls

from .registry import Entry, Registry

__all__ = [
    "CERTIFICATE_TYPES",
    "CLIENT_CERTIFICATE_TYPES",
    "COMPRESSIONS",
    "CONTENT_TYPES",
    "CURVE_TYPES",
    "GROUPS",
    "METHODS",
    "POINT_FORMATS",
    "PSK_MODES",
    "SCHEMES",
    "UPDATES",
    "VERSIONS",
]

VERSIONS: Final = Registry(
    2,
    {
        0x0300: ("SSL 3.0", "SSL 3.0 is broken, and forbidden since 2015 (RFC 7568)."),
        0x0301: ("TLS 1.0", "TLS 1.0 is of 1999, and forbidden since 2021 (RFC 8996)."),
        0x0302: ("TLS 1.1", "TLS 1.1 is of 2006, and forbidden since 2021 (RFC 8996)."),
        0x0303: ("TLS 1.2", "TLS 1.2 was published in 2008."),
        0x0304: ("TLS 1.3", "TLS 1.3 was published in 2018 and is the newest."),
    },
    grease=True,
)

_CONTENTS: Final = {
    tls.CHANGE_CIPHER_SPEC: "This one belongs to TLS 1.2, and in TLS 1.3 it is sent for looks only.",
    tls.ALERT: "This one carries an error, or says that this side sends no more.",
    tls.HANDSHAKE: "This one carries messages that agree on keys and show who somebody is.",
    tls.APPLICATION_DATA: "This one carries data of the application, or in TLS 1.3 anything that is encrypted.",
    tls.HEARTBEAT: "This one asks whether the other side is still there; nobody should send it any more.",
}
CONTENT_TYPES: Final = Registry(1, {number: (name, _CONTENTS[number]) for number, name in tls.CONTENT_TYPES.items()})

_CURVE: Final = "An elliptic curve of NIST"
_FINITE: Final = "Diffie-Hellman with numbers modulo a known prime of {} bits, without curves."
_OLD_CURVE: Final = "An old curve, offered for TLS 1.2 only: TLS 1.3 does not use it."
_MLKEM: Final = "RFC 10024"
_MLKEM_ALONE: Final = "draft-ietf-tls-mlkem"
_HYBRID: Final = (
    "A hybrid: {} and ML-KEM together, so that traffic recorded today stays secret unless both are broken, by a "
    "quantum computer or otherwise."
)
_KEM: Final = "ML-KEM alone, which is made to resist quantum computers."
_BRAINPOOL: Final = ("A Brainpool curve, made in Germany as an alternative to those of NIST.", "RFC 8734")

_OLD_CURVES: Final = (
    "sect163k1 sect163r1 sect163r2 sect193r1 sect193r2 sect233k1 sect233r1 sect239k1 sect283k1 sect283r1 sect409k1 "
    "sect409r1 sect571k1 sect571r1 secp160k1 secp160r1 secp160r2 secp192k1 secp192r1 secp224k1 secp224r1 secp256k1"
)

GROUPS: Final = Registry(
    2,
    {
        **{number: (name, _OLD_CURVE) for number, name in enumerate(_OLD_CURVES.split(), 1)},
        0x0017: ("secp256r1", f"{_CURVE} with 256 bits, also named P-256."),
        0x0018: ("secp384r1", f"{_CURVE} with 384 bits, also named P-384."),
        0x0019: ("secp521r1", f"{_CURVE} with 521 bits, also named P-521."),
        0x001A: ("brainpoolP256r1", _OLD_CURVE),
        0x001B: ("brainpoolP384r1", _OLD_CURVE),
        0x001C: ("brainpoolP512r1", _OLD_CURVE),
        0x001D: ("x25519", "Diffie-Hellman on Curve25519: fast, with keys of 32 bytes."),
        0x001E: ("x448", "Diffie-Hellman on Curve448, larger than Curve25519: keys of 56 bytes."),
        0x001F: Entry("brainpoolP256r1tls13", *_BRAINPOOL),
        0x0020: Entry("brainpoolP384r1tls13", *_BRAINPOOL),
        0x0021: Entry("brainpoolP512r1tls13", *_BRAINPOOL),
        **{
            0x0100 + number: (f"ffdhe{bits}", _FINITE.format(bits))
            for number, bits in enumerate((2048, 3072, 4096, 6144, 8192))
        },
        0x0200: Entry("MLKEM512", _KEM, _MLKEM_ALONE),
        0x0201: Entry("MLKEM768", _KEM, _MLKEM_ALONE),
        0x0202: Entry("MLKEM1024", _KEM, _MLKEM_ALONE),
        0x11EB: Entry("SecP256r1MLKEM768", _HYBRID.format("P-256"), _MLKEM),
        0x11EC: Entry("X25519MLKEM768", _HYBRID.format("X25519"), _MLKEM),
        0x11ED: Entry("SecP384r1MLKEM1024", _HYBRID.format("P-384"), _MLKEM),
    },
    grease=True,
)

_PKCS1: Final = "RSA with the older padding (PKCS #1 v1.5) and {}. In TLS 1.3 for signatures inside certificates only."
_PSS: Final = "RSA with the padding PSS and {}, made with {} RSA key."
_ECDSA: Final = "ECDSA on curve {} with {}."
_PAST: Final = "Old: offered for certificates or TLS 1.2 only; TLS 1.3 never signs a handshake with it."
_WEAK: Final = f"Weak. {_PAST}"
_MLDSA: Final = Entry("", "A signature that is made to resist quantum computers.", "draft-ietf-tls-mldsa")

SCHEMES: Final = Registry(
    2,
    {
        0x0101: ("rsa_pkcs1_md5", _WEAK),
        0x0201: ("rsa_pkcs1_sha1", _WEAK),
        0x0202: ("dsa_sha1", _WEAK),
        0x0203: ("ecdsa_sha1", _WEAK),
        0x0301: ("rsa_pkcs1_sha224", _PAST),
        0x0302: ("dsa_sha224", _PAST),
        0x0303: ("ecdsa_sha224", _PAST),
        0x0401: ("rsa_pkcs1_sha256", _PKCS1.format("SHA-256")),
        0x0402: ("dsa_sha256", _PAST),
        0x0403: ("ecdsa_secp256r1_sha256", _ECDSA.format("P-256", "SHA-256")),
        0x0501: ("rsa_pkcs1_sha384", _PKCS1.format("SHA-384")),
        0x0502: ("dsa_sha384", _PAST),
        0x0503: ("ecdsa_secp384r1_sha384", _ECDSA.format("P-384", "SHA-384")),
        0x0601: ("rsa_pkcs1_sha512", _PKCS1.format("SHA-512")),
        0x0602: ("dsa_sha512", _PAST),
        0x0603: ("ecdsa_secp521r1_sha512", _ECDSA.format("P-521", "SHA-512")),
        0x0804: ("rsa_pss_rsae_sha256", _PSS.format("SHA-256", "an ordinary")),
        0x0805: ("rsa_pss_rsae_sha384", _PSS.format("SHA-384", "an ordinary")),
        0x0806: ("rsa_pss_rsae_sha512", _PSS.format("SHA-512", "an ordinary")),
        0x0807: ("ed25519", "EdDSA on the curve edwards25519: short, fast signatures."),
        0x0808: ("ed448", "EdDSA on the curve edwards448."),
        0x0809: ("rsa_pss_pss_sha256", _PSS.format("SHA-256", "a PSS-only")),
        0x080A: ("rsa_pss_pss_sha384", _PSS.format("SHA-384", "a PSS-only")),
        0x080B: ("rsa_pss_pss_sha512", _PSS.format("SHA-512", "a PSS-only")),
        0x081A: Entry("ecdsa_brainpoolP256r1tls13_sha256", *_BRAINPOOL),
        0x081B: Entry("ecdsa_brainpoolP384r1tls13_sha384", *_BRAINPOOL),
        0x081C: Entry("ecdsa_brainpoolP512r1tls13_sha512", *_BRAINPOOL),
        0x0904: _MLDSA._replace(name="mldsa44"),
        0x0905: _MLDSA._replace(name="mldsa65"),
        0x0906: _MLDSA._replace(name="mldsa87"),
    },
    grease=True,
)

PSK_MODES: Final = Registry(
    1,
    {
        0: ("psk_ke", "The shared key alone: who learns it later can read this connection."),
        1: ("psk_dhe_ke", "The shared key and a fresh key exchange, so each connection has its own secret."),
    },
    grease=True,
)

UPDATES: Final = Registry(
    1,
    {
        0: ("update_not_requested", "The other side need not answer."),
        1: ("update_requested", "The other side must change its own key too."),
    },
)

METHODS: Final = Registry(1, {0: ("null", "No compression."), 1: ("DEFLATE", "Compression, unsafe inside TLS.")})

POINT_FORMATS: Final = Registry(
    1,
    {
        0: ("uncompressed", "Both coordinates of the point, the only form that is still in use."),
        1: ("ansiX962_compressed_prime", "One coordinate and a bit; no longer in use."),
        2: ("ansiX962_compressed_char2", "One coordinate and a bit; no longer in use."),
    },
)

CURVE_TYPES: Final = Registry(
    1, {1: ("explicit_prime", "No longer in use."), 2: ("explicit_char2", "No longer in use."), 3: "named_curve"}
)

CERTIFICATE_TYPES: Final = Registry(
    1,
    {
        0: ("X509", "The usual certificate."),
        1: ("OpenPGP", "Not allowed in TLS 1.3."),
        2: ("RawPublicKey", "A public key without a certificate around it."),
    },
)

CLIENT_CERTIFICATE_TYPES: Final = Registry(
    1,
    {
        1: ("rsa_sign", "A certificate with an RSA key."),
        2: ("dss_sign", "A certificate with a DSA key; no longer in use."),
        3: ("rsa_fixed_dh", "A certificate with a Diffie-Hellman key; no longer in use."),
        4: ("dss_fixed_dh", "A certificate with a Diffie-Hellman key; no longer in use."),
        64: ("ecdsa_sign", "A certificate with an ECDSA or EdDSA key."),
    },
)

COMPRESSIONS: Final = Registry(
    2, {number: (name, f"The compression of {name}.") for number, name in enumerate(("zlib", "brotli", "zstd"), 1)}
)
