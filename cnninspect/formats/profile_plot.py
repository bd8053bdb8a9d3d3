"""A picture of a profile: memory over the course of a training step, stacked by kind; below it time by layer.

Drawn by matplotlib. Where nothing was timed the second panel is what is kept for the backward pass, by layer.
"""

from collections.abc import Sequence
from typing import Any, Final

from cnninspect.errors import RequestError
from cnninspect.formats import words
from cnninspect.formats.plot import saved
from cnninspect.profile.profiled import Costs, Course, LayerCost
from cnninspect.units import binary

_INCHES: Final = (9, 8)
_MOST: Final = 20  # calls in the second panel
#: By what memory holds, in the order of the stack: what stays longest is at the bottom.
_COLORS: Final = {
    "weights": "#4c72b0", "buffers": "#7f9fcf", "inputs": "#8c8c8c",
    "optimizer state": "#8172b3", "gradients": "#55a868", "activations": "#dd8452",
}  # fmt: skip


def drawn(costs: Costs, file_format: str) -> bytes:
    """The picture, ``svg`` or ``png``.

    Args:
        costs: Of a network.
        file_format: Of the file.

    Raises:
        RequestError: Its memory is unknown.
    """
    if costs.course is None:
        raise RequestError("nothing to plot: the memory of this network is unknown")
    from matplotlib.figure import Figure

    def draw(figure: Figure) -> None:
        above, below = figure.subplots(2, 1)
        assert costs.course is not None  # noqa: S101 - as said above
        _course(above, costs.course)
        _calls(below, costs.layers)
        figure.suptitle(words.safe(costs.model.name).replace("$", r"\$"))

    return saved(draw, _INCHES, file_format)


def stacked(course: Course) -> dict[str, list[int]]:
    """Bytes over the course by kind, what is there all the time first; kinds without any are left out."""
    length = max(map(len, course.kinds.values()), default=0)
    layers = {name: [size] * length for name, size in course.held.items()}
    layers |= {name: list(sizes) for name, sizes in course.kinds.items()}
    return {name: layers[name] for name in _COLORS if any(layers.get(name, ()))}


def _course(axes: Any, course: Course) -> None:
    layers = stacked(course)
    length = max(map(len, layers.values()), default=0)
    scale = 2**20
    axes.stackplot(
        range(length), [[size / scale for size in sizes] for sizes in layers.values()],
        labels=list(layers), colors=[_COLORS[name] for name in layers], step="post",
    )  # fmt: skip
    total = [sum(sizes) for sizes in zip(*layers.values(), strict=True)]
    if total:
        axes.annotate(
            f"peak: {binary(total[course.peak])}", (course.peak, total[course.peak] / scale), (0, 6),
            textcoords="offset points", ha="center",
        )  # fmt: skip
        axes.plot([course.peak], [total[course.peak] / scale], "k.")
    for phase in course.phases:
        axes.axvline(phase.start, color="black", linewidth=0.5)
        axes.annotate(phase.name, (phase.start, 0), (3, 3), textcoords="offset points", fontsize=8)
    axes.margins(x=0, y=0.12)
    axes.set(xlabel="operators, in their order", ylabel="MiB")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), fontsize=8, ncols=6, frameon=False)


def _calls(axes: Any, layers: Sequence[LayerCost]) -> None:
    timed = any(each.self_seconds for each in layers)
    shown = sorted(layers, key=lambda each: -_amount(each, timed=timed))[:_MOST]
    kept = {id(each) for each in shown if _amount(each, timed=timed)}
    in_order = [each for each in layers if id(each) in kept]
    names = [words.safe(each.path or each.type).replace("$", r"\$") for each in in_order]
    places = range(len(in_order))
    axes.barh(places, [_amount(each, timed=timed) * (1e3 if timed else 2**-20) for each in in_order], color="#4c72b0")
    axes.set_yticks(places, names, fontsize=7)
    axes.invert_yaxis()
    axes.set(xlabel="own time, ms" if timed else "kept for the backward pass, MiB")


def _amount(cost: LayerCost, *, timed: bool) -> float:
    return (cost.self_seconds if timed else cost.saved) or 0
