"""The chat outside the notebook: ``python -m labsupport.chat account | server | client``."""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from labsupport.services.commands import Parser, port_number, stop_by
from labsupport.services.limits import raise_files
from labsupport.services.running import QUEUE
from labsupport.tape.watched import uninstall
from labsupport.tls import Authority

from .client import Client, Gone
from .login import Accounts, key_of
from .server import Server
from .terminal import converse

__all__ = ["main"]

_EXAMPLE = """\
in one terminal:
  python -m labsupport.chat account Ana --accounts room.json > ana.key
  python -m labsupport.chat server --accounts room.json --port 5000 --authority room.pem
in another one:
  python -m labsupport.chat client --port 5000 --authority room.pem --name Ana --key ana.key
"""


def main(arguments: list[str] | None = None) -> None:
    """Run one of the three; what goes wrong is one sentence."""
    options = _options(arguments)
    uninstall()  # nobody looks at the tape of this process
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # something else stands in its place
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # else this
    try:
        sys.exit(options.run(options))
    except (OSError, ValueError, Gone) as error:
        sys.exit(f"{_reason(error)}")
    except KeyboardInterrupt:
        sys.exit(130)


def _reason(error: Exception) -> str:
    return f"{error.strerror}: {error.filename}" if isinstance(error, OSError) and error.filename else str(error)


# --- account ---


def account(options: argparse.Namespace) -> int:
    """Make an account, and print its key."""
    accounts = Accounts.load(options.accounts) if Path(options.accounts).exists() else Accounts()
    key = accounts.add(options.name)
    accounts.save(options.accounts)
    print(key.hex())
    print(f"The account {options.name} is in {options.accounts}. Keep its key secret.", file=sys.stderr)
    return 0


# --- server ---


def server(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; a second one ends the program at once."""
    raise_files()
    accounts = Accounts.load(options.accounts)
    context, authority = _certified(options)
    stop, stopper = socket.socketpair()
    with _log(options.log) as log, stop, stopper, _listener(options) as at:
        stop_by(stopper, input_too=options.until_input_ends)
        host, port = at.getsockname()[:2]
        print(f"{host} {port}", f"authority file: {authority}" if authority else "", sep="\n", flush=True)
        if not ipaddress.ip_address(host).is_loopback:
            log(f"NOTE: {host} is not this machine alone: whoever reaches port {port} over the network can knock")
        Server(accounts, context, log=log).serve(at, stop)
    return 0


def _listener(options: argparse.Namespace) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    return socket.create_server((options.host, options.port), family=family, backlog=QUEUE)


def _certified(options: argparse.Namespace) -> tuple[ssl.SSLContext, str]:
    """The server's context; and the file that clients are to trust, where the certificate is made for this run."""
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.certificate_key)
        return context, ""
    authority = Authority()
    if options.authority:
        Path(options.authority).write_text(authority.pem, "ascii")
    return authority.server_context(*options.name), options.authority or authority.file


@contextlib.contextmanager
def _log(path: str | None) -> Iterator[Callable[[str], object]]:
    if path is None:
        yield lambda line: print(line, file=sys.stderr, flush=True)
        return
    with Path(path).open("a", encoding="utf-8", buffering=1) as file:
        yield lambda line: print(line, file=file)


# --- client ---


def client(options: argparse.Namespace) -> int:
    """Talk, until the input ends, Ctrl-C, or the server ends it."""
    context = ssl.create_default_context(cafile=options.authority)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    with Client((options.host, options.port), options.name, _key(options.key), context, host=options.server) as talk:
        gone = converse(talk, lambda line: print(f"{line}\n", end="", flush=True))  # one write: two threads call it
    print(f"The end: {gone.code}.", flush=True)
    return 0 if gone.code in ("bye", "stopping") else 1


def _key(path: str) -> bytes:
    return key_of((_first_line() if path == "-" else Path(path).read_text("ascii")).strip())


def _first_line() -> str:
    """Of standard input, and not a byte more: the rest is what is said."""
    line = b""
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return line.decode("ascii")


# --- options ---


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(
        prog="python -m labsupport.chat",
        description="A chat over TLS: make an account, serve, talk.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = parser.add_subparsers(required=True, metavar="account | server | client")
    _add_account(parts.add_parser("account", help="make an account and print its key"))
    _add_server(parts.add_parser("server", help="serve until Ctrl-C or SIGTERM"))
    _add_client(parts.add_parser("client", help="say what you type, show what is heard"))
    return parser.parse_args(arguments)


def _add_account(part: argparse.ArgumentParser) -> None:
    part.set_defaults(run=account)
    part.add_argument("name")
    part.add_argument("--accounts", required=True, metavar="FILE", help="the server's accounts; made where it is not")


def _add_server(part: argparse.ArgumentParser) -> None:
    part.set_defaults(run=server)
    part.add_argument("--accounts", required=True, metavar="FILE", help="who may come in")
    part.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen; this machine alone")
    part.add_argument("--port", type=port_number, default=0, help="0: the system chooses")
    part.add_argument("--certificate", metavar="FILE", help="PEM; without it, one is made for this run")
    part.add_argument("--certificate-key", metavar="FILE", help="its key, where that is a file of its own")
    part.add_argument("--authority", metavar="FILE", help="where to write the authority of the certificate of this run")
    part.add_argument("--name", nargs="+", default=["localhost", "127.0.0.1"], metavar="HOST", help="what it is for")
    part.add_argument("--log", metavar="FILE", help="where to write the log; without it: standard error")
    part.add_argument("--until-input-ends", action="store_true", help="stop too when standard input ends")


def _add_client(part: argparse.ArgumentParser) -> None:
    part.set_defaults(run=client)
    part.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where the server is")
    part.add_argument("--port", type=port_number, required=True)
    part.add_argument("--server", default="localhost", metavar="HOST", help="what its certificate is to be for")
    part.add_argument("--authority", metavar="FILE", help="whom to trust; without it, whom this system trusts")
    part.add_argument("--name", required=True, help="who you are")
    part.add_argument("--key", required=True, metavar="FILE", help="your key; - is the first line of standard input")


if __name__ == "__main__":
    main()
