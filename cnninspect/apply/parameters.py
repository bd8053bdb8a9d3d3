"""Weights and biases of the layers: the user's own, or torch's from a seed."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cnninspect.apply.given import Given
from cnninspect.apply.values import Maps
from cnninspect.errors import RequestError
from cnninspect.torch_internals import Convolution

_IN_ORDER = Convolution | nn.Linear


def initialise(layers: Sequence[nn.Module], seed: int) -> None:
    """Fill the layers as torch does: as if built in this order right after ``torch.manual_seed(seed)``.

    torch's generator is another one afterwards: whoever calls keeps it.
    """
    torch.manual_seed(seed)
    for layer in layers:
        reset = getattr(layer, "reset_parameters", None)
        if reset is not None:
            reset()


def assigned(given: Sequence[Given], layers: Sequence[nn.Module]) -> dict[int, Given]:
    """Which layer each is for: as named, else the convolutions and linear layers in order.

    Raises:
        RequestError: There are more than layers.
    """
    found = {each.layer: each for each in given if each.layer is not None}
    free = [
        index for index, layer in enumerate(layers)
        if isinstance(layer, _IN_ORDER) and index not in found
    ]  # fmt: skip
    for each in given:
        if each.layer is None:
            if not free:
                raise RequestError(
                    f"{each.option} {each.text!r}: no convolution or linear layer is left for it",
                    hint=f"give {each.option} once for each, in order, or LAYER=… for any other layer",
                )
            found[free.pop(0)] = each
    return found


def put_in(layer: nn.Module, name: str, weight: Given | None, bias: Given | None) -> None:
    """Put the given numbers into a layer; a bias is 0 where only the weight is given.

    Raises:
        RequestError: The layer has no such parameter, or one of another shape.
    """
    with torch.no_grad():
        if weight is not None:
            _fill(_parameter(layer, name, "weight", weight), weight, name)
        if bias is not None:
            _fill(_parameter(layer, name, "bias", bias), bias, name)
        elif weight is not None and isinstance(own := getattr(layer, "bias", None), Tensor):
            own.zero_()


def weights_of(layer: nn.Module) -> tuple[Maps, ...]:
    """The weight of a convolution or a linear layer, ``(filters, channels, rows, columns)``; else empty."""
    if not isinstance(layer, _IN_ORDER):
        return ()
    weight = layer.weight
    if weight.dim() == 2:
        weight = weight[None, None]
    elif weight.dim() == 3:
        weight = weight[:, :, None]
    return tuple(tuple(tuple(map(tuple, channel)) for channel in each) for each in weight.tolist())


def biases_of(layer: nn.Module) -> tuple[float, ...]:
    """The bias of a convolution or a linear layer; empty if it has none."""
    return tuple(layer.bias.tolist()) if isinstance(layer, _IN_ORDER) and layer.bias is not None else ()


def _parameter(layer: nn.Module, name: str, kind: str, given: Given) -> Tensor:
    parameter = getattr(layer, kind, None)
    if not isinstance(parameter, Tensor):
        raise RequestError(f"{given.option} {given.text!r}: {name} has no {kind}")
    return parameter


def _fill(parameter: Tensor, given: Given, name: str) -> None:
    """Put the given numbers in the shape of the parameter; a single row is taken in reading order."""
    numbers = torch.tensor(given.filters, dtype=parameter.dtype)
    shape = tuple(parameter.shape)
    is_row = numbers.numel() == numbers.shape[-1]
    if numbers.shape == _as_given(shape) or (is_row and numbers.numel() == parameter.numel()):
        parameter.copy_(numbers.reshape(shape))
        return
    got = _described(tuple(numbers.shape))
    raise RequestError(
        f"{given.option} {given.text!r} is {got}, and {name} wants {_described(_as_given(shape))}",
        hint=f"or all {math.prod(shape)} numbers in one row; '||' goes between filters, '|' between channels",
    )


def _as_given(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A parameter's shape as ``(filters, channels, rows, columns)``."""
    if len(shape) == 3:
        return (*shape[:2], 1, shape[2])
    return (1,) * (4 - len(shape)) + shape


def _described(shape: tuple[int, ...]) -> str:
    filters, channels, rows, columns = shape
    parts = [f"{filters} filter{'s' * (filters > 1)} of {channels} channel{'s' * (channels > 1)} of"]
    return " ".join([*parts * (filters * channels > 1), f"{rows}×{columns}"])
