"""One line of a sweep: what is known of a network and an input, or why nothing is. No torch in it."""

from enum import StrEnum

import msgspec

from cnninspect import json_text
from cnninspect.file_limits import UnlikelyError, check_size
from cnninspect.layer_counts import counts_of
from cnninspect.profile.profiled import Batch
from cnninspect.report import (
    SCHEMA_VERSION,
    Count,
    LayerCounts,
    Model,
    ReceptiveField,
    Report,
    Run,
    TensorSpec,
    Tool,
    Totals,
    UncountedOp,
)  # fmt: skip
from cnninspect.spec.input_spec import parse_input
from cnninspect.spec.run_options import several
from cnninspect.sweep.task import Answer, SweepFailure, SweepTask
from cnninspect.totals import Accuracy


class LineStatus(StrEnum):
    """Whether a network has figures."""

    done = "done"
    failed = "failed"


class SweepLine(msgspec.Struct, frozen=True, kw_only=True):
    """A network and an input.

    Attributes:
        key: Of all that decides it (``line_key``); the last line with the same first half counts.
        spec: As typed, or as a glob found it.
        inputs: What went in; of a failure as far as that is known.
        status: ``done``, or ``failed`` with an ``error``.
        seconds: That it took, building included.
        totals: ``None`` where it failed.
        accuracy: As published.
        outputs: What came out.
        layers: Modules of each type.
        leaves: Modules that have none below them.
        convolutions: Modules that are one, of any kind.
        linear: Likewise linear layers.
        receptive_field: Of the layer that sees most.
        uncounted_ops: Operators whose MACs no rule covers.
        notes: What else is to be said.
        error: Why it failed.
        batch: As asked for, in place of the input's own.
        side: Likewise, of images.
        device: Where it ran.
        dtype: In which it ran; where it failed as asked for.
        mode: ``eval`` or ``train``.
        model: Which it is; ``None`` where it failed.
        tool: What made the line; likewise.
        versions: Of what it ran with.
        costs: What it costs to run and to train, if that was asked.
    """

    schema_version: int = SCHEMA_VERSION
    key: str
    spec: str
    inputs: tuple[TensorSpec, ...]
    status: LineStatus
    seconds: float
    totals: Totals | None = None
    accuracy: Accuracy | None = None
    outputs: tuple[TensorSpec, ...] = ()
    layers: dict[str, Count] = {}
    leaves: Count = 0
    convolutions: Count = 0
    linear: Count = 0
    receptive_field: ReceptiveField | None = None
    uncounted_ops: tuple[UncountedOp, ...] = ()
    notes: tuple[str, ...] = ()
    error: SweepFailure | None = None
    batch: int | None = None
    side: int | None = None
    device: str
    dtype: str | None
    mode: str
    model: Model | None = None
    tool: Tool | None = None
    versions: dict[str, str] = {}
    costs: Batch | None = None

    def to_json(self) -> bytes:
        """One line of a file, its end included."""
        return f"{json_text.compact(self)}\n".encode()

    @classmethod
    def from_json(cls, text: bytes) -> "SweepLine":
        """Read a line back.

        Raises:
            ValueError: It is none, or of another schema version.
        """
        check_size(text)
        line = msgspec.json.decode(text, type=cls)
        if line.schema_version != SCHEMA_VERSION:
            raise UnlikelyError(f"it has schema version {line.schema_version}, this cnninspect reads {SCHEMA_VERSION}")
        is_done = None not in (line.totals, line.model, line.tool)
        if is_done != (line.status is LineStatus.done) or is_done != (line.error is None):
            raise UnlikelyError("it is neither done nor failed")
        return line

    def report(self) -> Report:
        """The report of a network that is done, without its layers.

        Raises:
            CnnInspectError: The one that it failed with.
        """
        if self.error is not None:
            raise self.error.as_error()
        assert self.totals is not None, "a line that is done has them"  # noqa: S101
        assert self.model is not None, "likewise"  # noqa: S101
        assert self.tool is not None, "likewise"  # noqa: S101
        run = Run(
            device=self.device, dtype=self.dtype or "", mode=self.mode, inputs=self.inputs, outputs=self.outputs,
            seconds=self.seconds, cached=False, versions=self.versions,
        )  # fmt: skip
        counted = LayerCounts(self.layers, self.leaves, self.convolutions, self.linear, self.receptive_field)
        return Report(
            schema_version=self.schema_version, tool=self.tool, model=self.model, run=run, totals=self.totals,
            layers=(), uncounted_ops=self.uncounted_ops, notes=self.notes, counted=counted,
        )  # fmt: skip


def line_of(task: SweepTask, key: str, answer: Answer) -> SweepLine:
    """What a file is to keep of an answer.

    Args:
        task: That was carried out.
        key: Of it.
        answer: What came of it.
    """
    run = task.run
    failed = SweepLine(
        key=key, spec=task.spec, batch=task.batch, side=task.side, seconds=round(answer.seconds, 3),
        inputs=answer.inputs or _typed_inputs(task), status=LineStatus.failed, error=answer.failure,
        device=run.device, dtype=run.dtype, mode=run.mode.value,
    )  # fmt: skip
    return failed if answer.report is None else _with_figures(failed, answer.report, answer.costs)


def _with_figures(line: SweepLine, report: Report, costs: Batch | None) -> SweepLine:
    from cnninspect.loading.catalogue import accuracy_of

    counts, run = counts_of(report), report.run
    return msgspec.structs.replace(
        line, inputs=run.inputs, status=LineStatus.done, totals=report.totals, accuracy=accuracy_of(report.model),
        outputs=run.outputs, layers=counts.types, leaves=counts.leaves, convolutions=counts.convolutions,
        linear=counts.linear, receptive_field=counts.receptive_field, uncounted_ops=report.uncounted_ops,
        notes=report.notes, device=run.device, dtype=run.dtype, mode=run.mode, model=report.model, tool=report.tool,
        versions=run.versions, costs=costs,
    )  # fmt: skip


def _typed_inputs(task: SweepTask) -> tuple[TensorSpec, ...]:
    typed = map(parse_input, several(task.run.inputs))
    return tuple(TensorSpec(each.name or "", each.shape, each.dtype or "") for each in typed)
