"""The one forward pass: how often it runs, and what it tells while it does."""

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.capture.forward import capture
from cnninspect.errors import ModelError


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        PASSES.append(tuple(x.shape))
        for block in self.blocks:
            x = block(x)
        return x


PASSES: list[tuple[int, ...]] = []


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_one_pass(device: str) -> None:
    PASSES.clear()
    inspect_model(Counting(), inputs=["3x2"], device=device)
    assert PASSES == [(3, 2)]


def test_each_call_is_told_before_it_runs() -> None:
    told: list[str] = []
    module, image = Counting(), torch.ones(1, 2)
    capture(module, [image], {}, device=torch.device("cpu"), on_call=told.append)
    assert told == ["", "blocks.0", "blocks.0.0", "blocks.0.1", "blocks.1", "blocks.1.0", "blocks.1.1"]


def test_the_last_that_is_told_is_the_one_that_fails() -> None:
    told: list[str] = []
    module = nn.Sequential(nn.ReLU(), nn.Linear(3, 3), nn.ReLU())
    with pytest.raises(ModelError):
        capture(module, [torch.ones(1, 2)], {}, device=torch.device("cpu"), on_call=told.append)
    assert told[-1] == "1"
