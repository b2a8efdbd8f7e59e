"""One attack on one server, in processes of their own; and the same in miniature, for the ladder."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Any, Final

from labsupport.exercises import attacks
from labsupport.panels.parts.experiment import LIMIT, Experiment
from labsupport.services.running import Running
from labsupport.tape.ending import start_unseen, wait_unseen
from labsupport.tape.events import Address, Event, clock, tick
from labsupport.tape.record import TAPE
from labsupport.tape.selection import belonging
from labsupport.tape.watched import endpoint_of
from labsupport.tls import Authority

from .attack_choices import ATTACKS, SECONDS
from .besieged import Besieged
from .limited import HOST, Server
from .server_limits import Limits

__all__ = ["LATER", "Attacking"]

#: Seconds after the attack in which what the server holds must come back.
LATER: Final = 2.0

_STILL: Final = 0.8  # seconds that the good client of the ladder waits for its answer
_SAID: Final = 3  # what the attacker of the ladder says at most: so many pieces, of so many bytes
_PIECE: Final = 300
_GAP: Final = 0.1


class Attacking(Experiment):
    """So many `attackers` do what the attack of this `name` is, to a server with these `limits`.

    - `announced`: what it will do, as it is announced, "" before; `progress`: how far it is, None before;
      `quiet_held`: the most that the server held in quiet.
    - `result`: what came of it, None before and where it was stopped.
    - `drawn`: the events of one attacker and one good client.
    - `trouble`: why it could not be done, or "".
    """

    def __init__(self, name: str, attackers: int, limits: Limits) -> None:
        super().__init__(attack=self._attack)
        self.name, self.attackers, self.limits = name, attackers, limits
        self.announced = ""
        self.progress: attacks.Progress | None = None
        self.quiet_held: attacks.Held | None = None
        self.result: attacks.Result | None = None
        self.drawn: list[Event] = []
        self.trouble = ""

    def _attack(self) -> None:
        try:
            self._draw()
            if not self.stopped.is_set():
                self._send()
        except (OSError, RuntimeError, ValueError) as error:
            self.trouble = "" if self.stopped.is_set() else f"{type(error).__name__}: {error}"

    # --- the attack ---

    def _send(self) -> None:
        choice = ATTACKS[self.name]
        with Besieged(self.limits) as server:
            (found,) = attacks.run(
                server,
                choice.speech(server.pem),
                [choice.make(self.attackers)],
                later=LATER,
                announce=self._announce,
                on_progress=self._note,
                cancel=self.stopped,
            ).results
        if not self.stopped.is_set():
            self.result = found

    def _announce(self, text: str) -> None:
        self.announced = text

    def _note(self, progress: attacks.Progress) -> None:
        if progress.phase == "quiet":
            self.quiet_held = progress.worst
        self.progress = progress

    # --- one attacker and one other, and a server with one thread, for the ladder ---

    def _draw(self) -> None:
        begin = tick()
        authority = Authority() if self.limits.tls else None
        context = authority.server_context(HOST) if authority else None
        server = Server(self.limits, context, threads=1)
        with Running(server.serve, grace=0) as service, socket.socket() as bad, socket.socket() as good:
            for sock, name in ((bad, "attacker"), (good, "good client")):
                sock.settimeout(_STILL)
                endpoint_of(sock).label = name
            ends = {endpoint_of(sock) for sock in (bad, good)}
            self.sockets = (bad, good)
            self._talk(bad, good, service.address, authority)
            for sock in self.sockets:
                sock.close()  # so that the server's thread is free, and ends
        self.sockets = ()
        self.drawn = belonging(TAPE.events(), ends, begin)

    def _talk(self, bad: Any, good: Any, address: Address, authority: Authority | None) -> None:
        """Each in a thread of its own, so that the one's calls do not order the other's."""
        here, over = threading.Event(), threading.Event()
        pieces = _pieces(self.name, authority)
        context = authority.client_context() if authority else None
        # What an attacker says in clear goes out under TLS; idle ones and half a handshake have none.
        covered = context if self.name not in ("idle", "stalled handshake") else None
        threads = [
            threading.Thread(target=_harm, args=(bad, address, covered, pieces, here, over), daemon=True),
            threading.Thread(target=_ask, args=(good, address, context, here, over), daemon=True),
        ]
        for thread in threads:
            start_unseen(thread)
        for thread in threads:
            wait_unseen(thread, clock() + LIMIT)


def _pieces(name: str, authority: Authority | None) -> list[bytes]:
    """The beginning of what an attacker says, in a few pieces."""
    choice, address = ATTACKS[name], ("127.0.0.1", 1)
    speech = choice.speech(authority.pem if authority else "")
    if choice.make(1).skipped(speech):
        return []
    wave = next(choice.make(1).waves(attacks.Target(speech, address, Path())))
    said = (say.data[:_PIECE] for say in wave.attacker.says for _ in range(min(say.times, _SAID)))
    return [piece for piece, _ in zip(said, range(_SAID), strict=False)]


def _harm(
    sock: Any,
    address: Address,
    context: ssl.SSLContext | None,
    pieces: list[bytes],
    here: threading.Event,
    over: threading.Event,
) -> None:
    """Connect, say some of it, and stay until the good client has been answered, or has waited."""
    with contextlib.suppress(OSError), _spoken(sock, address, context) as spoken:
        for piece in pieces:
            spoken.sendall(piece)
            here.set()
            over.wait(_GAP)
        here.set()
        over.wait(LIMIT)
    here.set()


def _ask(
    sock: Any, address: Address, context: ssl.SSLContext | None, here: threading.Event, over: threading.Event
) -> None:
    here.wait(LIMIT)
    with contextlib.suppress(OSError), _spoken(sock, address, context) as spoken:
        spoken.sendall("héllo\n".encode())
        spoken.recv(100)
    over.set()


def _spoken(sock: Any, address: Address, context: ssl.SSLContext | None) -> Any:
    """The socket when it is connected, under TLS where there is a context."""
    sock.connect(address)
    return context.wrap_socket(sock, server_hostname=HOST) if context is not None else sock


assert SECONDS + LATER < LIMIT
