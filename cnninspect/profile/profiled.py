"""What profiling gave: frozen plain data. No torch in it.

Memory is of tensors, by unique storage, in bytes; time in seconds, work in multiply-accumulates. What can't be known is
``None``, with a note.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from cnninspect.report import SCHEMA_VERSION, Model, Run, TensorSpec
from cnninspect.shown import Shown


class Peak(msgspec.Struct, frozen=True):
    """Where the most was alive at once: the operator that was running, and the layer that ran it.

    Attributes:
        op: Its name, such as ``aten::max_pool2d_with_indices``.
        path: As in ``named_modules()``; ``""`` is the model itself.
    """

    op: str
    path: str


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of tensors by unique storage, of one batch.

    Attributes:
        params: Of the parameters.
        buffers: Of the buffers.
        inputs: Of what goes in.
        inference_peak: The most alive at once under ``no_grad``, beyond those three.
        inference_peak_at: Where.
        saved: What autograd keeps for the backward pass in train mode, beyond those three.
        gradients: Of the parameters.
        optimizer_state: What the optimizer keeps from step to step.
        training_peak: The most alive in the forward and backward of a second training step, beyond those three.
        training_peak_at: Where.
        step_peak: The most alive in the optimizer's step, likewise.
        step_peak_at: The operator at which it is reached; it runs for no layer.
        needed_inference: All that inference needs.
        needed_training: All that training needs.
        workspace: What the kernels take beside tensors at inference, as measured on the device.
        training_workspace: The same in a training step, if one was timed.
    """

    params: int | None
    buffers: int | None
    inputs: int | None
    inference_peak: int | None
    inference_peak_at: Peak | None
    saved: int | None
    gradients: int | None
    optimizer_state: int | None
    training_peak: int | None
    training_peak_at: Peak | None
    step_peak: int | None
    needed_inference: int | None
    needed_training: int | None
    workspace: int | None
    training_workspace: int | None = None
    step_peak_at: Peak | None = None


class Time(msgspec.Struct, frozen=True, kw_only=True):
    """How long a pass takes, in seconds, over several.

    Attributes:
        median: Of all runs.
        p25: A quarter of them were quicker.
        p75: A quarter of them were slower.
        min: The quickest.
        runs: How many were timed.
        warmup: How many ran before.
        per_second: Items of the batch.
        macs_per_second: Multiply-accumulates.
    """

    median: float
    p25: float
    p75: float
    min: float
    runs: int
    warmup: int
    per_second: float
    macs_per_second: float | None


class TrainingTime(msgspec.Struct, frozen=True):
    """How long the parts of a training step take.

    Attributes:
        forward: In train mode.
        backward: Of the sum of the outputs.
        step: Of the optimizer.
    """

    forward: Time
    backward: Time
    step: Time


class Batch(msgspec.Struct, frozen=True):
    """One batch, with its costs.

    Attributes:
        batch: How many images; ``None`` where inputs have different first sides.
        inputs: What goes in.
        memory: In bytes.
        time: Of a pass at inference; ``None`` where nothing has values.
        training: Of a training step, if that was asked for.
    """

    batch: int | None
    inputs: tuple[TensorSpec, ...]
    memory: Memory
    time: Time | None
    training: TrainingTime | None = None


class FitMode(StrEnum):
    """What is to fit."""

    inference = "inference"
    training = "training"


class Fits(msgspec.Struct, frozen=True):
    """The largest batch that fits into so many bytes; ``verified``: it ran on the device, and the next one did not.

    Attributes:
        bytes: As many as were given.
        mode: What is to fit.
        batch: The largest that does; ``None`` if it can't be told.
        verified: Did it run on the device, and the next one not? ``None``: it was not tried.
    """

    bytes: int
    mode: FitMode
    batch: int | None
    verified: bool | None


class LayerCost(msgspec.Struct, frozen=True, kw_only=True):
    """What one call of one module costs.

    Attributes:
        path: As in ``named_modules()``.
        type: Its class.
        call: Which call of that module, from 1.
        seconds: At or below it.
        self_seconds: Outside its children.
        share: Of the time of all, its own.
        saved: Bytes of the tensors that its own operators made and autograd keeps for the backward pass.
        live: Bytes of those that are alive at the peak: of inference, or of a training step where that is timed.
        macs: Of its own operators.
        backward_macs: Of those that autograd runs for them.
        bytes_moved: Bytes that its own operators read and write.
        intensity: Multiply-accumulates for a byte.
        bound: ``arithmetic`` or ``memory``.
    """

    path: str
    type: str
    call: int
    seconds: float | None
    self_seconds: float | None
    share: float | None
    saved: int | None
    live: int | None
    macs: int | None
    backward_macs: int | None
    bytes_moved: int | None
    intensity: float | None
    bound: str | None


def costliest(layers: Sequence[LayerCost], of: Callable[[LayerCost], float], most: int | None) -> list[LayerCost]:
    """Those of which a figure is the largest, in the order in which they stand.

    Args:
        layers: Calls.
        of: Gives the figure.
        most: How many; ``None``: all.
    """
    kept = {id(each) for each in sorted(layers, key=of, reverse=True)[:most]}
    return [each for each in layers if id(each) in kept]


class Roofline(msgspec.Struct, frozen=True):
    """The machine's own corners, as measured: what it multiplies and what it moves in a second.

    Attributes:
        macs_per_second: Multiply-accumulates.
        bytes_per_second: Read and written.
    """

    macs_per_second: float
    bytes_per_second: float


class Phase(msgspec.Struct, frozen=True):
    """A part of a course: its name, and the place of its first operator."""

    name: str
    start: int


class Course(msgspec.Struct, frozen=True):
    """Memory over the course of a pass, or of a training step: bytes alive at the end of each operator.

    Attributes:
        phases: In their order.
        held: Bytes that are there all the time, by what they hold: weights, buffers, inputs.
        kinds: Bytes of the others, by what they hold, one list a kind.
        peak: The place where the most is alive.
    """

    phases: tuple[Phase, ...]
    held: dict[str, int]
    kinds: dict[str, tuple[int, ...]]
    peak: int


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a network costs, as JSON has it; ``layers`` is of the last batch.

    Attributes:
        model: Which network it is.
        run: How it was run.
        device_name: The machine that figures are of, as it calls itself.
        batches: One for each batch that was asked for.
        fits: The largest batch, if that was asked for.
        layers: What each call costs, of the last batch.
        roofline: The machine's own corners; ``None`` where nothing was measured.
        notes: What else is to be known: why a figure is unknown, say.
    """

    schema_version: int = SCHEMA_VERSION
    model: Model
    run: Run
    device_name: str
    batches: tuple[Batch, ...]
    fits: Fits | None
    layers: tuple[LayerCost, ...]
    roofline: Roofline | None
    notes: tuple[str, ...] = ()


class Costs(Profile, Shown, frozen=True, kw_only=True):
    """A profile, and what is drawn of it beside: ``course`` is of the last batch.

    Attributes:
        course: Of a training step where one was followed, else of the pass at inference.
        optimizer: Of the step.
        is_live_in_training: What is alive is told of a training step's peak, else of inference's.
    """

    course: Course | None = None
    optimizer: str = ""
    is_live_in_training: bool = False

    def profile(self) -> Profile:
        """As the JSON has it."""
        return Profile(**{name: getattr(self, name) for name in Profile.__struct_fields__})
