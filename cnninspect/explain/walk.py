"""From an element of a feature map back to the pixels that it comes from, through one layer's window after another."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cnninspect.explain import fields
from cnninspect.explain.containers import within
from cnninspect.explain.formula import entering, leaving
from cnninspect.geometry import PIXEL, Extent, KernelWindow, field_of, meet, padded_place
from cnninspect.report import Layer, ReceptiveField

_COUNT: Final = 2  # dimensions of an image
_MOST: Final = (
    10_000_000  # elements that the windows of one layer along a dimension may see, each as often as it is seen
)
#: What fills the padding, by the setting ``padding_mode`` and by the type of a layer that only pads.
_REPEATING: Final = ("reflect", "replicate", "circular")
_PADS: Final = {"ReflectionPad2d": "reflect", "ReplicationPad2d": "replicate", "CircularPad2d": "circular"}


class WindowedLayer(NamedTuple):
    """A layer with windows on the way, or one where paths meet.

    Attributes:
        windows: Along the rows and along the columns; none where paths meet.
        sources: Which of those before it it builds upon, by their numbers on the way; −1 is the input.
        sides: Of the map that enters it.
        mode: What is in its padding: ``zeros``, or pixels again (``reflect``, ``replicate``, ``circular``).
    """

    layer: Layer
    windows: tuple[fields.Window, ...]
    sources: tuple[int, ...]
    sides: tuple[int, ...]
    mode: str


def back(layers: tuple[Layer, ...], index: int, image: tuple[int, int]) -> tuple[WindowedLayer, ...] | None:
    """The layers with windows between the input and a layer's output, from the input on.

    Where paths meet, those that reach the ends of the field are walked.
    ``None`` where what is known of them doesn't give the sides and the field that the pass showed: something else has
    changed the map; and where the windows are too large to look at each of their elements.
    """
    found = fields.steps(layers)
    field, sides = layers[index].receptive_field, leaving(layers[index])[-_COUNT:]
    inner = [i for i in within(layers, index) if layers[i].receptive_field == field and layers[i].call]
    last = fields.source(found, layers, inner[-1] if inner and index not in found else index)
    order = fields.chain(found, layers, last)
    numbers = {fields.INPUT: fields.INPUT} | {step: number for number, step in enumerate(order)}
    stages = tuple(
        _stage(layers[i], [numbers[fields.source(found, layers, each)] for each in found[i].builds_on]) for i in order
    )
    if any(map(_is_too_large, stages)):
        return None
    left = [*(leaving(stage.layer)[-_COUNT:] for stage in stages), image]  # the last is number −1: the input
    fits = all(left[each] == stage.sides for stage in stages for each in stage.sources)
    return stages if fits and left[numbers[last]] == sides and _field(stages) == field else None


def _is_too_large(stage: WindowedLayer) -> bool:
    kernels = [window.kernel if isinstance(window, KernelWindow) else 1 for window in stage.windows]
    return any(kernel * side > _MOST for kernel, side in zip(kernels, stage.sides, strict=False))


def _stage(layer: Layer, sources: Sequence[int]) -> WindowedLayer:
    windows = fields.windows_of(layer, _COUNT)
    mode = _PADS.get(layer.type) or layer.settings.get("padding_mode")
    has_padding = layer.type in _PADS or any(
        window.padding or window.behind for window in windows if isinstance(window, KernelWindow)
    )
    return WindowedLayer(
        layer,
        windows,
        tuple(sources),
        entering(layer)[-_COUNT:] if windows else leaving(layer)[-_COUNT:],
        mode if mode in _REPEATING and has_padding else "zeros",
    )


def _field(stages: Sequence[WindowedLayer]) -> ReceptiveField | None:
    """Of the last of them, one after another."""
    along: list[Extent] = []
    for axis in range(_COUNT):
        found: list[Extent | None] = []
        for stage in stages:
            entered = meet([PIXEL if each == fields.INPUT else found[each] for each in stage.sources])
            found.append(entered.through(stage.windows[axis]) if entered and stage.windows else entered)
        last = found[-1] if found else PIXEL
        if last is None:
            return None
        along.append(last)
    return field_of(along)


def pixels(stages: Sequence[WindowedLayer], axis: int, at: int, *, is_endless: bool = False) -> set[int]:
    """Those that an element sees; empty if it sees padding alone.

    Args:
        stages: From the input on.
        axis: 0 for rows, 1 for columns.
        at: The element's own, in the output of the last of them.
        is_endless: Of an input and maps without edges.
    """
    looked_at = [set[int]() for _ in range(len(stages) + 1)]  # in each stage's output; the last is number −1: the input
    looked_at[len(stages) - 1] = {at}
    for number in reversed(range(len(stages))):
        stage = stages[number]
        seen = looked_at[number]
        if stage.windows:
            seen = {tap for place in seen for tap in stage.windows[axis].places(place)}
        if stage.windows and not is_endless:
            placed = {padded_place(tap, stage.sides[axis], stage.mode) for tap in seen}
            seen = {place for place in placed if place is not None}
        for each in stage.sources:
            looked_at[each] |= seen
    return looked_at[fields.INPUT]


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
