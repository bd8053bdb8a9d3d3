"""Processes of this machine: as many slots as jobs, each with a network of its own."""

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence

from cnninspect.sweep.pool import Finished
from cnninspect.sweep.slot import Limits, ProcessSlot, shared_out, wait_for
from cnninspect.sweep.task import SweepTask


class LocalPool:
    """As ``Pool``.

    Args:
        jobs: How many networks run at once; ``None``: one a core.
        most: Tasks that there will be.
        limits: Of each network.

    Raises:
        RequestError: There is one of memory, and the system doesn't tell what a process takes.
    """

    def __init__(self, jobs: int | None, most: int, limits: Limits) -> None:
        cores = available_cores()
        jobs = min(jobs or cores, most)
        own = shared_out(limits, jobs)
        self._slots = [ProcessSlot(own, max(1, cores // jobs)) for _ in range(jobs)]
        self._waiting: deque[tuple[int, SweepTask]] = deque()
        self._numbers: dict[ProcessSlot, int] = {}

    def submit(self, number: int, task: SweepTask) -> None:
        """As of ``Pool``."""
        self._waiting.append((number, task))

    def as_completed(self, every: float) -> Iterator[Finished | None]:
        """As of ``Pool``."""
        said = time.monotonic()
        while self._waiting or self._numbers:
            for slot in self._slots:
                if slot.task is None and self._waiting:
                    self._numbers[slot], task = self._waiting.popleft()
                    slot.begin(task)
            wait_for(self._numbers)
            for slot in list(self._numbers):
                answer = slot.advance()
                if answer is not None:
                    yield Finished(self._numbers.pop(slot), answer)
                    said = time.monotonic()
            if time.monotonic() - said >= every:
                yield None
                said = time.monotonic()

    def at_hand(self) -> Sequence[str]:
        """As of ``Pool``."""
        return [slot.task.spec for slot in self._slots if slot.task is not None]

    def close(self) -> None:
        """As of ``Pool``."""
        self._waiting.clear()
        self._numbers.clear()
        for slot in self._slots:
            slot.stop()


def available_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
