"""The garbage collector is as it was afterwards, whatever happens."""

import gc
import weakref

import pytest

from cnninspect.garbage import old_aside, uncollected


class Cycle:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def test_nothing_is_collected_inside() -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_off() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_it_comes_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), uncollected(), old_aside():
        raise ZeroDivisionError
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_new_garbage_is_collected_and_old_is_afterwards() -> None:
    old = weakref.ref(Cycle())
    with old_aside():
        new = weakref.ref(Cycle())
        gc.collect()
        assert new() is None
    gc.collect()
    assert old() is None


def test_what_somebody_has_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        with old_aside():
            pass
        assert gc.get_freeze_count() == pytest.approx(before, abs=1000)
    finally:
        gc.unfreeze()
