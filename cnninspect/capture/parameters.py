"""What modules hold: parameters and buffers, in elements and bytes, shared ones once."""

from collections.abc import Iterable
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.parameter import is_lazy


class Held(NamedTuple):
    """Elements and bytes; ``None`` while a lazy module has not seen an input."""

    elements: int | None
    trainable: int | None
    size: int | None


def count(tensors: Iterable[Tensor]) -> Held:
    """Count different tensors: elements, those that require a gradient, bytes."""
    tensors = list(tensors)
    if any(is_lazy(tensor) for tensor in tensors):
        return Held(None, None, None)
    return Held(
        sum(tensor.numel() for tensor in tensors),
        sum(tensor.numel() for tensor in tensors if tensor.requires_grad),
        sum(tensor.numel() * tensor.element_size() for tensor in tensors),
    )


def own(module: nn.Module, counted: set[int]) -> int | None:
    """Elements of the parameters directly in ``module`` that are not yet ``counted``; they are from now on."""
    new = {id(p): p for p in module.parameters(recurse=False) if id(p) not in counted}
    counted.update(new)
    return count(new.values()).elements
