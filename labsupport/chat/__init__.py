"""A chat for strangers: a specification on one web page (SPECIFICATION.md), and a server and a client that keep it.

    from labsupport import chat

    with chat.Running(["Ana", "Zoë"]) as service:
        with service.client("Ana") as ana, service.client("Zoë") as zoe:
            ana.say("नमस्ते")
            print(zoe.hear())           # Said(number=1, name='Ana', text='नमस्ते')

Without sockets:
refusal         the errors
limits          the limits
frames, bodies  a stream becomes frames, a frame a JSON object
words           which names and texts are allowed, and how any text is shown
messages        a JSON object becomes a message
login           keys, proofs, accounts
session         one connection on the server's side; `room`: who is in, and what all hear
client_session  one connection on the client's side
channel         TLS

With sockets:
connection, server, journal     the server and its log
client, terminal                a client for programs, and one for people
running, program                a server in a thread, and in a process
__main__                        ``python -m labsupport.chat``
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labsupport.lookup import looked_up

if TYPE_CHECKING:
    from .client import Client, Gone
    from .frames import Frames, framed
    from .limits import Limits
    from .login import Accounts, proof
    from .messages import encode
    from .program import Program
    from .refusal import Refusal
    from .room import Counts
    from .running import Running
    from .server import Server
    from .words import shown

#: Where each name lives.
_PLACES = {
    "Accounts": "login",
    "Client": "client",
    "Counts": "room",
    "Frames": "frames",
    "Gone": "client",
    "Limits": "limits",
    "Program": "program",
    "Refusal": "refusal",
    "Running": "running",
    "Server": "server",
    "encode": "messages",
    "framed": "frames",
    "proof": "login",
    "shown": "words",
}

__all__ = [
    "Accounts", "Client", "Counts", "Frames", "Gone", "Limits", "Program", "Refusal", "Running", "Server", "encode",
    "framed", "proof", "shown",
]  # fmt: skip

if not TYPE_CHECKING:  # else mypy would believe in every name
    __getattr__, __dir__ = looked_up(__name__, _PLACES)
