"""Is a click answered while a panel measures?  From the click in the browser to the kernel's answer on the page.

python -m tests.benchmarks.panel_clicks
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from labsupport.panels.comparison.traffic import TRAFFIC
from tests.benchmarks.harness import judge, leave
from tests.browser.conftest import ARGUMENTS, PATIENCE, Notebook, find_chromium, running

#: Milliseconds; nine of ten clicks are to be answered within them.
BOUND = 200.0

#: Do something to a control, and say how many milliseconds later the page shows the answer.
CLOCK = """([act, shown]) => new Promise((done, failed) => {
  const panel = document.querySelector('.loopback-panel');
  const look = new Function('panel', 'return ' + shown);
  const begun = performance.now();
  const watcher = new MutationObserver(() => {
    if (look(panel)) { watcher.disconnect(); done(performance.now() - begun); }
  });
  watcher.observe(panel, { subtree: true, childList: true, characterData: true, attributes: true });
  new Function('panel', act)(panel);
  setTimeout(() => failed(new Error('no answer')), 10000);
})"""
RADIO = "panel.querySelectorAll('input[type=radio]')[{}].click()"
LADDER = "panel.querySelector('.loopback-ladder').textContent.includes('client, {}')"
MENU = "const menu = panel.querySelector('select'); menu.value = '{}'; menu.dispatchEvent(new Event('change'))"
ROW = "panel.querySelector('tr[aria-current] th')?.textContent === '{}'"


@contextmanager
def opened(panel: str) -> Iterator[Notebook]:
    """A notebook with this panel, in a browser of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="loopback-clicks-") as home,
        running(Path(home)) as lab,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS) as browser,
    ):
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE * 1000)
        path = lab.place(f"from labsupport import panels\npanels.{panel}()")
        page.goto(f"{lab.url}lab/tree/{path}?reset&token={lab.token}")
        notebook = Notebook(page, path)
        notebook.ready()
        notebook.run(0)
        yield notebook


def clicks(page: Page, pairs: list[tuple[str, str]]) -> list[float]:
    """Click in turn for as long as the panel measures; how long each answer took, in milliseconds."""
    stop = page.get_by_role("button", name="Stop", exact=True)
    took: list[float] = []
    while stop.is_enabled():
        took += [page.evaluate(CLOCK, list(pair)) for pair in pairs]
        page.wait_for_timeout(50)
    return took


def compared(page: Page, traffic: str) -> list[float]:
    """While two connections are compared with this traffic: another ladder is asked for."""
    page.get_by_role("combobox", name="The traffic:").select_option(traffic)
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_function("document.querySelector('.loopback-progress')?.textContent.includes('of 3')")
    pairs = [(RADIO.format(number), LADDER.format(who)) for number, who in ((0, "default"), (1, "TCP_NODELAY"))]
    return clicks(page, pairs)


def crowded(page: Page) -> list[float]:
    """While as many clients as may come are there: the row of another design is asked for."""
    for name, number in (("Clients:", "180"), ("Slow ones before them:", "20")):
        page.get_by_role("spinbutton", name=name).fill(number)
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Run all designs").click()
    page.wait_for_function("document.querySelector('.loopback-panel tr th')")
    return clicks(page, [(MENU.format(name), ROW.format(name)) for name in ("asyncio", "one at a time")])


def judged(what: str, took: list[float]) -> bool:
    """Whether nine of ten were answered in time."""
    print(f"       ({len(took)} clicks: median {statistics.median(took):.0f} ms, slowest {max(took):.0f} ms)")
    return judge(f"nine of ten clicks, {what}", statistics.quantiles(took, n=10)[-1], BOUND, " ms")


def main() -> None:
    """Each traffic of the one panel, and the other with its largest crowd."""
    try:
        find_chromium()
    except pytest.skip.Exception as reason:
        print(f"skip   {reason}")
        return
    with opened("two_connections") as notebook:
        kept = [judged(traffic, compared(notebook.page, traffic)) for traffic in TRAFFIC]
    with opened("crowd") as notebook:
        kept.append(judged("180 clients and 20 slow ones", crowded(notebook.page)))
    leave(*kept)


if __name__ == "__main__":
    main()
