"""What is done for a task, in the process of its own: inspect or profile, and put whatever goes wrong into words."""

import time
from typing import Final

import msgspec

from cnninspect import inspection
from cnninspect.errors import CnnInspectError, ModelError, RequestError, is_lack_of_memory, unforeseen
from cnninspect.forward_error import ForwardError
from cnninspect.layer_counts import without_layers
from cnninspect.profile.asked import Asked
from cnninspect.profile.profiled import Batch
from cnninspect.report import Report
from cnninspect.spec import Request
from cnninspect.sweep.task import Answer, Reason, SweepFailure, SweepTask

#: The first that an error is of.
_KINDS: Final[tuple[tuple[type[CnnInspectError], Reason], ...]] = (
    (ForwardError, Reason.forward), (RequestError, Reason.request), (ModelError, Reason.build),
    (CnnInspectError, Reason.fault),
)  # fmt: skip


def answer_to(task: SweepTask, request: Request) -> Answer:
    """Run a network; nothing that it raises comes out.

    Args:
        task: What is wanted of it.
        request: The same, checked.
    """
    started = time.perf_counter()
    try:
        report, costs = _measured(task, request)
    except BaseException as error:  # noqa: BLE001 - a network may raise whatever it likes
        return failed(error, time.perf_counter() - started)
    kept = report if task.with_layers else without_layers(report)
    return Answer(time.perf_counter() - started, kept, costs)


def failed(error: BaseException, seconds: float) -> Answer:
    """The answer where something was raised.

    Args:
        error: It.
        seconds: That were spent until then.
    """
    partial = error.report if isinstance(error, ForwardError) else None
    return Answer(seconds, failure=_failure(error), inputs=partial.run.inputs if partial else ())


def _failure(error: BaseException) -> SweepFailure:
    if not isinstance(error, Exception):  # KeyboardInterrupt, say, which nobody has typed here
        return SweepFailure(Reason.forward, f"the network raises {type(error).__name__}", None)
    if not isinstance(error, CnnInspectError):
        message, hint, _ = unforeseen(error)
        return SweepFailure(Reason.memory if is_lack_of_memory(error) else Reason.fault, message, hint)
    reason = next(reason for kind, reason in _KINDS if isinstance(error, kind))
    return SweepFailure(Reason.memory if _wants_memory(error) else reason, error.message, error.hint)


def _wants_memory(error: CnnInspectError) -> bool:
    if error.__cause__ is None:
        return False
    from cnninspect.capture import failure

    return failure.is_lack_of_memory(error.__cause__)


def _measured(task: SweepTask, request: Request) -> tuple[Report, Batch | None]:
    if not task.with_costs:
        return inspection.report_of(request), None
    from cnninspect.profile.profiling import profile_of

    report, costs = profile_of(request, Asked())
    return msgspec.structs.replace(report, notes=costs.notes), costs.batches[-1]
