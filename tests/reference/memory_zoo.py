"""Memory on meta against the CPU's, of every classification network of torchvision at batch 2.

``python -m tests.reference.memory_zoo [PATTERN]``: a pass at inference and a step of SGD are followed on both,
storage by storage: every figure is the same, and so is what is kept and what is alive at the peaks, call by call. It
takes a quarter of an hour and 6 GiB; the test suite does those that are quick.
"""

import sys
from collections.abc import Iterable
from fnmatch import fnmatch

import torch
import torchvision.models as classification
from torchvision.models import get_model, get_model_weights, list_models

from cnninspect.profile import tracing
from cnninspect.profile.asked import Optimizer, PredictedDevice
from cnninspect.profile.lives import Amounts, Life, by_owner
from cnninspect.profile.needs import Traces, memory_of, traced
from cnninspect.profile.optimizers import Updates
from cnninspect.profile.placed import Placed
from cnninspect.profile.prediction import predicted
from cnninspect.profile.tracing import Training

NAMES = list_models(classification)
#: Take less than three seconds.
QUICK = [
    "alexnet", "convnext_tiny", "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "googlenet", "mnasnet0_5",
    "mnasnet1_0", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "regnet_x_400mf", "regnet_y_400mf",
    "resnet18", "resnet34", "resnet50", "shufflenet_v2_x0_5", "shufflenet_v2_x2_0", "squeezenet1_0", "squeezenet1_1",
    "swin_t", "vgg11", "vit_b_32",
]  # fmt: skip
_UNINITIALISED = {"googlenet", "inception_v3"}  # what they draw takes a minute


def _by_owner(lives: Iterable[Life]) -> Amounts:
    return by_owner((each.owner, each.size) for each in lives if each.size)


def compared(name: str) -> list[str]:
    """What differs between meta and the CPU, in words.

    Args:
        name: Torchvision's.
    """
    side = get_model_weights(name).DEFAULT.transforms().crop_size[0]
    sized = {"image_size": side} if name.startswith("vit") else {}
    module = get_model(name, **sized, **({"init_weights": False} if name in _UNINITIALISED else {}))
    placed = Placed(module, (torch.rand(2, 3, side, side),), {}, torch.device("cpu"), "eval", 0)
    told = predicted(placed, PredictedDevice.cpu, _train)
    real = traced(placed, _train)
    return [f"{what}: {a} on meta, {b} on the CPU" for what, a, b in _pairs(told, real) if a != b]


def _train(placed: Placed) -> Training:
    return tracing.training(placed, Updates(Optimizer.sgd, placed.module.parameters(), foreach=False))


def _pairs(told: Traces, real: Traces) -> list[tuple[str, object, object]]:
    return [
        ("memory", memory_of(told), memory_of(real)),
        ("the most while each call ran, at inference", told.inference.most(), real.inference.most()),
        ("saved, by call", _by_owner(told.saved() or ()), _by_owner(real.saved() or ())),
        ("alive at inference's peak, by call", told.live(in_training=False), real.live(in_training=False)),
        ("alive at training's peak, by call", told.live(in_training=True), real.live(in_training=True)),
    ]


def main() -> int:
    """All of a pattern; 1 if any differs."""
    pattern = sys.argv[1] if len(sys.argv) > 1 else "*"
    failures = 0
    for name in NAMES:
        if fnmatch(name, pattern):
            found = compared(name)
            failures += bool(found)
            print(name, *(found or ["the same"]), flush=True)  # noqa: T201
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
