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


def test_shaping_of_random_values_is_skipped() -> None:
    parameter = nn.Parameter(torch.empty(512, 512))
    with uninitialised(), torch.no_grad():
        parameter.uniform_(-1, 1).erfinv_().mul_(0.02).add_(0.5).clamp_(min=0.1)
    assert not parameter.any()  # in a real fill 0.1 is the least


def test_values_that_are_written_are_kept_and_can_be_shaped() -> None:
    parameter, other = nn.Parameter(torch.empty(4)), nn.Parameter(torch.arange(4.0))
    with uninitialised(), torch.no_grad():
        parameter.normal_().fill_(3).mul_(2).add_(1)
        assert parameter.tolist() == [7] * 4  # 3·2 + 1: nothing random is left of it
        parameter.normal_().add_(other)
        assert parameter.tolist() == [0, 1, 2, 3]  # zeros and the other one's values
        assert parameter.mul_(2).tolist() == [0, 2, 4, 6]
        assert other.mul_(2).tolist() == [0, 2, 4, 6]  # it never was random
        scale = torch.ones(4).mul_(3)
    assert scale.tolist() == [3] * 4


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
