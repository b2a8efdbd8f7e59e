"""The accessibility rules of axe-core, inside the outputs of a notebook (JupyterLab has findings of its own)."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OUTPUTS = ".jp-OutputArea-output"


def violations(page: Page, where: str = OUTPUTS) -> list[str]:
    """Serious and critical findings, each as a line with the rule and the element."""
    if not page.locator(where).count():
        return []
    found = Axe().run(page, context={"include": [[where]]}, options={"resultTypes": ["violations"]}).response
    return [
        f"{finding['id']} ({finding['impact']}): {node['html'][:300]}"
        for finding in found["violations"]
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]
