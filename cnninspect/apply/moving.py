"""Why layers that only move elements can't take a map: paddings by hand, ``Unfold``, shuffles, ``Flatten``, resizing.

A rule is asked once torch has refused, and says nothing where it sees no reason.
"""

import math
from typing import Any, Final

from torch import nn

from cnninspect.apply import too_small
from cnninspect.apply.too_small import CHANNELS, NOT_FLAT, Refusal, Rule, Shape, crosses, many, spatial
from cnninspect.geometry import paddings, windows

#: How each kind of padding fills.
PADS: Final = {
    (nn.ReflectionPad1d, nn.ReflectionPad2d): "reflect",
    (nn.CircularPad1d, nn.CircularPad2d): "circular",
    (nn.ReplicationPad1d, nn.ReplicationPad2d): "replicate",
    (nn.ConstantPad1d, nn.ConstantPad2d, nn.ZeroPad1d, nn.ZeroPad2d): "zeros",
}
_MODES: Final = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
_PLANE: Final = 4  # dimensions of a map with its batch and its channels


def pad(layer: Any, shape: Shape) -> Refusal | None:
    """Padding by hand, which mirrors too far or crops all away."""
    mode = next(mode for kinds, mode in PADS.items() if isinstance(layer, kinds))
    sides = spatial(shape)
    if not sides:
        return Refusal(f"it works on maps, and gets {crosses(shape)}", NOT_FLAT)
    if isinstance(layer.padding, tuple) and len(layer.padding) != 2 * len(sides):
        return Refusal(f"its padding has {len(layer.padding)} numbers, and {2 * len(sides)} are wanted")
    return too_small.around(paddings(layer.padding, len(sides)), sides, mode)


def unfold(layer: Any, shape: Shape) -> Refusal | None:
    """Windows as columns."""
    sides = spatial(shape)
    if len(sides) < 2:
        return Refusal(f"it works on matrices, and gets {crosses(shape)}", NOT_FLAT)
    return too_small.impossible(layer, 2) or too_small.window(layer, shape)


def fold(layer: Any, shape: Shape) -> Refusal | None:
    """What ``Unfold`` gave, put back together."""
    if len(shape) != _PLANE - 1:
        return Refusal(f"it takes what Unfold gives, and gets {crosses(shape)}", "put it after Unfold")
    if (found := too_small.impossible(layer, 2)) is not None:
        return found
    sizes = layer.output_size if isinstance(layer.output_size, tuple) else (layer.output_size,) * 2
    kernels = windows(2, layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    if (misfit := too_small.misfit(kernels, sizes)) is not None:
        return misfit
    block = math.prod(each.kernel for each in kernels)
    if shape[1] % block:
        return Refusal(f"it wants a multiple of {block} channels and gets {shape[1]}")
    counts = (
        (size + 2 * each.padding - each.dilation * (each.kernel - 1) - 1) // each.stride + 1
        for size, each in zip(sizes, kernels, strict=True)
    )
    blocks = math.prod(counts)
    return None if blocks == shape[2] else Refusal(f"it wants {many(blocks, 'block')} and gets {shape[2]}")


def shuffle(layer: Any, shape: Shape) -> Refusal | None:
    """Channels laid out as pixels."""
    factor = layer.upscale_factor
    if factor < 1:
        return Refusal(f"upscale_factor is {factor}, and at least 1 is wanted")
    if len(shape) < _PLANE:
        return Refusal(f"it works on maps, and gets {crosses(shape)}", NOT_FLAT)
    return Refusal(f"it wants a multiple of {many(factor**2, 'channel')} and gets {shape[1]}", CHANNELS)


def unshuffle(layer: Any, shape: Shape) -> Refusal | None:
    """Pixels laid out as channels."""
    factor = layer.downscale_factor
    if factor < 1:
        return Refusal(f"downscale_factor is {factor}, and at least 1 is wanted")
    if len(shape) < _PLANE:
        return Refusal(f"it works on maps, and gets {crosses(shape)}", NOT_FLAT)
    return Refusal(f"it wants sides that are multiples of {factor} and gets {crosses(spatial(shape))}")


def channel_shuffle(layer: Any, shape: Shape) -> Refusal | None:
    """Channels in groups, mixed."""
    if layer.groups < 1:
        return Refusal(f"groups is {layer.groups}, and at least 1 is wanted")
    if shape[1] % layer.groups:
        return Refusal(f"{many(shape[1], 'channel')} can't be put into {many(layer.groups, 'group')}", CHANNELS)
    return Refusal(f"it works on maps, and gets {crosses(shape)}", NOT_FLAT)


def dimension(*names: str) -> Rule:
    """A rule for layers that name dimensions by their numbers."""

    def rule(layer: Any, shape: Shape) -> Refusal | None:
        for name in names:
            at = getattr(layer, name)
            if isinstance(at, int) and not -len(shape) <= at < len(shape):
                last = len(shape) - 1
                return Refusal(
                    f"there is no dimension {at} in {crosses(shape)}", f"they are 0 to {last}, or -1 to {-last - 1}"
                )
        return None

    return rule


def unflatten(layer: Any, shape: Shape) -> Refusal | None:
    """One dimension as several."""
    if not isinstance(layer.dim, int):
        return Refusal("the dimensions of a matrix have no names", "give a number: Unflatten(1, (2, 2))")
    if (found := dimension("dim")(layer, shape)) is not None:
        return found
    sizes = tuple(layer.unflattened_size)
    return Refusal(f"dimension {layer.dim} has {many(shape[layer.dim], 'element')}, which can't be {crosses(sizes)}")


def flatten(layer: Any, shape: Shape) -> Refusal | None:
    """Several dimensions as one."""
    found = dimension("start_dim", "end_dim")(layer, shape)
    return found or Refusal(f"start_dim is {layer.start_dim}, which is behind end_dim, {layer.end_dim}")


def halves(layer: Any, shape: Shape) -> Refusal | None:
    """``GLU``, which halves a dimension."""
    if (found := dimension("dim")(layer, shape)) is not None:
        return found
    return Refusal(f"it halves dimension {layer.dim}, which has an odd number of elements, {shape[layer.dim]}")


def upsample(layer: Any, shape: Shape) -> Refusal | None:
    """A map in another size."""
    count, wanted = len(spatial(shape)), _MODES.get(layer.mode)
    if (layer.size is None) == (layer.scale_factor is None):
        both = "both a size and a scale_factor" if layer.size is not None else "neither a size nor a scale_factor"
        return Refusal(f"it has {both}", "give one of them: Upsample(scale_factor=2)")
    if not count or (wanted is not None and wanted != count):
        kinds = {1: "rows", 2: "matrices", 3: "volumes"}
        fitting = f"take mode='{'bilinear' if count == 2 else 'linear'}'" if count else None
        what = f"mode '{layer.mode}' is for {kinds.get(wanted or 0, 'maps')}"
        return Refusal(f"{what}, and it gets {crosses(shape)}", fitting)
    if layer.mode not in {*_MODES, "nearest", "nearest-exact", "area"}:
        return Refusal(f"there is no mode {layer.mode!r}", "nearest, linear, bilinear and bicubic are")
    if layer.align_corners is not None and wanted is None:
        return Refusal(f"align_corners does not go with mode '{layer.mode}'", "take mode='bilinear'")
    for name in ("size", "scale_factor"):
        value = getattr(layer, name)
        if isinstance(value, tuple) and len(value) != count:
            return Refusal(f"{name} has {len(value)} numbers for {many(count, 'side')}", f"give {count}")
    return Refusal(f"nothing is left of {crosses(spatial(shape))}", "scale it by more")
