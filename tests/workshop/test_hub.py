"""JupyterHub with the project's configuration: two learners, each in a server of their own, and the board."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests

from tests.workshop.hubbing import Hub, Person

pytestmark = pytest.mark.skipif(
    find_spec("jupyterhub") is None or find_spec("configurable_http_proxy") is None,
    reason="JupyterHub is not installed: pip install -e '.[hub]'",
)

CHECK = """
from labsupport import exercises, workshop
print(workshop.join(name="{name}"))
there = {{}}
exec(exercises.echo_server.solution, there)
print(exercises.echo_server.check(there["echo_server"]).status)
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def people(hub: Hub) -> list[Person]:
    people = [Person(hub, name) for name in ("ana", "bo")]
    with ThreadPoolExecutor() as pool:
        list(pool.map(Person.start, people))
    return people


def test_each_has_a_copy_of_the_chapters(people: list[Person], chapters: list[Path]) -> None:
    for person in people:
        found = person.ask("api/contents/").json()["content"]
        assert {entry["name"] for entry in found} >= {path.name for path in chapters}


def test_the_board_shows_who_joins_and_names_to_the_instructor_alone(hub: Hub, people: list[Person]) -> None:
    for person in people:
        kernel = person.open()
        assert kernel.run(CHECK.format(name=f"{person.name} नमस्ते")).strip().endswith("passed")
        kernel.run("from labsupport import workshop\nfrom labsupport.workshop import post\npost._post.idle(30)")
        kernel.close()
    shown = Person(hub, "teacher").board_state("names")
    assert [(one["name"], one["passed"]) for one in shown["people"]] == [("ana नमस्ते", 1), ("bo नमस्ते", 1)]
    assert people[0].board("names").status_code == 403
    assert people[0].board_state("events")["learners"] == 2
    assert "ana" not in str(people[1].board_state("events"))


def test_what_a_page_is_told_is_not_for_another_page_of_the_hub(hub: Hub, people: list[Person]) -> None:
    teacher = Person(hub, "teacher")
    assert teacher.board_state("names")["people"]
    assert teacher.board("names", "cors").status_code == 302, "a learner's server has the origin, and not the token"


def test_who_has_not_signed_in_is_sent_to_the_hub(hub: Hub) -> None:
    for path in ("", "events", "instructor", "names"):
        answer = requests.get(f"{hub.url}/services/board/{path}", allow_redirects=False, timeout=30)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/hub/api/oauth2/authorize")
    for action in ("join", "report", "leave"):
        sent = requests.post(f"{hub.url}/services/board/{action}", json={"name": "Nobody"}, timeout=30)
        assert sent.status_code == 401


def test_nobody_reaches_anothers_server(people: list[Person]) -> None:
    ana, bo = people
    assert ana.reaches(ana)
    assert not ana.reaches(bo)
    assert not bo.reaches(ana)
