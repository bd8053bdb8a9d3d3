"""What a drawing takes in one process: ``python -m tests.benchmarks.drawing ROUNDS`` prints seconds, bytes and ratios.

Drawing is from a report to an SVG, all of it open and no block folded, so that there is the most to draw; recording is
``inspect_model`` of a module with and without who takes what from whom, in turn, on one thread.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Final

import torch
import torchvision

from cnninspect import draw_model, inspect_model
from cnninspect.draw.draw_view import DrawView
from cnninspect.draw.drawing import drawing_of
from cnninspect.formats import graph_svg
from cnninspect.process import uncollected
from cnninspect.report import Report
from tests.benchmarks.goals import DRAWN_MODULES
from tests.benchmarks.scale import network

_WHOLE: Final = DrawView(depth=sys.maxsize, fold=False)
_SIDE: Final = 224


def main() -> None:
    """Medians of the seconds and of the ratios within a round; bytes of the SVGs."""
    rounds = int(sys.argv[1])
    torch.set_num_threads(1)
    reports = {name: draw_model(name, device="meta").report for name in ("resnet50", "densenet201")}
    large, small = (_of_blocks(modules // 4) for modules in DRAWN_MODULES)
    resnet50, image = torchvision.models.resnet50().eval(), torch.rand(1, 3, _SIDE, _SIDE)
    print(
        json.dumps(
            {
                "milliseconds": 1e3 * statistics.median(_seconds(lambda: drawn(reports["resnet50"]), 5 * rounds)),
                "kilobytes": {name: len(drawn(report).encode()) / 1e3 for name, report in reports.items()},
                "growth": _a_layer(large) / _a_layer(small),
                "recorded": _ratio(
                    lambda: draw_model(resnet50, inputs=[image]),
                    lambda: inspect_model(resnet50, inputs=[image]),
                    rounds,
                ),
            }
        )
    )


def drawn(report: Report) -> str:
    """The whole picture, made as a command makes it."""
    with uncollected():
        return graph_svg.render(drawing_of(report, _WHOLE))


def _of_blocks(blocks: int) -> Report:
    return draw_model(network(blocks, 4), inputs=[(1, 4, 8, 8)], device="meta").report


def _a_layer(report: Report) -> float:
    return statistics.median(_seconds(lambda: drawn(report), 5)) / len(report.layers)


def _seconds(work: Callable[[], object], rounds: int) -> list[float]:
    """Of each round but the first, which warms up."""
    found = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return found[1:]


def _ratio(first: Callable[[], object], second: Callable[[], object], rounds: int) -> float:
    pairs = [(_seconds_once(first), _seconds_once(second)) for _ in range(rounds + 1)][1:]
    return statistics.median(a / b for a, b in pairs)


def _seconds_once(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    with torch.inference_mode():
        work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
