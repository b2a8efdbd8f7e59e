"""A verdict says its message first, needs no colours and no script, and escapes what learners wrote."""

from __future__ import annotations

import re

import pytest

from labsupport import exercises
from labsupport.exercises.engine import Verdict, Words

BAD = Verdict(
    "failed", "a < b & <script>", mistake="m", called="f(<b>)", returned="b'x'", expected="<i>", notes=("<u>",)
)


def test_what_learners_wrote_is_escaped() -> None:
    html = BAD._repr_mimebundle_()["text/html"]
    assert "a &lt; b &amp; &lt;script&gt;" in html
    assert not re.search(r"<(script|b|i|u|svg)\b", html)


def test_the_message_comes_first_and_empty_rows_are_left_out() -> None:
    text = BAD.text()
    assert text.startswith(
        "○ Not yet. a < b & <script>\n\n  called:    f(<b>)\n  came back: b'x'\n  expected:  <i>\n\n<u>"
    )
    assert "printed" not in text
    assert BAD.tape is None
    assert not BAD.passed


@pytest.mark.parametrize("status", ["passed", "failed", "not attempted"])
def test_the_state_is_a_word_not_a_colour(status: str) -> None:
    html = Verdict(status, "Because.").text()
    assert re.match(r"(✓ Passed|○ Not yet|… Not attempted yet)\. Because\.", html)


def test_it_is_drawn_with_its_ladder_as_an_image() -> None:
    exercise = exercises.echo_server
    verdict = exercise.check_source(exercise.mistakes[3].source)
    bundle = verdict._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert re.search(r"<img [^>]*alt=", bundle["text/html"])
    assert "data:image/svg+xml;base64," in bundle["text/html"]
    assert not re.search(r"<(script|svg)\b", bundle["text/html"])
    assert "accept()" in bundle["text/plain"]


def test_it_names_no_port() -> None:
    exercise = exercises.echo_server
    verdict = exercise.check_source(exercise.mistakes[3].source)
    assert verdict.tape is not None
    ports = {end.local[1] for end in (call.endpoint for call in verdict.tape.calls()) if end.local}
    assert ports
    assert not [port for port in ports if str(port) in verdict.text()]


def test_words_are_markdown_and_plain() -> None:
    assert Words("**a**", "a")._repr_mimebundle_() == {"text/markdown": "**a**", "text/plain": "a"}
    assert repr(Words("a")) == "a"
