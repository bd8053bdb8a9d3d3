"""What ``profile`` takes: told on meta beside a summary there, timed beside a script with ``torch.profiler``."""

import sys
from typing import Final

from tests.benchmarks.processes import Command

PASSES: Final = 20
PREDICTED: Final = "profile vgg16, batch 32, on meta"
ON_META: Final = "summary vgg16 on meta"
PROFILED: Final = f"profile resnet50, {PASSES} passes"
SCRIPT: Final = f"torch.profiler script, resnet50, {PASSES} passes"
_CNNINSPECT: Final = (sys.executable, "-m", "cnninspect")
#: Times by module, as people write it.
_SCRIPT: Final = f"""
import torch, torchvision
from torch.profiler import ProfilerActivity, profile, record_function
module = torchvision.models.resnet50().eval()
image = torch.rand(1, 3, 224, 224)
def begin(module, args):
    module.range.__enter__()
def end(module, args, out):
    module.range.__exit__(None, None, None)
for name, part in module.named_modules():
    if name and not list(part.children()):
        part.range = record_function("module " + name)
        part.register_forward_pre_hook(begin)
        part.register_forward_hook(end)
with torch.no_grad():
    for _ in range(2):
        module(image)
    with profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range({PASSES}):
            module(image)
for each in sorted(found.key_averages(), key=lambda each: -each.cpu_time_total):
    if each.key.startswith("module "):
        print(each.key, each.count, each.cpu_time_total / each.count)
"""


def commands() -> dict[str, Command]:
    """By name."""
    return {
        ON_META: Command((*_CNNINSPECT, "summary", "vgg16", "--device", "meta", "--no-cache")),
        PREDICTED: Command((*_CNNINSPECT, "profile", "vgg16", "--batch", "32", "--device", "meta")),
        SCRIPT: Command((sys.executable, "-c", _SCRIPT)),
        PROFILED: Command((*_CNNINSPECT, "profile", "resnet50", "--runs", str(PASSES))),
    }
