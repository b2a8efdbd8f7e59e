"""The board's two pages in a browser: they update by themselves, show names as text, and are readable by everybody."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from labsupport.workshop.code import split
from labsupport.workshop.wire import Line, authority_at, trusting
from tests.browser.axe import violations
from tests.workshop.running import Running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("board") / "board.sqlite") as started:
        yield started


@pytest.fixture(scope="module")
def line(board: Running) -> Iterator[Line]:
    pem = authority_at("127.0.0.1", board.port, split(board.code)[0])
    with contextlib.closing(Line(f"https://127.0.0.1:{board.port}/", trusting(pem))) as made:
        yield made


def make(board: Running, line: Line, name: str, tries: int, *, passes: bool = False) -> None:
    """Somebody who joins, and makes the same mistake so many times."""
    answer = line.post("join", json.dumps({"code": split(board.code)[1], "name": name}).encode())
    for number in range(1, tries + 1):
        last = passes and number == tries
        report = {
            "exercise": "echo_server", "status": "passed" if last else "failed",
            "mistake": None if last else "accepts_once", "tries": number,
        }  # fmt: skip
        line.post("report", json.dumps(report).encode(), f"Bearer {answer['secret']}")


@contextlib.contextmanager
def opened(
    browser: Browser, address: str, scheme: str, width: int, sign_in: tuple[str, str] | None = None
) -> Iterator[Page]:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(address)
    if sign_in:  # at the hub, which sends the browser back
        page.fill("[name=username]", sign_in[0])
        page.fill("[name=password]", sign_in[1])
        page.click("[type=submit]")
    yield page
    if folder := os.environ.get("LOOPBACK_SCREENSHOTS"):
        kind = "names" if "instructor" in page.url else "counts"
        page.screenshot(path=Path(folder) / f"board-{kind}-{scheme}-{width}.png", full_page=True)
    context.close()
    assert troubles == []


def test_the_shared_page_has_counts_and_updates_by_itself(board: Running, line: Line, browser: Browser) -> None:
    with opened(browser, f"http://127.0.0.1:{board.own_port}/", "light", 1280) as page:
        expect(page.locator("#state")).to_have_text("Up to date.")
        make(board, line, "Adaeze", 3)
        make(board, line, "मीरा", 2)
        make(board, line, "Noor", 4, passes=True)
        expect(page.locator("#learners")).to_have_text("3")
        expect(page.locator("#exercises tbody tr")).to_contain_text(["echo_server"])
        expect(page.locator("#mistakes li")).to_have_text(["2 in echo_server: accepts once"])
        assert "Adaeze" not in page.content()
        assert violations(page, "html") == []


@pytest.mark.skipif(
    find_spec("jupyterhub") is None or find_spec("configurable_http_proxy") is None,
    reason="JupyterHub is not installed: pip install -e '.[hub]'",
)
def test_behind_jupyterhub_both_pages_update_by_themselves(tmp_path: Path, browser: Browser) -> None:
    from tests.workshop.hubbing import Hub, Person

    with Hub(tmp_path) as hub:
        ada, address = Person(hub, "ada"), f"{hub.url}/services/board/"
        with opened(browser, address, "light", 1280, sign_in=("teacher", hub.password)) as page:
            expect(page.locator("#state")).to_have_text("Up to date.", timeout=30_000)
            names = page.context.new_page()
            names.goto(f"{address}instructor")
            expect(names.locator("#state")).to_have_text("Up to date.", timeout=30_000)
            ada.tell_the_board("join", {"name": "Adaeze"})
            expect(page.locator("#learners")).to_have_text("1", timeout=30_000)
            expect(names.locator("#people")).to_contain_text("Adaeze", timeout=30_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_instructors_page_has_names(board: Running, line: Line, browser: Browser, scheme: str, width: int) -> None:
    make(board, line, f"Zoë محمد {scheme} {width}", 3)
    with opened(browser, board.private, scheme, width) as page:
        expect(page.locator("#stuck")).to_contain_text(f"Zoë محمد {scheme} {width}")
        assert "token" not in page.url
        assert violations(page, "html") == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_shared_page_is_readable(board: Running, line: Line, browser: Browser, scheme: str) -> None:
    make(board, line, f"Reader {scheme}", 1, passes=True)
    with opened(browser, f"http://127.0.0.1:{board.own_port}/", scheme, 1280) as page:
        expect(page.locator("#exercises tbody tr")).to_contain_text(["echo_server"])
        assert violations(page, "html") == []
