"""Threads: who waits for whom, what is put back when the last one leaves; the garbage collector likewise."""

import gc
import random
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.process import alone, deep, kept, old_aside, uncollected
from cnninspect.report import Report

SECONDS = 60  # until a test that hangs fails


def at_once(*works: Callable[[], object]) -> None:
    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(work) for work in works]:
            done.result(SECONDS)


def test_one_at_a_time() -> None:
    inside, most = [0], [0]

    def work() -> None:
        for _ in range(200):
            with alone(), alone():  # a thread doesn't wait for itself
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    at_once(*[work] * 4)
    assert most == [1]


def test_the_last_one_puts_back() -> None:
    state = ["first"]
    order = [threading.Event() for _ in range(3)]

    def early() -> None:
        with kept("a test", state.copy, lambda before: state.__setitem__(slice(None), before)):
            state[:] = ["early"]
            order[0].set()
            order[1].wait(SECONDS)
        order[2].set()

    def late() -> None:
        order[0].wait(SECONDS)
        with kept("a test", state.copy, lambda before: state.__setitem__(slice(None), before)):
            state[:] = ["late"]
            order[1].set()
            order[2].wait(SECONDS)
            assert state == ["late"]

    at_once(early, late)
    assert state == ["first"]


def test_the_limit_on_recursion_comes_back() -> None:
    limit = sys.getrecursionlimit()
    with deep(), deep():
        assert sys.getrecursionlimit() > limit
    assert sys.getrecursionlimit() == limit


def test_one_module_in_many_threads() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 10), nn.Dropout())
    torch.manual_seed(5)
    state = torch.get_rng_state(), random.getstate()
    reports: list[Report] = []

    def work(mode: str) -> None:
        reports.extend(inspect_model(module, inputs=["1x3x8x8"], mode=mode) for _ in range(5))

    at_once(*[lambda mode=mode: work(mode) for mode in ("eval", "train") * 2])
    assert len(reports) == 20
    # 6·6 places of a 3·3·3 window in 4 channels, and 144 features to 10
    assert {(each.totals.macs, len(each.layers)) for each in reports} == {(36 * 27 * 4 + 1440, 6)}
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in module.modules())
    assert all(each.training for each in module.modules())
    assert torch.equal(torch.get_rng_state(), state[0])
    assert random.getstate() == state[1]


def test_loading_weights_elsewhere_is_what_it_always_is() -> None:
    saved = nn.Linear(8, 8).state_dict()
    is_over = threading.Event()
    lost = []

    def build() -> None:
        try:
            for _ in range(3):
                # torchvision's metadata: num_params
                assert inspect_model("resnet18", device="meta").totals.params == 11_689_512
        finally:
            is_over.set()

    def load() -> None:
        while not is_over.is_set():
            layer = nn.Linear(8, 8)
            if layer.load_state_dict(saved) is None or not torch.equal(layer.weight, saved["weight"]):
                lost.append(layer)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        at_once(build, build, load)
    finally:
        sys.setswitchinterval(interval)
    assert lost == []


class Level(nn.Module):
    def __init__(self, below: int) -> None:
        super().__init__()
        self.inner: nn.Module = Level(below - 1) if below else nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.inner(x)
        return y


@pytest.mark.parametrize("options", [{}, {"device": "meta"}, {"dtype": "float64"}])
def test_200_levels_run(options: dict[str, str]) -> None:
    module = Level(200)
    module(torch.ones(1, 2))  # so does torch by itself
    report = inspect_model(module, inputs=["1x2"], **options)  # type: ignore[arg-type]  # each a string
    assert (report.totals.macs, len(report.layers)) == (4, 202)


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
    before = gc.get_freeze_count()
    with pytest.raises(ZeroDivisionError), uncollected(), old_aside():
        raise ZeroDivisionError
    assert gc.isenabled()
    assert gc.get_freeze_count() <= before  # what Python 3.12 itself puts aside at its start is let go, too


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
