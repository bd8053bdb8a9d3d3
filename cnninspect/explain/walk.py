"""From an element of a feature map back to the pixels that it comes from, through one layer's window after another."""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Final, NamedTuple

from cnninspect.explain import fields
from cnninspect.explain.containers import within
from cnninspect.explain.formula import entering, leaving
from cnninspect.geometry import PIXEL, Extent, KernelWindow, field_of, padded_place
from cnninspect.report import Layer, ReceptiveField

_COUNT: Final = 2  # dimensions of an image
_MOST: Final = (
    10_000_000  # elements that the windows of one layer along a dimension may see, each as often as it is seen
)
#: What fills the padding, by the setting ``padding_mode`` and by the type of a layer that only pads.
_REPEATING: Final = ("reflect", "replicate", "circular")
_PADS: Final = {"ReflectionPad2d": "reflect", "ReplicationPad2d": "replicate", "CircularPad2d": "circular"}


class WindowedLayer(NamedTuple):
    """A layer with windows on the way.

    Attributes:
        windows: Along the rows and along the columns.
        sides: Of the map that enters it.
        mode: What is in its padding: ``zeros``, or pixels again (``reflect``, ``replicate``, ``circular``).
    """

    layer: Layer
    windows: tuple[KernelWindow, ...]
    sides: tuple[int, ...]
    mode: str


def back(layers: tuple[Layer, ...], index: int, image: tuple[int, int]) -> tuple[WindowedLayer, ...] | None:
    """The layers with windows between the input and a layer's output, from the input on.

    Where paths meet, that with the largest field is walked.
    ``None`` where what is known of them doesn't give the sides and the field that the pass showed: something else has
    changed the map; and where the windows are too large to look at each of their elements.
    """
    found = fields.steps(layers)
    field, sides = layers[index].receptive_field, leaving(layers[index])[-_COUNT:]
    inner = [i for i in within(layers, index) if layers[i].receptive_field == field and layers[i].call]
    order = fields.chain(found, layers, inner[-1] if inner and index not in found else index)
    stages = tuple(_stage(layers[i]) for i in order)
    if any(
        window.kernel * side > _MOST
        for stage in stages
        for window, side in zip(stage.windows, stage.sides, strict=True)
    ):
        return None
    entered = [stage.sides for stage in stages]
    left = [leaving(stage.layer)[-_COUNT:] for stage in stages]
    if [image, *left] != [*entered, sides] or _field(stages) != field:
        return None
    return stages


def _stage(layer: Layer) -> WindowedLayer:
    windows = fields.windows_of(layer, _COUNT)
    mode = _PADS.get(layer.type) or layer.settings.get("padding_mode")
    has_padding = layer.type in _PADS or any(window.padding or window.behind for window in windows)
    return WindowedLayer(
        layer, windows, entering(layer)[-_COUNT:], mode if mode in _REPEATING and has_padding else "zeros"
    )


def _field(stages: Sequence[WindowedLayer]) -> ReceptiveField:
    """Of all of them, one after another."""
    along = [[stage.windows[axis] for stage in stages] for axis in range(_COUNT)]
    return field_of(reduce(Extent.through, windows, PIXEL) for windows in along)


def pixels(stages: Sequence[WindowedLayer], axis: int, at: int) -> set[int]:
    """Those that the element ``at`` sees along rows (axis 0) or columns (1); empty if it sees padding alone."""
    places = {at}
    for stage in reversed(stages):
        window, side = stage.windows[axis], stage.sides[axis]
        seen = {padded_place(tap, side, stage.mode) for place in places for tap in window.places(place)}
        places = {place for place in seen if place is not None}
    return places


def repeating(stages: Sequence[WindowedLayer]) -> Iterator[str]:
    """What is to be said of paddings that are not empty."""
    for stage in stages:
        if stage.mode != "zeros":
            name = f"{stage.layer.path}: {stage.layer.type}" if stage.layer.path else stage.layer.type
            yield f"the padding of {name} repeats pixels of what enters it ({stage.mode}): they count as seen" + (
                "; not all between first and last need be seen" if stage.mode == "circular" else ""
            )


def has_branches(layers: Sequence[Layer], stages: Sequence[WindowedLayer]) -> bool:
    """Are there layers with windows beside those on the way, before its last one?"""
    on_the_way = {id(stage.layer) for stage in stages}
    until = next((i for i, layer in enumerate(layers) if stages and layer is stages[-1].layer), 0)
    return any(layer.call and id(layer) not in on_the_way and fields.has_window(layer) for layer in layers[:until])
