"""Weights that a module holds packed for the processor, outside its parameters: those of quantized layers.

What torch can unpack tells its elements and its bytes; of the rest nothing is known.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnninspect.torch_internals import kind_of_packed

#: What quantized layers call them; a scripted module tells only by name what it has.
_NAMES: Final = ("_packed_params", "_packed_weight", "_packed_weight_ih", "_packed_weight_hh", "param")


def packed_in(module: nn.Module) -> list[torch.ScriptObject]:
    """What ``module`` itself holds packed, each once."""
    if isinstance(module, torch.jit.ScriptModule):
        values = [getattr(module, name) for name in _NAMES if hasattr(module, name)]
    else:
        values = list(module.__dict__.values())
    if torch.ScriptObject not in map(type, values):
        return []
    found = [value for value in values if type(value) is torch.ScriptObject]
    return list({id(value): value for value in found}.values())


def unpacked(packed: torch.ScriptObject) -> list[Tensor] | None:
    """The weights and biases in it, in the dtypes that they are stored in; ``None`` if torch can't unpack it."""
    try:
        return _UNPACKED.get(kind_of_packed(packed), _tensors)(packed)
    except (RuntimeError, AttributeError, LookupError, TypeError, ValueError):
        return None


def _tensors(packed: Any) -> list[Tensor] | None:
    """Convolutions and embeddings, and those of others that unpack as they do."""
    found = packed.unpack()
    tensors = [each for each in (found if isinstance(found, Sequence) else [found]) if isinstance(each, Tensor)]
    return tensors or None


def _of_linear(packed: Any) -> list[Tensor] | None:
    """One that isn't quantized is kept in half precision and unpacked to single."""
    weight, bias = packed.unpack()
    return [each for each in (weight if weight.is_quantized else weight.half(), bias) if each is not None]


def _of_cell(packed: Any) -> list[Tensor] | None:
    """A recurrent layer in one direction: two linear ones, which have the biases too."""
    (_kind, _biases, _scales, _flags, layers), _class = packed.__getstate__()
    found = [unpacked(each) for each in layers]
    return [tensor for tensors in found for tensor in tensors or ()] if found and None not in found else None


_UNPACKED: Final[dict[str, Callable[[Any], list[Tensor] | None]]] = {
    "LinearPackedParamsBase": _of_linear,
    "CellParamsBase": _of_cell,
}
