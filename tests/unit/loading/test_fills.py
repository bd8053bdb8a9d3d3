"""Random values made up for: they are torch's own, of a layer the same ones whether the others are filled or not."""

import torch
from torch import nn

from cnninspect.loading.fills import noted
from cnninspect.loading.initialisation import uninitialised


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(4, 4)


def test_what_was_skipped_is_filled_as_torch_fills_it() -> None:
    """A convolution's weights: uniform up to 1/√(3·3·3), by kaiming_uniform_ with a = √5 (torch.nn.Conv2d)."""
    with noted() as fills, uninitialised():
        module = Net()
    assert not module.conv.weight.any()
    fills.make_up(module, 0)
    bound = 1 / 27**0.5
    assert 0.9 * bound < module.conv.weight.abs().max() <= bound
    assert module.head.weight.any()
    assert torch.equal(module.norm.weight, torch.ones(8))  # a constant, which was never skipped


def test_a_part_has_the_same_values_alone() -> None:
    made = []
    for is_whole in (True, False):
        with noted() as fills, uninitialised():
            module = Net()
        fills.make_up(module if is_whole else module.head, 7)
        made.append(module)
    whole, part = made
    assert torch.equal(whole.head.weight, part.head.weight)
    assert not part.conv.weight.any()


def test_a_seed_decides_and_nothing_else_is_drawn() -> None:
    state = torch.get_rng_state()
    drawn = []
    for seed in (0, 0, 1):
        with noted() as fills, uninitialised():
            module = Net()
        fills.make_up(module, seed)
        drawn.append(module.conv.weight)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(torch.get_rng_state(), state)


def test_nothing_is_noted_where_nobody_asks() -> None:
    with noted() as fills:
        pass
    with uninitialised():
        module = Net()
    fills.make_up(module, 0)
    assert not module.conv.weight.any()
