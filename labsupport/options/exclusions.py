"""Names of `socket` that begin like an option and have no row, each with its reason.

A test takes all names from the type stubs of `socket`: each has either a row in the table or a reason here.
"""

from __future__ import annotations

from typing import Final

__all__ = ["EXCLUDED"]

_VSOCK: Final = "an option of AF_VSOCK, between a virtual machine and its host"
_CAN: Final = "an option of CAN J1939, a network of vehicles"
_BLUETOOTH: Final = "an option of Bluetooth sockets"
_VALUE: Final = "no option, but a value"

EXCLUDED: Final = {
    "IP_DEFAULT_MULTICAST_LOOP": f"{_VALUE}: the default of IP_MULTICAST_LOOP",
    "IP_DEFAULT_MULTICAST_TTL": f"{_VALUE}: the default of IP_MULTICAST_TTL",
    "IP_MAX_MEMBERSHIPS": f"{_VALUE}: how many groups a socket may join",
    "IPV6_RTHDR_TYPE_0": f"{_VALUE}: a type of routing header, which RFC 5095 forbids",
    "SO_BTH_ENCRYPT": _BLUETOOTH,
    "SO_BTH_MTU": _BLUETOOTH,
    "SO_BTH_MTU_MAX": _BLUETOOTH,
    "SO_BTH_MTU_MIN": _BLUETOOTH,
    "SO_J1939_ERRQUEUE": _CAN,
    "SO_J1939_FILTER": _CAN,
    "SO_J1939_PROMISC": _CAN,
    "SO_J1939_SEND_PRIO": _CAN,
    "SO_VM_SOCKETS_BUFFER_MAX_SIZE": _VSOCK,
    "SO_VM_SOCKETS_BUFFER_MIN_SIZE": _VSOCK,
    "SO_VM_SOCKETS_BUFFER_SIZE": _VSOCK,
}
