"""From a request to a profile: for each batch its traces and its time, and the batch that fits."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cnninspect import inspection, python_api
from cnninspect.errors import CnnInspectError, ModelError, naming
from cnninspect.input_sizes import number_of_images
from cnninspect.profile.asked import Asked, parse_asked
from cnninspect.profile.layer_costs import layer_costs
from cnninspect.profile.profiled import Batch, Costs, Fits, Roofline
from cnninspect.report import Report
from cnninspect.spec import Request
from cnninspect.subject import Subject, with_batch

if TYPE_CHECKING:
    from typing import Unpack

    from torch import nn

    from cnninspect.profile.needs import Traces
    from cnninspect.profile.placed import Placed
    from cnninspect.profile.stopwatch import LayerTimes


Say = Callable[[str], None]
_CPU, _META = "cpu", "meta"


class _Measured(NamedTuple):
    """One batch."""

    report: Report
    traces: "Traces | None"
    batch: Batch
    layers: "LayerTimes | None"
    notes: list[str]


def profile_model(
    model: "str | nn.Module",
    *,
    batch: int | str | tuple[int, ...] | None = None,
    optimizer: str = "adam",
    foreach: bool | None = None,
    train: bool = False,
    fits: int | str | None = None,
    verify: bool = False,
    runs: int | None = None,
    target: str | None = None,
    **run: "Unpack[python_api.RunKeywords]",
) -> Costs:
    """What a network costs to run and to train: memory in bytes, time in seconds.

    >>> costs = profile_model("scratch:alexnet", inputs=(8, 3, 224, 224), device="meta", optimizer="sgd")
    >>> costs.batches[0].memory.inference_peak  # of (8, 64, 55, 55), (8, 64, 27, 27) and its indices, 8 bytes each
    10674176

    Args:
        model: As for ``inspect_model``; a module comes back as it was.
        batch: How many images at once: the first side of every input. Several: one profile each.
        optimizer: ``sgd``, ``momentum``, ``adam``, ``adamw`` or ``none``.
        foreach: Whether it updates many parameters at once; ``None``: on a GPU alone, as torch does.
        train: Time a training step, too, and let ``fits`` be of one.
        fits: Bytes, or a size such as ``"24GiB"``, into which the largest batch is to fit.
        verify: Run that batch, and the next one, on the GPU.
        runs: How many passes are timed; ``None``: as many as a steady median takes.
        target: On ``meta``: of which device memory is told, ``cpu`` or ``cuda``.
        run: How it is run: ``inputs``, ``args``, ``device`` (on ``meta`` memory is told without being taken, and no
            time is measured), ``dtype``, ``mode`` (of inference), ``weights``, ``source`` and ``seed`` as for
            ``inspect_model``.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or its forward pass raises.
    """
    wanted = parse_asked(
        batch=batch, optimizer=optimizer, foreach=foreach, train=train, fits=fits, verify=verify, runs=runs,
        target=target, device=str(run.get("device", "cpu")),
    )  # fmt: skip
    with python_api.prepared_model(model, **run) as subject:
        return profiled(subject, wanted).costs


class CostedPass(NamedTuple):
    """What a network costs, and the report of the pass in which that was looked at: of the last batch."""

    report: Report
    costs: Costs


def profile_of(request: Request, asked: Asked, *, say: Say = lambda _: None) -> CostedPass:
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


def profiled(subject: Subject, asked: Asked, say: Say = lambda _: None) -> CostedPass:
    """What a network costs, placed already.

    Args:
        subject: The network.
        asked: What of it.
        say: Is told what is being done.

    Raises:
        ModelError: Its forward pass raises, or a batch is to be run on a GPU where it isn't on one.
    """
    if asked.verifies and subject.device.type != "cuda":
        raise ModelError(
            f"--verify runs the batch that fits on a GPU, and the network is on {subject.device}",
            hint="--device cuda, where there is one",
        )
    measured = [_measured(subject, number, asked, say) for number in asked.batches or (None,)]
    last = measured[-1]
    roofline = _roofline(last, say)
    fits, fit_notes = _fits(subject, asked, say)
    notes = [note for each in measured for note in (*each.report.notes, *each.notes)]
    notes += _of_hooks(last.layers)
    costs = Costs(
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
        is_live_in_training=asked.times_training and last.traces is not None and last.traces.training is not None,
    )
    return CostedPass(last.report, costs)


def _measured(subject: Subject, number: int | None, asked: Asked, say: Say) -> _Measured:
    placed = subject if number is None else with_batch(subject, number)
    with nullcontext() if number is None else naming(f"--batch {number}"):
        report = inspection.inspect(placed, on_call=say)
    if report.run.device != str(placed.device) and placed.on_cpu is not None:  # meta can't run it
        placed = placed.on_cpu()
    from cnninspect.profile import batch_traces, needs
    from cnninspect.profile.following import in_a_line

    say("following memory")
    network, traces, notes = batch_traces.network_of(placed), None, list[str]()
    try:
        traces = batch_traces.traces_of(network, asked)
        notes += needs.remarks_on(traces)
    except ModelError as error:
        notes.append(f"memory is unknown: {error.message}")
    memory = needs.unknown_memory(network) if traces is None else needs.memory_of(traces)
    inputs = report.run.inputs
    batch = Batch(number_of_images(inputs) if number is None else number, inputs, memory, None)
    if network.device.type == "meta" or not asked.is_timed:
        return _Measured(report, traces, batch, None, notes)
    try:
        batch, layers = _with_times(_with_workspace(batch, network, asked), network, asked, report.totals.macs, say)
    except CnnInspectError:
        raise
    except Exception as error:
        raise ModelError(f"the network fails when it runs again: {in_a_line(error)}") from error
    return _Measured(report, traces, batch, layers, notes)


def _with_workspace(batch: Batch, network: "Placed", asked: Asked) -> Batch:
    """Measured where it runs."""
    from cnninspect.profile import workspace
    from cnninspect.profile.batch_traces import updates_of

    memory, replace = batch.memory, msgspec.structs.replace
    if memory.inference_peak is not None:
        memory = replace(memory, workspace=workspace.at_inference(network, memory.inference_peak))
    if asked.times_training and memory.training_peak is not None and memory.step_peak is not None:
        peak = max(memory.training_peak, memory.step_peak)
        measured = workspace.in_training(network, updates_of(network, asked), peak)
        memory = replace(memory, training_workspace=measured)
    return replace(batch, memory=memory)


def _with_times(
    batch: Batch, network: "Placed", asked: Asked, macs: int | None, say: Say
) -> tuple[Batch, "LayerTimes"]:
    from cnninspect.profile import pass_times
    from cnninspect.profile.batch_traces import updates_of

    count = pass_times.Count(batch.batch, macs, asked.runs)
    whole, layers = pass_times.inference(network, count, say)
    trained = None
    if asked.times_training and batch.memory.training_peak is not None:
        trained = pass_times.training(network, updates_of(network, asked), count, say)
    return msgspec.structs.replace(batch, time=whole, training=trained), layers


def _fits(subject: Subject, asked: Asked, say: Say) -> tuple[Fits | None, tuple[str, ...]]:
    if asked.room is None:
        return None, ()
    from cnninspect.profile.largest_batch import largest_batch

    return largest_batch(subject, asked, asked.room, say)


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
