"""How long something takes: warmed up, then as often as gives a steady median.

Medians and quartiles, as ``torch.utils.benchmark`` has them (its ``Timer.adaptive_autorange`` takes 10 ms at least and
stops when the quartiles are close to the median), without the second that its import takes.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import torch

from cnninspect.process import uncollected
from cnninspect.profile.profiled import Time

Run = Callable[[], object]

_WARM_UP: Final = 0.2  # seconds, and two runs at least
_FEWEST: Final = 10
_MOST: Final = 1000
_LONGEST: Final = 5.0  # seconds in all, where the median doesn't settle before
_STEADY: Final = 0.05  # the quartiles' distance, of the median


class Timed(NamedTuple):
    """Seconds of each run, and how many ran before."""

    seconds: Sequence[float]
    warmup: int

    def time(self, items: int | None, macs: int | None) -> Time:
        """In figures.

        Args:
            items: How many images a run took.
            macs: How many multiply-accumulates.
        """
        median = statistics.median(self.seconds)
        quarters = statistics.quantiles(self.seconds, method="inclusive") if len(self.seconds) > 1 else [median] * 3
        return Time(
            median=median, p25=quarters[0], p75=quarters[2], min=min(self.seconds),
            runs=len(self.seconds), warmup=self.warmup,
            per_second=(items or 1) / median, macs_per_second=None if macs is None else macs / median,
        )  # fmt: skip


def timed(run: Run, device: torch.device, runs: int | None, say: Callable[[str], None]) -> Timed:
    """Time something until its median is steady.

    Args:
        run: What is timed.
        device: Where it runs: what an accelerator is still at is waited for.
        runs: How often; ``None``: as often as it takes.
        say: Is told which run is at hand.
    """
    warmup = _warmed_up(run, device, say)
    seconds: list[float] = []
    with uncollected():
        while not is_enough(seconds, runs):
            say(f"timing pass {len(seconds) + 1}{f' of {runs}' if runs else ''}")
            seconds.append(once(run, device))
    return Timed(seconds, warmup)


def once(run: Run, device: torch.device) -> float:
    """Seconds of one run, by the accelerator's own clock where it has one.

    Args:
        run: What is timed.
        device: Where it runs.
    """
    if device.type == "cpu":
        started = time.perf_counter()
        run()
        return time.perf_counter() - started
    first, last = (torch.Event(device, enable_timing=True) for _ in range(2))
    torch.accelerator.synchronize(device)
    first.record()
    run()
    last.record()
    torch.accelerator.synchronize(device)
    return first.elapsed_time(last) / 1e3


def _warmed_up(run: Run, device: torch.device, say: Callable[[str], None]) -> int:
    say("warming up")
    count, left = 0, _WARM_UP
    while count < 2 or (left > 0 and count < _FEWEST):
        left -= once(run, device)
        count += 1
    return count


def is_enough(seconds: Sequence[float], runs: int | None) -> bool:
    """Is the median of these steady?

    Args:
        seconds: Of the runs until now.
        runs: How many are asked for, if that was said.
    """
    if runs is not None:
        return len(seconds) >= runs
    if len(seconds) >= _MOST or sum(seconds) >= _LONGEST:
        return len(seconds) > 2
    if len(seconds) < _FEWEST:
        return False
    low, median, high = statistics.quantiles(seconds, method="inclusive")
    return high - low <= _STEADY * median
