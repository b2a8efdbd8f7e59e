"""What a certificate says of whom it is for, checked before anything is signed."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

__all__ = ["checked_name", "general_name", "subject"]

#: Labels of letters, digits, hyphens and, in private networks, underscores; a wildcard is the whole first label
#: (RFC 9525, section 6.3).
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
#: Characters of a name, its dots among them (RFC 1035, section 2.3.4, counts two bytes more).
LONGEST: Final = 253


def subject(organization: str, unit: str = "", *, common_name: str | None = None) -> x509.Name:
    """A distinguished name; each of its values has 1 to 64 characters (RFC 5280, appendix A.1).

    Raises:
        TypeError, ValueError: as `checked_name` does.
    """
    values = [(NameOID.ORGANIZATION_NAME, organization)]
    if unit:
        values.append((NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    if common_name is not None:
        values.append((NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(oid, checked_name(value)) for oid, value in values])


def checked_name(value: object) -> str:
    """A value of a distinguished name.

    Raises:
        TypeError: no string.
        ValueError: it is empty, has more than 64 characters, or more than one line.
    """
    if not isinstance(value, str):
        raise TypeError(f'a name in a certificate is a string such as "maria", not {value!r} ({type(value).__name__})')
    if not 1 <= len(value) <= 64:
        raise ValueError(f"a name in a certificate has 1 to 64 characters, and {value[:20]!r} has {len(value)}")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise ValueError(f"a name in a certificate is one line of text, without control characters, not {value!r}")
    return value


def general_name(host: object) -> x509.DNSName | x509.IPAddress:
    """A host as a certificate's Subject Alternative Name has it (RFC 5280, section 4.2.1.6).

    "localhost", "*.example.org", "bücher.example" (it becomes xn--bcher-kva.example), "127.0.0.1", "::1".

    Raises:
        TypeError: no string.
        ValueError: a URL, a port, an address in brackets, with an interface or with a mistake in it, or what no host
            can be called.
    """
    if isinstance(host, tuple):
        raise TypeError(f"a certificate is for a host and has no port: pass address[0], not the whole address {host!r}")
    if not isinstance(host, str):
        raise TypeError(f'a host is a string such as "localhost" or "127.0.0.1", not {host!r} ({type(host).__name__})')
    if "%" in host:
        raise ValueError(f"a certificate names no interface: write {host.partition('%')[0]!r}, not {host!r}")
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(_dns_name(host))


def _dns_name(host: str) -> str:
    """The name in ASCII, by the codec that Python's `server_hostname` goes through."""
    _check_alone(host)
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if name.rpartition(".")[2].isdecimal():
        raise ValueError(f"{host!r} is no IP address: IPv4 has four numbers from 0 to 255, such as 127.0.0.1")
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise ValueError(f'no host can be called {host!r}; names look like "localhost" or "*.example.org"')
    return name


def _check_alone(host: str) -> None:
    """It is no address that a browser would take, and no network."""
    if "/" in host or "@" in host:
        raise ValueError(f'a certificate is for a host alone, such as "example.org" or "127.0.0.1", not {host!r}')
    if host.startswith("["):
        raise ValueError(f"only URLs have brackets: write {host[1:].partition(']')[0]!r}, not {host!r}")
    if ":" in host:
        raise ValueError(f"a certificate is for a host and has no port: write {host.partition(':')[0]!r}, not {host!r}")
