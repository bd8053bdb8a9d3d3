"""The sides that windows give: convolutions, transposed convolutions, pooling, folding; as their torch classes say.

``n`` in, kernel ``k``, stride ``s``, padding ``p``, dilation ``d``: a window of ``d·(k − 1) + 1`` fits
``⌊(n + 2·p − d·(k − 1) − 1)/s⌋ + 1`` times (Dumoulin and Visin, "A guide to convolution arithmetic for deep
learning", 2016, relationship 15).
"""

from collections.abc import Iterator, Sequence

from cnninspect.explain.expression import Expression, Number, ceil, floor, least, product
from cnninspect.explain.formula import Formula, Rule, dimensions, entering, has_map, kernel_windows, leaving, outputs
from cnninspect.geometry import KernelWindow, per_dimension
from cnninspect.report import Layer


def fitting(side: int, window: KernelWindow) -> Expression:
    """How often a window fits, its padding being the same at either end.

    >>> fitting(224, KernelWindow(11, 4, 2, 1, behind=2)).value  # AlexNet's first convolution
    55
    """
    return floor(_room(side, window) / window.stride) + 1


def fitting_up(side: int, window: KernelWindow) -> Expression:
    """How often it fits in ``ceil_mode``: a last one may hang over, if it starts in the input or the padding before.

    >>> fitting_up(6, KernelWindow(2, 4, 0, 1, None)).value, fitting_up(3, KernelWindow(1, 3, 0, 1, None)).text
    (2, 'min(⌈(3 + 2·0 − 1·(1 − 1) − 1)/3⌉ + 1, ⌈(3 + 0)/3⌉)')
    """
    hanging_over = ceil(_room(side, window) / window.stride) + 1
    starting_inside = ceil((Number(side) + window.padding) / window.stride)
    return least(hanging_over, starting_inside) if starting_inside.value < hanging_over.value else hanging_over


def simple(side: int, window: KernelWindow) -> Expression | None:
    """The same without padding and dilation, if there is none of either.

    >>> window = KernelWindow(5, 1, 0, 1, behind=0)
    >>> simple(19, window).text, simple(19, window).value, simple(19, window._replace(padding=1))
    ('⌊(19 − 5)/1⌋ + 1', 15, None)
    """
    if window.padding or window.behind or window.dilation != 1:
        return None
    return floor((Number(side) - window.kernel) / window.stride) + 1


def _room(side: int, window: KernelWindow) -> Expression:
    return Number(side) + Number(2) * window.padding - Number(window.dilation) * (Number(window.kernel) - 1) - 1


def _each(layer: Layer, count: int) -> Iterator[tuple[int, KernelWindow]]:
    """For each dimension the side that enters, and the window."""
    return zip(entering(layer)[-count:], kernel_windows(layer, count), strict=True)


def convolution(count: int) -> Rule:
    """Of ``count`` dimensions; its padding may be a word."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        yield Formula("output channels", Number(layer.settings["out_channels"]), leaving(layer)[-count - 1])
        is_same = layer.settings["padding"] == "same"
        each = list(_each(layer, count))
        short = None if is_same else [simple(*one) for one in each]
        yield from outputs(layer, [(_same if is_same else fitting)(*one) for one in each], short=short)

    return rule


def _same(side: int, window: KernelWindow) -> Expression:
    """``padding="same"``: ``d·(k − 1)`` elements in all, so that the window takes away what was added."""
    reach = Number(window.dilation) * (Number(window.kernel) - 1)
    return floor((Number(side) + reach - reach - 1) / window.stride) + 1


def transposed_convolution(count: int) -> Rule:
    """The other way round: ``(n − 1)·s − 2·p + d·(k − 1) + output padding + 1``."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        yield Formula("output channels", Number(layer.settings["out_channels"]), leaving(layer)[-count - 1])
        beyond = per_dimension(layer.settings["output_padding"], count)
        each = zip(_each(layer, count), beyond, strict=True)
        yield from outputs(layer, [_spread(side, window, more) for (side, window), more in each])

    return rule


def _spread(side: int, window: KernelWindow, beyond: int) -> Expression:
    reach = Number(window.dilation) * (Number(window.kernel) - 1)
    return (Number(side) - 1) * window.stride - Number(2) * window.padding + reach + beyond + 1


def pool(count: int) -> Rule:
    """Windows of pooling; in ``ceil_mode`` if it is set."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        is_up = layer.settings.get("ceil_mode")
        each = list(_each(layer, count))
        short = None if is_up else [simple(*one) for one in each]
        yield from outputs(layer, [(fitting_up if is_up else fitting)(*one) for one in each], short=short)

    return rule


def unpool(count: int) -> Rule:
    """``nn.MaxUnpool2d`` and its like: ``(n − 1)·s − 2·p + k``."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        sides = [
            (Number(side) - 1) * window.stride - Number(2) * window.padding + window.kernel
            for side, window in _each(layer, count)
        ]
        yield from outputs(layer, sides)

    return rule


def unfold(layer: Layer) -> Iterator[Formula]:
    """``nn.Unfold``: every window a column, ``(N, C·kernel, windows)``."""
    if len(entering(layer)) != 4 or len(leaving(layer)) != 3:
        return
    each = list(_each(layer, 2))
    sides = [fitting(side, window) for side, window in each]
    features = product([entering(layer)[1], *(window.kernel for _, window in each)])
    yield from outputs(layer, [features, product(sides)], ("features", "length"))


def fold(layer: Layer) -> Iterator[Formula]:
    """``nn.Fold``: the map that the columns are put back into."""
    sides: Sequence[int] = per_dimension(layer.settings["output_size"], 2)
    kernel = per_dimension(layer.settings["kernel_size"], 2)
    if len(leaving(layer)) < len((*dimensions(2), "channels")):
        return
    yield Formula("output channels", Number(entering(layer)[-2]) / product(kernel), leaving(layer)[-3])
    yield from outputs(layer, [Number(side) for side in sides])
