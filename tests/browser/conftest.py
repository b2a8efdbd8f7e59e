"""A real JupyterLab and a real browser, both without anybody's settings.

`LOOPBACK_REQUIRE_BROWSER=1` makes a missing Chromium a failure; `LOOPBACK_SCREENSHOTS=folder` keeps what was seen.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Error, Locator, Page, sync_playwright

from labsupport.authoring.normal import METADATA

ROOT = Path(__file__).resolve().parents[2]

#: On top of the settings that the course ships: nothing may depend on what a window happens to show or on autosave.
SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
#: The tests beside this one wait, and some for fractions of a second: a browser, which computes, lets them go first.
BEHIND_OTHERS = ("nice", "-n", "10") if shutil.which("nice") else ()
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

#: The size of a window, in pixels, where a test says no other.
WIDTH, HEIGHT = 1400, 1000
#: Seconds for what takes a moment on a busy machine; waiting ends when the thing has happened.
PATIENCE = 90
STEP = 30_000  # milliseconds, as Playwright counts

#: Open a notebook and close what was open; what a test did to it is not kept, and JupyterLab is not to ask.
SHOW_ALONE = """async (path) => {
    const { commands, shell } = jupyterapp;
    const before = [...shell.widgets('main')];
    await commands.execute('docmanager:open', { path });
    for (const widget of before) {
        if (widget.context) widget.context.model.dirty = false;
        widget.close();
    }
}"""


def find_chromium() -> str:
    """The system's Chromium; skips or fails without one."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    if os.environ.get("LOOPBACK_REQUIRE_BROWSER") == "1":
        pytest.fail(
            "There is no Chromium, and LOOPBACK_REQUIRE_BROWSER=1 asks for one. Install your system's chromium."
        )
    pytest.skip("There is no Chromium on this system, so nothing was tried in a browser.")


class Lab:
    """A running JupyterLab: `url`, `token`, and the `folder` that it serves."""

    def __init__(self, url: str, token: str, folder: Path) -> None:
        self.url, self.token, self.folder = url, token, folder
        self._numbers = itertools.count(1)

    def place(self, *sources: str, notebook: Path | None = None) -> str:
        """Put a fresh copy of a notebook, or a new one of these cells, into a new folder; its path in the server."""
        folder = self.folder / f"copy{next(self._numbers)}"
        folder.mkdir()
        if notebook is not None:
            shutil.copy(notebook, folder)
            return f"{folder.name}/{notebook.name}"
        made = new_notebook(cells=[new_code_cell(source) for source in sources], metadata=METADATA)
        nbformat.write(made, folder / "made.ipynb")
        return f"{folder.name}/made.ipynb"


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """JupyterLab on a free port, with the settings that the course ships and without any other."""
    find_chromium()
    with tempfile.TemporaryDirectory(prefix="loopback-lab-") as name, running(Path(name)) as started:
        yield started


@contextmanager
def running(home: Path) -> Iterator[Lab]:
    folder = home / "course"
    folder.mkdir()
    write_settings(home / "jupyter_config_dir" / "labconfig" / "default_setting_overrides.json")
    token = secrets.token_hex(16)
    log = home / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [
                *BEHIND_OTHERS,
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
                *("--ip=127.0.0.1", "--port=0", f"--IdentityProvider.token={token}"),
                *("--ServerApp.use_redirect_file=False", "--LabApp.news_url=None"),
                # A free TCP port can be taken by a test beside this one before the kernel has bound it.
                "--KernelManager.transport=ipc",
            ],
            cwd=folder,
            env=environment(home),
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Lab(answering(home / "jupyter_runtime_dir", process, log), token, folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def write_settings(path: Path) -> None:
    shipped = json.loads((ROOT / "labsupport/jupyterlab/overrides.json").read_text("utf-8"))
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(shipped | SETTINGS), "utf-8")


def environment(home: Path) -> dict[str, str]:
    """Ours, with every folder that Jupyter, IPython and the course write to an empty one below `home`."""
    names = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR"]
    names += ["JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR", "LABSUPPORT_HOME", "HOME"]
    folders = {name: str(home / name.lower()) for name in names}
    for folder in folders.values():
        Path(folder).mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "JUPYTER"))}
    return kept | folders | {"PYTHONPATH": str(ROOT)}


def answering(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server has written where it is and answers there; that address."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for info in runtime.glob("jpserver-*.json"):
            try:
                url = str(json.loads(info.read_text("utf-8"))["url"])
                with urlopen(f"{url}api", timeout=PATIENCE):
                    return url
            except (OSError, ValueError):
                continue
        time.sleep(0.05)
    pytest.fail(f"JupyterLab did not come up:\n{log.read_text('utf-8', 'replace')}")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The system's Chromium, without a window; with the module ends the event loop that Playwright keeps running."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=behind_others(path, tmp_path_factory), args=ARGUMENTS)
        yield browser
        browser.close()


def behind_others(program: str, folders: pytest.TempPathFactory) -> str:
    """A program that runs this one behind others; Playwright takes no command with arguments."""
    if not BEHIND_OTHERS:
        return program
    script = folders.mktemp("browser") / "chromium"
    script.write_text(f'#!/bin/sh\nexec {" ".join(BEHIND_OTHERS)} "{program}" "$@"\n', "utf-8")
    script.chmod(0o755)
    return str(script)


class Notebook:
    """A notebook open in the browser: `page`, and what a test asks of it."""

    def __init__(self, page: Page, path: str) -> None:
        self.page, self.path = page, path

    def ask(self, expression: str, argument: Any = None) -> Any:
        """Evaluate JavaScript in which `panel` is the open notebook and `argument` what is given."""
        return self.page.evaluate(
            f"(argument) => {{ const panel = jupyterapp.shell.currentWidget; return {expression}; }}", argument
        )

    def until(self, expression: str, argument: Any = None) -> None:
        """Wait until JavaScript as in `ask` is true."""
        self.page.wait_for_function(
            f"(argument) => {{ const panel = globalThis.jupyterapp?.shell?.currentWidget; return {expression}; }}",
            arg=argument,
            timeout=PATIENCE * 1000,
        )

    def ready(self) -> None:
        """Wait until the notebook is drawn and its kernel idle."""
        self.until(
            """panel?.context?.path === argument && panel.content.widgets.length
                && panel.sessionContext.session?.kernel?.status === 'idle'""",
            self.path,
        )

    def heard(self) -> None:
        """Wait until the kernel knows all values: while it is busy, ipywidgets holds them back, but no click."""
        for _ in range(2):  # what was held back is sent when the first answer has come
            self.ask("panel.sessionContext.session.kernel.requestKernelInfo().then(() => null)")
            self.ready()

    def run(self, index: int) -> None:
        """Run one cell, and wait as `settle` does."""
        self.ask("panel.content.activeCellIndex = argument", index)
        self.ask("jupyterapp.commands.execute('notebook:run-cell').then(() => null)")
        self.settle()

    def set_theme(self, theme: str) -> None:
        """Change JupyterLab's theme ("light" or "dark"), and wait until the page wears it."""
        self.ask(
            "jupyterapp.commands.execute('apputils:change-theme', {theme: argument})", f"JupyterLab {theme.title()}"
        )
        self.until(f"document.body.dataset.jpThemeLight === '{str(theme == 'light').lower()}'")

    def set_width(self, width: int) -> None:
        """Make the window so many pixels wide; a narrow one, as on a telephone, has no room for the file browser."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.ask("argument < 800 ? jupyterapp.shell.collapseLeft() : jupyterapp.shell.expandLeft()", width)

    def output(self, index: int) -> Locator:
        """What stands below a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-Cell-outputArea")

    def run_all(self) -> None:
        """Run every cell, and wait until the last has ended and all widgets are drawn."""
        self.ask("jupyterapp.commands.execute('notebook:run-all-cells').then(() => null)")
        self.settle()

    def settle(self) -> None:
        """Wait until nothing runs or is queued, and every widget that was shown has been drawn."""
        self.until(
            "panel.content.widgets.every(cell => cell.model.type !== 'code' || cell.model.executionState === 'idle')"
        )
        self.ready()
        self.until("!document.querySelector('.jp-OutputArea-output .jupyter-widgets-loading')")

    def errors(self) -> list[str]:
        """The cells that raised, by id, but for those that do so on purpose."""
        found: list[str] = self.ask(
            """panel.content.widgets.filter(cell => cell.model.type === 'code'
                && !(cell.model.getMetadata('tags') || []).includes('raises-exception')
                && cell.model.outputs.toJSON().some(output => output.output_type === 'error'))
                .map(cell => cell.model.id + ': ' + JSON.stringify(cell.model.outputs.toJSON().pop().evalue))"""
        )
        return found

    def picture(self, name: str) -> None:
        """Keep a screenshot, if somebody asked for them."""
        if folder := os.environ.get("LOOPBACK_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            before = self.page.viewport_size
            assert before is not None
            tall = self.ask(
                "panel.content.node.querySelector('.jp-WindowedPanel-inner, .jp-WindowedPanel-viewport').scrollHeight"
            )
            self.page.set_viewport_size({"width": before["width"], "height": min(tall + 200, 16000)})
            self.ask("panel.content.node.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
            self.page.screenshot(path=Path(folder) / f"{re.sub(r'[^a-z0-9_]+', '-', name.lower())}.png")
            self.page.set_viewport_size(before)


class Window:
    """One page with JupyterLab, in which one notebook after another is opened: to load it takes longer than most tests.

    A page in which something is not as it was at first is given up for a new one.
    """

    def __init__(self, lab: Lab, browser: Browser) -> None:
        self.lab, self.browser = lab, browser
        self.page: Page | None = None

    def open(self, path: str) -> Page:
        """Show the notebook at this path of the server, and no other."""
        if self.page is None:
            self.page = self.browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            self.page.set_default_timeout(STEP)
            self.page.goto(f"{self.lab.url}lab/tree/{path}?reset&token={self.lab.token}")
        else:
            self.page.evaluate(SHOW_ALONE, path)
        return self.page

    def tidy(self) -> None:
        """End the kernel; what is left of a test that failed on the way goes with the page."""
        if self.page is None:
            return
        try:
            self.page.evaluate("globalThis.jupyterapp?.shell?.currentWidget?.sessionContext?.shutdown()")
            asks = self.page.locator(".jp-Dialog").count()
        except Error:  # it crashed
            asks = 1
        if asks:
            self.close()

    def close(self) -> None:
        if self.page is not None:
            self.page.context.close()
            self.page = None


@pytest.fixture(scope="module")
def window(lab: Lab, browser: Browser) -> Iterator[Window]:
    """The page of a module's tests."""
    opened = Window(lab, browser)
    yield opened
    opened.close()


Open = Callable[..., Notebook]


@pytest.fixture
def open_notebook(lab: Lab, window: Window) -> Iterator[Open]:
    """Open a fresh copy of a notebook (`notebook=path`), or a new one of the given cells, with a kernel of its own."""

    def open_one(*sources: str, notebook: Path | None = None, theme: str = "light", width: int = WIDTH) -> Notebook:
        path = lab.place(*sources, notebook=notebook)
        opened = Notebook(window.open(path), path)
        opened.ready()
        opened.set_width(width)
        opened.set_theme(theme)
        return opened

    yield open_one
    window.tidy()


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    """Each of JupyterLab's two themes."""
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `chapter` is run with each notebook of the course."""
    if "chapter" in metafunc.fixturenames:
        paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
        metafunc.parametrize("chapter", paths, ids=[path.stem for path in paths])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here need a browser, and minutes on a slow machine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(600))
