"""Many layers in one process: ``python -m tests.benchmarks.scale BLOCKS CHANNELS SIDE ROUNDS`` prints what it took.

The network is a sequence of blocks of a 3×3 convolution, a batch normalisation and a ReLU, each block a module: four
modules and three operators a block. Its parameters are zeros in untouched pages, which is to the advantage of the
plain pass: its weights are always in the cache.
"""

import json
import statistics
import sys
import time

import torch
from torch import nn

from cnninspect import inspect_model
from cnninspect.loading.initialisation import uninitialised


def network(blocks: int, channels: int) -> nn.Sequential:
    """The network, in eval mode."""
    with uninitialised():
        parts = [
            nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU())
            for _ in range(blocks)
        ]
    return nn.Sequential(*parts).eval()


def main() -> None:
    """Plain and captured passes in turn; medians of the seconds, and of their ratios within a round."""
    blocks, channels, side, rounds = map(int, sys.argv[1:])
    torch.set_num_threads(1)
    module, image = network(blocks, channels), torch.rand(1, channels, side, side)
    plain, captured, layers = [], [], 0
    for count in range(rounds + 1):
        started = time.perf_counter()
        with torch.no_grad():
            module(image)
        between = time.perf_counter()
        layers = len(inspect_model(module, inputs=[image]).layers)
        if count:  # the first round warms up
            plain.append(between - started)
            captured.append(time.perf_counter() - between)
    ratio = statistics.median(b / a for a, b in zip(plain, captured, strict=True))
    medians = {"plain": statistics.median(plain), "captured": statistics.median(captured)}
    print(json.dumps({"layers": layers, "ratio": ratio, **medians}))


if __name__ == "__main__":
    main()
