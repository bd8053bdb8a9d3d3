"""How the receptive field grows, layer by layer: each step from the layers that it builds upon.

A window of kernel ``k``, stride ``s``, padding ``p`` and dilation ``d`` takes size ``r``, effective stride ``S`` and
effective padding ``P`` to ``r + d·(k − 1)·S``, ``S·s`` and ``P + p·S`` (Araujo, Norris and Sim, "Computing Receptive
Fields of Convolutional Neural Networks", 2019, section 2). Where paths meet, their union counts: padding ``max Pᵢ``,
size ``max Pᵢ + max(rᵢ − Pᵢ)``.

What a layer builds upon is the latest one before from which this gives what was traced: at most meetings one path sees
all that the others do. Where none does alone, it is the latest of those maps that lie within what was traced and
together reach its ends. Where there are none, something between the layers (a function of the model's own) has changed
the field, and there is no formula.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from cnninspect.explain.containers import is_container
from cnninspect.explain.expression import Expression, Number, largest
from cnninspect.explain.formula import FOREIGN, Formula, dimensions, entering, kernel_windows, leaving
from cnninspect.geometry import (
    PIXEL,
    Extent,
    KernelWindow,
    Spread,
    adaptive,
    block,
    field_of,
    paddings,
    per_dimension,
)
from cnninspect.report import Layer, ReceptiveField

Window = KernelWindow | Spread


class FieldGrowth(msgspec.Struct, frozen=True):
    """One layer's part in the growth of the field.

    Attributes:
        builds_on: The indices of the layers it builds upon among the report's layers; −1 is the input.
        formulas: The field's size, effective stride and effective padding.
    """

    builds_on: tuple[int, ...]
    formulas: tuple[Formula, ...]


INPUT: Final = -1


def steps(layers: tuple[Layer, ...]) -> dict[int, FieldGrowth]:
    """The steps of those layers that have windows and a receptive field, or where paths meet, by their index."""
    found: dict[int, FieldGrowth] = {}
    before: dict[ReceptiveField, int] = {}  # the latest layer with each field; the latest field is the last
    for index, layer in enumerate(layers):
        field = layer.receptive_field
        if field is None or layer.call == 0:
            continue
        is_leaf = not is_container(layers, index)
        with suppress(*FOREIGN):
            step = _step(layers, index, field, before, is_leaf=is_leaf)
            if step is not None:
                found[index] = step
        if is_leaf:
            before.pop(field, None)
            before[field] = index
    return found


def _step(
    layers: tuple[Layer, ...],
    index: int,
    field: ReceptiveField,
    before: dict[ReceptiveField, int],
    *,
    is_leaf: bool,
) -> FieldGrowth | None:
    layer, count = layers[index], len(field.size)
    windows: Sequence[Window | None] = windows_of(layer, count)
    if not windows and (field in before or not is_leaf):
        return None
    pixel = field_of([PIXEL] * count)
    if not windows:
        if field == pixel:
            return None
        windows = (None,) * count
    # looked for from the latest on, and only as far as it takes
    latest = itertools.chain(reversed(before), [pixel])
    alone = next((start for start in latest if len(start.size) == count and through(start, windows) == field), None)
    if alone:
        parts: tuple[ReceptiveField, ...] = (alone,)
    else:
        sides = (entering(layer) if windows[0] else leaving(layer))[-count:]
        starts = [start for start in (*reversed(before), pixel) if len(start.size) == count]
        fitting = [start for start in starts if _sides(layers, before.get(start, INPUT), count) == sides]
        parts = _reaching(field, {start: through(start, windows) for start in fitting})
    formulas = tuple(_formulas(parts, windows, field)) if parts else ()
    if not formulas or not all(formula.holds for formula in formulas):
        return None
    return FieldGrowth(tuple(before.get(start, INPUT) for start in parts), formulas)


def through(start: ReceptiveField, windows: Sequence[Window | None]) -> ReceptiveField | None:
    """The field of an element behind ``windows``, one for each dimension, of a map whose elements have ``start``."""
    extents = map(Extent, start.size, start.stride, start.padding)
    moved = [e.through(window) if window else e for e, window in zip(extents, windows, strict=True)]
    known = [extent for extent in moved if extent]
    return field_of(known) if len(known) == len(moved) else None


def _reaching(
    field: ReceptiveField, grown: Mapping[ReceptiveField, ReceptiveField | None]
) -> tuple[ReceptiveField, ...]:
    """The first of those within ``field`` that reach its ends along every dimension; none if an end isn't reached."""
    reach = _ends(field)
    ends = {start: _ends(each) for start, each in grown.items() if each and each.stride == field.stride}
    within = {start: each for start, each in ends.items() if all(map(int.__le__, each, reach))}
    found = dict.fromkeys(
        next((start for start, each in within.items() if each[i] == end), None) for i, end in enumerate(reach)
    )
    return () if None in found else tuple(start for start in found if start)


def _ends(field: ReceptiveField) -> tuple[int, ...]:
    """How far it reaches before and behind an element's own place, along each dimension."""
    behind = [size - padding for size, padding in zip(field.size, field.padding, strict=True)]
    return (*field.padding, *behind)


def _sides(layers: tuple[Layer, ...], index: int, count: int) -> tuple[int, ...]:
    """Of the map that a layer gives, or of the input."""
    return (entering(layers[0]) if index == INPUT else leaving(layers[index]))[-count:]


def chain(found: dict[int, FieldGrowth], layers: tuple[Layer, ...], index: int) -> list[int]:
    """The steps from the input to a layer, in their order."""
    order: set[int] = set()
    waiting = [source(found, layers, index)]
    while waiting:
        step = waiting.pop()
        if step != INPUT and step not in order:
            order.add(step)
            waiting += [source(found, layers, each) for each in found[step].builds_on]
    return sorted(order)


def source(found: dict[int, FieldGrowth], layers: tuple[Layer, ...], index: int) -> int:
    """The step that gives a layer's field: its own, or of one without windows the latest with this field."""
    if index in found or index == INPUT:
        return index
    field = layers[index].receptive_field
    return next((i for i in range(index - 1, -1, -1) if i in found and layers[i].receptive_field == field), INPUT)


def _formulas(
    starts: Sequence[ReceptiveField], windows: Sequence[Window | None], traced: ReceptiveField
) -> Iterator[Formula]:
    grown: dict[object, tuple[Expression, Expression, Expression]] = {}  # dimensions are alike, mostly
    alike = []
    for i, (stride, window) in enumerate(zip(starts[0].stride, windows, strict=True)):
        paths = tuple((start.size[i], start.padding[i]) for start in starts)
        alike.append((paths, stride, window))
        if alike[-1] not in grown:
            grown[alike[-1]] = _grown(*_union(paths), Number(stride), window)
    sizes, moved, padded = zip(*(grown[each] for each in alike), strict=True)
    yield from _named("receptive field", sizes, traced.size)
    yield from _named("effective stride", moved, traced.stride)
    yield from _named("effective padding", padded, traced.padding)


def _union(paths: Sequence[tuple[int, int]]) -> tuple[Expression, Expression]:
    """Size and padding where paths meet, each given by its own."""
    different = list(dict.fromkeys(paths))
    if len(different) == 1:
        return Number(different[0][0]), Number(different[0][1])
    padding = largest(*(Number(padding) for _, padding in different))
    return padding + largest(*(Number(size) - Number(padding) for size, padding in different)), padding


def _grown(
    size: Expression, padding: Expression, stride: Expression, window: Window | None
) -> tuple[Expression, Expression, Expression]:
    """Size, stride and padding behind a window."""
    match window:
        case None:
            return size, stride, padding
        case Spread(parts):
            before = (Number(parts) - 1) * (stride / parts)
            return size + before, stride / parts, padding + before
        case KernelWindow(kernel, step, before, dilation):
            reach = Number(dilation) * (Number(kernel) - 1) * stride
            return size + reach, stride * step, padding + Number(before) * stride


def _named(quantity: str, sides: Sequence[Expression], traced: tuple[int, ...]) -> Iterator[Formula]:
    """One formula if all dimensions are alike, else one for each."""
    if all(side is sides[0] or side == sides[0] for side in sides) and len(set(traced)) == 1:
        yield Formula(quantity, sides[0], traced[0])
        return
    for name, side, figure in zip(dimensions(len(sides)), sides, traced, strict=True):
        yield Formula(f"{quantity} {name}", side, figure)


def has_window(layer: Layer) -> bool:
    """Does the field grow by a window of this layer?"""
    with suppress(*FOREIGN):
        return layer.receptive_field is not None and bool(windows_of(layer, len(layer.receptive_field.size)))
    return False


def windows_of(layer: Layer, count: int) -> tuple[Window, ...]:
    """What the layer does along each dimension; nothing if it has no windows."""
    finder = _FINDERS.get(layer.type)
    if finder is None and {"in_channels", "kernel_size", "dilation"} <= layer.settings.keys():
        finder = _kernel
    if finder is None or len(entering(layer)) < count:
        return ()
    return finder(layer, count)


def _kernel(layer: Layer, count: int) -> tuple[KernelWindow, ...]:
    return kernel_windows(layer, count) if layer.settings.get("kernel_size") is not None else ()


def _padding(layer: Layer, count: int) -> tuple[KernelWindow, ...]:
    return paddings(layer.settings["padding"], count)


def _adaptive(layer: Layer, count: int) -> tuple[KernelWindow, ...]:
    """A global or an uneven one ends the field."""
    sides, asked = entering(layer)[-count:], per_dimension(layer.settings["output_size"], count)
    found = [adaptive(n, m or n) for n, m in zip(sides, asked, strict=True)]
    return tuple(window for window in found if window) if all(found) else ()


_FINDERS: Final[dict[str, Callable[[Layer, int], tuple[Window, ...]]]] = {
    "PixelUnshuffle": lambda layer, count: (block(layer.settings["downscale_factor"]),) * count,
    "PixelShuffle": lambda layer, count: (Spread(layer.settings["upscale_factor"]),) * count,
    **{f"Conv{n}d": _kernel for n in (1, 2, 3)},
    **{f"{kind}Pool{n}d": _kernel for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{n}d": _adaptive for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{
        f"{kind}Pad{n}d": _padding
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
        for n in (1, 2, 3)
    },
}
