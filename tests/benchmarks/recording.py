"""What recording costs in one process: ``python -m tests.benchmarks.recording NAME ROUNDS`` prints what it took.

``NAME`` is torchvision's. In each round, one thread, in turn: the plain pass under ``inference_mode``,
``inspect_model(module)``, ``torchinfo.summary(module)`` and a pass under torch's ``FlopCounterMode``.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

import torch
import torchinfo
import torchvision
from torch.utils.flop_counter import FlopCounterMode

from cnninspect import inspect_model


def main() -> None:
    """Medians of the seconds, of their ratios to the plain pass of their round, and microseconds a recorded layer."""
    name, rounds = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(1)
    module, image = torchvision.models.get_model(name).eval(), torch.rand(1, 3, 224, 224)
    layers = len(inspect_model(module, inputs=[image]).layers)
    ways: dict[str, Callable[[], object]] = {
        "plain": lambda: module(image),
        "captured": lambda: inspect_model(module, inputs=[image]),
        "torchinfo": lambda: torchinfo.summary(module, input_data=[image], verbose=0, device="cpu"),
        "flop counter": lambda: _counted(module, image),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for count in range(rounds + 1):
        for way, passed in ways.items():
            started = time.perf_counter()
            with torch.inference_mode():
                passed()
            if count:  # the first round warms up
                seconds[way].append(time.perf_counter() - started)
    found: dict[str, float] = {way: statistics.median(each) for way, each in seconds.items()}
    ratios = {
        f"{way} / plain": statistics.median(a / b for a, b in zip(each, seconds["plain"], strict=True))
        for way, each in seconds.items()
    }
    a_layer = {"microseconds a layer": 1e6 * (found["captured"] - found["plain"]) / layers, "layers": layers}
    print(json.dumps(found | ratios | a_layer))


def _counted(module: torch.nn.Module, image: torch.Tensor) -> None:
    with FlopCounterMode(display=False):
        module(image)


if __name__ == "__main__":
    main()
