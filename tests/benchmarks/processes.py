"""Whole processes from outside: wall-clock seconds, and the peak of memory as the operating system accounts it."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """What is run, with what is added to the environment."""

    words: Sequence[str]
    environment: Mapping[str, str] = {}


class Run(NamedTuple):
    """One process: seconds, and MiB at its peak."""

    seconds: float
    mebibytes: float


def run(command: Command) -> Run:
    """Run ``command`` once, with its output thrown away."""
    environment = os.environ | command.environment
    started = time.perf_counter()
    process = subprocess.Popen(
        command.words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment
    )
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0  # it has been waited for
    scale = 2**20 if platform.system() == "Darwin" else 2**10
    return Run(time.perf_counter() - started, usage.ru_maxrss / scale)


def ratio(first: Sequence[Run], second: Sequence[Run], quantity: str) -> float:
    """The median of the ratios within each round."""
    pairs = zip(first, second, strict=True)
    ratios: list[float] = [getattr(a, quantity) / getattr(b, quantity) for a, b in pairs]
    return statistics.median(ratios)
