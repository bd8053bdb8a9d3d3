"""What normalisations work with: over which elements mean and variance are taken, weights and biases.

Sources: Ioffe and Szegedy (2015) for batches, Ba et al. (2016) for layers, Ulyanov et al. (2016) for instances, Wu and
He (2018) for groups, Zhang and Sennrich (2019) for root mean squares, Krizhevsky et al. (2012) for the local response;
the classes of ``torch.nn`` say how each is computed.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from torch import nn

from cnninspect.apply.applied import Rule, Statistics
from cnninspect.apply.arithmetic import Function
from cnninspect.apply.values import Maps
from cnninspect.apply.windows import Place
from cnninspect.torch_internals import BatchNorm, InstanceNorm
from cnninspect.units import figure

_OF_CHANNELS = BatchNorm | InstanceNorm


class Normalisation(NamedTuple):
    """The rule, and what it needs beside the operands."""

    rule: Rule
    statistics: tuple[Statistics, ...]
    channels: Callable[[int], Iterable[int]]
    weight: Callable[[Place, Place], float | None]
    bias: Callable[[Place], float | None]
    statistics_at: Callable[[Place], int | None]  # of the statistics that hold at a place
    formula: str | None = None
    function: Function | None = None


def explain(layer: nn.Module, maps: Maps, dimensions: int, rounding: float) -> Normalisation | None:
    """How ``layer`` normalises; ``None`` if it is no normalisation, or one whose channels are a vector's elements.

    Args:
        layer: As it ran.
        maps: Its input, ``(C, H, W)``.
        dimensions: Of a map as torch saw it; 0 for a vector.
        rounding: From 1 to the next number of the dtype: the epsilon of a layer that has none of its own.
    """
    if isinstance(layer, nn.LayerNorm | nn.RMSNorm):
        return _normalised(layer, tuple(_of_layer(layer, maps, rounding)), len(layer.normalized_shape))
    if dimensions == 0:
        return None
    if isinstance(layer, nn.LocalResponseNorm):
        return _response(layer, len(maps))
    if isinstance(layer, _OF_CHANNELS):
        return _normalised(layer, tuple(_of_channel(layer, maps, channel) for channel in range(len(maps))), 0)
    if isinstance(layer, nn.GroupNorm):
        size = len(maps) // layer.num_groups
        groups = [range(first, first + size) for first in range(0, len(maps), size)]
        rows = range(len(maps[0]))
        return _normalised(layer, tuple(_taken(maps, group, rows, layer.eps) for group in groups), 0)
    return None


def _of_channel(layer: Any, maps: Maps, channel: int) -> Statistics:
    """Of a batch or an instance, which are one for a batch of one; the running ones where the layer uses those."""
    rows = range(len(maps[0]))
    if layer.running_mean is not None and not layer.training:
        mean, variance = float(layer.running_mean[channel]), float(layer.running_var[channel])
        return Statistics((channel,), tuple(rows), mean, variance, layer.eps)
    return _taken(maps, (channel,), rows, layer.eps)


def _of_layer(layer: Any, maps: Maps, rounding: float) -> Iterable[Statistics]:
    """Over the last one, two or three dimensions."""
    axes = len(layer.normalized_shape)
    every_channel, every_row = range(len(maps)), range(len(maps[0]))
    channels = [every_channel] if axes >= 3 else [range(each, each + 1) for each in every_channel]
    rows = [every_row] if axes >= 2 else [range(each, each + 1) for each in every_row]
    epsilon = rounding if layer.eps is None else layer.eps
    is_centred = isinstance(layer, nn.LayerNorm)
    return (_taken(maps, some, lines, epsilon, is_centred=is_centred) for some in channels for lines in rows)


def _taken(
    maps: Maps, channels: Iterable[int], rows: Iterable[int], epsilon: float, *, is_centred: bool = True
) -> Statistics:
    """Mean and biased variance of the elements in these channels and rows; around 0 if not centred."""
    places = tuple(channels), tuple(rows)
    elements = [value for channel in places[0] for row in places[1] for value in maps[channel][row]]
    mean = math.fsum(elements) / len(elements) if is_centred else 0.0
    variance = math.fsum((value - mean) ** 2 for value in elements) / len(elements)
    return Statistics(*places, mean, variance, epsilon)


def _normalised(layer: Any, statistics: tuple[Statistics, ...], axes: int) -> Normalisation:
    """Weight and bias are by channel (``axes`` is 0), or lie over the last ``axes`` dimensions."""

    def lookup(name: str) -> Callable[[Place], float | None]:
        tensor = getattr(layer, name, None)
        numbers = None if tensor is None else tensor.tolist()

        def at(place: Place) -> float | None:
            found: Any = numbers
            for index in place[-axes:] if axes else place[:1]:
                found = None if found is None else found[index]
            return None if found is None else float(found)

        return at

    weight = lookup("weight")
    held = {
        (channel, row): index for index, each in enumerate(statistics) for channel in each.channels for row in each.rows
    }
    return Normalisation(
        Rule.normalised, statistics, lambda channel: (channel,), lambda at, _: weight(at), lookup("bias"),
        lambda at: held[at[:2]],
    )  # fmt: skip


def _response(layer: nn.LocalResponseNorm, channels: int) -> Normalisation:
    """Over ``size`` neighbouring channels: x/(k + alpha·Σ/size)^beta, Σ the sum of squares."""
    size, alpha, beta, k = layer.size, layer.alpha, layer.beta, layer.k

    def neighbours(channel: int) -> range:
        return range(max(0, channel - size // 2), min(channels, channel + (size - 1) // 2 + 1))

    return Normalisation(
        Rule.response, (), neighbours, lambda _at, _place: None, lambda _at: None, lambda _at: None,
        f"x/({figure(k)} + {figure(alpha)}·Σx²/{size})^{figure(beta)}",
        lambda squares: (k + alpha * squares / size) ** beta,
    )  # fmt: skip
