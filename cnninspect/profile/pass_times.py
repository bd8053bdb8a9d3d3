"""The time of one batch: of a pass at inference, of its layers, and of the parts of a training step."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from cnninspect.capture.modules import ModuleRecorder
from cnninspect.profile import stopwatch, timing
from cnninspect.profile.optimizers import Updates
from cnninspect.profile.placed import Placed, running
from cnninspect.profile.profiled import Time, TrainingTime
from cnninspect.profile.stopwatch import LayerTimes
from cnninspect.profile.timing import Timed
from cnninspect.profile.tracing import forget_gradients, loss_of
from cnninspect.tensor_tree import modules_in
from cnninspect.torch_internals.compiler import uncompiled

_WATCHED = 5  # passes in which layers are timed


class PassTimes(NamedTuple):
    """What the passes of one batch took."""

    time: Time
    layers: LayerTimes


class Count(NamedTuple):
    """How much a pass is, and how many are timed.

    Attributes:
        items: Images.
        macs: Multiply-accumulates, if they are known.
        runs: Passes; ``None``: as many as a steady median takes.
    """

    items: int | None
    macs: int | None
    runs: int | None


def inference(network: Placed, count: Count, say: Callable[[str], None]) -> PassTimes:
    """Time passes under ``no_grad``, and their layers.

    Args:
        network: With values.
        count: Of a pass.
        say: Is told which pass is at hand.
    """

    def timed() -> PassTimes:
        with running(network, network.mode, torch.no_grad()):
            whole = timing.timed(lambda: _passed(network), network.device, count.runs, say)
            say("timing layers")
            recorder = ModuleRecorder(network.module)
            with recorder:
                _passed(network)
            passes = min(count.runs or _WATCHED, _WATCHED)
            modules, places = modules_in(network.module), stopwatch.places_of(recorder)
            layers = stopwatch.by_layer(lambda: _passed(network), modules, places, network.device, passes)
        return PassTimes(whole.time(count.items, count.macs), layers)

    return uncompiled(timed)


def training(network: Placed, updates: Updates, count: Count, say: Callable[[str], None]) -> TrainingTime:
    """Time training steps, part by part.

    Args:
        network: With values, nobody else's; its buffers are others afterwards.
        updates: The optimizer.
        count: Of a pass.
        say: Is told which step is at hand.
    """

    def timed() -> TrainingTime:
        seconds: dict[str, list[float]] = {name: [] for name in TrainingTime.__struct_fields__}
        with running(network, "train", torch.enable_grad()):
            _stepped(network, updates, {name: [] for name in seconds})  # what the optimizer keeps comes with the first
            while not timing.is_enough(seconds["forward"], count.runs):
                say(f"timing training step {len(seconds['forward']) + 1}{f' of {count.runs}' if count.runs else ''}")
                _stepped(network, updates, seconds)
        parts = {name: Timed(each, 1).time(count.items, None) for name, each in seconds.items()}
        return TrainingTime(**parts)

    return uncompiled(timed)


def _stepped(network: Placed, updates: Updates, seconds: dict[str, list[float]]) -> None:
    losses: list[Any] = []
    parts: dict[str, timing.Run] = {
        "forward": lambda: losses.append(loss_of(_passed(network))),
        "backward": lambda: losses.pop().backward(),
        "step": updates.step,
    }
    for name, part in parts.items():
        seconds[name].append(timing.once(part, network.device))
    forget_gradients(network, updates)


def _passed(network: Placed) -> Any:
    return network.module(*network.args, **network.kwargs)
