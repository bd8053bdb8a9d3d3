"""What each call of each module costs: time, memory and work put together. No torch in it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnninspect.profile.lives import Amounts, by_owner
from cnninspect.profile.profiled import LayerCost, Roofline
from cnninspect.report import Layer

if TYPE_CHECKING:
    from cnninspect.profile.needs import Traces
    from cnninspect.profile.stopwatch import LayerTimes


def layer_costs(
    layers: Sequence[Layer],
    traces: "Traces | None",
    times: "LayerTimes | None",
    roofline: Roofline | None,
    *,
    in_training: bool,
) -> tuple[LayerCost, ...]:
    """A row a call, in the order of execution.

    Args:
        layers: Of the report.
        traces: What followed the same batch.
        times: Of the calls, if they were timed.
        roofline: Of the machine, if it was measured.
        in_training: What is alive is that of a training step.
    """
    live = traces.live(in_training=in_training) if traces else None
    lives = traces.saved() if traces else None
    saved = None if lives is None else by_owner((each.owner, each.size) for each in lives)
    moved = by_owner((each.owner, each.moved) for each in traces.inference.operations) if traces else None
    backward = by_owner((each.owner, each.macs) for each in traces.backward()) if traces and traces.training else None
    return tuple(_cost(each, live, saved, moved, backward, times, roofline) for each in layers if each.call)


def _cost(
    layer: Layer,
    live: Amounts | None,
    saved: Amounts | None,
    moved: Amounts | None,
    backward: Amounts | None,
    times: "LayerTimes | None",
    roofline: Roofline | None,
) -> LayerCost:
    place = layer.path, layer.call
    taken = times.calls.get(place) if times else None
    of_bytes = None if moved is None else moved.get(place, 0)
    intensity = layer.own_macs / of_bytes if of_bytes and layer.own_macs is not None else None
    return LayerCost(
        path=layer.path, type=layer.type, call=layer.call,
        seconds=taken.whole if taken else None,
        self_seconds=taken.own if taken else None,
        share=taken.own / times.own if taken and times and times.own else None,
        saved=None if saved is None else saved.get(place, 0),
        live=None if live is None else live.get(place, 0),
        macs=layer.own_macs,
        backward_macs=None if backward is None else backward.get(place, 0),
        bytes_moved=of_bytes,
        intensity=intensity,
        bound=bound(intensity, roofline),
    )  # fmt: skip


def bound(intensity: float | None, roofline: Roofline | None) -> str | None:
    """By what a layer is bound: memory below the intensity at which the machine's corners meet, arithmetic above it.

    Williams, Waterman and Patterson, "Roofline: an insightful visual performance model" (2009).

    >>> bound(20.0, Roofline(100.0, 10.0)), bound(5.0, Roofline(100.0, 10.0)), bound(None, None)
    ('arithmetic', 'memory', None)

    Args:
        intensity: Multiply-accumulates for a byte.
        roofline: Of the machine.
    """
    if intensity is None or roofline is None:
        return None
    return "arithmetic" if intensity >= roofline.macs_per_second / roofline.bytes_per_second else "memory"
