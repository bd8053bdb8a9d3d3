"""Modules without random initialisation: zeros for it, and everything else as it always is."""

import resource

import pytest
import torch
from torch import Tensor, nn

from cnninspect.loading.initialisation import uninitialised


class Model(nn.Module):
    """Every way in which a constructor fills a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(512, 512)
        self.norm = nn.BatchNorm2d(4)
        self.position = nn.Parameter(torch.arange(4.0))
        self.scale = nn.Parameter(torch.full((2,), 0.1))
        self.noise = nn.Parameter(torch.empty(3))
        nn.init.trunc_normal_(self.noise)
        self.register_buffer("table", torch.randperm(5))
        self.register_buffer("mask", nn.init.uniform_(torch.empty(4), 1, 2))

    table: Tensor
    mask: Tensor


def test_random_fills_leave_zeros_and_all_else_is_intact() -> None:
    with uninitialised():
        model = Model()
    assert not model.linear.weight.any()
    assert not model.noise.any()
    assert model.norm.weight.tolist() == [1] * 4
    assert model.norm.running_var is not None
    assert model.norm.running_var.tolist() == [1] * 4
    assert model.position.tolist() == [0, 1, 2, 3]
    assert model.scale.allclose(torch.tensor(0.1))
    assert sorted(model.table.tolist()) == [0, 1, 2, 3, 4]
    assert (model.mask >= 1).all()
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in model.parameters())


def test_afterwards_layers_are_initialised_again() -> None:
    with uninitialised():
        nn.Linear(2, 2)
    assert nn.Linear(64, 64).weight.std() > 0


def test_weights_take_no_memory_until_written() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with uninitialised():
        layer = nn.Linear(16384, 16384, bias=False)  # 1 GiB
        layer(torch.ones(1, 16384))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 * 1024  # KiB


@pytest.mark.parametrize(
    "build", [lambda: nn.LSTM(64, 64), lambda: nn.MultiheadAttention(64, 4), lambda: nn.LazyLinear(3)]
)
def test_modules_with_initialisation_of_their_own_run(build: type[nn.Module]) -> None:
    with uninitialised():
        module = build()
    inputs = (torch.ones(2, 1, 64),) * (3 if isinstance(module, nn.MultiheadAttention) else 1)
    module(*inputs)
