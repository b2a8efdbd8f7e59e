"""The collector is held while a block runs, and as it was when the last one has ended."""

from __future__ import annotations

import gc

import pytest

from labsupport.exercises.engine.collector import held


def test_blocks_may_overlap() -> None:
    first, second = held(), held()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_it_is_let_go_after_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), held():
        raise KeyboardInterrupt
    assert gc.isenabled()


def test_who_has_switched_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with held():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
