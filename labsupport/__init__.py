"""Loopback's support for its notebooks: socket calls, drawn as they happen.

Importing this package replaces `socket.socket` and `ssl.SSLContext.sslsocket_class` by subclasses that behave the
same and write each call on a tape, which `watch()` draws.  `labsupport.uninstall()` undoes it.

The names below are all that a notebook needs.  Each is looked up when it is first used, so that the import is quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from labsupport.tape.watched import install

if TYPE_CHECKING:
    from labsupport import chat, exercises, faults, kernel, measure, options, panels, pictures, tls, workshop
    from labsupport.link import Link
    from labsupport.panels.prediction import predict
    from labsupport.pictures import plots
    from labsupport.servers import serve
    from labsupport.tape.watched import uninstall
    from labsupport.threads import Signal, background
    from labsupport.window import label, watch

__all__ = [
    "Link",
    "Signal",
    "background",
    "chat",
    "exercises",
    "faults",
    "kernel",
    "label",
    "measure",
    "options",
    "panels",
    "pictures",
    "plots",
    "predict",
    "serve",
    "tls",
    "uninstall",
    "watch",
    "workshop",
]

#: Where each name lives: `module:attribute`, or the module alone where the name is a module.
_PLACES = {
    "Link": "labsupport.link:Link",
    "Signal": "labsupport.threads:Signal",
    "background": "labsupport.threads:background",
    "chat": "labsupport.chat",
    "exercises": "labsupport.exercises",
    "faults": "labsupport.faults",
    "kernel": "labsupport.kernel",
    "label": "labsupport.window:label",
    "measure": "labsupport.measure",
    "options": "labsupport.options",
    "panels": "labsupport.panels",
    "pictures": "labsupport.pictures",
    "plots": "labsupport.pictures.plots",
    "predict": "labsupport.panels.prediction:predict",
    "serve": "labsupport.servers:serve",
    "tls": "labsupport.tls",
    "uninstall": "labsupport.tape.watched:uninstall",
    "watch": "labsupport.window:watch",
    "workshop": "labsupport.workshop",
}


if not TYPE_CHECKING:  # else mypy would believe in every name

    def __getattr__(name: str) -> object:
        """Find a public name where it lives, and keep it."""
        if name not in _PLACES:
            raise _unknown(name)
        module, _, attribute = _PLACES[name].partition(":")
        value: object = import_module(module)
        if attribute:
            value = getattr(value, attribute)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """The public names, whether or not they have been looked up."""
    return sorted({*globals(), *__all__})


def _unknown(name: str) -> AttributeError | ImportError:
    """The error for a name that is not there, which says what is."""
    there = f"labsupport has no {name!r}. It has: {', '.join(__all__)}."
    # `from labsupport import x` throws the message of an AttributeError away, and with it the list of what there is;
    # everybody else (hasattr, getattr with a default) counts on an AttributeError.
    from opcode import opmap

    caller = sys._getframe(2)  # noqa: SLF001  the only way to see the instruction that asks
    if caller.f_code.co_code[caller.f_lasti] == opmap["IMPORT_FROM"]:
        return ImportError(there, name=__name__, path=__file__)
    return AttributeError(there, name=name, obj=sys.modules[__name__])


install()
