"""Memory on the accelerator, against what its own allocator says of a plain loop of torch's."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import torch
import torchvision
from torch import nn

from cnninspect.profile.asked import parse_asked
from cnninspect.profile.profiled import Costs
from cnninspect.profile.profiling import profiled
from cnninspect.report import Model
from cnninspect.subject import place
from tests.device.test_commands import run

NETWORKS = (
    "alexnet", "vgg11", "resnet18", "resnet50", "mobilenet_v3_small", "densenet121", "efficientnet_b0", "swin_t",
    "vit_b_16", "convnext_tiny",
)  # fmt: skip
BATCHES = (2, 16)
Make = Callable[[Iterable[nn.Parameter], bool], torch.optim.Optimizer]
OPTIMIZERS: dict[str, Make] = {
    "sgd": lambda held, foreach: torch.optim.SGD(held, lr=0.0, foreach=foreach),
    "adam": lambda held, foreach: torch.optim.Adam(held, lr=0.0, foreach=foreach),
}
#: The allocator rounds each tensor up, and what kernels take differs from run to run.
WITHIN = 0.02
#: Of the limit: what the allocator keeps free for want of a tensor that fits, where its segments can grow.
KEPT_FREE = 0.01
GROWING = {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}


@pytest.fixture(autouse=True)
def _cuda(device: str) -> Iterator[None]:
    if device != "cuda":
        pytest.skip("the allocator of CUDA is asked")
    yield
    gc.collect()
    torch.cuda.empty_cache()


def costs(name: str, batch: int, **options: Any) -> Costs:
    module, image = torchvision.models.get_model(name).cuda(), torch.rand(batch, 3, 224, 224)
    subject = place(
        Model(name, name, "torchvision", "", None, {}), module, [image], "cuda", None,
        mode="eval", seed=0, is_shared=False,
    )  # fmt: skip
    return profiled(subject, parse_asked(device="cuda", runs=2, **options)).costs


def allocated(name: str, batch: int, make: Make, *, foreach: bool) -> tuple[int, int]:
    """The most that is allocated at inference, and in the second of two training steps."""
    gc.collect()
    before = torch.cuda.memory_allocated()
    module, image = torchvision.models.get_model(name).cuda(), torch.rand(batch, 3, 224, 224, device="cuda")
    module.eval()
    torch.cuda.reset_peak_memory_stats()
    with torch.no_grad():
        module(image)
    at_inference = torch.cuda.max_memory_allocated() - before
    module.train()
    optimizer = make(module.parameters(), foreach)
    for _ in range(2):
        torch.cuda.reset_peak_memory_stats()
        module(image).sum().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return at_inference, torch.cuda.max_memory_allocated() - before


@pytest.mark.parametrize("foreach", [False, True], ids=["one by one", "foreach"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", NETWORKS)
def test_tensors_and_workspace_are_what_is_allocated(name: str, batch: int, optimizer: str, foreach: bool) -> None:
    memory = costs(name, batch, optimizer=optimizer, foreach=foreach, train=True).batches[0].memory
    at_inference, in_training = allocated(name, batch, OPTIMIZERS[optimizer], foreach=foreach)
    assert memory.needed_inference is not None
    assert memory.needed_training is not None
    assert memory.workspace is not None
    assert memory.training_workspace is not None
    assert memory.needed_inference <= at_inference
    assert memory.needed_training <= in_training
    assert memory.needed_inference + memory.workspace == pytest.approx(at_inference, rel=WITHIN)
    assert memory.needed_training + memory.training_workspace == pytest.approx(in_training, rel=WITHIN)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_meta_tells_of_the_device_is_what_it_takes(name: str) -> None:
    module, image = torchvision.models.get_model(name).cuda(), torch.rand(2, 3, 224, 224)
    model = Model(name, name, "torchvision", "", None, {})
    found = [
        profiled(
            place(model, module, [image], device, None, mode="eval", seed=0, is_shared=False),
            parse_asked(device=device, runs=2, target="cuda" if device == "meta" else None),
        )
        for device in ("meta", "cuda")
    ]
    told, taken = (each.costs.batches[0].memory for each in found)
    for field in ("inference_peak", "saved", "gradients", "optimizer_state", "training_peak", "step_peak"):
        ours = getattr(told, field)
        assert ours is None or ours == getattr(taken, field), field


@pytest.mark.parametrize("train", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("name", ["resnet50", "vgg11"])
def test_the_batch_that_fits_runs_and_one_a_twentieth_larger_does_not(name: str, train: bool) -> None:
    room = 6 * 2**30
    found = costs(name, 8, fits=room, train=train).fits
    assert found is not None
    assert found.batch
    memory = costs(name, found.batch, train=train).batches[0].memory
    more = (memory.training_workspace if train else memory.workspace) or 0
    limit = int((room + more) * (1 + KEPT_FREE))
    assert runs(name, found.batch, limit, train=train)
    assert not runs(name, found.batch + found.batch // 20 + 1, limit, train=train)


def runs(name: str, batch: int, limit: int, *, train: bool) -> bool:
    """Does it run in a process of its own, whose allocator has so many bytes?"""
    call = f"within({name!r}, {batch}, {limit}, {train})"
    code = f"from tests.device.test_profile import within; raise SystemExit(not {call})"
    ran = subprocess.run([sys.executable, "-c", code], env=os.environ | GROWING, check=False, timeout=120)
    assert ran.returncode in {0, 1}
    return ran.returncode == 0


def within(name: str, batch: int, limit: int, train: bool) -> bool:
    torch.cuda.set_per_process_memory_fraction(limit / torch.cuda.get_device_properties(0).total_memory)
    try:
        if train:
            allocated(name, batch, OPTIMIZERS["adam"], foreach=True)
        else:
            module, image = (
                torchvision.models.get_model(name).cuda().eval(),
                torch.rand(batch, 3, 224, 224, device="cuda"),
            )
            with torch.no_grad():
                module(image)
    except torch.OutOfMemoryError:
        return False
    return True


def test_the_command(device: str) -> None:
    ran = run(
        "profile",
        "resnet18",
        "--device",
        device,
        "--batch",
        "1,8",
        "--train",
        "--fits",
        "2GiB",
        "--verify",
        "-f",
        "json",
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert [each["batch"] for each in found["batches"]] == [1, 8]
    assert all(each["time"]["median"] > 0 and each["training"]["backward"]["median"] > 0 for each in found["batches"])
    assert sum(each["self_seconds"] for each in found["layers"]) > 0
    assert found["fits"]["batch"] > 0
