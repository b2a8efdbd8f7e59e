"""`python -m labsupport.authoring`: build, check and lock; slides, handout and instructor, made of the notebooks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from . import handout, instructor, slides
from .build import Built, build
from .chapter import IN_A_ROOM
from .lock import main as lock

NOTEBOOKS: Final = Path(__file__).resolve().parents[2] / "notebooks"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 if all is well, 1 if something must be mended, 2 for a command that we do not know."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["lock"]:
        return lock(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        paths = _chapters(options.notebooks, options.names)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    if options.command in _OUTPUTS:
        return _write(_OUTPUTS[options.command](paths, options))
    command = _build if options.command == "build" else _check
    guide = _check_guide() if options.command == "check" and paths == sorted(NOTEBOOKS.glob("*.ipynb")) else 0
    return max([guide, *(command(build(path, fresh=options.fresh)) for path in paths)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m labsupport.authoring", description="Build and check the notebooks."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, does in (
        ("build", "run notebooks in a clean kernel and write them with their outputs, in normal form"),
        ("check", "say what `build` would change, and what an author should mend; writes nothing"),
    ):
        command = commands.add_parser(name, help=does, description=does)
        command.add_argument("names", nargs="*", metavar="NAME", help='a file, a name or its beginning, e.g. "01"')
        command.add_argument("--notebooks", type=Path, default=NOTEBOOKS, help="the folder (default: %(default)s)")
        command.add_argument("--fresh", action="store_true", help="keep no stored output, not even an equal one")
    for name, does in (
        ("slides", "make a deck for each chapter: one HTML file that needs no network"),
        ("handout", "make the printable summary, with questions"),
        ("instructor", "renew the instructor's guide in labsupport/guide, and make it one page for print"),
    ):
        command = commands.add_parser(name, help=does, description=does)
        command.add_argument("names", nargs="*", metavar="CHAPTER", help='a name or its beginning, e.g. "01"')
        command.add_argument("--notebooks", type=Path, default=NOTEBOOKS, help="the folder (default: %(default)s)")
        command.add_argument(
            "--to", type=Path, default=Path("build"), help="where to (default: the folder %(default)s)"
        )
        if name == "instructor":
            command.add_argument(
                "--factor",
                type=_factor,
                default=IN_A_ROOM,
                help="how many times as long a step takes in your room (default: %(default)s); with one of your own "
                "only the page for print is made",
            )
        if name == "slides":
            command.add_argument("--core", action="store_true", help="leave out what leads further")
    commands.add_parser("lock", help="renew the pinned requirements, and what is generated from them", add_help=False)
    return parser


def _handout(paths: list[Path], options: argparse.Namespace) -> list[Path]:
    return [_written(options.to / "handout.html", handout.handout(paths))]


def _instructor(paths: list[Path], options: argparse.Namespace) -> list[Path]:
    ours = paths == sorted(NOTEBOOKS.glob("*.ipynb")) and options.factor == IN_A_ROOM
    renewed = instructor.renew(paths) if ours else []
    return [*renewed, _written(options.to / "instructor.html", instructor.guide(paths, options.factor))]


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1 <= factor <= 3:
        raise argparse.ArgumentTypeError(f"a factor is a number from 1 to 3, such as 1.5, not {text!r}")
    return factor


def _slides(paths: list[Path], options: argparse.Namespace) -> list[Path]:
    return [
        _written(options.to / f"{path.stem}.slides.html", slides.deck(path, core_only=options.core)) for path in paths
    ]


_OUTPUTS: Final = {"slides": _slides, "handout": _handout, "instructor": _instructor}


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
    return path


def _write(paths: list[Path]) -> int:
    for path in paths:
        print(path)
    return 0


def _check_guide() -> int:
    late = instructor.stale(sorted(NOTEBOOKS.glob("*.ipynb")))
    return _told(
        [f"labsupport/guide/{name} is not current: run `python -m labsupport.authoring instructor`." for name in late]
    )


def _chapters(folder: Path, names: Sequence[str]) -> list[Path]:
    """The notebooks in `folder`, or those whose file names begin with one of `names`."""
    every = sorted(folder.glob("*.ipynb"))
    if not every:
        raise FileNotFoundError(f"There is no notebook in {folder}. Give the folder with --notebooks.")
    chosen: list[Path] = []
    for name in names:
        found = [path for path in every if path.name.startswith(Path(name).name)]
        if not found:
            raise FileNotFoundError(f"No notebook begins with {name!r}. There are: {', '.join(p.name for p in every)}.")
        chosen += found
    return sorted(set(chosen)) if names else every


def _build(built: Built) -> int:
    if built.failures:
        state = "not written"
    elif built.changed:
        built.path.write_text(built.text, "utf-8", newline="\n")
        state = "written"
    else:
        state = "unchanged"
    print(f"{built.path.name}: {state}")
    return _told(built.complaints)


def _check(built: Built) -> int:
    changes = [f"{built.path.name}: {sentence}" for sentence in built.differences]
    code = _told(built.complaints + changes)
    if changes:
        print(f"{built.path.name}: run `python -m labsupport.authoring build {built.path.stem}`.", file=sys.stderr)
    elif not code:
        print(f"{built.path.name}: as built")
    return code


def _told(sentences: list[str]) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
