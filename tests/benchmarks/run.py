"""Whole-process times and peak memory, measured side by side: ``poe bench [RUNS]``.

Each round runs every command once, in turn, so that a machine whose speed drifts treats them alike; the first
round is a warm-up and not counted. The figures are medians; a ratio is the median of the ratios within each round.
Nothing is asserted.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

TORCHINFO = """
import torch, torchvision, torchinfo
print(torchinfo.summary(torchvision.models.{name}(), (1, 3, 224, 224), verbose=0))
"""
PYTHON = [sys.executable, "-c"]
CNNINSPECT = [sys.executable, "-m", "cnninspect"]
COMMANDS = {
    "import typer, rich": [*PYTHON, "import typer, rich.console, rich.table"],
    "import torch": [*PYTHON, "import torch"],
    "torchinfo script, alexnet": [*PYTHON, TORCHINFO.format(name="alexnet")],
    "torchinfo script, vgg16": [*PYTHON, TORCHINFO.format(name="vgg16")],
    "cnninspect --help": [*CNNINSPECT, "--help"],
    "cnninspect summary alexnt": [*CNNINSPECT, "summary", "alexnt"],
    "cnninspect summary scratch:alexnet": [*CNNINSPECT, "summary", "scratch:alexnet"],
    "cnninspect summary alexnet": [*CNNINSPECT, "summary", "alexnet"],
    "cnninspect summary vgg16": [*CNNINSPECT, "summary", "vgg16"],
}
#: What each command is held against.
AGAINST = {
    "cnninspect --help": ["import typer, rich"],
    "cnninspect summary alexnt": ["import typer, rich"],
    "cnninspect summary scratch:alexnet": ["import torch", "torchinfo script, alexnet"],
    "cnninspect summary alexnet": ["import torch", "torchinfo script, alexnet"],
    "cnninspect summary vgg16": ["import torch", "torchinfo script, vgg16"],
}


class Run(NamedTuple):
    """One process: wall-clock seconds, and MiB at its peak as the operating system accounts it."""

    seconds: float
    mebibytes: float


def run(command: list[str]) -> Run:
    """Run ``command`` with its output thrown away, once."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0  # it has been waited for
    scale = 2**20 if platform.system() == "Darwin" else 2**10
    return Run(time.perf_counter() - started, usage.ru_maxrss / scale)


def measure(rounds: int) -> dict[str, list[Run]]:
    """Every command in each of ``rounds`` rounds, after one that is not counted."""
    measured: dict[str, list[Run]] = {name: [] for name in COMMANDS}
    console = Console(stderr=True)
    for count in track(range(rounds + 1), "measuring", console=console, transient=True):
        for name, command in COMMANDS.items():
            result = run(command)
            if count:
                measured[name].append(result)
    return measured


def ratio(first: list[Run], second: list[Run]) -> str:
    """Time and memory of the first against the second, round by round."""
    times = statistics.median(a.seconds / b.seconds for a, b in zip(first, second, strict=True))
    memory = statistics.median(a.mebibytes / b.mebibytes for a, b in zip(first, second, strict=True))
    return f"{times:.2f} ({memory:.2f})"


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    measured = measure(rounds)
    table = Table(title=f"medians of {rounds} rounds; ratios of time, in parentheses of peak memory")
    table.add_column("command")
    for header in ("seconds", "min", "max", "peak MiB", "against", "ratio"):
        table.add_column(header, justify="left" if header == "against" else "right")
    for name, runs in measured.items():
        seconds = [each.seconds for each in runs]
        others = AGAINST.get(name, [])
        table.add_row(
            name,
            f"{statistics.median(seconds):.2f}",
            f"{min(seconds):.2f}",
            f"{max(seconds):.2f}",
            f"{statistics.median(each.mebibytes for each in runs):.0f}",
            "\n".join(others),
            "\n".join(ratio(runs, measured[other]) for other in others),
        )
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(table)
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "torchinfo"))
    console.print(f"Python {platform.python_version()}, {packages}, {os.cpu_count()} cores, {platform.machine()}")


if __name__ == "__main__":
    main()
