"""The largest batch that fits into so much memory, told on meta; and whether it runs there."""

from collections.abc import Callable

from cnninspect.capture.failure import needs_values
from cnninspect.errors import CnnInspectError, ModelError
from cnninspect.profile import batches
from cnninspect.profile.asked import MOST, Asked, PredictedDevice
from cnninspect.profile.batch_traces import network_of, train_with
from cnninspect.profile.prediction import predicted
from cnninspect.profile.profiled import FitMode, Fits
from cnninspect.profile.tracing import FORWARD
from cnninspect.profile.verifying import runs_within
from cnninspect.subject import Subject, place, with_batch

Found = tuple[Fits, tuple[str, ...]]


def largest_batch(subject: Subject, asked: Asked, room: int, say: Callable[[str], None]) -> Found:
    """The largest batch that fits, and notes.

    Args:
        subject: The network.
        asked: At inference or in training, with which optimizer, for which device; and whether to run it.
        room: Bytes.
        say: Is told which batch is at hand.
    """
    mode = FitMode.training if asked.times_training else FitMode.inference
    try:
        found = batches.largest(_tracer(subject, asked, mode, say), room, MOST)
    except CnnInspectError as error:  # it takes no other batch, say
        is_told = not needs_values(error.__cause__)
        why = error.message.splitlines()[0] if is_told else "it is told on meta, and the network needs values"
        return Fits(room, mode, None, None), (f"which batch fits is unknown: {why}",)
    notes = ["what fits is told by tensors alone: what kernels take beside them comes on top"]
    if not found.is_affine:
        notes.append(
            "other batches run other operators, or memory is not affine in them: the one that fits was searched for"
        )
    if found.batch == MOST:
        notes.append(f"a batch of {MOST:,} fits, and no larger one was looked at")
    if not asked.verifies or not found.batch:
        return Fits(room, mode, found.batch, None), tuple(notes)
    say(f"running batches of {found.batch} and {found.batch + 1}")
    fits, next_fits = (_runs(subject, batch, asked, mode, room) for batch in (found.batch, found.batch + 1))
    if not fits:
        notes.append(
            f"a batch of {found.batch} did not run in {room:,} bytes: beside tensors and workspace the allocator "
            "keeps free what fits nothing, less with PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"
        )
    if next_fits:
        notes.append(f"a batch of {found.batch + 1} ran in {room:,} bytes, too")
    return Fits(room, mode, found.batch, fits and not next_fits), tuple(notes)


def _tracer(
    subject: Subject, asked: Asked, mode: FitMode, say: Callable[[str], None]
) -> Callable[[int], batches.Trace]:
    """What tells what a batch needs."""
    is_told = subject.device.type in tuple(PredictedDevice)
    target = asked.target or (PredictedDevice(subject.device.type) if is_told else PredictedDevice.cpu)
    train = train_with(asked) if mode is FitMode.training else None
    on_meta = place(
        subject.model, subject.original, subject.inputs, "meta", subject.dtype_name,
        mode=subject.mode, seed=subject.seed, is_shared=subject.is_shared,
    )  # fmt: skip

    def trace(number: int) -> batches.Trace:
        say(f"following a batch of {number}")
        traces = predicted(network_of(with_batch(on_meta, number)), target, train)
        timeline = traces.inference
        if mode is FitMode.training:
            if traces.training is None:
                raise ModelError(traces.reason or "")
            timeline = traces.training.timeline
        return batches.Trace(sum(traces.network.held_bytes()), timeline, timeline.phase(FORWARD))

    return trace


def _runs(subject: Subject, batch: int, asked: Asked, mode: FitMode, room: int) -> bool:
    train = train_with(asked) if mode is FitMode.training else None
    return runs_within(network_of(with_batch(subject, batch)), room, train)
