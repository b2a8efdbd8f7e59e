"""A maker of clients by hand, which are closed when the test has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport import panels
from labsupport.panels.one_client import hand as hands
from labsupport.panels.one_client.by_hand import ClientPanel
from labsupport.threads import background


@pytest.fixture
def panel_for(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ClientPanel]]:
    monkeypatch.setattr(hands, "PATIENCE", 0.3)
    made: list[ClientPanel] = []

    def make(server: Any, **settings: Any) -> ClientPanel:
        made.append(panels.client(server, **settings))
        return made[-1]

    yield make
    for panel in made:
        panel.close()
        assert panel._hand.wait()
        panel._ticker.wait()
    background.stop_all()
