"""The memory of one batch, from what its traces show."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from torch import nn

from cnninspect.errors import ModelError
from cnninspect.profile import tracing
from cnninspect.profile.lives import Amounts, Contents, Life, Operation, Timeline, by_owner, highest
from cnninspect.profile.placed import Placed
from cnninspect.profile.profiled import Course, Memory, Peak, Phase
from cnninspect.profile.tracing import BACKWARD, FORWARD, STEP, Training
from cnninspect.tensor_tree import modules_in

_OTHERWISE: Final = "what is kept for backward is unknown: the network keeps it in a way of its own"


_FUSED: Final = nn.TransformerEncoderLayer


class Traces(NamedTuple):
    """What following one batch came to.

    Attributes:
        network: What was followed.
        inference: Its pass at inference.
        training: Its training step; ``None`` where that can't be.
        reason: Why it can't, or what of it is unknown.
    """

    network: Placed
    inference: Timeline
    training: Training | None
    reason: str | None = None

    def saved(self) -> list[Life] | None:
        """What autograd keeps when the backward pass begins; ``None``: unknown."""
        if self.training is None or self.training.is_kept_otherwise:
            return None
        timeline = self.training.timeline
        before = timeline.marks[BACKWARD] - 1
        return [each for each in timeline.lives if each.is_saved and each.is_alive(before)]

    def backward(self) -> Sequence[Operation]:
        """What autograd runs."""
        if self.training is None:
            return ()
        timeline = self.training.timeline
        return timeline.operations[timeline.marks[BACKWARD] : timeline.marks[STEP]]

    def live(self, *, in_training: bool) -> Amounts:
        """Bytes that are alive at the peak, by the call that made them.

        Args:
            in_training: At that of a training step, if there is one; else at that of inference.
        """
        timeline = self.training.timeline if in_training and self.training else self.inference
        at = highest(timeline.sizes(), timeline.phase(FORWARD))
        return (
            {}
            if at is None
            else by_owner((each.owner, each.size) for each in timeline.lives if each.size and each.is_alive(at))
        )

    def course(self) -> Course:
        """What is alive over a training step where there is one, else over the pass at inference."""
        timeline = self.training.timeline if self.training else self.inference
        start = timeline.marks[FORWARD]
        sizes = timeline.sizes()
        at = highest(sizes, range(start, len(sizes)))
        return Course(
            tuple(Phase(name, mark - start) for name, mark in timeline.marks.items()),
            dict(zip(("weights", "buffers", "inputs"), self.network.held_bytes(), strict=True)),
            {kind.value: tuple(timeline.sizes(kind)[start:]) for kind in Contents},
            0 if at is None else at - start,
        )


def remarks_on(traces: Traces) -> Iterator[str]:
    """What the figures leave out.

    Args:
        traces: Of one batch.
    """
    if traces.reason:
        yield traces.reason
    others = max(traces.inference.others, traces.training.timeline.others if traces.training else 0)
    if others:
        yield f"{others:,} bytes of tensors that are neither parameters, buffers nor inputs were there: in no figure"
    if traces.network.mode == "eval" and any(type(each) is _FUSED for each in modules_in(traces.network.module)):
        yield "nn.TransformerEncoderLayer is followed layer by layer: the fused path that torch takes alone needs less"


def traced(network: Placed, train: Callable[[Placed], Training] | None) -> Traces:
    """Follow a pass at inference and a training step.

    Args:
        network: Nobody else's.
        train: Follows the step; ``None``: none is asked for.

    Raises:
        ForwardError: The pass at inference raises.
    """
    shown = tracing.inference(network)
    if train is None:
        return Traces(network, shown, None)
    try:
        step = train(network)
        return Traces(network, shown, step, _OTHERWISE if step.is_kept_otherwise else None)
    except ModelError as error:
        return Traces(network, shown, None, f"a training step can't be: {error.message}")


def memory_of(traces: Traces) -> Memory:
    """The figures of one batch.

    What kernels take beside tensors is left unknown.
    """
    params, buffers, inputs = traces.network.held_bytes()
    held = params + buffers + inputs
    peak, at = _peak(traces.inference, traces.inference.phase(FORWARD))
    step_peak = step_at = training_peak = training_at = saved = gradients = state = needed = None
    if traces.training is not None:
        timeline, gradients, state, _ = traces.training
        training_peak, training_at = _peak(timeline, timeline.phase(FORWARD, STEP))
        step_peak, step_at = _peak(timeline, timeline.phase(STEP))
        needed = held + max(training_peak, step_peak)
        lives = traces.saved()
        saved = None if lives is None else sum(each.size for each in lives)
    return Memory(
        params=params, buffers=buffers, inputs=inputs,
        inference_peak=peak, inference_peak_at=at, saved=saved, gradients=gradients, optimizer_state=state,
        training_peak=training_peak, training_peak_at=training_at, step_peak=step_peak, step_peak_at=step_at,
        needed_inference=held + peak, needed_training=needed, workspace=None,
    )  # fmt: skip


def unknown_memory(network: Placed) -> Memory:
    """Of a batch that can't be followed: what it holds is known, if it is known where that is.

    Args:
        network: With its inputs.
    """
    held: tuple[int | None, ...] = (None, None, None)
    with contextlib.suppress(ModelError):
        held = network.held_bytes()
    unknown: dict[str, Any] = dict.fromkeys(Memory.__struct_fields__)
    return Memory(**{**unknown, "params": held[0], "buffers": held[1], "inputs": held[2]})


def _peak(timeline: Timeline, among: range) -> tuple[int, Peak | None]:
    """The most that is alive among some operators, and the first of them that reaches it.

    Where none ran (no optimizer's), what is left from before.
    """
    sizes: Sequence[int] = timeline.sizes()
    at = highest(sizes, among)
    if at is None:
        return sum(each.size for each in timeline.lives if each.is_alive(among.start - 1)), None
    step = timeline.operations[at]
    return sizes[at], Peak(step.op, step.owner[0] if step.owner else "")
