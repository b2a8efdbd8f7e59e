"""Joining a workshop, seeing what was sent, and leaving.

Who has joined stands in a file beside the progress, readable by its owner alone, so that every notebook of the learner
reports, whichever of them joined.  Leaving renames it, so that nothing is sent from then on, and removes it when the
board has deleted what it had.
"""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from labsupport import progress

from .code import split
from .names import checked_name
from .refusal import Refusal
from .wire import BoardError, Line, authority_at, trusting

__all__ = ["MEMBERSHIP", "Membership", "Sent", "join", "leave", "leaving", "on_a_hub", "sent"]

MEMBERSHIP: Final = "workshop.json"
#: The same, of who has left, until the board has deleted what it had.
_LEAVING: Final = "workshop-leaving.json"
_SENT: Final = "workshop-sent.jsonl"
#: Where the board is, on a JupyterHub that has one.
_HUB_BOARD: Final = "LOOPBACK_BOARD"
_HUB_TOKEN: Final = "JUPYTERHUB_API_TOKEN"  # noqa: S105  the name of a variable
_LEFT: Final = "Nothing is sent any more, but the board has not yet deleted what it has of you."


@dataclass(frozen=True)
class Membership:
    """Which board, and as whom.  `authority` and `secret` are "" on a hub, which knows its users."""

    url: str
    name: str
    authority: str = ""
    secret: str = ""

    def line(self) -> Line:
        """A connection to the board."""
        return Line(self.url, trusting(self.authority) if self.authority else None)

    @property
    def authorization(self) -> str:
        """What says who reports.  A hub's token is never written down."""
        return f"Bearer {self.secret}" if self.secret else f"token {os.environ.get(_HUB_TOKEN, '')}"

    @staticmethod
    def read(file: str = MEMBERSHIP) -> Membership | None:
        """That of this learner; None where nobody has joined."""
        try:
            return Membership(**json.loads((progress.home() / file).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self) -> None:
        """Keep it: another notebook that reads finds a whole one, or none."""
        folder = progress.home()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="joining-", dir=folder, delete=False) as file:
            try:
                file.write(json.dumps(asdict(self)))
                file.close()
                Path(file.name).replace(folder / MEMBERSHIP)
            except BaseException:
                Path(file.name).unlink()
                raise

    def delete(self) -> None:
        """Have the board delete what it has of this learner.  Raises OSError, `BoardError`."""
        with contextlib.closing(self.line()) as line:
            line.post("leave", b"{}", self.authorization)


def leaving() -> Membership | None:
    """That of a learner who has left, and of whom the board has not deleted what it had."""
    return Membership.read(_LEAVING)


def on_a_hub() -> str:
    """The address of this hub's board, or ""."""
    return os.environ.get(_HUB_BOARD, "")


def join(address: str = "", code: str = "", *, name: str) -> Sent:
    """Join a workshop: from now on each check is told to the board, as `sent()` shows.

    - `address`, `code`: as the board shows them; on a JupyterHub with a board, leave them out.
    - `name`: how the instructor sees you; your own choice, at most 40 characters.

    Before anything is sent, the authority that the board shows is compared with the code.  A board that was left, and
    could not be told so, is told once more.

    Raises:
        ValueError: no address, no code, or no name.
        ssl.SSLCertVerificationError: it is another board than the code's.
        OSError: no board answers there.
        BoardError: the board refuses: a wrong code, a name that somebody has.
    """
    from .post import send_all

    chosen = _own_name(name)
    left = Membership.read()
    if left is not None:
        raise ValueError(f"You have joined as {left.name!r}. workshop.leave() leaves; then you can join again.")
    if leaving():
        with contextlib.suppress(OSError):
            leave()
    made = _join_by_code(address, code, chosen) if address or not on_a_hub() else _join_hub(chosen)
    _keep(made)
    send_all()
    return sent()


def _keep(made: Membership) -> None:
    """For every notebook; where that fails, the name is free again."""
    try:
        _unlink(_SENT)  # what another board was sent is not what this one is
        made.write()
        _unlink(_LEAVING)
    except OSError:
        with contextlib.suppress(OSError, BoardError):
            made.delete()
        raise


def _own_name(name: str) -> str:
    try:
        return checked_name(name)
    except Refusal as refusal:
        raise ValueError(refusal.sentence) from None


def _join_by_code(address: str, code: str, name: str) -> Membership:
    host, port = _host_and_port(address)
    shown, secret = split(code)
    pem = authority_at(host, port, shown)
    url = f"https://{f'[{host}]' if ':' in host else host}:{port}/"
    with contextlib.closing(Line(url, trusting(pem))) as line:
        answer = line.post("join", json.dumps({"code": secret, "name": name}).encode())
    return Membership(url, str(answer["name"]), pem, str(answer["secret"]))


def _join_hub(name: str) -> Membership:
    made = Membership(on_a_hub(), name)
    with contextlib.closing(made.line()) as line:
        line.post("join", json.dumps({"name": name}).encode(), made.authorization)
    return made


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.strip().removeprefix("https://").rstrip("/").rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"An address has the form of 192.0.2.7:8790, not {address!r}. Read it from the board again.")
    return host.strip("[]"), int(port)


def leave() -> str:
    """Leave the workshop; the board deletes all that it knows of you.  What was done stays in your own progress.

    Nothing is sent from now on, whatever the board answers.

    Raises:
        OSError: the board could not be told, or did not do it: run `leave()` again.
    """
    with contextlib.suppress(FileNotFoundError):
        (progress.home() / MEMBERSHIP).replace(progress.home() / _LEAVING)
    made = leaving()
    if made is None:
        return "You have not joined a workshop, so there is nothing to leave."
    try:
        made.delete()
    except (OSError, ValueError, BoardError) as error:
        raise OSError(f"{_LEFT} Run workshop.leave() again. (The board: {error})") from error
    _unlink(_LEAVING, _SENT)
    return "You have left, and the board has deleted what it knew of you. Your own progress stays as it is."


def _unlink(*names: str) -> None:
    for name in names:
        (progress.home() / name).unlink(missing_ok=True)


# --- what was sent -----------------------------------------------------------------------------------


class Sent:
    """What the board has been sent, as it was sent, oldest first, and what waits."""

    def __init__(self, name: str, url: str, reports: list[dict[str, Any]], trouble: str) -> None:
        self.name, self.url, self.reports, self.trouble = name, url, reports, trouble

    def __repr__(self) -> str:
        if not self.url:
            return self.trouble or "You have not joined a workshop: nothing is sent, and nothing was."
        lines = [f"Joined as {self.name} at {self.url}. Sent so far, and nothing else but this name and the code:"]
        lines += [f"  {json.dumps(report)}" for report in self.reports] or ["  nothing yet"]
        return "\n".join([*lines, *([self.trouble] if self.trouble else [])])


def sent() -> Sent:
    """Exactly what was sent, by every notebook; the secret that proves who you are goes with each, and is not shown."""
    from .post import trouble

    made = Membership.read()
    if made is None:
        return Sent("", "", [], f"{_LEFT} Run workshop.leave() again." if leaving() else trouble())
    try:
        lines = (progress.home() / _SENT).read_text("utf-8").splitlines()
    except OSError:
        lines = []
    return Sent(made.name, made.url, [json.loads(line) for line in lines], trouble())


def note_sent(made: Membership, body: bytes) -> None:
    """One more was sent, unless who sent it has left meanwhile."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with contextlib.suppress(OSError):
        if Membership.read() == made:
            with os.fdopen(os.open(progress.home() / _SENT, flags, 0o600), "ab") as file:
                file.write(body + b"\n")


def forget(made: Membership) -> None:
    """The board does not know us any more."""
    if Membership.read() == made:
        _unlink(MEMBERSHIP, _SENT)


#: What can go wrong in joining, for whoever shows it.
TROUBLES: Final = (ValueError, ssl.SSLCertVerificationError, OSError, BoardError)
