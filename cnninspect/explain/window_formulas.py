"""The sides that windows give: convolutions, transposed convolutions, pooling, folding; as their torch classes say.

``n`` in, kernel ``k``, stride ``s``, padding ``p``, dilation ``d``: a window of ``d·(k − 1) + 1`` fits
``⌊(n + 2·p − d·(k − 1) − 1)/s⌋ + 1`` times (Dumoulin and Visin, "A guide to convolution arithmetic for deep
learning", 2016, relationship 15).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from cnninspect.explain.expression import Expression, Least, Number, ceil, floor, product
from cnninspect.explain.formula import Formula, Rule, dimensions, entering, has_map, leaving, outputs, per_dimension
from cnninspect.report import Layer


def fitting(side: int, kernel: int, stride: int, padding: int = 0, dilation: int = 1) -> Expression:
    """How often a window fits.

    >>> fitting(224, kernel=11, stride=4, padding=2).value  # AlexNet's first convolution
    55
    """
    return floor(_room(side, kernel, padding, dilation) / stride) + 1


def fitting_up(side: int, kernel: int, stride: int, padding: int = 0, dilation: int = 1) -> Expression:
    """How often it fits in ``ceil_mode``: a last one may hang over, if it starts in the input or the padding before.

    >>> fitting_up(6, kernel=2, stride=4, padding=0).value, fitting_up(3, kernel=1, stride=3).text
    (2, 'min(⌈(3 + 2·0 − 1·(1 − 1) − 1)/3⌉ + 1, ⌈(3 + 0)/3⌉)')
    """
    hanging_over = ceil(_room(side, kernel, padding, dilation) / stride) + 1
    starting_inside = ceil((Number(side) + padding) / stride)
    return Least(hanging_over, starting_inside) if starting_inside.value < hanging_over.value else hanging_over


def _room(side: int, kernel: int, padding: int, dilation: int) -> Expression:
    return Number(side) + Number(2) * padding - Number(dilation) * (Number(kernel) - 1) - 1


def settings(layer: Layer, count: int, *names: str) -> list[tuple[Any, ...]]:
    """For each dimension its kernel, its stride, its padding …; a stride that is left out is the kernel."""
    found = [layer.settings.get(name) for name in names]
    kernel = layer.settings["kernel_size"]
    filled = [kernel if value is None else value for value in found]
    return list(zip(*(per_dimension(value, count) for value in filled), strict=True))


def convolution(count: int) -> Rule:
    """Of ``count`` dimensions; its padding may be a word."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        yield Formula("output channels", Number(layer.settings["out_channels"]), leaving(layer)[-count - 1])
        padding = layer.settings["padding"]
        if padding == "same":
            yield from outputs(layer, _same(layer, count))
            return
        padding = (0,) * count if padding == "valid" else per_dimension(padding, count)
        numbers = settings(layer, count, "kernel_size", "stride", "dilation")
        sides = [
            fitting(side, kernel, stride, before, dilation)
            for side, before, (kernel, stride, dilation) in zip(entering(layer)[-count:], padding, numbers, strict=True)
        ]
        yield from outputs(layer, sides)

    return rule


def _same(layer: Layer, count: int) -> list[Expression]:
    """``padding="same"``: ``d·(k − 1)`` elements in all, so that the window takes away what was added."""
    numbers = settings(layer, count, "kernel_size", "stride", "dilation")
    found: list[Expression] = []
    for side, (kernel, stride, dilation) in zip(entering(layer)[-count:], numbers, strict=True):
        reach = Number(dilation) * (Number(kernel) - 1)
        found.append(floor((Number(side) + reach - reach - 1) / stride) + 1)
    return found


def transposed_convolution(count: int) -> Rule:
    """The other way round: ``(n − 1)·s − 2·p + d·(k − 1) + output padding + 1``."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        yield Formula("output channels", Number(layer.settings["out_channels"]), leaving(layer)[-count - 1])
        numbers = settings(layer, count, "kernel_size", "stride", "padding", "dilation", "output_padding")
        sides: list[Expression] = [
            (Number(side) - 1) * stride - Number(2) * padding + Number(dilation) * (Number(kernel) - 1) + more + 1
            for side, (kernel, stride, padding, dilation, more) in zip(entering(layer)[-count:], numbers, strict=True)
        ]
        yield from outputs(layer, sides)

    return rule


def pool(count: int, *more: str) -> Rule:
    """Windows of pooling, with ``padding`` and ``dilation`` if they are among ``more``; ``ceil_mode`` if it is set."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        fits = fitting_up if layer.settings.get("ceil_mode") else fitting
        numbers = settings(layer, count, "kernel_size", "stride", *more)
        yield from outputs(layer, [fits(n, *each) for n, each in zip(entering(layer)[-count:], numbers, strict=True)])

    return rule


def unpool(count: int) -> Rule:
    """``nn.MaxUnpool2d`` and its like: ``(n − 1)·s − 2·p + k``."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        numbers = settings(layer, count, "kernel_size", "stride", "padding")
        sides = [
            (Number(side) - 1) * stride - Number(2) * padding + kernel
            for side, (kernel, stride, padding) in zip(entering(layer)[-count:], numbers, strict=True)
        ]
        yield from outputs(layer, sides)

    return rule


def unfold(layer: Layer) -> Iterator[Formula]:
    """``nn.Unfold``: every window a column, ``(N, C·kernel, windows)``."""
    if len(entering(layer)) != 4 or len(leaving(layer)) != 3:
        return
    numbers = settings(layer, 2, "kernel_size", "stride", "padding", "dilation")
    sides = [fitting(side, *each) for side, each in zip(entering(layer)[-2:], numbers, strict=True)]
    features = product([entering(layer)[1], *(kernel for kernel, *_ in numbers)])
    yield from outputs(layer, [features, product(sides)], ("features", "length"))


def fold(layer: Layer) -> Iterator[Formula]:
    """``nn.Fold``: the map that the columns are put back into."""
    sides: Sequence[int] = per_dimension(layer.settings["output_size"], 2)
    kernel = per_dimension(layer.settings["kernel_size"], 2)
    if len(leaving(layer)) < len((*dimensions(2), "channels")):
        return
    yield Formula("output channels", Number(entering(layer)[-2]) / product(kernel), leaving(layer)[-3])
    yield from outputs(layer, [Number(side) for side in sides])
