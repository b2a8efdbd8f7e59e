"""`python -m labsupport.authoring build [NAME...]`, `... check [NAME...]`, `... lock`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .build import Built, build
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
    command = _build if options.command == "build" else _check
    return max([command(build(path, fresh=options.fresh)) for path in paths])


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
    commands.add_parser("lock", help="renew the pinned requirements, and what is generated from them", add_help=False)
    return parser


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
