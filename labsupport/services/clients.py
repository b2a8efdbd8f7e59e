r"""Many clients in one process: ``python -m labsupport.services.clients HOST PORT --clients 1000``.

It prints what they have seen as lines of JSON, some ten a second; the last has ``"ended"``.  Then it holds its
connections until its standard input ends.  `crowd` starts it and reads the lines; in a terminal, read them as they are.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import time
from typing import Any, Final

from labsupport.services.callers import Callers, Plan
from labsupport.services.child import when_input_ends
from labsupport.services.commands import Parser, port_number
from labsupport.services.limits import raise_files
from labsupport.tape.watched import uninstall

__all__ = ["main"]

#: Seconds between two lines.
_EVERY: Final = 0.1


def main() -> None:
    """Send the clients, and say what they see."""
    uninstall()  # nobody looks at the tape of this process
    callers = Callers(_plan())
    input_ends = when_input_ends(lambda: os._exit(0))  # with all its sockets, at once
    with contextlib.suppress(KeyboardInterrupt):
        _visit(callers)
        input_ends.join()


def _visit(callers: Callers) -> None:
    _say({"files": raise_files()})
    over = callers.begun + callers.plan.seconds
    told, ended = 0, False
    while not ended:
        done = callers.go_on(min(over, time.perf_counter() + _EVERY))
        ended = done or time.perf_counter() >= over
        _say({**callers.seen(told), **({"ended": "" if done else "out of time"} if ended else {})})
        told = len(callers.latencies)


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


def _plan() -> Plan:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host", help="an address of this machine, such as 127.0.0.1")
    parser.add_argument("port", type=port_number)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--silent", type=int, default=0, help="so many more come first, and say nothing")
    parser.add_argument("--rounds", type=int, default=1, help="questions that each client asks")
    parser.add_argument("--come-and-go", action="store_true", help="each goes when it is answered; else all stay")
    parser.add_argument("--seconds", type=float, default=30.0, help="after so long it is over")
    parser.add_argument("--each-address", type=int, default=0, help="clients that share 127.0.0.1, then 127.0.0.2 ...")
    found = parser.parse_args()
    address = (found.host, found.port)
    try:
        return Plan(
            address, found.clients, found.silent, found.rounds, not found.come_and_go, found.seconds, found.each_address
        )
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
