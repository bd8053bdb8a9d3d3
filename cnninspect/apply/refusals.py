"""Why a layer can't take a matrix, one rule a kind of layer: what it wants of channels, features, sides and dimensions.

A rule is asked once torch has refused, and says nothing where it sees no reason.
"""

import math
from typing import Any, Final

from torch import nn

from cnninspect.apply import moving, too_small
from cnninspect.apply.too_small import CHANNELS, NOT_FLAT, Refusal, Rule, Shape, crosses, many, spatial
from cnninspect.geometry import windows
from cnninspect.torch_internals import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    BatchNorm,
    Convolution,
    InstanceNorm,
    TransposedConvolution,
)

_VECTOR: Final = 2  # dimensions of a batch of vectors


def refusal(layer: nn.Module, shape: Shape) -> Refusal | None:
    """Why ``layer`` can't take a map of this shape, with the batch of one; ``None`` if nothing is known."""
    if len(shape) == _VECTOR and type(layer).__name__.endswith("1d") and not isinstance(layer, BatchNorm):
        shape = (1, *shape)  # torch takes it for a row without a batch
    return next((rule(layer, shape) for kinds, rule in _RULES if isinstance(layer, kinds)), None)


def _convolution(layer: Any, shape: Shape) -> Refusal | None:
    sides = spatial(shape)
    if not sides:
        return Refusal(f"it works on maps, and gets {crosses(shape)}", NOT_FLAT)
    if (found := _of_channels(layer, shape) or too_small.impossible(layer, len(sides))) is not None:
        return found
    padding = windows(len(sides), layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    found = too_small.around(padding, sides, layer.padding_mode)
    return found or too_small.window(layer, shape)


def _of_channels(layer: Any, shape: Shape) -> Refusal | None:
    if shape[1] == layer.in_channels:
        return None
    return Refusal(f"it wants {many(layer.in_channels, 'channel')} and gets {shape[1]}", CHANNELS)


def _transposed(layer: Any, shape: Shape) -> Refusal | None:
    sides = spatial(shape)
    if not sides:
        return Refusal(f"it works on maps, and gets {crosses(shape)}", NOT_FLAT)
    if (found := _of_channels(layer, shape) or too_small.impossible(layer, len(sides))) is not None:
        return found
    for more, stride, dilation in zip(layer.output_padding, layer.stride, layer.dilation, strict=True):
        if more >= max(stride, dilation):
            return Refusal(
                f"its output_padding of {more} is not smaller than its stride of {stride} or its dilation of {dilation}"
            )
    kernels = windows(len(sides), layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    given = [
        (side - 1) * each.stride + each.dilation * (each.kernel - 1) + 1 + more
        for side, each, more in zip(sides, kernels, layer.output_padding, strict=True)
    ]
    taken = [2 * each.padding for each in kernels]
    if any(size <= less for size, less in zip(given, taken, strict=True)):
        return Refusal(f"its padding takes away {crosses(taken)} of {crosses(given)}: nothing is left", "take less")
    return None


def _pool(layer: Any, shape: Shape) -> Refusal | None:
    sides = spatial(shape)
    if not sides:
        return Refusal(f"it works on maps, and gets {crosses(shape)}", NOT_FLAT)
    if getattr(layer, "divisor_override", None) == 0:
        return Refusal("its divisor_override is 0")
    found = too_small.impossible(layer, len(sides))
    return found or too_small.half_padding(layer, len(sides)) or too_small.window(layer, shape)


def _adaptive(layer: Any, shape: Shape) -> Refusal | None:
    return too_small.impossible(layer, len(spatial(shape)))


def _fractional(layer: Any, shape: Shape) -> Refusal | None:
    sides = spatial(shape)
    kernels = layer.kernel_size if isinstance(layer.kernel_size, tuple) else (layer.kernel_size,) * 2
    sizes = layer.output_size or tuple(int(n * part) for n, part in zip(sides, layer.output_ratio, strict=True))
    for side, kernel, size in zip(sides, kernels, sizes, strict=True):
        if size + kernel - 1 > side:
            return Refusal(
                f"{many(size, 'window')} of {kernel} do not fit in a side of {side}", "take fewer, or smaller"
            )
    return None


def _linear(layer: Any, shape: Shape) -> Refusal:
    wanted, got = layer.in_features, shape[-1]
    is_flat = math.prod(shape) == wanted
    hint = f"{crosses(shape[1:])} is {wanted} when flattened: put Flatten() before it" if is_flat else (
        f"Linear({got}, …) takes rows of {got}"
    )  # fmt: skip
    return Refusal(f"it wants {many(wanted, 'feature')} and gets {got}", hint)


def _normalisation(layer: Any, shape: Shape) -> Refusal | None:
    if shape[1] != layer.num_features and (layer.affine or layer.track_running_stats):
        return Refusal(f"it wants {many(layer.num_features, 'channel')} and gets {shape[1]}", CHANNELS)
    if math.prod(spatial(shape)) == 1:
        return Refusal("it needs more than one value for each channel, and gets one", "give a larger matrix")
    return None


def _groups(layer: Any, shape: Shape) -> Refusal | None:
    if shape[1] == layer.num_channels:
        return None
    return Refusal(f"it wants {many(layer.num_channels, 'channel')} and gets {shape[1]}", CHANNELS)


def _trailing(layer: Any, shape: Shape) -> Refusal | None:
    wanted, kind = tuple(layer.normalized_shape), type(layer).__name__
    rows = f"{kind}({shape[-1]}) takes rows of {shape[-1]}"
    if not wanted:
        return Refusal("its normalized_shape is empty", rows)
    if tuple(shape[-len(wanted) :]) == wanted:
        return None
    return Refusal(f"it wants {crosses(('…', *wanted))} and gets {crosses(shape)}", rows)


def _slopes(layer: Any, shape: Shape) -> Refusal:
    return Refusal(f"it has {many(layer.num_parameters, 'slope')}, and gets {many(shape[1], 'channel')}", CHANNELS)


def _neighbours(layer: Any, shape: Shape) -> Refusal | None:
    if layer.size < 1:
        return Refusal(f"size is {layer.size}, and at least 1 is wanted")
    return None if spatial(shape) else Refusal(f"it works on maps, and gets {crosses(shape)}", NOT_FLAT)


def _bounds(layer: Any, _shape: Shape) -> Refusal | None:
    if layer.lower <= layer.upper:
        return None
    return Refusal(f"its lower bound, {layer.lower}, is above the upper one, {layer.upper}")


_POOLS: Final = (
    nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, nn.LPPool1d, nn.LPPool2d
)  # fmt: skip
_RULES: Final[tuple[tuple[Any, Rule], ...]] = (
    (TransposedConvolution, _transposed),
    (Convolution, _convolution),
    (_POOLS, _pool),
    ((AdaptiveAvgPool, AdaptiveMaxPool), _adaptive),
    (nn.FractionalMaxPool2d, _fractional),
    (nn.Linear, _linear),
    ((BatchNorm, InstanceNorm), _normalisation),
    (nn.GroupNorm, _groups),
    ((nn.LayerNorm, nn.RMSNorm), _trailing),
    (nn.PReLU, _slopes),
    (nn.LocalResponseNorm, _neighbours),
    (tuple(kind for kinds in moving.PADS for kind in kinds), moving.pad),
    (nn.Unfold, moving.unfold),
    (nn.Fold, moving.fold),
    (nn.PixelShuffle, moving.shuffle),
    (nn.PixelUnshuffle, moving.unshuffle),
    (nn.ChannelShuffle, moving.channel_shuffle),
    (nn.Unflatten, moving.unflatten),
    (nn.Flatten, moving.flatten),
    (nn.GLU, moving.halves),
    ((nn.Softmax, nn.Softmin, nn.LogSoftmax), moving.dimension("dim")),
    (nn.Upsample, moving.upsample),
    (nn.RReLU, _bounds),
)
