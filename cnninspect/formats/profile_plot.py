"""A picture of a profile: memory over the course of a training step, stacked by kind; below it time by layer.

Drawn by matplotlib. Where nothing was timed the second panel is what is kept for the backward pass, by layer.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from cnninspect.errors import ModelError
from cnninspect.formats import words
from cnninspect.formats.plot import saved
from cnninspect.profile.profiled import Costs, Course, LayerCost, costliest
from cnninspect.units import binary

_INCHES: Final = (9, 8)
_MOST: Final = 20  # calls in the second panel
#: By what memory holds, in the order of the stack: what stays longest is at the bottom.
COLORS: Final = {
    "weights": "#4c72b0", "buffers": "#7f9fcf", "inputs": "#8c8c8c",
    "optimizer state": "#8172b3", "gradients": "#55a868", "activations": "#dd8452",
    "temporaries of the step": "#c44e52",
}  # fmt: skip


def drawn(costs: Costs, file_format: str) -> bytes:
    """The picture, ``svg`` or ``png``.

    Args:
        costs: Of a network.
        file_format: Of the file.

    Raises:
        ModelError: Its memory is unknown.
    """
    if costs.course is None:
        raise ModelError("nothing to plot: the memory of this network is unknown")
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
    return {name: layers[name] for name in COLORS if any(layers.get(name, ()))}


def _course(axes: Any, course: Course) -> None:
    layers = stacked(course)
    length = max(map(len, layers.values()), default=0)
    scale = 2**20
    axes.stackplot(
        range(length), [[size / scale for size in sizes] for sizes in layers.values()],
        labels=list(layers), colors=[COLORS[name] for name in layers], step="post",
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


class CallFigure(NamedTuple):
    """What of calls is drawn: a figure of each, how it is written, and what it is."""

    of: Callable[[LayerCost], float]
    spelled: Callable[[float], str]
    about: str


def call_figure(layers: Sequence[LayerCost]) -> CallFigure:
    """Own time where there is one, else what is kept for the backward pass.

    Args:
        layers: What is known of each call.
    """
    if any(each.self_seconds for each in layers):
        return CallFigure(lambda each: each.self_seconds or 0.0, words.seconds, "Own time, by call")
    return CallFigure(
        lambda each: float(each.saved or 0), lambda size: binary(int(size)), "Kept for the backward pass, by call"
    )


def _calls(axes: Any, layers: Sequence[LayerCost]) -> None:
    found = call_figure(layers)
    in_order = list(filter(found.of, costliest(layers, found.of, _MOST)))
    names = [words.safe(each.path or each.type).replace("$", r"\$") for each in in_order]
    places = range(len(in_order))
    bars = axes.barh(places, [found.of(each) for each in in_order], color=COLORS["weights"])
    axes.bar_label(bars, [found.spelled(found.of(each)) for each in in_order], fontsize=7, padding=3)
    axes.set_yticks(places, names, fontsize=7)
    axes.set_xticks([])
    axes.margins(x=0.12)
    axes.invert_yaxis()
    axes.set(xlabel=found.about)
