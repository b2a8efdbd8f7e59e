"""`python -m labsupport`: what there is, `check` this machine, `start` the course."""

from __future__ import annotations

import argparse
import inspect
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import labsupport

__all__ = ["copy_chapters", "main", "start"]

#: The chapter that opens first.
_FIRST = "00_start_here.ipynb"

#: The learner's copy of the chapters; git ignores it.
_COPY = "my-course"

_HEAD = """\
Loopback: network programming with Python's sockets, in notebooks in which everything runs.

  python -m labsupport start   make your copy of the chapters, in {copy}/, and open it in JupyterLab
  python -m labsupport check   check this machine
"""


class CannotStart(Exception):  # noqa: N818  a sentence for the learner, not a fault of the program
    """The course cannot be started; the message says why and what to do."""


def overview() -> str:
    """What there is: the commands, the chapters, and the names that a notebook imports."""
    lines = [_HEAD.format(copy=_COPY), "Chapters:"]
    lines += [f"  {path.name:28} {_title(path)}" for path in sorted(_notebooks().glob("*.ipynb"))]
    lines += ["", "In a notebook, from labsupport import …"]
    lines += [f"  {name:12} {_what_it_is(name)}" for name in labsupport.__all__]
    return "\n".join(lines)


def copy_chapters(source: Path, target: Path) -> list[Path]:
    """Copy the files of `source` that `target` does not have yet, and say which these were.

    A file that is there is never touched, whatever it holds.

    Raises:
        CannotStart: where the copy cannot be written.
    """
    new = []
    try:
        for path in sorted(source.rglob("*")):
            inside = path.relative_to(source)
            if path.is_file() and not any(part.startswith((".", "__")) for part in inside.parts):
                (target / inside).parent.mkdir(parents=True, exist_ok=True)
                if _copy_new(path, target / inside):
                    new.append(inside)
    except OSError as error:
        raise CannotStart(
            f"your copy of the chapters cannot be written: {error}. Make {target} a folder in which you may write."
        ) from error
    return new


def _copy_new(source: Path, target: Path) -> bool:
    """Copy one file unless `target` exists; half a copy never stays behind."""
    try:
        # "x" fails where there is a file already, also one that appears in this very moment.
        with target.open("xb") as copy, source.open("rb") as original:
            try:
                shutil.copyfileobj(original, copy)
            except BaseException:
                target.unlink()
                raise
    except FileExistsError:
        return False
    return True


def start(options: list[str]) -> int:
    """Make the learner's copy where there is none, and open JupyterLab at the first chapter.

    `options` are handed on to JupyterLab: ``--no-browser``, ``--port 8900``.

    Raises:
        CannotStart: where there are no chapters, or no JupyterLab.
    """
    source = _notebooks()
    target = source.parent / _COPY
    new = copy_chapters(source, target)
    if new:
        print(f"Copied to {target}: {', '.join(map(str, new))}.")
    print(f"You work in {target}; an update of the course never changes a file there.", flush=True)
    if not find_spec("jupyterlab"):
        raise CannotStart(f"JupyterLab is not installed for {sys.executable}. Run the first command of the README.")
    settings = [
        f"--ServerApp.root_dir={target}",
        # In this way the address that is printed leads to the chapter too, where no browser opens by itself.
        f"--LabApp.default_url=/lab/tree/{_FIRST}",
        # The other manager asks a package index; nothing leaves the machine.
        "--LabApp.extension_manager=readonly",
    ]
    return _become([sys.executable, "-m", "jupyterlab", *settings, *options])


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


def _notebooks() -> Path:
    """The folder of the chapters: beside the package, or else here.

    Raises:
        CannotStart: where it is in neither place.
    """
    for root in (Path(__file__).parents[1], Path.cwd()):
        if (root / "notebooks" / _FIRST).is_file():
            return root / "notebooks"
    raise CannotStart(
        f"there is no notebooks/{_FIRST} beside labsupport, nor in {Path.cwd()}. "
        "Change to the folder of the course, and run the command again."
    )


def _title(path: Path) -> str:
    """The first heading of a notebook."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    lines = "".join("".join(cell["source"]) + "\n" for cell in cells if cell["cell_type"] == "markdown").splitlines()
    return next((line.lstrip("# ") for line in lines if line.startswith("# ")), "")


def _what_it_is(name: str) -> str:
    """The first line of a public name's documentation."""
    try:
        return (inspect.getdoc(getattr(labsupport, name)) or "").partition("\n")[0]
    except ImportError as error:
        return f"cannot be loaded ({error}): run the check"


def main(argv: list[str] | None = None) -> int:
    """Run one command; without one, say what there is."""
    parser = argparse.ArgumentParser(prog="python -m labsupport", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["check", "start"], help="without one: what there is")
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command != "start":
        parser.error(f"unknown: {' '.join(rest)}")
    try:
        if arguments.command == "start":
            return start(rest)
        if arguments.command == "check":
            return check()
        print(overview())
    except CannotStart as error:
        print(f"labsupport: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
