"""A pass on the accelerator is the pass on the CPU: every figure of every layer is the same.

What picks boxes picks others there, since made-up weights score at random and no two devices round alike: of a
detector with two stages the layers before its regions are held.
"""

import msgspec
import pytest
import torch
from torch import nn
from torchvision.models import list_models

from cnninspect import Report, inspect_model

#: Its weights are packed for the CPU's kernels.
QUANTIZED = tuple(name for name in list_models() if name.startswith("quantized_"))
TWO_STAGES = ("fasterrcnn", "maskrcnn", "keypointrcnn")
#: Their passes on the CPU take long.
SLOW = ("vit_h_14", "regnet_y_128gf", "vit_l_16", "vit_l_32", "maskrcnn_resnet50_fpn_v2", "mvit_v2_s", "swin3d_b")


def figures(report: Report, upto: str = "") -> object:
    """All but where and when it ran; only what is below ``upto``."""
    layers = [layer for layer in report.layers if layer.path.startswith(upto)]
    whole = None if upto else (report.totals, report.run.inputs, report.run.outputs, report.uncounted_ops)
    return msgspec.to_builtins((layers, whole))


@pytest.mark.parametrize("name", [name for name in list_models() if name not in {*QUANTIZED, *SLOW}])
def test_a_network_of_torchvision_has_the_figures_that_it_has_on_the_cpu(name: str, device: str) -> None:
    report = inspect_model(name, device=device)
    upto = "backbone" if name.startswith(TWO_STAGES) else ""
    assert report.run.device.startswith(device)
    assert figures(report, upto) == figures(inspect_model(name), upto)


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query = x.requires_grad_()
        given: torch.Tensor = self.attention(query, query, query, need_weights=False)[0]
        return torch.autograd.grad(given.sum(), query)[0]


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.LSTM(16, 32, num_layers=2, batch_first=True, bidirectional=True), "2x5x16"),
        (nn.GRU(16, 32), "5x2x16"),
        (nn.TransformerEncoderLayer(64, 4, 128, batch_first=True), "2x9x64"),
        (nn.ConvTranspose3d(3, 5, 3), "1x3x4x6x6"),
        (nn.Sequential(nn.Conv1d(3, 8, 5), nn.BatchNorm1d(8), nn.GELU(), nn.AdaptiveAvgPool1d(1)), "2x3x20"),
    ],
    ids=["lstm", "gru", "transformer", "conv-transpose", "conv1d"],
)
@pytest.mark.filterwarnings("error")  # such as of weights that are not in one piece there
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_layers_whose_kernels_differ_by_device_are_counted_alike(
    module: nn.Module, shape: str, mode: str, device: str
) -> None:
    on_cpu = figures(inspect_model(module, inputs=[shape], mode=mode))
    assert figures(inspect_model(module, inputs=[shape], mode=mode, device=device)) == on_cpu
    assert {parameter.device.type for parameter in module.parameters()} == {"cpu"}  # it came back


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_a_dtype_changes_bytes_alone(dtype: str, device: str) -> None:
    report, plain = inspect_model("alexnet", device=device, dtype=dtype), inspect_model("alexnet", device="meta")
    assert (report.totals.params, report.totals.macs) == (plain.totals.params, plain.totals.macs)
    assert report.run.outputs[0].dtype == dtype


def test_a_forward_that_differentiates_is_counted_at_least(device: str) -> None:
    report = inspect_model(Attending(), inputs=["2x9x64"], device=device)
    # by hand: in and out projections 2·9·64·(192 + 64); attention 2·4·9·9·16·2
    projections, attention = 2 * 9 * 64 * 256, 2 * 4 * 9 * 9 * 16 * 2
    assert report.totals.macs is not None
    assert report.totals.macs >= projections
    assert report.totals.macs >= projections + attention or report.uncounted_ops


def test_a_module_on_the_accelerator_comes_back_there(device: str) -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()).to(device).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    inspect_model(module, inputs=[torch.rand(2, 3, 8, 8, device=device)], device=device, mode="train")
    after = module.state_dict()
    assert module.training
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert all(tensor.device.type == device for tensor in after.values())


def test_random_states_of_the_accelerator_are_restored(device: str) -> None:
    torch.manual_seed(7)
    first = torch.rand(3, device=device)
    torch.manual_seed(7)
    inspect_model(nn.Dropout(), inputs=["4x4"], device=device, mode="train")
    assert torch.equal(torch.rand(3, device=device), first)
