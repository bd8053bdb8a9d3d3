"""What is known of a run beside its figures, as columns: how it was asked for, and how long it took."""

from collections.abc import Callable
from typing import Final

from cnninspect.input_sizes import number_of_images, side_of
from cnninspect.report import Report

NUMBERS: Final[dict[str, Callable[[Report], float | None]]] = {
    "batch": lambda report: number_of_images(report.run.inputs),
    "side": lambda report: side_of(report.run.inputs),
    "seconds": lambda report: report.run.seconds,
}
WORDS: Final[dict[str, Callable[[Report], str]]] = {
    "status": lambda _: "done",  # there is no report of what failed
    "device": lambda report: report.run.device,
    "dtype": lambda report: report.run.dtype,
    "mode": lambda report: report.run.mode,
    "source": lambda report: report.model.source,
    "spec": lambda report: report.model.spec,
}
