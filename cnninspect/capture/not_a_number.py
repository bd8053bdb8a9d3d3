"""Where the NaN in an output comes from."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnninspect.tensor_tree import named_tensors


def has_nan(value: Any) -> bool:
    """Is there a NaN in one of the tensors in it? On meta there are no values."""
    return any(_has_nan(tensor) for _, tensor in named_tensors(value))


def _has_nan(tensor: Tensor) -> bool:
    is_readable = tensor.layout is torch.strided and tensor.device.type != "meta" and not tensor.is_nested
    return is_readable and tensor.is_floating_point() and bool(torch.isnan(tensor).any())


def note(module: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Run the module again and say which layer is the first to give NaN though it got none."""
    first: list[str] = []

    def look(path: str) -> Any:
        def hook(part: nn.Module, taken: tuple[Any, ...], named: dict[str, Any], given: Any) -> None:
            if not first and has_nan(given) and not has_nan(taken) and not has_nan(named):
                first.append(_named(path, part))

        return hook

    handles = [
        nn.Module.register_forward_hook(part, look(path), with_kwargs=True) for path, part in module.named_modules()
    ]
    try:
        module(*args, **kwargs)
    finally:
        for handle in handles:
            handle.remove()
    return f"the output has NaN, {f'first from {first[0]}' if first else 'but not in a second pass'}"


def _named(path: str, part: nn.Module) -> str:
    named = f"`{path}` {type(part).__name__}" if path else f"the model itself ({type(part).__name__})"
    weights = [parameter for parameter in part.parameters() if parameter.numel()]
    is_unset = bool(weights) and not any(bool(weight.any()) for weight in weights)
    return named + (", whose weights are all zero: that can be for want of --weights" if is_unset else "")
