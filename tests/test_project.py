"""The files around the code: the README's commands, the workflow that repeats them, the settings, the licences."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8")

#: The lines in the README's fenced blocks, in order.
COMMANDS: list[str] = [
    line for block in re.findall(r"^```.*?\n(.*?)^```", README, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]


def first(word: str) -> str:
    return next(line for line in COMMANDS if re.search(rf"\b{word}\b", line))


def test_the_first_command_starts_the_course() -> None:
    assert first("labsupport") == first("start")
    assert first("start").endswith(".venv/bin/python -m labsupport start")


def test_the_first_line_with_pytest_is_the_test_command() -> None:
    assert first("pytest").endswith(".venv/bin/python -m pytest")


@pytest.mark.parametrize("command", [first("start"), first("pytest")])
def test_both_commands_make_the_environment_and_take_the_lock(command: str) -> None:
    words = shlex.split(command)
    assert words[:4] == ["python3", "-m", "venv", ".venv"]
    assert words[words.index("-c") + 1] == "requirements.txt"
    assert words.count("&&") == 2


def test_ci_finds_the_test_command_in_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    found = re.search(r"^command=\$\((awk .*)\)$", script, re.MULTILINE)
    assert found
    if sys.platform == "win32":
        pytest.skip("no awk on Windows")
    said = subprocess.run(["sh", "-c", found[1]], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert said.stdout.strip() == first("pytest")


def test_the_workflow_runs_what_the_readme_says() -> None:
    runs = re.findall(r"- run: (.+)$", WORKFLOW, re.MULTILINE)
    assert runs[0] == ".ci/run"
    assert runs[1] == first("pytest")
    assert runs[2] in COMMANDS
    assert r".venv\Scripts\python -m pytest" in runs[2]


def test_every_command_on_labsupport_in_the_readme_exists() -> None:
    for command in re.findall(r"-m labsupport(?: (\w+))?", README):
        assert command in {"", "start", "check"}


def test_the_settings_are_ones_that_jupyterlab_knows() -> None:
    """JupyterLab drops a setting with a wrong name without a word."""
    settings = json.loads((ROOT / "labsupport/jupyterlab/overrides.json").read_text("utf-8"))
    schemas = Path(sys.prefix, "share", "jupyter", "lab", "schemas")
    for plugin, values in settings.items():
        extension, _, name = plugin.partition(":")
        known = json.loads((schemas / extension / f"{name}.json").read_text("utf-8"))["properties"]
        for key, value in values.items():
            choices = [choice["const"] for choice in known[key].get("oneOf", [])]
            assert value in choices if choices else isinstance(value, bool)


def test_the_licences_are_where_the_project_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    texts = [(ROOT / name).read_text("utf-8") for name in project["license-files"]]
    assert texts[0].startswith("MIT License")
    assert "SPDX-License-Identifier: CC-BY-4.0" in texts[1]


def test_binder_uses_a_python_that_the_project_supports() -> None:
    from labsupport.authoring.pins import PYTHONS

    assert (ROOT / "binder" / "runtime.txt").read_text("utf-8").strip().removeprefix("python-") in PYTHONS
    assert "\nset -e\n" in (ROOT / "binder" / "postBuild").read_text("utf-8")


def test_where_packages_come_from_is_left_to_whoever_installs() -> None:
    """No address, neither of a package nor of an index, in a file that installs something."""
    names = ["pyproject.toml", "requirements.txt", ".ci/run", ".github/workflows/tests.yml"]
    names += [f"binder/{name}" for name in ("requirements.txt", "runtime.txt", "postBuild")]
    texts = {name: (ROOT / name).read_text("utf-8") for name in names}
    assert [name for name, text in texts.items() if "://" in text or "index-url" in text or " @ " in text] == []
