"""From a request to a profile: for each batch its traces and its time, and the batch that fits."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cnninspect import inspection
from cnninspect.errors import ModelError
from cnninspect.profile import batches
from cnninspect.profile.asked import Asked, PredictedDevice
from cnninspect.profile.asked import asked as parse_asked
from cnninspect.profile.layer_costs import layer_costs
from cnninspect.profile.profiled import Batch, Costs, FitMode, Fits, Memory, Roofline
from cnninspect.report import Report
from cnninspect.spec import Request
from cnninspect.spec.plain_argument import Scalar
from cnninspect.subject import Subject, place, with_batch

if TYPE_CHECKING:
    from torch import nn

    from cnninspect.profile.needs import Traces
    from cnninspect.profile.optimizers import Updates
    from cnninspect.profile.stopwatch import LayerTimes
    from cnninspect.profile.tracing import Placed, Training

    _Train = Callable[[Placed], Training]

Say = Callable[[str], None]
_CPU, _META = "cpu", "meta"


class _Measured(NamedTuple):
    """One batch."""

    report: Report
    traces: "Traces | None"
    batch: Batch
    layers: "LayerTimes | None"
    notes: tuple[str, ...]


def profile_model(
    model: "str | nn.Module",
    *,
    inputs: Any = (),
    args: Mapping[str, Scalar] | None = None,
    device: str = "cpu",
    dtype: str | None = None,
    mode: str = "eval",
    weights: str | None = None,
    source: str = "torchvision",
    seed: int = 0,
    batch: int | str | tuple[int, ...] | None = None,
    optimizer: str = "adam",
    foreach: bool | None = None,
    train: bool = False,
    fits: int | str | None = None,
    verify: bool = False,
    runs: int | None = None,
    target: str | None = None,
) -> Costs:
    """What a network costs to run and to train: memory in bytes, time in seconds.

    >>> costs = profile_model("scratch:alexnet", inputs=(8, 3, 224, 224), device="meta", optimizer="sgd")
    >>> costs.batches[0].memory.inference_peak  # of (8, 64, 55, 55), (8, 64, 27, 27) and its indices, 8 bytes each
    10674176

    Args:
        model: As for ``inspect_model``; a module comes back as it was.
        inputs: Likewise, as the following up to ``seed``.
        args: What ``forward`` takes beside tensors, by name.
        device: On ``meta`` memory is told without being taken, and no time is measured.
        dtype: Of the floating parameters and of made-up inputs.
        mode: ``eval`` or ``train``, at inference.
        weights: A published name, or the file of a state dict.
        source: Of a bare name.
        seed: Of made-up input values.
        batch: How many images at once: the first side of every input. Several: one profile each.
        optimizer: ``sgd``, ``momentum``, ``adam``, ``adamw`` or ``none``.
        foreach: Whether it updates many parameters at once; ``None``: on a GPU alone, as torch does.
        train: Time a training step, too, and let ``fits`` be of one.
        fits: Bytes, or a size such as ``"24GiB"``, into which the largest batch is to fit.
        verify: Run that batch, and the next one, on the GPU.
        runs: How many passes are timed; ``None``: as many as a steady median takes.
        target: On ``meta``: of which device memory is told, ``cpu`` or ``cuda``.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or its forward pass raises.
    """
    wanted = parse_asked(
        batch=batch, optimizer=optimizer, foreach=foreach, train=train, fits=fits, verify=verify, runs=runs,
        target=target, device=str(device),
    )  # fmt: skip
    with inspection.prepared_model(
        model,
        inputs=inputs,
        args=args,
        device=device,
        dtype=dtype,
        mode=mode,
        weights=weights,
        source=source,
        seed=seed,
    ) as subject:
        return profiled(subject, wanted)


def profile_of(request: Request, asked: Asked, *, say: Say = lambda _: None) -> Costs:
    """Run what a checked request names, and tell what it costs.

    Args:
        request: Has been checked.
        asked: What of it.
        say: Is told what is being done.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or its forward pass raises.
    """
    with inspection.prepared(request, on_step=say) as subject:
        return profiled(subject, asked, say)


def profiled(subject: Subject, asked: Asked, say: Say = lambda _: None) -> Costs:
    """What a network costs, placed already.

    Args:
        subject: The network.
        asked: What of it.
        say: Is told what is being done.

    Raises:
        ModelError: Its forward pass raises.
    """
    measured = [_measured(subject, number, asked, say) for number in asked.batches or (None,)]
    last = measured[-1]
    roofline = _roofline(last, say)
    fits, fit_notes = _fits(subject, asked, say) if asked.room is not None else (None, ())
    notes = [note for each in measured for note in (*each.report.notes, *each.notes)]
    notes += _of_hooks(last.layers)
    return Costs(
        model=last.report.model,
        run=last.report.run,
        device_name=_device_name(last.report.run.device),
        batches=tuple(each.batch for each in measured),
        fits=fits,
        layers=layer_costs(last.report.layers, last.traces, last.layers, roofline, in_training=asked.times_training),
        roofline=roofline,
        notes=tuple(dict.fromkeys((*notes, *fit_notes))),
        course=None if last.traces is None else last.traces.course(),
        optimizer=asked.optimizer,
    )


def _measured(subject: Subject, number: int | None, asked: Asked, say: Say) -> _Measured:
    placed = subject if number is None else with_batch(subject, number)
    report = inspection.inspect(placed, on_call=say)
    if report.run.device != str(placed.device) and placed.on_cpu is not None:  # meta can't run it
        placed = placed.on_cpu()
    say("following memory")
    traces, notes = _traces(placed, asked)
    if traces is not None and traces.reason:
        notes = (*notes, traces.reason)
    batch = Batch(_size(report, number), report.run.inputs, _memory(traces), None)
    if placed.device.type == _META or not asked.is_timed:
        return _Measured(report, traces, batch, None, notes)
    network = _network(placed)
    batch, layers = _with_times(_with_workspace(batch, network, asked), network, asked, report.totals.macs, say)
    return _Measured(report, traces, batch, layers, notes)


def _with_workspace(batch: Batch, network: "Placed", asked: Asked) -> Batch:
    """Measured where it runs."""
    from cnninspect.profile import workspace

    memory, replace = batch.memory, msgspec.structs.replace
    if memory.inference_peak is not None:
        memory = replace(memory, workspace=workspace.at_inference(network, memory.inference_peak))
    if asked.times_training and memory.training_peak is not None and memory.step_peak is not None:
        peak = max(memory.training_peak, memory.step_peak)
        measured = workspace.in_training(network, _updates(network, asked), peak)
        memory = replace(memory, training_workspace=measured)
    return replace(batch, memory=memory)


def _with_times(
    batch: Batch, network: "Placed", asked: Asked, macs: int | None, say: Say
) -> tuple[Batch, "LayerTimes"]:
    from cnninspect.profile import pass_times

    count = pass_times.Count(batch.batch, macs, asked.runs)
    whole, layers = pass_times.inference(network, count, say)
    trained = None
    if asked.times_training and batch.memory.training_peak is not None:
        trained = pass_times.training(network, _updates(network, asked), count, say)
    return msgspec.structs.replace(batch, time=whole, training=trained), layers


def _size(report: Report, number: int | None) -> int | None:
    """How many images: as asked, or the first side that all inputs share."""
    firsts = {each.shape[0] for each in report.run.inputs if each.shape}
    return number if number is not None else firsts.pop() if len(firsts) == 1 else None


def _memory(traces: "Traces | None") -> Memory:
    if traces is None:
        return Memory(**dict.fromkeys(Memory.__struct_fields__))
    from cnninspect.profile.needs import memory_of

    return memory_of(traces)


def _traces(subject: Subject, asked: Asked) -> tuple["Traces | None", tuple[str, ...]]:
    """What following it shows, or why nothing does.

    On the CPU the pass is followed where it runs. A training step, which takes time and memory, is told from meta if
    what is told of the pass is what it was.
    """
    from cnninspect.profile.needs import Traces, traced

    network, train = _network(subject), partial(_train, asked=asked)
    if subject.device.type not in {_CPU, _META}:
        return traced(network, train), ()
    told, why = _told(network, asked.target or PredictedDevice.cpu, train)
    if subject.device.type == _META:
        return told, () if told else (f"memory is unknown: {why}",)
    if told is None:
        return traced(network, train), ()
    from cnninspect.profile.tracing import inference

    shown = inference(network)
    if shown.most() == told.inference.most() and (told.training is not None or told.reason is None):
        return Traces(network, shown, told.training, told.reason), ()
    return traced(network, train), ()


def _told(network: "Placed", target: PredictedDevice, train: "_Train | None") -> tuple["Traces | None", str]:
    """What meta tells, or why it doesn't."""
    from cnninspect.profile.prediction import predicted

    try:
        return predicted(network, target, train), ""
    except ModelError as error:
        return None, error.message


def _network(subject: Subject) -> "Placed":
    """A network that is nobody else's."""
    from cnninspect.loading.copying import copied
    from cnninspect.profile.tracing import Placed

    is_theirs = subject.is_shared and subject.placed is subject.original
    module = copied(subject.placed, {}) if is_theirs else subject.placed
    return Placed(module, subject.args, subject.kwargs, subject.device, subject.mode, subject.seed)


def _train(network: "Placed", asked: Asked) -> "Training":
    from cnninspect.profile import tracing

    return tracing.training(network, _updates(network, asked))


def _updates(network: "Placed", asked: Asked) -> "Updates":
    from cnninspect.profile.optimizers import Updates

    foreach = asked.foreach
    if foreach is None and network.device.type in {_CPU, _META}:
        foreach = False
    elif foreach is None and network.is_fake:
        foreach = True  # as torch does on a GPU; of fakes it can't tell where they are
    return Updates(asked.optimizer, network.module.parameters(), foreach=foreach)


def _fits(subject: Subject, asked: Asked, say: Say) -> tuple[Fits, tuple[str, ...]]:
    """The largest batch that fits, told on meta."""
    from cnninspect.profile.tracing import FORWARD

    room = asked.room or 0
    mode = FitMode.training if asked.times_training else FitMode.inference

    is_told = subject.device.type in tuple(PredictedDevice)
    target = asked.target or (PredictedDevice(subject.device.type) if is_told else PredictedDevice.cpu)
    on_meta = place(
        subject.model, subject.original, subject.inputs, _META, subject.dtype_name,
        mode=subject.mode, seed=subject.seed, is_shared=subject.is_shared,
    )  # fmt: skip

    train = partial(_train, asked=asked) if mode is FitMode.training else None

    def trace(number: int) -> batches.Trace:
        say(f"following a batch of {number}")
        traces, why = _told(_network(with_batch(on_meta, number)), target, train)
        if traces is None:
            raise ModelError(why)
        timeline = traces.inference
        if mode is FitMode.training:
            if traces.training is None:
                raise ModelError(traces.reason or "")
            timeline = traces.training.timeline
        return batches.Trace(sum(traces.held), timeline, timeline.phase(FORWARD))

    try:
        found = batches.largest(trace, room, _MOST)
    except ModelError as error:
        return Fits(room, mode, None, None), (f"which batch fits is unknown: {error.message}",)
    notes = ["what fits is told by tensors alone: what kernels take beside them comes on top"]
    if not found.is_affine:
        notes.append("memory is not affine in the batch: the one that fits was searched for")
    verified = None
    if asked.verifies and found.batch:
        say(f"running batches of {found.batch} and {found.batch + 1}")
        ran = [_runs(subject, batch, mode, asked) for batch in (found.batch, found.batch + 1)]
        verified = ran == [True, False]
        if not ran[0]:
            notes.append(
                f"a batch of {found.batch} did not run in {room:,} bytes: beside tensors and workspace the allocator "
                "keeps free what fits nothing, less with PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"
            )
        if ran[1]:
            notes.append(f"a batch of {found.batch + 1} ran in {room:,} bytes, too")
    return Fits(room, mode, found.batch, verified), tuple(notes)


def _runs(subject: Subject, batch: int, mode: FitMode, asked: Asked) -> bool:
    from cnninspect.profile.verifying import runs_within

    train = partial(_train, asked=asked) if mode is FitMode.training else None
    return runs_within(_network(with_batch(subject, batch)), asked.room or 0, train)


_MOST = 2**31


def _roofline(measured: _Measured, say: Say) -> Roofline | None:
    if measured.layers is None:
        return None
    import torch

    from cnninspect.profile.corners import corners

    say("measuring the machine's corners")
    return corners(torch.device(measured.report.run.device), getattr(torch, measured.report.run.dtype))


def _of_hooks(layers: "LayerTimes | None") -> list[str]:
    """What timing layers has cost, and what it covers."""
    if layers is None or not layers.plain:
        return []
    cost, covered = layers.watched / layers.plain - 1, layers.own / layers.plain
    return [f"timing layers costs {100 * cost:.1f} % of a pass; their own times add up to {100 * covered:.1f} % of one"]


def _device_name(device: str) -> str:
    from cnninspect.profile.machine import name_of_device

    return name_of_device(device)
