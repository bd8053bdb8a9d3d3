"""Where tasks are carried out: one interface, processes of this machine or workers of a cluster behind it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from cnninspect.sweep.task import Answer, SweepTask


class Finished(NamedTuple):
    """A task with what came of it; ``number`` is that under which it was submitted."""

    number: int
    answer: Answer


class Pool(Protocol):
    """Takes tasks and gives their answers in the order in which they come."""

    def submit(self, number: int, task: SweepTask) -> None:
        """Have a task carried out, whose answer will come under this number."""

    def as_completed(self, every: float) -> Iterator[Finished | None]:
        """Every answer; ``None`` in between, at least each ``every`` seconds, so that the time that passes is seen."""

    def at_hand(self) -> Sequence[str]:
        """The specs of what is running now."""

    def close(self) -> None:
        """Give up what is left; nothing of it goes on."""
