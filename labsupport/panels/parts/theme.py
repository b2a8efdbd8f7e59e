"""The colours of the pictures, in widgets: those of JupyterLab's theme, and outside JupyterLab the browser's."""

from __future__ import annotations

from labsupport.pictures.colours import PALETTE

__all__ = ["theme"]


def theme(name: str) -> str:
    """A style sheet for what is inside the class `name`: each colour as `var(--ink)`, and for the pictures' classes."""
    jupyter = f'body[data-jp-theme-light="false"] .{name}'
    browser = f"body:not([data-jp-theme-light]) .{name}"
    inside, outside = (
        "".join(
            f"{where} .f-{colour}{{fill:{dark}}}{where} .s-{colour}{{stroke:{dark}}}{where}{{--{colour}:{dark}}}"
            for colour, (_, dark) in PALETTE.items()
        )
        for where in (jupyter, browser)
    )
    light = f".{name}{{" + "".join(f"--{colour}:{value};" for colour, (value, _) in PALETTE.items()) + "}"
    return f"{light}{inside}@media (prefers-color-scheme:dark){{{outside}}}"
