"""The weights that both networks get: what a network holds, and random values for it.

Values are drawn so that activations neither vanish nor explode through many layers: weights with the variance
``2 / fan_in`` that keeps a ReLU network's activations at their size (He, Zhang, Ren and Sun, "Delving Deep into
Rectifiers", 2015, section 2.2), scales of normalisations around 1, running variances positive. What is not a
floating number (counters, index tables) and constants that are computed keep the values that they have.
"""

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnninspect.capture.stored import stored as parts
from cnninspect.errors import ModelError
from cnninspect.torch_internals import TransposedConvolution

#: Weights have a stream of their own: with that of the inputs, an image would be made of the first layer's weights.
_STREAM: Final = 2**32
_SCALES: Final = (0.5, 1.5)
_OFFSET: Final = 0.2


def held(module: nn.Module) -> dict[str, Tensor]:
    """Every parameter, and every buffer that its state dict has, by key and in the order of the state dict.

    A tensor that is shared stands under each of its keys.

    Raises:
        ModelError: The network is quantized or holds wrappers of tensors, or a lazy layer that has seen no input.
    """
    if any(map(is_lazy, module.parameters())):
        raise ModelError("it has a lazy layer that no input has given its shape, so there is nothing to compare")
    stored = module.state_dict()
    own: dict[str, Tensor] = dict(module.named_parameters(remove_duplicate=False))
    own |= {key: buffer for key, buffer in module.named_buffers(remove_duplicate=False) if key in stored}
    if any(isinstance(value, Tensor) and value.is_quantized for value in stored.values()) or _is_quantized(module):
        raise ModelError(
            "it is quantized: its weights are packed integers, which can't be filled with those of another network",
            hint="name the floating-point network that it was made from",
        )
    for key, value in own.items():
        if value.layout is torch.strided and parts(value)[0] is not value:
            raise ModelError(
                f"`{key}` is a {type(value).__name__}, which stores other tensors than it shows: it can't be filled",
                hint="name the network with ordinary weights that it was made from",
            )
    return {key: own[key] for key in stored if key in own} | own


def _is_quantized(module: nn.Module) -> bool:
    return any(".quantized." in f"{type(part).__module__}." for part in module.modules())


def memory_of(tensor: Tensor) -> object:
    """Equal for tensors that are one and the same in memory, such as tied weights."""
    if tensor.layout is not torch.strided or tensor.numel() == 0:
        return id(tensor)
    storage = tensor.untyped_storage().data_ptr()
    return (storage, tensor.storage_offset(), tuple(tensor.shape), tensor.stride()) if storage else id(tensor)


def drawn(module: nn.Module, tensors: Mapping[str, Tensor], seed: int) -> dict[str, Tensor]:
    """New values for ``tensors``, each in its own dtype and on its own device; shared ones get one.

    Args:
        module: Holds them; its layers tell a weight from a scale.
        tensors: As ``held`` gives them.
        seed: The same seed gives the same values.
    """
    generator = torch.Generator().manual_seed(seed + _STREAM)
    owners = dict(module.named_modules(remove_duplicate=False))
    values: dict[str, Tensor] = {}
    known: dict[object, Tensor] = {}
    for key, tensor in tensors.items():
        memory = memory_of(tensor)
        if memory not in known:
            path, _, name = key.rpartition(".")
            known[memory] = _drawn(tensor.detach(), name, owners.get(path, module), generator)
        values[key] = known[memory]
    return values


def _drawn(tensor: Tensor, name: str, owner: nn.Module, generator: torch.Generator) -> Tensor:
    bounds = _bounds(tensor, name, owner)
    if bounds is None:
        return tensor.clone()
    real = torch.float32 if tensor.dtype.itemsize <= 4 and not tensor.is_complex() else torch.float64
    shape = (*tensor.shape, 2) if tensor.is_complex() else tuple(tensor.shape)
    value = torch.empty(shape, dtype=real).uniform_(*bounds, generator=generator)
    if tensor.is_complex():
        value = torch.view_as_complex(value)
    return value.to(tensor.device, tensor.dtype)


def _bounds(tensor: Tensor, name: str, owner: nn.Module) -> tuple[float, float] | None:
    """Between what its values are drawn, uniformly; ``None``: they stay as they are."""
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return None
    has_statistics = getattr(owner, "running_var", None) is not None
    if name == "running_mean":
        return -_OFFSET, _OFFSET
    if name == "running_var":
        return _SCALES
    if name not in owner._parameters and not (has_statistics and name in {"weight", "bias"}):
        return None  # a buffer: a constant of the network
    if "bias" in name:
        return -_OFFSET, _OFFSET
    return _bounds_of_weight(tensor, name, owner)


def _bounds_of_weight(tensor: Tensor, name: str, owner: nn.Module) -> tuple[float, float]:
    shape = list(tensor.shape)
    if isinstance(owner, TransposedConvolution) and name == "weight":
        shape[0], shape[1] = shape[1], shape[0]
    elif "weight" not in name:  # a token or a table of positions, 1×1×768
        while len(shape) > 1 and shape[0] == 1:
            del shape[0]
    if len(shape) < 2:  # one number a channel is a scale
        return _SCALES
    widest = math.sqrt(3 * 2 / max(math.prod(shape[1:]), 1))  # the variance of U(-b, b) is b²/3
    return -widest, widest
