"""Time by call, by a clock that ticks once each time it is looked at."""

import itertools
import time

import pytest
import torch
from torch import nn

from cnninspect.capture.modules import ModuleRecorder
from cnninspect.profile.stopwatch import Stopwatch, by_layer, places_of
from cnninspect.tensor_tree import modules_in

CPU = torch.device("cpu")


class Twice(nn.Module):
    """Calls one layer twice, and one that it holds in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Identity()
        self.held = nn.ModuleList([nn.Identity()])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.held[0](self.one(self.one(x)))  # type: ignore[no-any-return]


def test_own_time_is_what_no_child_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))
    module = Twice()
    watch = Stopwatch(modules_in(module), CPU)
    with watch.active():
        module(torch.zeros(1))
    found = watch.calls()
    # 0 the whole begins; 1–2, 3–4, 5–6 the three calls; 7 it ends
    assert found[id(module), 1] == (7.0, 7.0 - 3)
    assert found[id(module.one), 1] == found[id(module.one), 2] == (1.0, 1.0)
    assert sum(each.own for each in found.values()) == found[id(module), 1].whole


def test_calls_are_told_by_path_and_number() -> None:
    module = Twice()
    recorder = ModuleRecorder(module)
    with recorder:
        module(torch.zeros(1))
    places = places_of(recorder)
    assert sorted(places.values()) == [("", 1), ("held.0", 1), ("one", 1), ("one", 2)]
    found = by_layer(lambda: module(torch.zeros(1)), modules_in(module), places, CPU, 3)
    assert set(found.calls) == set(places.values())
    assert all(each.whole >= each.own >= 0 for each in found.calls.values())


def test_modules_come_back_as_they_were_also_when_one_raises() -> None:
    class Failing(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ValueError

    module = nn.Sequential(nn.Identity(), Failing())
    before = [dict(each.__dict__) for each in module.modules()]
    watch = Stopwatch(modules_in(module), CPU)
    with pytest.raises(ValueError), watch.active():  # noqa: PT011 - of ours
        module(torch.zeros(1))
    assert [dict(each.__dict__) for each in module.modules()] == before
