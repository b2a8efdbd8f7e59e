"""`python -m labsupport`: what there is and what is new, `check` this machine, `start` the course, carry it along."""

from __future__ import annotations

import argparse
import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import labsupport
from labsupport.course import archive, bringing, places, updates
from labsupport.course.chapters import chapters
from labsupport.course.copies import create
from labsupport.course.standing import standings

__all__ = ["main", "start"]

_HEAD: Final = """\
Loopback: network programming with Python's sockets, in notebooks in which everything runs.

  python -m labsupport start         make your copy of the chapters, bring it up to date, and open it in JupyterLab
  python -m labsupport check         check this machine
  python -m labsupport export FILE   write your progress and your notebooks into one file, a zip
  python -m labsupport import FILE   bring them back from it, here or on another machine
  python -m labsupport renew FOLDER  make a copy of the chapters there, or renew it (for who serves the course)
"""

_NEWS: Final = {
    "new": "New: {}.",
    "renewed": "Changed since your copy was made, and not edited by you, so renewed: {}.",
    "beside": "You have edited these, so yours stay, and what the course has now is beside them: {}.",
}


class CannotStart(Exception):  # noqa: N818  a sentence for the learner, not a fault of the program
    """The course cannot be started; the message says why and what to do."""


def overview() -> str:
    """What there is: the commands, the chapters with what is done, what is new, the names that a notebook imports."""
    source = _originals()
    lines = [_HEAD, "Chapters:"]
    lines += [f"  {one.chapter.file:30} {one.chapter.title:24} {one.words}" for one in standings(chapters(source))]
    if changes := _news(source):
        lines += ["", "`python -m labsupport start` would bring:", *(f"  {line}" for line in _lines(changes))]
    lines += ["", "In a notebook, from labsupport import …"]
    lines += [f"  {name:12} {_what_it_is(name)}" for name in labsupport.__all__]
    return "\n".join(lines)


def _news(source: Path) -> list[updates.Change]:
    """What the next `start` would bring; nothing where there is no copy yet."""
    copy = places.learners()
    return updates.news(source, copy) if copy is not None and copy.is_dir() else []


def _lines(changes: Sequence[updates.Change]) -> list[str]:
    """A line for each kind of change."""
    kinds = {kind: [str(change) for change in changes if change.kind == kind] for kind in _NEWS}
    return [_NEWS[kind].format(", ".join(found)) for kind, found in kinds.items() if found]


def start(options: list[str]) -> int:
    """Make the learner's copy, or bring it up to date, and open JupyterLab at the first chapter.

    `options` are handed on to JupyterLab: ``--no-browser``, ``--port 8900``.

    Raises:
        CannotStart: where there are no chapters, or no JupyterLab.
    """
    target = renewed(_learners())
    print(f"You work in {target}; what you have edited there is never changed by an update.", flush=True)
    if not find_spec("jupyterlab"):
        raise CannotStart(f"JupyterLab is not installed for {sys.executable}. Run the first command of the README.")
    settings = [
        f"--ServerApp.root_dir={target}",
        # In this way the address that is printed leads to the chapter too, where no browser opens by itself.
        f"--LabApp.default_url=/lab/tree/{places.FIRST}",
        # The other manager asks a package index; nothing leaves the machine.
        "--LabApp.extension_manager=readonly",
    ]
    return _become([sys.executable, "-m", "jupyterlab", *settings, *options])


def _learners() -> Path:
    """The learner's folder.  Raises CannotStart where there are no chapters."""
    _originals()
    target = places.learners()
    assert target is not None  # there are originals
    return target


def renewed(target: Path) -> Path:
    """This folder, with a copy of the chapters that is up to date; says what was done.

    Raises:
        CannotStart: where it cannot be written, or there are no chapters.
    """
    try:
        for line in _lines(updates.renew(_originals(), target)):
            print(line)
    except OSError as error:
        raise CannotStart(
            f"your copy of the chapters cannot be written: {error}. Make {target} a folder in which you may write."
        ) from error
    return target


def _become(command: list[str]) -> int:
    """Run a command in the place of this one, as far as the system lets us."""
    if os.name == "posix":
        os.execv(sys.executable, command)  # noqa: S606  our own Python, and no shell between it and Ctrl-C
    return subprocess.run(command, check=False).returncode  # noqa: S603  as above


def check() -> int:
    """Check this machine; 0 unless the course cannot run on it."""
    from labsupport.check import machine

    report = machine()
    print(report)
    return 0 if report.usable else 1


def export(file: Path) -> int:
    """Write the learner's progress and notebooks into a new zip file.

    Raises:
        CannotStart: where it cannot be written, or is there already.
    """
    folder = places.learners()
    try:
        data, left = archive.pack(folder, places.originals())
        create(file, data)
    except FileExistsError:
        raise CannotStart(f"there is a file {file} already, and it stays as it is. Give another name.") from None
    except OSError as error:
        raise CannotStart(f"{file} was not made: {error.strerror or error}.") from error
    notebooks = f" and your notebooks in {folder}" if folder is not None and folder.is_dir() else ""
    print(f"{file} has your progress{notebooks}.")
    print(f"Bring them back by: python -m labsupport import {file}")
    for line in left:
        print(f"Left out: {line}")
    return 0


def bring(file: Path) -> int:
    """Bring a learner's work back from a zip file.

    Raises:
        CannotStart: where the file is not taken; nothing has changed then.
    """
    try:
        with file.open("rb") as found:
            parcel = archive.unpack(found.read(archive.MOST_BYTES + 1))
        # Only now: a file that is not taken changes nothing, and makes no copy either.
        folder = renewed(_learners())
        print(bringing.bring(parcel, folder, places.originals()))
        print(f"You work in {folder}.")
    except archive.Refused as error:
        raise CannotStart(f"{file} is not taken: {error}. Nothing has been changed.") from error
    except OSError as error:
        raise CannotStart(f"{file} was not brought back: {error}. What was there is as it was.") from error
    return 0


def _originals() -> Path:
    """The folder of the course's chapters.

    Raises:
        CannotStart: where it is nowhere.
    """
    found = places.originals()
    if found is None:
        raise CannotStart(places.MISSING.format(folder=Path.cwd()))
    return found


def _what_it_is(name: str) -> str:
    """The first line of a public name's documentation."""
    try:
        return (inspect.getdoc(getattr(labsupport, name)) or "").partition("\n")[0]
    except ImportError as error:
        return f"cannot be loaded ({error}): run the check"


def renew(folder: Path) -> int:
    """Make a copy of the chapters in `folder`, or bring it up to date.  Raises CannotStart."""
    print(f"{renewed(folder)} has the chapters as they are now; what is edited there is never changed.")
    return 0


_WITH_PATH: Final[dict[str, Callable[[Path], int]]] = {"export": export, "import": bring, "renew": renew}


def main(argv: list[str] | None = None) -> int:
    """Run one command; without one, say what there is."""
    parser = argparse.ArgumentParser(prog="python -m labsupport", description=__doc__)
    parser.add_argument(
        "command", nargs="?", choices=["check", "export", "import", "renew", "start"], help="without one: what there is"
    )
    arguments, rest = parser.parse_known_args(argv)
    if arguments.command in _WITH_PATH and len(rest) != 1:
        what = "one folder" if arguments.command == "renew" else "one file, a zip, such as my-work.zip"
        parser.error(f"{arguments.command} takes {what}, and not {len(rest)}")
    if rest and arguments.command not in ("start", *_WITH_PATH):
        parser.error(f"unknown: {' '.join(rest)}")
    try:
        return _run(arguments.command, rest)
    except CannotStart as error:
        print(f"labsupport: {error}", file=sys.stderr)
        return 1


def _run(command: str | None, rest: list[str]) -> int:
    if command in _WITH_PATH:
        return _WITH_PATH[command](Path(rest[0]))
    if command == "start":
        return start(rest)
    if command == "check":
        return check()
    print(overview())
    return 0


if __name__ == "__main__":
    sys.exit(main())
