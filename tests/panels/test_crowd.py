"""The crowd: who waits with which design, and what it takes; no browser needed."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterator

import pytest
import traitlets

from labsupport import panels, services
from labsupport.panels.crowds import crowded, crowding, visitors
from labsupport.panels.crowds.crowd_table import COSTS, cost, sentence, summary, table
from labsupport.panels.crowds.crowded import CrowdPanel
from labsupport.panels.crowds.crowding import Came, Crowding
from labsupport.panels.crowds.visitors import Visitors
from labsupport.panels.parts.sharing import most
from labsupport.tape.events import Address, Call, tick
from labsupport.tape.record import TAPE
from tests.leftovers import none_left, until

ONE, THREADS, POOL, STANDARD, SELECTORS, ASYNCIO = services.ALL


@pytest.fixture
def panel() -> Iterator[CrowdPanel]:
    made = panels.crowd()
    yield made
    made.close()
    made._ticker.wait()
    assert all(one.wait() for one in made.experiments.values())


def came_of(design: str, others: int, slow: int) -> tuple[Crowding, Came]:
    """A crowd without the panel."""
    made = Crowding([design], others, slow)
    made.start()
    assert made.wait(30)
    assert made.trouble == ""
    return made, made.came[design]


def settled(panel: CrowdPanel) -> Crowding:
    until(lambda: not panel.busy)
    panel._ticker.wait()
    made = panel.chosen()
    assert made is not None
    return made


def begun(made: Crowding) -> None:
    until(lambda: made.came or not made.running)


def drawing(made: Crowding) -> None:
    until(lambda: made.sockets or made.drawn)


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def some(*waits: float, unanswered: int = 0, troubles: frozenset[str] = frozenset()) -> Came:
    return Came(waits, unanswered, 1, 3, 40_000, troubles, over=True)


# --- what comes of it ---------------------------------------------------------------------------


@pytest.mark.parametrize("design", services.ALL)
def test_every_other_client_is_answered_and_nobody_has_an_error(design: str) -> None:
    made, came = came_of(design, 5, 0)
    assert (len(came.waits), came.unanswered, came.troubles, came.over) == (5, 0, frozenset(), True)
    assert all(0 < wait < visitors.SLOWNESS * 3 for wait in came.waits)
    assert came.threads is None or came.threads >= 1
    calls = [event for event in made.drawn[design] if isinstance(event, Call)]
    assert {call.endpoint.label for call in calls} >= {"slow", "client"}


def test_behind_a_slow_client_all_others_wait_only_where_one_is_served_at_a_time() -> None:
    _, behind = came_of(ONE, 3, 1)
    assert min(behind.waits) > visitors.SLOWNESS * 0.8
    for design in (SELECTORS, THREADS):
        _, free = came_of(design, 3, 1)
        assert sorted(free.waits)[1] < min(behind.waits)  # the middle one; a busy machine may hold one of them up


def test_a_pool_is_stopped_by_as_many_slow_clients_as_it_has_threads() -> None:
    workers = services.ALL[POOL].at_once
    assert workers is not None
    _, full = came_of(POOL, 2, workers)
    assert min(full.waits) > visitors.SLOWNESS * 0.8
    assert full.threads in (None, workers + 1)


def test_who_gets_no_answer_in_time_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowding, "PATIENCE", 0.5)
    _, came = came_of(ONE, 4, 1)
    assert came.unanswered == 4
    assert all(wait > 0.2 for wait in came.waits)


def test_the_crowd_is_not_on_the_tape() -> None:
    begin = tick()
    made, _ = came_of(SELECTORS, 40, 3)
    calls = [event for event in TAPE.events() if isinstance(event, Call) and event.order > begin]
    assert len({call.endpoint for call in calls if call.op == "connect"}) == 2
    drawn = [event for event in made.drawn[SELECTORS] if isinstance(event, Call)]
    assert len({call.endpoint for call in drawn if call.op == "connect"}) == 2


def test_a_thread_each_takes_a_thread_for_each() -> None:
    _, came = came_of(THREADS, 12, 4)
    if came.threads is not None:
        assert came.threads > 8
    _, few = came_of(ASYNCIO, 12, 4)
    assert few.threads in (None, 1)


def test_visitors_whom_nobody_lets_in_have_an_error() -> None:
    crowd, looks = Visitors(3, 1), []
    with services.ALL[SELECTORS].running() as service:
        address = service.address
    crowd.visit(address, 5, lambda: looks.append(1))
    assert {one.trouble for one in crowd.others} == {"ConnectionRefusedError"}
    assert not any(one.over for one in crowd.others)
    assert looks


# --- in words -----------------------------------------------------------------------------------


def test_who_waited_is_told() -> None:
    assert sentence(ONE, some(0.001, 0.002)) == f"{ONE}: nobody waited longer than 0.1 s; the longest wait was ≈ 2 ms."
    late = sentence(ONE, some(0.5, 3.0, 0.01, unanswered=1, troubles=frozenset({"ConnectionResetError"})))
    assert "2 of 3 waited longer than 0.1 s, and 1 had not all answers after 3 s" in late
    assert late.endswith("the longest wait was ≈ 3 s. Errors: ConnectionResetError.")


def test_the_designs_are_told_apart() -> None:
    said = summary({ONE: some(0.5), POOL: some(0.2), ASYNCIO: some(0.001)})
    assert said == "Somebody waited longer than 0.1 s with: one at a time, a pool. Nobody did with: asyncio."
    assert summary({ASYNCIO: some(0.001)}) == "Nobody did with: asyncio."


def test_the_table_has_a_row_a_design_and_says_what_was_not_tried() -> None:
    assert table({}, ONE, 5, 1) == ""
    text = table({ONE: some(0.5, 1.5), SELECTORS: some(0.001, 0.002)}, SELECTORS, 2, 1)
    assert text.count('<th scope="row">') == len(services.ALL)
    assert text.count("not tried") == len(services.ALL) - 2
    assert text.count("aria-current") == 1
    assert "2 clients, 1 slow one before them." in text
    assert "≈ 1 s ≈ 1.5 s 2 of 2 0 of 2 3 ≈ 40 kB" in plain(text)


def test_where_the_system_does_not_tell_it_is_said() -> None:
    untold = Came((0.1,), 0, 0, None, None, frozenset(), over=True)
    assert plain(table({ONE: untold}, ONE, 1, 0)).count("not told") == 2
    assert "1 client, no slow one." in table({ONE: untold}, ONE, 1, 0)


def test_every_design_has_its_cost() -> None:
    assert list(COSTS) == list(services.ALL)
    assert "16 slow ones stop the service" in cost(POOL)
    assert not any("{" in cost(name) for name in COSTS)


# --- the panel ----------------------------------------------------------------------------------


def test_before_anybody_came_nothing_is_given_away(panel: CrowdPanel) -> None:
    assert "Who will have to wait" in panel.said
    assert panel.found == panel.going == panel._cost.value == ""
    assert panel.ladder.head["steps"] == 0
    assert not panel.stop()


def test_a_crowd_is_told(panel: CrowdPanel) -> None:
    panel.clients, panel.slow, panel.design = 3, 0, SELECTORS
    assert panel.run()
    assert panel.going
    settled(panel)
    assert "selectors: " in panel.said
    assert "3 clients, no slow one" in panel.found
    assert panel.found.count("not tried") == 5
    assert "a socket and half a kilobyte" in panel._cost.value
    assert "half a" in panel.ladder._picture.text()
    panel.design = POOL
    assert panel.ladder.head["steps"] == 0
    assert panel._cost.value == ""


def test_another_design_is_chosen_meanwhile(panel: CrowdPanel) -> None:
    panel.clients, panel.slow, panel.design = 2, 0, ASYNCIO
    assert panel.run()
    panel.design = SELECTORS
    settled(panel)
    assert "asyncio: " in panel.said


def test_all_designs_at_one_press(panel: CrowdPanel) -> None:
    panel.clients, panel.slow = 2, 0
    assert panel.run_all()
    assert not panel.run()
    made = settled(panel)
    assert made.trouble == ""
    assert "not tried" not in panel.found
    assert "with: " in panel.said
    ladders = set()
    for design in services.ALL:
        panel.design = design
        assert f"{design}: " in panel.said
        ladders.add(panel.ladder._picture.text())
    assert len(ladders) > 3


def test_rows_of_another_crowd_go(panel: CrowdPanel) -> None:
    panel.clients, panel.slow, panel.design = 2, 0, SELECTORS
    assert panel.run()
    settled(panel)
    panel.design = ASYNCIO
    assert panel.run()
    settled(panel)
    assert panel.found.count("not tried") == 4
    panel.clients = 3
    assert panel.run()
    settled(panel)
    assert panel.found.count("not tried") == 5


def test_it_is_stopped_and_keeps_what_it_has(panel: CrowdPanel) -> None:
    panel.clients, panel.slow = 5, 1
    assert panel.run_all()
    made = panel.chosen()
    assert made is not None
    until(lambda: made.came and made.came[ONE].waits)
    assert panel._run.disabled
    assert panel._all.disabled
    assert panel.stop()
    settled(panel)
    assert list(made.came) == [ONE]
    assert "It was stopped early." in panel.said
    assert not panel._run.disabled
    assert panel._stop.disabled


def test_it_is_stopped_before_anybody_has_come(panel: CrowdPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    visiting = threading.Event()

    class Late(Visitors):
        def visit(self, address: Address, seconds: float, look: Callable[[], object]) -> None:
            visiting.set()
            super().visit(address, seconds, look)

    monkeypatch.setattr(visitors, "_EARLY", 60.0)
    monkeypatch.setattr(crowding, "Visitors", Late)
    panel.slow = 0
    assert panel.run()
    made = panel.chosen()
    assert made is not None
    until(visiting.is_set)
    assert panel.stop()
    settled(panel)
    assert made.came == {}
    assert panel.found == ""
    assert "It was stopped early." in panel.said


def test_numbers_by_the_sliders_and_by_the_traits(panel: CrowdPanel) -> None:
    panel._clients.value = 33
    panel._slow.value = 4
    assert (panel.clients, panel.slow) == (33, 4)
    panel.clients = 7
    assert panel._clients.value == 7


def test_on_a_shared_hub_fewer_come(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (most({}), most({"JUPYTERHUB_USER": "maria"}), most({"BINDER_REQUEST": ""})) == (200, 50, 50)
    monkeypatch.setattr(crowded, "most", lambda: 50)
    panel = panels.crowd()
    panel.clients = 180
    assert panel.clients == panel._clients.value == panel._clients.max == 30
    panel.close()


def test_every_control_has_a_name(panel: CrowdPanel) -> None:
    for control in (panel._clients, panel._slow, panel._design, panel._run, panel._all, panel._stop):
        assert control.description


def test_a_choice_that_is_none_is_refused(panel: CrowdPanel) -> None:
    for trait, value in (("design", "a fork each"), ("slow", 21), ("clients", 0)):
        with pytest.raises(traitlets.TraitError):
            setattr(panel, trait, value)


@pytest.mark.parametrize("design", services.ALL)
def test_it_leaves_nothing_behind_when_it_is_closed_while_it_runs(design: str) -> None:
    panels.crowd().close()  # what is made once and kept is there now
    with none_left():
        panel = panels.crowd()
        panel.clients, panel.slow, panel.design = 5, 2, design
        assert panel.run()
        made = panel.chosen()
        assert made is not None
        begun(made)
        panel.close()
        assert made.wait()
        panel._ticker.wait()
        assert not panel.run()
        del panel, made


def test_it_is_closed_while_its_ladder_is_drawn() -> None:
    with none_left():
        panel = panels.crowd()
        assert panel.run()
        made = panel.chosen()
        assert made is not None
        drawing(made)
        panel.close()
        assert made.wait()
        panel._ticker.wait()
        del panel, made


def test_its_repr_is_the_same_on_every_run(panel: CrowdPanel) -> None:
    assert repr(panel) == "<one service, many clients: run this cell to let them come>"


def test_a_machine_that_cannot_do_it_says_so(panel: CrowdPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("it did not start")

    monkeypatch.setattr(services.Service, "program", refuse)
    assert panel.run()
    settled(panel)
    assert "It could not be done to its end: RuntimeError: it did not start" in panel.said
