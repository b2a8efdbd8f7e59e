"""The values for Kubernetes and the configuration for one machine: one board, the same limits, no policy weakened."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = (ROOT / "binder" / "jupyterhub_config.py").read_text("utf-8")
ACCESS = "access:services!service=board"


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "binder" / "values.yaml").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def container(values: dict[str, Any]) -> dict[str, Any]:
    (found,) = values["hub"]["extraContainers"]
    return dict(found)


def test_the_board_is_where_the_hub_and_the_learners_look_for_it(
    values: dict[str, Any], container: dict[str, Any]
) -> None:
    hub = values["hub"]
    told = {each["name"]: each.get("value") for each in container["env"]}
    (port,) = hub["service"]["extraPorts"]
    assert hub["services"]["board"]["url"] == f"http://hub:{port['port']}"
    assert told["JUPYTERHUB_SERVICE_URL"] == f"http://0.0.0.0:{port['targetPort']}"
    assert told["JUPYTERHUB_CLIENT_ID"] == hub["services"]["board"]["oauth_client_id"]
    assert values["singleuser"]["extraEnv"]["LOOPBACK_BOARD"].endswith(told["JUPYTERHUB_SERVICE_PREFIX"])
    assert container["command"][1:4] == ["-m", "labsupport.workshop", "--hub"]


def test_a_learners_token_may_report_and_no_more_than_before(values: dict[str, Any], container: dict[str, Any]) -> None:
    scopes = values["hub"]["config"]["Spawner"]["server_token_scopes"]
    assert scopes == ["users:activity!user", "access:servers!server", ACCESS]
    assert values["hub"]["loadRoles"]["user"]["scopes"] == ["self", ACCESS]
    assert f'["{ACCESS}"]' in [each.get("value") for each in container["env"]]


def test_the_network_policies_stay_as_the_chart_has_them(values: dict[str, Any]) -> None:
    assert "networkPolicy" not in values["singleuser"]
    assert set(values["hub"]["networkPolicy"]) == {"ingress"}
    (rule,) = values["hub"]["networkPolicy"]["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"app": "jupyterhub", "component": "proxy"}}}]
    assert [each["port"] for each in rule["ports"]] == [10101]


def test_both_ways_hold_a_learner_to_the_same_limits(values: dict[str, Any]) -> None:
    assert f'mem_limit = "{values["singleuser"]["memory"]["limit"]}"' in CONFIG
    assert f"cpu_limit = {float(values['singleuser']['cpu']['limit'])}" in CONFIG
    assert f"--timeout={values['cull']['timeout']}" in CONFIG


def test_both_ways_renew_a_learners_copy(values: dict[str, Any]) -> None:
    assert "python -m labsupport renew work;" in values["singleuser"]["cmd"][2]
    assert '"$0" -m labsupport renew my-course;' in CONFIG


def test_the_password_of_a_trial_is_for_a_trial_alone() -> None:
    before, _, after = CONFIG.partition("if TRIAL:\n")
    trial, _, real = after.partition("else:\n")
    assert "shared-password" in trial
    for text in (before, real):
        assert "password" not in re.sub(r"(?m)#.*$|LOOPBACK_HUB_PASSWORD|the password of", "", text)
