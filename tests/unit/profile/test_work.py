"""What operators move and multiply, by hand and by torch's own counter."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everybody does
from torch.utils.flop_counter import FlopCounterMode

from cnninspect.profile.asked import Optimizer
from cnninspect.profile.lives import Place
from cnninspect.profile.needs import Traces, traced
from cnninspect.profile.optimizers import Updates
from cnninspect.profile.placed import Placed
from cnninspect.profile.tracing import training
from cnninspect.profile.work import effort_of


def traces(module: nn.Module, *inputs: torch.Tensor) -> Traces:
    placed = Placed(module, inputs, {}, inputs[0].device, "eval", 0)
    return traced(placed, lambda each: training(each, Updates(Optimizer.sgd, module.parameters(), foreach=False)))


def backward(module: nn.Module, *inputs: torch.Tensor) -> dict[Place | None, int]:
    found: dict[Place | None, int] = {}
    for each in traces(module, *inputs).backward():
        assert each.macs is not None, each.op
        found[each.owner] = found.get(each.owner, 0) + each.macs
    return {owner: macs for owner, macs in found.items() if macs}


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_each_gradient_of_a_grouped_convolution_is_a_convolution(device: str) -> None:
    """Depthwise, 8 channels, 3×3, padding 1, 8×8: 8·8·8 outputs of 9 products, 4,608; twice that for two gradients.

    The input of the first needs none. Forward and backward of the second are 13,824 together.
    """
    with torch.device(device):
        layers = [nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False) for _ in range(2)]
        found = backward(nn.Sequential(*layers), torch.zeros(1, 8, 8, 8))
    assert found == {("0", 1): 4_608, ("1", 1): 13_824 - 4_608}


def test_a_transposed_convolution_and_a_linear_layer_by_hand() -> None:
    """4·5·5 inputs meet 6 channels of 2×2: 2,400; 600 outputs to 7: 4,200; the first has one gradient, the last two."""
    module = nn.Sequential(nn.ConvTranspose2d(4, 6, 2, stride=2), nn.Flatten(), nn.Linear(600, 7))
    assert backward(module, torch.zeros(1, 4, 5, 5)) == {("0", 1): 2_400, ("2", 1): 2 * 4_200}


class Attention(nn.Module):
    """Heads in a batch of 2, with a layer before, so that all three need a gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.project(x).view(2, 5, 2, 4).transpose(1, 2)
        attended: torch.Tensor = F.scaled_dot_product_attention(x, x, x)
        return attended


def test_attention_by_hand() -> None:
    """Scores of 5 by 5 in 2·2 heads, from 4 features: once more, and gradients of values, scores, queries and keys.

    That is five products of 4 each; the projection has one gradient, of its 8 × 8 weights from 2·5 rows.
    """
    assert backward(Attention(), torch.rand(2, 5, 8)) == {("", 1): 2 * 2 * 5 * 5 * 5 * 4, ("project", 1): 2 * 5 * 8 * 8}


def test_torchs_counter_agrees_where_nothing_is_grouped() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.Flatten(), nn.Linear(80, 3))
    x = torch.rand(2, 3, 8, 8)
    ours = sum(backward(module, x).values())
    with FlopCounterMode(display=False) as counter:
        loss = module(x).sum()
        before = counter.get_total_flops()
        loss.backward()
    assert 2 * ours == counter.get_total_flops() - before


def moved(func: Any, *args: Any, **kwargs: Any) -> int:
    return effort_of(func, args, kwargs, func(*args, **kwargs)).moved


def test_bytes_that_are_read_and_written() -> None:
    a, b = torch.zeros(3, 4), torch.zeros(3, 4)
    assert moved(torch.ops.aten.add.Tensor, a, b) == 3 * 12 * 4  # two are read, one is written
    assert moved(torch.ops.aten.relu.default, a) == 2 * 12 * 4
    assert moved(torch.ops.aten.view.default, a, [12]) == 0  # nothing is
    assert moved(torch.ops.aten.add.Tensor, a, torch.zeros(1, 4).expand(3, 4)) == 12 * 4 + 4 * 4 + 12 * 4


def test_what_no_rule_covers_is_unknown() -> None:
    sparse = torch.eye(3).to_sparse()
    func = torch.ops.aten._sparse_mm.default
    assert effort_of(func, (sparse, torch.eye(3)), {}, torch.eye(3)).macs is None
