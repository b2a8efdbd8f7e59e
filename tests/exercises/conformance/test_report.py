"""A report shows what went wrong and where, in a notebook, as text and in a test; a check raises nothing of its own."""

from __future__ import annotations

import socket

import pytest

from labsupport.exercises import conformance
from labsupport.exercises.conformance import Nonconforming, Report
from labsupport.exercises.conformance.report import tried
from labsupport.exercises.engine import Case


def _case(title: str, returns: int) -> Case:
    def play(stage: object) -> None:
        stage.returns = returns  # type: ignore[attr-defined]  # a Stage

    return Case(title, "maker()", play, given=lambda _: ())


@pytest.fixture(scope="module")
def report() -> Report:
    return tried("a <thing>", lambda: 1, [_case("it gives <1>", 1), _case("it gives 2", 2), _case("it gives 3", 3)])


def test_each_case_has_its_result(report: Report) -> None:
    assert not report.passed
    assert [(result.name, result.passed) for result in report.results] == [
        ("it gives <1>", True), ("it gives 2", False), ("it gives 3", False),
    ]  # fmt: skip
    assert [result.name for result in report.failures] == ["it gives 2", "it gives 3"]
    assert report["it gives 2"].sentence == "Your function returned 1; 2 was expected."
    assert report["it gives <1>"].sentence == ""
    with pytest.raises(KeyError, match="'it gives 3'"):
        report["it gives 4"]


def test_it_is_shown(report: Report) -> None:
    bundle = report._repr_mimebundle_()
    assert bundle["text/plain"] == report.text()
    assert "✓ it gives <1>\n○ it gives 2\n○ it gives 3" in report.text()
    assert repr(report) == "<Report a <thing>: 1 of 3 cases went as they should>"
    assert "✓ it gives &lt;1&gt;" in bundle["text/html"]
    assert "aria-label='a &lt;thing&gt;: 1 of 3" in bundle["text/html"]
    assert bundle["text/html"].count("<details>") == 2
    assert "<svg" not in bundle["text/html"]


def test_a_test_can_raise_the_first(report: Report) -> None:
    with pytest.raises(Nonconforming, match="a <thing>: it gives 2") as caught:
        report.raise_first()
    assert "Your function returned 1; 2 was expected." in str(caught.value)
    Report("nothing", ()).raise_first()


@pytest.mark.parametrize("maker", [None, lambda: None, lambda *_: 1 / 0])
def test_what_is_no_maker_is_a_failure_and_not_an_error_of_ours(maker: object) -> None:
    report = conformance.check_writer(maker, encode=bytes)  # type: ignore[arg-type]  # on purpose
    assert [result.passed for result in report.results] == [False] * 4
    assert all("Error" in result.verdict.returned for result in report.results)


def test_a_gap_is_a_failure_too() -> None:
    def maker(sock: socket.socket) -> None:
        raise NotImplementedError

    assert not conformance.check_writer(maker, encode=bytes).passed  # type: ignore[arg-type]  # a starter's gap
