"""What a process is told to run, and what it answers: frozen plain data that goes from one to the other as JSON."""

from enum import StrEnum
from typing import Final

import msgspec

from cnninspect import inspection, spec, subject
from cnninspect.errors import CnnInspectError, ModelError, RequestError
from cnninspect.profile.profiled import Batch
from cnninspect.report import Report, TensorSpec
from cnninspect.spec import InlineModel, Request, SavedReport, WeightsFile, ZooModel
from cnninspect.spec.run_options import RunOptions


class Reason(StrEnum):
    """Why a network failed, in a word."""

    request = "request"
    build = "build"
    forward = "forward"
    memory = "memory"
    timeout = "timeout"
    output = "output"
    crash = "crash"
    fault = "fault"


class SweepFailure(msgspec.Struct, frozen=True):
    """Why a network has no figures, in the words of ``summary``.

    Attributes:
        reason: In a word.
        message: What was wrong.
        hint: What to do next.
    """

    reason: Reason
    message: str
    hint: str | None = None

    def as_error(self) -> CnnInspectError:
        """The error that it would have been in this process."""
        return _ERRORS.get(self.reason, ModelError)(self.message, hint=self.hint)


_ERRORS: Final = {Reason.request: RequestError, Reason.fault: CnnInspectError}


class SweepTask(msgspec.Struct, frozen=True, kw_only=True):
    """A network and its input, as typed.

    Attributes:
        spec: Of the network.
        run: How it is run.
        batch: In place of the first side of every input.
        side: In place of the last two sides of every image.
        with_costs: Tell what it costs to run and to train, too.
        with_layers: Answer with the whole report, not with the counts of its layers.
    """

    spec: str
    run: RunOptions
    batch: int | None = None
    side: int | None = None
    with_costs: bool = False
    with_layers: bool = False

    def request(self) -> Request:
        """What it comes to, checked as far as it can be without torch.

        Raises:
            RequestError: It can't be carried out as written, nothing runs, or no input that was typed is an image that
                could have a side.
        """
        model = spec.parse_model(self.spec, self.run.source)
        request = inspection.requested(model, self.run)
        if isinstance(request, SavedReport | WeightsFile):
            raise RequestError(f"{self.spec!r} is {spec.kind_of_file(request)}: there is nothing to run")
        if self.side is not None and request.inputs:
            subject.with_side(request.inputs, self.side)
        return msgspec.structs.replace(request, batch=self.batch, side=self.side)

    @property
    def is_own_code(self) -> bool:
        """Does code of the user's run, which may change what comes after it in the same process?"""
        return not isinstance(spec.parse_model(self.spec, self.run.source), ZooModel | InlineModel)


class Answer(msgspec.Struct, frozen=True):
    """What came of a task: a report, or a failure.

    Attributes:
        seconds: That it took, building included.
        report: With its layers, or with their counts.
        costs: If they were asked for.
        inputs: What went in, as far as a pass that failed got.
    """

    seconds: float
    report: Report | None = None
    costs: Batch | None = None
    failure: SweepFailure | None = None
    inputs: tuple[TensorSpec, ...] = ()
