"""What ``inspect_model`` takes from Python, and what it refuses in words."""

from typing import Any

import pytest
import torch
from torch import nn

from cnninspect import inspect_model
from cnninspect.errors import RequestError

IMAGE = torch.ones(1, 3, 8, 8)


@pytest.mark.parametrize(
    ("model", "options", "says"),
    [
        (nn.Linear, {"inputs": ["1x3"]}, "is not a module"),
        (3, {"inputs": ["1x3"]}, "3 is not a module"),
        (nn.ReLU(), {"inputs": IMAGE}, "type Tensor, not a list"),
        (nn.ReLU(), {"inputs": "1x3"}, "type str, not a list"),
        (nn.ReLU(), {}, "no input of its own"),
        (nn.ReLU(), {"inputs": ["1x3"], "weights": "a.pth"}, "weights go with a name"),
        ("alexnet", {"source": "hub"}, "unknown source 'hub'"),
        ("alexnet", {"mode": "test"}, "unknown mode 'test'"),
    ],
)
def test_refused(model: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        inspect_model(model, **options)


def test_torchs_own_device_and_dtype_will_do() -> None:
    options: dict[str, Any] = {"device": torch.device("meta"), "dtype": torch.float64}
    run = inspect_model(nn.Linear(3, 2), inputs=["1x3"], **options).run
    assert (run.device, run.dtype) == ("meta", "float64")


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_one_inline_layer_takes_several_inputs(device: str) -> None:
    # self-attention of 5 tokens at width 8: four projections of 8×8, two products of 5×5×8
    report = inspect_model("nn:MultiheadAttention(8, 2)", inputs=["5x1x8"] * 3, device=device)
    assert report.totals.macs == 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8


class Products(nn.Module):
    def forward(self, a: torch.Tensor, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> tuple[Any, Any]:
        return torch.linalg.vecdot(a, a), torch.conv_tbc(x, w, b)


def test_rarer_products() -> None:
    # vecdot: 4 rows of 5; conv_tbc: 9 − 3 + 1 = 7 steps, batch 2, kernel 3, 4 channels to 6
    report = inspect_model(Products(), inputs=["4x5", "9x2x4", "3x4x6", "6"])
    assert report.uncounted_ops == ()
    assert report.totals.macs == 4 * 5 + 7 * 2 * 6 * 3 * 4
