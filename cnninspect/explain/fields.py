"""How the receptive field grows, layer by layer: each step from the layer that it builds upon.

A window of kernel ``k``, stride ``s``, padding ``p`` and dilation ``d`` takes size ``r``, effective stride ``S`` and
effective padding ``P`` to ``r + d·(k − 1)·S``, ``S·s`` and ``P + p·S`` (Araujo, Norris and Sim, "Computing Receptive
Fields of Convolutional Neural Networks", 2019, section 2). Where paths meet the largest counts, so what a layer builds
upon is the latest one before from which this gives what was traced; where none does, something between the layers
(a function of the model's own) has changed the field, and there is no formula.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from cnninspect.explain.containers import is_container
from cnninspect.explain.expression import Expression, Number
from cnninspect.explain.formula import FOREIGN, Formula, dimensions, entering, kernel_windows
from cnninspect.geometry import PIXEL, KernelWindow, adaptive, field_of, paddings, per_dimension
from cnninspect.report import Layer, ReceptiveField


class FieldGrowth(msgspec.Struct, frozen=True):
    """One layer's part in the growth of the field.

    Attributes:
        builds_on: The index of the layer it builds upon among the report's layers; −1 is the input.
        formulas: The field's size, effective stride and effective padding.
    """

    builds_on: int
    formulas: tuple[Formula, ...]


INPUT: Final = -1


def steps(layers: tuple[Layer, ...]) -> dict[int, FieldGrowth]:
    """The steps of those layers that have windows and a receptive field, by their index."""
    found: dict[int, FieldGrowth] = {}
    before: dict[ReceptiveField, int] = {}  # the latest layer with each field; the latest field is the last
    for index, layer in enumerate(layers):
        field = layer.receptive_field
        if field is None or layer.call == 0:
            continue
        with suppress(*FOREIGN):
            step = _step(layer, field, before)
            if step is not None:
                found[index] = step
        if not is_container(layers, index):
            before.pop(field, None)
            before[field] = index
    return found


def _step(layer: Layer, field: ReceptiveField, before: dict[ReceptiveField, int]) -> FieldGrowth | None:
    count = len(field.size)
    windows = windows_of(layer, count)
    if not windows:
        return None
    for start in (*reversed(before), field_of([PIXEL] * count)):
        formulas = tuple(_formulas(start, windows, field)) if len(start.size) == count else ()
        if formulas and all(formula.holds for formula in formulas):
            return FieldGrowth(before.get(start, INPUT), formulas)
    return None


def chain(found: dict[int, FieldGrowth], layers: tuple[Layer, ...], index: int) -> list[int]:
    """The steps from the input to a layer; one without windows goes on from the latest with its field."""
    order: list[int] = []
    while index != INPUT:
        if index in found:
            order.append(index)
            index = found[index].builds_on
        else:
            field = layers[index].receptive_field
            index = next(
                (i for i in range(index - 1, -1, -1) if i in found and layers[i].receptive_field == field), INPUT
            )
    return order[::-1]


def _formulas(start: ReceptiveField, windows: tuple[KernelWindow, ...], traced: ReceptiveField) -> Iterator[Formula]:
    strides = [Number(stride) for stride in start.stride]
    sizes = [
        Number(size) + Number(window.dilation) * (Number(window.kernel) - 1) * stride
        for size, window, stride in zip(start.size, windows, strides, strict=True)
    ]
    yield from _named("receptive field", sizes, traced.size)
    moved = [stride * window.stride for stride, window in zip(strides, windows, strict=True)]
    yield from _named("effective stride", moved, traced.stride)
    padded = [
        Number(padding) + Number(window.padding) * stride
        for padding, window, stride in zip(start.padding, windows, strides, strict=True)
    ]
    yield from _named("effective padding", padded, traced.padding)


def _named(quantity: str, sides: Sequence[Expression], traced: tuple[int, ...]) -> Iterator[Formula]:
    """One formula if all dimensions are alike, else one for each."""
    if len(set(sides)) == 1 and len(set(traced)) == 1:
        yield Formula(quantity, sides[0], traced[0])
        return
    for name, side, figure in zip(dimensions(len(sides)), sides, traced, strict=True):
        yield Formula(f"{quantity} {name}", side, figure)


def has_window(layer: Layer) -> bool:
    """Does the field grow by a window of this layer?"""
    with suppress(*FOREIGN):
        return layer.receptive_field is not None and bool(windows_of(layer, len(layer.receptive_field.size)))
    return False


def windows_of(layer: Layer, count: int) -> tuple[KernelWindow, ...]:
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


_FINDERS: Final[dict[str, Callable[[Layer, int], tuple[KernelWindow, ...]]]] = {
    **{f"Conv{n}d": _kernel for n in (1, 2, 3)},
    **{f"{kind}Pool{n}d": _kernel for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{n}d": _adaptive for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{
        f"{kind}Pad{n}d": _padding
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
        for n in (1, 2, 3)
    },
}
