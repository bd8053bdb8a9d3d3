"""From a ``torch.nn`` layer to its plan: which elements of the input each element of the output comes from."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import nn

from cnninspect.apply import normalisation
from cnninspect.apply.applied import Rule, Statistics
from cnninspect.apply.arithmetic import ACTIVATIONS, Function
from cnninspect.apply.values import Maps
from cnninspect.apply.windows import Axis, Place, Plan, adaptive, everything, same, sliding, transposed
from cnninspect.geometry import KernelWindow, padded_place, windows
from cnninspect.torch_internals import AdaptiveAvgPool, AdaptiveMaxPool, Convolution, TransposedConvolution
from cnninspect.units import figure

_SAME_SIZE = nn.Identity | nn.Dropout | nn.Dropout2d | nn.Dropout1d | nn.AlphaDropout | nn.FeatureAlphaDropout
_DOUBLE: Final = torch.finfo(torch.float64).eps
_NOT_POINTWISE = frozenset(("Softmax", "Softmax2d", "LogSoftmax", "Softmin", "GLU", "MultiheadAttention"))


class Explained(NamedTuple):
    """How a layer works: the rule, the plan if it has windows, and what the rule needs beside the operands."""

    rule: Rule
    plan: Plan | None = None
    formula: str | None = None
    function: Function | None = None
    divisor: int | None = None
    statistics: tuple[Statistics, ...] = ()


def explain(
    layer: nn.Module, before: Maps, after: Maps, weights: tuple[Maps, ...], dimensions: int, rounding: float
) -> Explained:
    """How ``layer`` came from ``before`` to ``after``.

    Args:
        layer: As it ran.
        before: Its input, ``(C, H, W)``.
        after: Its output, likewise.
        weights: Its weights as nested numbers, ``(filters, channels, rows, columns)``.
        dimensions: Of a map as torch saw it: 2, 1 for a row, 0 for a vector.
        rounding: From 1 to the next number of the dtype that torch worked in.
    """
    shape = _Shape(before, after, dimensions)
    if isinstance(layer, TransposedConvolution):
        return _transposed(layer, shape, weights)
    if isinstance(layer, Convolution):
        return _convolution(layer, shape, weights)
    if isinstance(layer, nn.Linear):
        return _linear(layer, shape, weights)
    if isinstance(layer, nn.MaxPool1d | nn.MaxPool2d | nn.AvgPool1d | nn.AvgPool2d):
        return _pooling(layer, shape)
    if isinstance(layer, AdaptiveAvgPool | AdaptiveMaxPool):
        rule = Rule.mean if isinstance(layer, AdaptiveAvgPool) else Rule.maximum
        rows, columns = (adaptive(size, source) for size, source in zip(shape.after, shape.before, strict=True))
        return Explained(rule, Plan(rows, columns, _own, shape.value))
    if found := normalisation.explain(layer, before, dimensions, rounding):
        axes = same(shape.after[0]), same(shape.after[1])
        plan = Plan(*axes, found.channels, shape.value, found.weight, found.bias, found.statistics_at)
        return Explained(found.rule, plan, found.formula, found.function, statistics=found.statistics)
    return _pointwise(layer, shape, rounding)


class _Shape:
    """The sides of the maps before and after a layer, and what is in the one before."""

    def __init__(self, before: Maps, after: Maps, dimensions: int) -> None:
        self.maps = before
        self.before = len(before[0]), len(before[0][0])
        self.after = len(after[0]), len(after[0][0])
        self.dimensions = dimensions

    def windows(self, layer: Any) -> tuple[KernelWindow, ...]:
        """Those of a layer, for each side that torch knows."""
        dilation = getattr(layer, "dilation", 1)
        return windows(self.dimensions, layer.kernel_size, layer.stride, layer.padding, dilation)

    def axes(self, each: Sequence[Axis]) -> tuple[Axis, Axis]:
        """Rows and columns; a map of one dimension is one row."""
        return (each[0], each[1]) if self.dimensions == 2 else (same(self.after[0]), each[0])

    def sizes(self, of: tuple[int, int]) -> tuple[int, ...]:
        """The sides that torch knows."""
        return of[-self.dimensions :]

    def value(self, place: Place) -> float | None:
        """What is at a place; nothing outside."""
        channel, row, column = place
        if 0 <= row < self.before[0] and 0 <= column < self.before[1]:
            return self.maps[channel][row][column]
        return None


def _own(channel: int) -> tuple[int]:
    return (channel,)


def _convolution(layer: Convolution, shape: _Shape, weights: tuple[Maps, ...]) -> Explained:
    axes = list(map(sliding, shape.sizes(shape.after), shape.windows(layer)))
    filters, seen = layer.out_channels // layer.groups, layer.in_channels // layer.groups
    mode = layer.padding_mode

    def value(place: Place) -> float:
        row, column = (padded_place(at, size, mode) for at, size in zip(place[1:], shape.before, strict=True))
        return 0.0 if row is None or column is None else shape.maps[place[0]][row][column]

    def weight(at: Place, place: Place) -> float:
        return weights[at[0]][place[0] % seen][place[1]][place[2]]

    def channels(channel: int) -> range:
        first = channel // filters * seen
        return range(first, first + seen)

    return Explained(Rule.products, Plan(*shape.axes(axes), channels, value, weight, _bias(layer.bias, 0)))


def _transposed(layer: TransposedConvolution, shape: _Shape, weights: tuple[Maps, ...]) -> Explained:
    axes = list(map(transposed, shape.sizes(shape.after), shape.sizes(shape.before), shape.windows(layer)))
    filters, seen = layer.out_channels // layer.groups, layer.in_channels // layer.groups

    def weight(at: Place, place: Place) -> float:
        return weights[place[0]][at[0] % filters][place[1]][place[2]]

    def channels(channel: int) -> range:
        first = channel // filters * seen
        return range(first, first + seen)

    return Explained(Rule.products, Plan(*shape.axes(axes), channels, shape.value, weight, _bias(layer.bias, 0)))


def _linear(layer: nn.Linear, shape: _Shape, weights: tuple[Maps, ...]) -> Explained:
    """A window over the whole row, once for each output feature."""
    matrix = weights[0][0]
    plan = Plan(
        rows=same(shape.after[0]),
        columns=everything(shape.after[1], shape.before[1]),
        channels=_own,
        value=shape.value,
        weight=lambda at, place: matrix[at[2]][place[2]],
        bias=_bias(layer.bias, 2),
    )
    return Explained(Rule.products, plan)


def _bias(bias: Any, axis: int) -> Any:
    """The bias of a window, which is that of its channel (axis 0) or of its column (axis 2)."""
    numbers = None if bias is None else bias.tolist()
    return lambda at: None if numbers is None else numbers[at[axis]]


def _pooling(layer: Any, shape: _Shape) -> Explained:
    found = shape.windows(layer)
    rows, columns = shape.axes(list(map(sliding, shape.sizes(shape.after), found)))
    if isinstance(layer, nn.MaxPool1d | nn.MaxPool2d):
        return Explained(Rule.maximum, Plan(rows, columns, _own, shape.value))
    counted = [window.padding if layer.count_include_pad else 0 for window in found]
    down, across = counted if shape.dimensions == 2 else (0, counted[0])

    def value(place: Place) -> float | None:
        """Zeros in the padding; what ``ceil_mode`` adds beyond that does not count."""
        is_counted = -down <= place[1] < shape.before[0] + down and -across <= place[2] < shape.before[1] + across
        inside = shape.value(place)
        return 0.0 if inside is None and is_counted else inside

    return Explained(Rule.mean, Plan(rows, columns, _own, value), divisor=getattr(layer, "divisor_override", None))


def _pointwise(layer: nn.Module, shape: _Shape, rounding: float) -> Explained:
    name = type(layer).__name__
    is_activation = type(layer).__module__ == "torch.nn.modules.activation" and name not in _NOT_POINTWISE
    if not (is_activation or isinstance(layer, _SAME_SIZE)):
        return Explained(Rule.whole)
    plan = Plan(same(shape.after[0]), same(shape.after[1]), _own, shape.value)
    if isinstance(layer, nn.PReLU):
        return _sloped(layer.weight.tolist(), plan, axis=0 if shape.dimensions else 2)
    if not is_activation and not layer.training:
        name = "Identity"  # dropout does nothing outside of training
    if isinstance(layer, nn.GELU) and layer.approximate == "tanh":
        name = "GELU tanh"
    if name not in ACTIVATIONS or (layer.training and not is_activation and not isinstance(layer, nn.Identity)):
        return Explained(Rule.pointwise, plan)
    formula, function = ACTIVATIONS[name]
    settings = _numbers(layer, is_wide=rounding == _DOUBLE)
    return Explained(Rule.pointwise, plan, _put_in(formula, settings), lambda x: function(x, settings))


def _sloped(slopes: Sequence[float], plan: Plan, axis: int) -> Explained:
    """``nn.PReLU``: one slope, or one for each channel (axis 0) or feature of a vector (axis 2)."""
    formula, function = ACTIVATIONS["LeakyReLU"]
    if len(slopes) == 1:
        settings = {"negative_slope": slopes[0]}
        return Explained(Rule.pointwise, plan, _put_in(formula, settings), lambda x: function(x, settings))
    plan = plan._replace(weight=lambda at, _: slopes[at[axis]])
    return Explained(
        Rule.pointwise, plan, formula.format(negative_slope="a"), lambda x, a: function(x, {"negative_slope": a})
    )


def _numbers(layer: nn.Module, *, is_wide: bool) -> dict[str, float]:
    """The settings of a layer, as torch compares with them: in single precision, but where it works in double."""
    known = {key: float(each) for key, each in vars(layer).items() if isinstance(each, int | float)}
    return known if is_wide else {key: torch.tensor(each, dtype=torch.float32).item() for key, each in known.items()}


def _put_in(formula: str, settings: Mapping[str, float]) -> str:
    return formula.format_map({key: figure(each) for key, each in settings.items()})
