"""What is measured, against what, and the ratio that it is to stay below."""

import sys
from pathlib import Path
from typing import Final, NamedTuple

from tests.benchmarks import large, profiles
from tests.benchmarks.processes import Command

PYTHON: Final = (sys.executable, "-c")
CNNINSPECT: Final = (sys.executable, "-m", "cnninspect")
SCRIPT: Final = """
import torch, torchvision, torchinfo
print(torchinfo.summary(torchvision.models.{name}(), (1, 3, 224, 224), verbose=0))
"""
LINE: Final = "a line with typer and rich"
TORCH: Final = "import torch"


class Goal(NamedTuple):
    """A command's seconds or MiB (``quantity``) over those of another one."""

    command: str
    against: str
    limit: float
    quantity: str = "seconds"


PROCESSES: Final = (
    Goal("--help", LINE, 1.3),
    Goal("--version", LINE, 1.3),
    Goal("a usage error", LINE, 1.3),
    Goal("completion", LINE, 1.3),
    Goal("summary scratch:alexnet", TORCH, 1.25),
    Goal("summary alexnet", TORCH, 1.4),
    Goal("summary alexnet", "torchinfo script, alexnet", 0.62),
    Goal("summary vgg16", "torchinfo script, vgg16", 0.55),
    Goal("summary vgg16, second run", "torchinfo script, vgg16", 0.06),
    Goal("summary vgg16", "torchinfo script, vgg16", 0.55, "mebibytes"),
    Goal("draw scratch:alexnet", TORCH, 1.3),
    Goal(large.TABLE, TORCH, 1.2),
    Goal(large.WEIGHTS, TORCH, 6),
    Goal(large.EXPLANATION, TORCH, 3),
    Goal("explain densenet201", TORCH, 3),
    Goal("explain inception_v3", TORCH, 3),
    Goal(large.KEY, LINE, 1.5),
    Goal(profiles.PREDICTED, profiles.ON_META, 1.3),
    Goal(profiles.PROFILED, profiles.SCRIPT, 1.0),
)
#: Blocks of one network, and the ratios that they are to stay below: captured over plain, and seconds a layer over
#: those of the small one.
BLOCKS, SMALL_BLOCKS, CAPTURE_LIMIT, GROWTH_LIMIT = 1600, 100, 1.25, 1.1
#: Channels and side of the feature maps: the first stage of a ResNet-18, a CIFAR network's, and hardly any work at all.
SHAPES: Final = ((64, 56), (64, 32), (16, 16))
ZOO_LIMIT: Final = 0.6
#: Modules of two networks that are drawn, and how much longer a layer of the larger may take, which fits no cache.
DRAWN_MODULES, DRAWN_GROWTH = (25_600, 1_600), 1.5
#: Milliseconds of ResNet-50, recording with the graph over that without, and kilobytes of SVG with all open.
DRAWN_LIMIT, GRAPH_LIMIT = 50.0, 1.3
DRAWN_KILOBYTES: Final = {"resnet50": 60.0, "densenet201": 400.0}
#: Networks that are recorded in one process, the ratios to the plain pass to stay below, and microseconds a layer.
RECORDED: Final = {"resnet50": 1.15, "densenet121": None, "mobilenet_v3_small": None, "swin_t": None}
LAYER_LIMIT: Final = 45.0
PEERS: Final = ("torchinfo", "flop counter")
#: glibc gives the end of its heap back to the system when what lies there is free, and has to fault it in again: how
#: often depends on what happens to lie there. Large maps alone make 200 page faults each.
STEADY: Final = {"MALLOC_TRIM_THRESHOLD_": "2000000000", "MALLOC_MMAP_THRESHOLD_": "2000000000"}


def commands(cache: str) -> dict[str, Command]:
    """By name; a cold run uses no cache, the second run one in the folder ``cache``."""
    completion = {
        "_CNNINSPECT_COMPLETE": "complete_bash",
        "COMP_WORDS": "cnninspect summary scratch:al",
        "COMP_CWORD": "2",
    }
    return {
        LINE: Command((*PYTHON, "import typer, rich.console, rich.table")),
        TORCH: Command((*PYTHON, "import torch")),
        **{f"torchinfo script, {name}": Command((*PYTHON, SCRIPT.format(name=name))) for name in ("alexnet", "vgg16")},
        "--help": Command((*CNNINSPECT, "--help")),
        "--version": Command((*CNNINSPECT, "--version")),
        "a usage error": Command((*CNNINSPECT, "summary", "alexnt")),
        "completion": Command(CNNINSPECT, completion),
        **{
            f"summary {name}": Command((*CNNINSPECT, "summary", name, "--no-cache"))
            for name in ("scratch:alexnet", "alexnet", "vgg16")
        },
        "draw scratch:alexnet": Command((*CNNINSPECT, "draw", "scratch:alexnet", "-f", "svg", "--no-cache")),
        **large.commands(Path(cache)),
        **profiles.commands(),
        "summary vgg16, second run": Command((*CNNINSPECT, "summary", "vgg16"), {"CNNINSPECT_CACHE": cache}),
    }
