"""Which frames are the learner's, and that what is kept of an error holds nothing."""

from __future__ import annotations

import gc
import json
import linecache
import os
import site
import socket
import weakref
from pathlib import Path

import pytest

from labsupport.tape import frames


@pytest.mark.parametrize("filename", ["<stdin>", "<cell>", "<ipython-input-3-abc>", __file__, "/tmp/ipykernel_7/12.py"])
def test_the_learners(filename: str) -> None:
    assert frames.is_learners(filename)


@pytest.mark.parametrize("filename", ["<frozen runpy>", frames.__file__, socket.__file__, os.__file__, pytest.__file__])
def test_not_the_learners(filename: str) -> None:
    assert not frames.is_learners(filename)


def test_what_is_installed_for_one_user_is_not_the_learners() -> None:
    assert not frames.is_learners(os.path.join(site.getusersitepackages(), "package", "module.py"))  # noqa: PTH118


def _without_configuration() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        raise RuntimeError("no configuration") from error


def test_a_traceback_is_told_in_own_lines_with_what_led_to_it() -> None:
    with pytest.raises(RuntimeError) as raised:
        _without_configuration()
    text = frames.told(raised.value)
    assert text.count('File "test_frames.py"') == 3
    assert "decoder.py" not in text
    assert "The above exception was the direct cause" in text
    assert text.endswith("RuntimeError: no configuration\n")


def test_a_cell_has_no_path_but_its_source() -> None:
    filename = "/tmp/ipykernel_7/12.py"
    linecache.cache[filename] = (6, None, ["1 / 0\n"], filename)
    with pytest.raises(ZeroDivisionError) as raised:
        exec(compile("1 / 0", filename, "exec"))
    text = frames.told(raised.value)
    del linecache.cache[filename]
    assert "  line 1, in <module>\n    1 / 0\n" in text


def test_an_exception_of_the_library_alone_keeps_its_frames() -> None:
    error = ValueError("made elsewhere")
    assert frames.told(error) == "ValueError: made elsewhere\n"


def test_what_is_kept_of_an_error_holds_no_variables() -> None:
    class Held:
        pass

    gone = []

    def fails() -> None:
        held = Held()
        gone.append(weakref.ref(held))
        try:
            json.loads("{")
        except ValueError:
            raise KeyError(held is None) from None

    try:
        fails()
    except KeyError as error:
        kept = frames.trimmed(error)
    gc.collect()
    assert gone[0]() is None
    step, files = kept.__traceback__, []
    while step is not None:
        files.append(Path(step.tb_frame.f_code.co_filename).name)
        step = step.tb_next
    assert files == ["test_frames.py", "test_frames.py"]
