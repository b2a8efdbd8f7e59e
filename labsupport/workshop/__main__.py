"""The instructor's board: ``python -m labsupport.workshop``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import socket
import sqlite3
import sys
import time
from pathlib import Path

from labsupport import progress
from labsupport.services.child import when_input_ends
from labsupport.services.commands import Parser, on_a_signal, port_number
from labsupport.services.limits import raise_files
from labsupport.tape.watched import uninstall

from .board import Board
from .live import Live
from .reports import course
from .standalone import Gate, Identity, applications, door_of, serve
from .store import Store

__all__ = ["main"]

_EXAMPLE = """\
for a class in one room, on the address of this machine in its network:
  python -m labsupport.workshop --bind 192.0.2.7
"""


def main(arguments: list[str] | None = None) -> None:
    """Run the board until Ctrl-C or SIGTERM; what goes wrong is one sentence."""
    options = _options(arguments)
    uninstall()  # nobody looks at the tape of this process
    raise_files()
    try:
        file = options.file or progress.home() / ("board-hub.sqlite" if options.hub else "board.sqlite")
        _serve(file, options)
    except sqlite3.DatabaseError as error:
        sys.exit(f"{file}: this is no file of a board ({error}). Give another --file.")
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _serve(file: Path, options: argparse.Namespace) -> None:
    with contextlib.closing(Store(file)) as store:
        if options.new:
            store.wipe()
        if options.hub:
            from .hub import run

            asyncio.run(run(store))
        else:
            asyncio.run(_run(store, options))


async def _run(store: Store, options: argparse.Namespace) -> None:
    identity = Identity.of(store, time.time(), options.hours * 3600)
    board = Board(store, course())
    gate, live = Gate(board, door_of(identity)), Live(board)
    learners, instructors = applications(board, gate, live, identity.authority)
    at = serve(learners, (options.bind, options.port), identity.context())
    own = serve(instructors, ("127.0.0.1", options.own_port))
    _say(identity, at, own, gate.token)
    updating = asyncio.create_task(live.run())
    await _until_stopped(options.until_input_ends)
    updating.cancel()
    await live.close()


def _say(identity: Identity, at: tuple[str, int], own: tuple[str, int], token: str) -> None:
    address = _written((_reached(at[0]), at[1]))
    until = time.strftime("%H:%M on %d %B", time.localtime(identity.expires))
    mine = f"http://{_written(own)}/"
    print(
        f"The board runs. Learners may join until {until}. They run this in a notebook, or fill in the panel:\n\n"
        f'    from labsupport import workshop\n    workshop.join("{address}", "{identity.code}", name="…")\n\n'
        f"address:         {address}\ncode:            {identity.code}\n"
        f"for the wall:    {mine}  (counts alone)\n"
        f"for you alone:   {mine}instructor?token={token}  (names)\n\n"
        "Ctrl-C stops it. Started again before the code expires, it goes on with what it has; --new deletes all.",
        flush=True,
    )


def _written(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reached(host: str) -> str:
    """The address that others type; where it listens on all of them, that which leads out of this machine."""
    if not ipaddress.ip_address(host).is_unspecified:
        return host
    family, documentation = (socket.AF_INET6, "2001:db8::1") if ":" in host else (socket.AF_INET, "192.0.2.1")
    with socket.socket(family, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect((documentation, 9))  # sends nothing: the kernel only looks up the route
        return str(probe.getsockname()[0])
    return socket.gethostname()


async def _until_stopped(input_too: bool) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()

    def stop() -> None:
        loop.call_soon_threadsafe(stopped.set)

    on_a_signal(stop)
    if input_too:
        when_input_ends(stop)
    await stopped.wait()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(
        prog="python -m labsupport.workshop",
        description="The board of a workshop: who has done what, who is stuck.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--bind", default="127.0.0.1", type=_address, metavar="ADDRESS", help="where learners reach it; this machine")
    add("--port", default=8790, type=port_number, help="the learners' port (8790); 0: the system chooses")
    add("--own-port", default=8791, type=port_number, help="the port of your own pages, on this machine alone (8791)")
    add("--hours", default=12.0, type=_hours, help="until the code expires (12)")
    add("--file", type=Path, metavar="FILE", help="where it keeps what it knows, readable by you alone")
    add("--new", action="store_true", help="delete what it knows, and begin with a new code")
    add("--until-input-ends", action="store_true", help="stop too when standard input ends")
    add(
        "--hub",
        action="store_true",
        help="run as a service of JupyterHub; takes --file and --new, the hub sets the rest",
    )
    options = parser.parse_args(arguments)
    for name in ("bind", "port", "own_port", "hours") if options.hub else ():
        if getattr(options, name) != parser.get_default(name):
            parser.error(f"with --hub there is no --{name.replace('_', '-')}: the hub sets it, and asks for no code")
    return options


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"an address has the form of 192.0.2.7 or ::1, not {text!r}") from None


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 24 * 14:
        raise argparse.ArgumentTypeError(f"a code is good for more than 0 and at most 336 hours, not {text!r}")
    return hours


if __name__ == "__main__":
    main()
