"""Packed weights count as parameters that aren't trained, by the bytes that they are stored in."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.capture.holdings import Held, Holdings
from cnninspect.report import Totals
from cnninspect.tensor_tree import modules_in
from tests.reference.small_networks.exactness import assert_sums

quantized: Any = torch.ao.nn.quantized
dynamic: Any = torch.ao.nn.quantized.dynamic
quantize_dynamic: Any = torch.ao.quantization.quantize_dynamic
trace: Any = torch.jit.trace
has_onednn: Any = torch.backends.mkldnn.is_available

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def made(layer: nn.Module, dtype: torch.dtype = torch.qint8) -> Any:
    """``layer`` in a network that is quantized as it runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch means to give it up
        return quantize_dynamic(nn.Sequential(layer), {type(layer)}, dtype=dtype)


def four_bits() -> nn.Module:
    weight = torch.quantize_per_channel(torch.ones(10, 8), torch.ones(10), torch.zeros(10), 0, torch.quint4x2)
    layer: nn.Module = quantized.EmbeddingBag(10, 8, dtype=torch.quint4x2, _weight=weight)
    return layer


@pytest.mark.parametrize(
    ("build", "elements", "size"),
    [
        (lambda: made(nn.Linear(1000, 1000)), 1_001_000, 1_000_000 + 4 * 1000),
        (lambda: made(nn.Linear(4, 6, bias=False)), 24, 24),
        (lambda: made(nn.Linear(4, 6), torch.float16), 30, 2 * 24 + 4 * 6),
        # two directions of 24·(4 + 6) and, above them, of 24·(12 + 6), each with two biases of 24
        (lambda: made(nn.LSTM(4, 6, 2, bidirectional=True)), 2 * (240 + 432 + 96), 2 * (240 + 432 + 4 * 96)),
        (lambda: made(nn.LSTM(4, 6), torch.float16), 240 + 48, 2 * 240 + 4 * 48),
        (lambda: made(nn.GRU(4, 6)), 180 + 36, 180 + 4 * 36),
        (lambda: made(nn.LSTMCell(4, 6)), 240 + 48, 240 + 4 * 48),
        (lambda: quantized.Conv1d(3, 4, 3), 36 + 4, 36 + 16),
        (lambda: quantized.Conv2d(4, 4, 3, groups=2, bias=False), 72, 72),
        (lambda: quantized.ConvTranspose2d(3, 4, 3), 108 + 4, 108 + 16),
        (lambda: dynamic.ConvTranspose3d(3, 4, 3), 324 + 4, 324 + 16),
        (lambda: quantized.Embedding(10, 8), 80, 80),
        (four_bits, 80, 40),  # two in a byte
    ],
)
def test_what_a_layer_holds(build: Callable[[], nn.Module], elements: int, size: int) -> None:
    module = build()
    assert Holdings(modules_in(module)).of(module) == Held(elements, 0, size)


@pytest.mark.parametrize(
    ("layer", "given", "macs"),
    [
        (nn.Linear(4, 6), "3x4", 3 * 24),
        (nn.LSTM(4, 6, 2, bidirectional=True), "5x2x4", 10 * 2 * (240 + 432)),
        (nn.GRU(4, 6), "5x2x4", 10 * 180),
        (nn.LSTMCell(4, 6), "2x4", 2 * 240),
        (nn.GRUCell(4, 6), "2x4", 2 * 180),
        (nn.RNNCell(4, 6), "2x4", 2 * 60),
    ],
)
@pytest.mark.parametrize("dtype", [torch.qint8, torch.float16])
def test_macs_are_those_of_the_float_layer(layer: nn.Module, given: str, macs: int, dtype: torch.dtype) -> None:
    report = inspect_model(made(layer, dtype), inputs=[given])
    assert (report.totals.macs, report.uncounted_ops) == (macs, ())
    assert report.totals.macs == inspect_model(layer, inputs=[given]).totals.macs
    assert_sums(report)


@pytest.mark.parametrize(
    ("kind", "given", "macs"),
    [
        # each of 8 or 64 inputs into 4 channels of 3 or 3·3 outputs
        (quantized.ConvTranspose1d, "1x3x8", 24 * 12),
        (quantized.ConvTranspose2d, "1x3x8x8", 192 * 36),
        (quantized.ConvTranspose3d, "1x3x4x4x4", 192 * 108),
    ],
)
def test_transposed_convolutions(kind: type[nn.Module], given: str, macs: int) -> None:
    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = kind(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.layer(torch.quantize_per_tensor(x, 0.1, 0, torch.quint8))
            return out.dequantize()

    report = inspect_model(Network(), inputs=[given])
    assert (report.totals.macs, report.uncounted_ops) == (macs, ())


def test_nothing_is_trained_and_the_sums_hold() -> None:
    report = inspect_model(made(nn.Linear(4, 6)), inputs=["3x4"])
    assert report.totals == Totals(
        params=30, trainable_params=0, buffers=0, param_bytes=48, buffer_bytes=0, macs=72, flops=144, activations=18,
        output_bytes=72,
    )  # fmt: skip
    assert {layer.path: layer.own_params for layer in report.layers} == {"": 0, "0": 0, "0._packed_params": 30}


def test_shared_ones_count_once() -> None:
    layer = quantized.Conv2d(3, 4, 3)
    module = nn.ModuleList([layer, nn.Sequential(layer), nn.Linear(2, 2)])
    assert Holdings(modules_in(module)).of(module) == Held(112 + 6, 6, 108 + 16 + 24)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_of_a_traced_module() -> None:
    module: nn.Module = trace(made(nn.Linear(4, 6)), torch.ones(3, 4))
    assert Holdings(modules_in(module)).of(module) == Held(30, 0, 48)


class Unknown(nn.Module):
    """What oneDNN has packed of a convolution, which it doesn't give out."""

    def __init__(self) -> None:
        super().__init__()
        sides = [1, 1], [0, 0], [1, 1], 1, [1, 3, 8, 8], "none"
        self.packed = torch.ops.mkldnn_prepacked.conv2d_prepack(torch.ones(4, 3, 3, 3), torch.ones(4), *sides)

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.skipif(not has_onednn(), reason="this torch has no oneDNN")
def test_what_cannot_be_unpacked_is_unknown_above() -> None:
    report = inspect_model(nn.Sequential(nn.Conv2d(3, 3, 1), nn.Sequential(Unknown())), inputs=["1x3x8x8"])
    held = {layer.path: (layer.params, layer.own_params, layer.param_bytes) for layer in report.layers}
    assert held == {
        "": (None, 0, None), "0": (12, 12, 48), "1": (None, 0, None), "1.0": (None, None, None),
    }  # fmt: skip
    assert (report.totals.params, report.totals.param_bytes, report.totals.trainable_params) == (None, None, 12)
    assert report.notes == ("parameters are unknown: torch can't unpack what is packed in `1.0`",)
