"""The exercises of chapter 05, TLS: one file each."""

from typing import Final

from labsupport.exercises.engine import Exercise

from .mutual_login import MUTUAL_LOGIN
from .name_the_certificate import NAME_THE_CERTIFICATE
from .pin_certificate import PIN_CERTIFICATE
from .sealed_file import SEALED_FILE
from .tls_contexts import TLS_CONTEXTS
from .tls_server import TLS_SERVER

__all__ = ["EXERCISES"]

EXERCISES: Final[tuple[Exercise, ...]] = (
    TLS_CONTEXTS,
    NAME_THE_CERTIFICATE,
    PIN_CERTIFICATE,
    MUTUAL_LOGIN,
    SEALED_FILE,
    TLS_SERVER,
)
