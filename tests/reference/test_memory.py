"""Memory against measured truth: ``memory.json``, the same on the CPU and on meta, and a second opinion of torch's own.

``memory.json`` says how its figures were measured.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import nn

from cnninspect.profile.asked import Optimizer, parse_asked
from cnninspect.profile.profiled import Memory
from cnninspect.profile.profiling import profiled
from cnninspect.report import Model
from cnninspect.subject import place
from tests.reference.memory_zoo import QUICK, compared

RECORDS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "memory.json").read_text())["records"]
#: Bare meta has batch normalisation keep a mean and a deviation of each of 256 channels in evaluation, too; the CPU
#: doesn't, nor do we.
STATISTICS = 2 * 256 * 4
STEPS = {"train_sgd": Optimizer.sgd, "train_sgd_momentum": Optimizer.momentum, "train_adam": Optimizer.adam}


def memory(module: nn.Module, image: torch.Tensor, device: str, optimizer: str) -> Memory:
    subject = place(
        Model("net", "net", "python", "", None, {}), module, [image], device, None,
        mode="eval", seed=0, is_shared=False,
    )  # fmt: skip
    return profiled(subject, parse_asked(optimizer=optimizer, device=device)).costs.batches[0].memory


def cases() -> Iterator[Any]:
    for record in RECORDS:
        for key, optimizer in STEPS.items():
            if key in record:
                name = f"{record['model']} {record['batch']} {record['device']} {optimizer}"
                yield pytest.param(record, key, optimizer, id=name)


@pytest.mark.parametrize(("record", "key", "optimizer"), list(cases()))
def test_measured_figures_to_the_byte(record: dict[str, Any], key: str, optimizer: Optimizer) -> None:
    with torch.device(record["device"]):
        module = torchvision.models.get_model(record["model"])
        image = torch.zeros(record["input"])
    found, step = memory(module, image, record["device"], optimizer), record[key]
    on_meta = record["device"] == "meta"
    held = record["param_bytes"] + record["buffer_bytes"] + record["input_bytes"]
    assert (found.params, found.buffers, found.inputs) == (
        record["param_bytes"], record["buffer_bytes"], record["input_bytes"],
    )  # fmt: skip
    peak = record["inference_live_peak"] - (STATISTICS if record["model"] == "resnet50" and on_meta else 0)
    assert found.inference_peak == peak
    assert found.inference_peak_at is not None
    assert found.inference_peak_at.op == record["inference_live_peak_at"].removesuffix(".default").replace(".", "::", 1)
    assert found.saved == record["saved"]["activation"]
    assert found.gradients == step["grad_bytes"]
    assert found.optimizer_state == step["optimizer_state"]
    assert found.training_peak == step["steady_forward_backward_peak"]
    assert found.step_peak == step["steady_step_peak"]
    assert found.needed_inference == held + peak
    assert found.needed_training == held + max(step["steady_forward_backward_peak"], step["steady_step_peak"])


def test_vgg16_takes_what_is_published_of_it() -> None:
    """138,357,544 parameters of four bytes (torchvision's metadata), twice that for Adam's averages, and 32 counts."""
    with torch.device("meta"):
        found = memory(torchvision.models.vgg16(), torch.zeros(1, 3, 224, 224), "meta", "adam")
    assert found.params == found.gradients == 4 * 138_357_544
    assert found.optimizer_state == 2 * 4 * 138_357_544 + 32 * 4
    # both sides of the second convolution: 64 maps of 224 × 224
    assert found.inference_peak == 2 * 4 * 64 * 224 * 224


@pytest.mark.parametrize("name", QUICK)
def test_meta_tells_what_the_cpu_takes(name: str) -> None:
    assert compared(name) == []


def test_torchs_own_tracker_agrees() -> None:
    """``MemTracker`` of a training step: parameters, gradients and the optimizer's state, and its peak."""
    from torch.distributed._tools.mem_tracker import MemTracker

    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 15 * 15, 10))
    image = torch.rand(4, 3, 32, 32)
    ours = memory(module, image, "cpu", "adam")
    module.train()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.0, foreach=False)
    tracker = MemTracker()
    tracker.track_external(module, optimizer, image)
    with tracker:
        for _ in range(2):  # of the second
            tracker.reset_mod_stats()
            module(image).sum().backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    peaks = tracker.get_tracker_snapshot("peak")[torch.device("cpu")]
    theirs = {getattr(key, "value", str(key)): size for key, size in peaks.items()}
    assert ours.training_peak is not None
    assert ours.step_peak is not None
    assert ours.params == theirs["Parameter"]
    assert ours.optimizer_state == theirs["Optstate"]
    assert theirs["Total"] == ours.needed_training
