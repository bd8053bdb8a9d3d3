"""Where a network runs: on meta as far as that can be, else on the CPU, with a note."""

import resource
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.errors import ModelError
from cnninspect.forward_error import ForwardError
from cnninspect.loading import memory

ON_CPU = "the meta device can't run this network: it was run on the CPU"
FOR_VALUES = "the forward pass needs values, which the meta device has not: it was run on the CPU"
BUILT = "the network was built on the meta device, where there are no values: it was run there"


class Does(nn.Module):
    """Does something to the features of a linear layer."""

    def __init__(self, work: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.work = work

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(x)
        self.work(y)
        return y


def autocast(x: Tensor) -> None:
    with torch.autocast(x.device.type, enabled=False):
        pass


def refuses(x: Tensor) -> None:
    if x.device.type != "cpu":
        raise ValueError("not here")


@pytest.mark.parametrize(
    ("work", "note"),
    [
        (autocast, ON_CPU),
        (refuses, ON_CPU),
        (lambda x: x.sum().item(), FOR_VALUES),
        (lambda x: x.nonzero(), FOR_VALUES),
        (lambda x: x + torch.ones(8, device="cpu"), FOR_VALUES),
    ],
)
def test_what_meta_cannot_run_is_run_on_the_cpu(work: Callable[[Tensor], Any], note: str) -> None:
    report = inspect_model(Does(work), inputs=["2x8"], device="meta")
    assert report.run.device == "cpu"
    assert report.notes == (note,)
    assert report.totals.macs == 2 * 8 * 8


def test_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    # the input and the largest output, 2·8 float32 each
    monkeypatch.setattr(memory, "free", lambda: 2 * 2 * 8 * 4)
    assert inspect_model(Does(refuses), inputs=["2x8"], device="meta").run.device == "cpu"
    monkeypatch.setattr(memory, "free", lambda: 2 * 2 * 8 * 4 - 1)
    with pytest.raises(ModelError, match=r"not here[^$]*takes at least 128 B, of which 127 B are free"):
        inspect_model(Does(refuses), inputs=["2x8"], device="meta")


@pytest.mark.parametrize(("module", "shape"), [(nn.Conv2d(3, 4, 3), "1x4x8x8"), (nn.Linear(3, 2), "1x4")])
def test_what_fails_everywhere_is_not_tried_again(module: nn.Module, shape: str) -> None:
    with pytest.raises(ForwardError) as caught:
        inspect_model(nn.Sequential(module), inputs=[shape], device="meta")
    assert caught.value.is_certain
    assert caught.value.report is not None
    assert caught.value.report.run.device == "meta"


def test_a_network_that_was_built_on_meta_runs_there() -> None:
    with torch.device("meta"):
        module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    report = inspect_model(module, inputs=["1x3x8x8"])
    assert (report.run.device, report.notes) == ("meta", (BUILT,))
    assert report.totals.macs == 6 * 6 * 8 * 27  # places, channels, a 3·3·3 window


def test_one_that_cannot_run_there_says_so() -> None:
    with torch.device("meta"):
        module = Does(lambda x: x.sum().item())
    with pytest.raises(ModelError, match="meta"):
        inspect_model(module, inputs=["2x8"])


def test_a_sparse_buffer_is_not_of_meta() -> None:
    module = nn.Linear(8, 3)
    module.register_buffer("odd", torch.eye(10).to_sparse())
    report = inspect_model(module, inputs=["10x8"], device="meta")
    assert (report.run.device, report.notes) == ("cpu", (ON_CPU,))
    assert report.totals.buffer_bytes == 10 * (2 * 8 + 4)  # two indices and a float32 each


@pytest.mark.parametrize("spec", ["alexnet,num_classes=4000000000", "scratch:alexnet,num_classes=4000000000"])
def test_nothing_is_allocated_for_meta(spec: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    totals = inspect_model(spec, device="meta").totals
    # torchvision's metadata: 61,100,840 with 1000 classes, each with 4096 weights and a bias
    assert totals.params == 61_100_840 + (4_000_000_000 - 1000) * 4097
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 * 1024  # KiB
