"""Dtypes, and what layers return: the made-up input follows the parameters, and every tensor is found."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from tests.reference.small_networks.exactness import Calls, assert_exact

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128]


@pytest.mark.filterwarnings("ignore:Complex modules are a new feature")
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype: torch.dtype) -> None:
    # a multiplication of complex numbers is one multiplication here, as in torch's counter
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 16, 5)).to(dtype)
    report = assert_exact(module, "1x3x6x6", params=4 * 27 + 4 + 320 + 5, macs=16 * 4 * 27 + 320, activations=64 + 5)
    assert {spec.dtype for spec in (*report.run.inputs, *report.run.outputs)} == {str(dtype).removeprefix("torch.")}
    assert report.totals.param_bytes == 437 * dtype.itemsize


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_recurrent_dtypes(kind: Callable[..., nn.Module], dtype: torch.dtype) -> None:
    gates = 4 if kind is nn.LSTM else 3
    weights = gates * (5 * 3 + 5 * 5)
    module = kind(3, 5, bias=False).to(dtype)
    assert_exact(module, "7x2x3", params=weights, macs=14 * weights, activations=14 * 2 * gates * 5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_attention_dtypes(dtype: torch.dtype, mode: str) -> None:
    module = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).to(dtype)
    assert_exact(
        module, "2x5x8", mode=mode, params=4 * 64 + 32 + 256 + 24 + 32,
        macs=2 * (5 * 4 * 64 + 2 * 25 * 8 + 5 * 256), activations=2 * (160 + 50 + 40 + 5 * 24),
    )  # fmt: skip


def test_mixed_dtypes() -> None:
    module = Calls(
        lambda m, x: m.second(m.first(x).double()), first=nn.Linear(4, 4).half(), second=nn.Linear(4, 2).double()
    )
    report = assert_exact(module, "3x4", params=20 + 10, macs=3 * (16 + 8), activations=3 * 6)
    assert report.totals.param_bytes == 20 * 2 + 10 * 8


def test_autocast() -> None:
    def forward(m: Any, x: Tensor) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return m.second(m.first(x).relu())

    module = Calls(forward, first=nn.Conv2d(3, 4, 3), second=nn.Conv2d(4, 2, 1))
    report = inspect_model(module, inputs=["1x3x6x6"])
    assert (report.totals.params, report.totals.macs) == (112 + 10, 16 * 108 + 16 * 8)
    assert report.run.outputs[0].dtype == "bfloat16"
    assert not report.uncounted_ops


@dataclasses.dataclass
class Scores:
    scores: Tensor
    extra: Tensor | None = None


class Pair(NamedTuple):
    first: Tensor
    second: Tensor


class Returns(nn.Module):
    """A layer that wraps what it makes."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.layer = nn.Linear(4, 6)

    def forward(self, x: Tensor) -> Any:
        x = self.layer(x)
        return {
            "dict": {"out": x, "aux": [x]}, "dataclass": Scores(x), "None": None, "int": len(x), "tuple": Pair(x, x),
            "list": [[x], None, 3], "string": "done", "set": {1, 2}, "type": Scores,
        }[self.kind]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("dict", ["out", "aux.0"]), ("dataclass", ["scores"]), ("tuple", ["first", "second"]), ("list", ["0.0"]),
        ("None", []), ("int", []), ("string", []), ("set", []), ("type", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_root", [True, False])
def test_what_a_layer_returns(kind: str, names: list[str], is_root: bool) -> None:
    layer = Returns(kind)
    module = layer if is_root else Calls(lambda m, x: (m.inner(x), x)[1], inner=layer)
    report = assert_exact(module, "2x4", params=30, macs=2 * 24, activations=12)
    row = report.layers[0 if is_root else 1]
    assert [spec.name for spec in row.outputs] == names
    assert {spec.shape for spec in row.outputs} <= {(2, 6)}
    assert row.output_bytes == len(names) * 12 * 4
