"""What is known of a run beside its figures, as columns: how it was asked for, and how long it took."""

from collections.abc import Callable
from typing import Final

from cnninspect.report import Report

_SIDES: Final = 2  # of an image; before them come channels at least


def batch_of(report: Report) -> int | None:
    """Images at once: as many as a list has, or the first side that all inputs share; ``None``: they share none.

    Args:
        report: Of the run.
    """
    inputs = report.run.inputs
    if inputs and all(each.name.rpartition(".")[2].isdecimal() for each in inputs):  # images.0, images.1 …
        return len(inputs)
    firsts = {each.shape[0] for each in inputs if each.shape}
    return firsts.pop() if len(firsts) == 1 else None


def side_of(report: Report) -> int | None:
    """Pixels of square images on each side; ``None``: there are none, of others, or of several sizes.

    Args:
        report: Of the run.
    """
    found = {side for each in report.run.inputs if len(each.shape) > _SIDES for side in each.shape[-_SIDES:]}
    return found.pop() if len(found) == 1 else None


NUMBERS: Final[dict[str, Callable[[Report], float | None]]] = {
    "batch": batch_of, "side": side_of, "seconds": lambda report: report.run.seconds,
}  # fmt: skip
WORDS: Final[dict[str, Callable[[Report], str]]] = {
    "status": lambda _: "done",  # there is no report of what failed
    "device": lambda report: report.run.device,
    "dtype": lambda report: report.run.dtype,
    "mode": lambda report: report.run.mode,
    "source": lambda report: report.model.source,
    "spec": lambda report: report.model.spec,
}
