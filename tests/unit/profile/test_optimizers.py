"""Each optimizer against ``torch.optim``'s class: the same storages, born and gone at the same operators."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import nn

from cnninspect.profile.asked import Optimizer
from cnninspect.profile.following import Following
from cnninspect.profile.lives import Timeline
from cnninspect.profile.optimizers import Updates

Make = Callable[[Iterable[nn.Parameter], bool | None], Any]
CLASSES: dict[Optimizer, Make] = {
    Optimizer.sgd: lambda held, foreach: torch.optim.SGD(held, lr=0.0, foreach=foreach),
    Optimizer.momentum: lambda held, foreach: torch.optim.SGD(held, lr=0.0, momentum=0.9, foreach=foreach),
    Optimizer.adam: lambda held, foreach: torch.optim.Adam(held, lr=0.0, foreach=foreach),
    Optimizer.adamw: lambda held, foreach: torch.optim.AdamW(held, lr=0.0, foreach=foreach),
}


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2, bias=False))


def peaks(module: nn.Module, step: Callable[[], object]) -> list[int]:
    """The most bytes that each of three steps has made."""
    found = []
    for _ in range(3):
        module(torch.ones(1, 3)).sum().backward()
        following = Following((), lambda: None)
        with following:
            step()
        timeline: Timeline = following.timeline()
        found.append(max(timeline.sizes(), default=0))
        for parameter in module.parameters():
            parameter.grad = None
    return found


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("name", CLASSES)
def test_the_step_takes_what_torch_takes(name: Optimizer, foreach: bool) -> None:
    ours, theirs = network(), network()
    updates = Updates(name, ours.parameters(), foreach=foreach)
    optimizer = CLASSES[name](theirs.parameters(), foreach)
    assert peaks(ours, updates.step) == peaks(theirs, optimizer.step)
    held = sum(
        value.untyped_storage().nbytes()
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
    )
    assert sum(each.untyped_storage().nbytes() for each in updates.state()) == held


def test_adam_keeps_two_averages_and_a_count_a_parameter() -> None:
    module = network()  # 3·5 + 5 + 5·2 = 30 parameters in three tensors
    updates = Updates(Optimizer.adam, module.parameters(), foreach=False)
    module(torch.ones(1, 3)).sum().backward()
    updates.step()
    assert sum(each.untyped_storage().nbytes() for each in updates.state()) == 2 * 30 * 4 + 3 * 4


def test_values_stay_and_what_has_no_gradient_is_passed_over() -> None:
    module = network()
    before = [each.detach().clone() for each in module.parameters()]
    for name in Optimizer:
        updates = Updates(name, module.parameters(), foreach=False)
        updates.step()
        assert updates.state() == []
        module(torch.ones(1, 3)).sum().backward()
        updates.step()
        updates.clear()
        assert all(each.grad is None for each in module.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True))


def test_none_does_nothing() -> None:
    module = network()
    module(torch.ones(1, 3)).sum().backward()
    updates = Updates(Optimizer.none, module.parameters(), foreach=False)
    updates.step()
    assert updates.state() == []
