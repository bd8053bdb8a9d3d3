"""Lines made by hand."""

from msgspec.structs import replace

from cnninspect.layer_counts import without_layers
from cnninspect.spec.run_options import RunOptions
from cnninspect.sweep.line import SweepLine, line_of
from cnninspect.sweep.task import Answer, Reason, SweepFailure, SweepTask
from tests.canned import REPORT

FAILURE = SweepFailure(Reason.timeout, "it took longer than 1 s", "--timeout gives it more")


def done(spec: str, key: str, **totals: int) -> SweepLine:
    """Of a network with the figures of the canned report, but for those that are given."""
    report = replace(REPORT, model=replace(REPORT.model, spec=spec), totals=replace(REPORT.totals, **totals))
    report = replace(report, uncounted_ops=())
    return line_of(SweepTask(spec=spec, run=RunOptions()), key, Answer(0.5, without_layers(report)))


def failed(spec: str, key: str) -> SweepLine:
    """Of a network that took too long."""
    task = SweepTask(spec=spec, run=RunOptions(inputs="1x3x8x8"))
    return line_of(task, key, Answer(0.5, failure=FAILURE))
