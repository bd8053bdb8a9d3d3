"""The memory of one batch, from what its traces show."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cnninspect.errors import ModelError
from cnninspect.profile import tracing
from cnninspect.profile.following import addresses
from cnninspect.profile.lives import Amounts, Contents, Life, Operation, Timeline, by_owner, highest
from cnninspect.profile.profiled import Course, Memory, Peak, Phase
from cnninspect.profile.tracing import BACKWARD, FORWARD, STEP, Placed, Training


class Traces(NamedTuple):
    """What following one batch came to.

    Attributes:
        network: What was followed.
        inference: Its pass at inference.
        training: Its training step; ``None`` where that can't be.
        reason: Why it can't.
    """

    network: Placed
    inference: Timeline
    training: Training | None
    reason: str | None = None

    @property
    def held(self) -> tuple[int, int, int]:
        """Bytes of the parameters, the buffers and the inputs, each storage once."""
        parameters, buffers = self.network.held()
        seen: set[int] = set()
        sizes = []
        for tensors in (parameters, buffers, self.network.inputs):
            found = {key: size for key, size in addresses(tensors).items() if key not in seen}
            seen |= found.keys()
            sizes.append(sum(found.values()))
        return sizes[0], sizes[1], sizes[2]

    def saved(self) -> list[Life]:
        """What autograd keeps when the backward pass begins."""
        if self.training is None:
            return []
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
            dict(zip(("weights", "buffers", "inputs"), self.held, strict=True)),
            {kind.value: tuple(timeline.sizes(kind)[start:]) for kind in Contents},
            0 if at is None else at - start,
        )


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
        return Traces(network, shown, train(network))
    except ModelError as error:
        return Traces(network, shown, None, f"a training step can't be: {error.message}")


def memory_of(traces: Traces) -> Memory:
    """The figures of one batch.

    What kernels take beside tensors is left unknown.
    """
    params, buffers, inputs = traces.held
    held = params + buffers + inputs
    peak, at = _peak(traces.inference, traces.inference.phase(FORWARD))
    step_peak = step_at = training_peak = training_at = saved = gradients = state = needed = None
    if traces.training is not None:
        timeline, gradients, state = traces.training
        training_peak, training_at = _peak(timeline, timeline.phase(FORWARD, STEP))
        step_peak, step_at = _peak(timeline, timeline.phase(STEP))
        saved, needed = sum(each.size for each in traces.saved()), held + max(training_peak, step_peak)
    return Memory(
        params=params, buffers=buffers, inputs=inputs,
        inference_peak=peak, inference_peak_at=at, saved=saved, gradients=gradients, optimizer_state=state,
        training_peak=training_peak, training_peak_at=training_at, step_peak=step_peak, step_peak_at=step_at,
        needed_inference=held + peak, needed_training=needed, workspace=None,
    )  # fmt: skip


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
