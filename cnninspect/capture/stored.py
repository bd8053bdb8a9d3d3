"""What a tensor stores: the plain tensors that it is made of, if it isn't one itself."""

from collections.abc import Iterable
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnninspect.torch_internals import parts_of_coo

_PLAIN: Final = frozenset((Tensor, nn.Parameter, nn.Buffer))
_BY_ROWS: Final = (torch.sparse_csr, torch.sparse_bsr)
_BY_COLUMNS: Final = (torch.sparse_csc, torch.sparse_bsc)


def stored(tensor: Tensor) -> tuple[Tensor, ...]:
    """The plain tensors in which its values are: indices and values of a sparse one, what a wrapper holds; or itself.

    A wrapper is a subclass without memory of its own, as libraries for quantization and sharding have them.

    >>> [tuple(part.shape) for part in stored(torch.eye(3).to_sparse())]
    [(2, 3), (3,)]
    """
    if is_plain(tensor):
        return (tensor,)
    inner = _inner(tensor)
    return (tensor,) if inner is None else tuple(part for each in inner for part in stored(each))


def is_plain(tensor: Tensor) -> bool:
    """Has it its values itself, each in its place?"""
    return type(tensor) in _PLAIN and tensor.layout is torch.strided and not tensor.is_nested


def memory(tensor: Tensor) -> int | None:
    """The address of its storage; ``None`` if it has none of its own, as on meta."""
    try:
        return tensor.untyped_storage().data_ptr() if tensor.device.type != "meta" else None
    except RuntimeError:  # a wrapper, sparse, or in a layout of somebody's own
        return None


def size_of(tensor: Tensor) -> int:
    """Bytes."""
    if is_plain(tensor):
        return tensor.numel() * tensor.element_size()
    return sum(part.numel() * part.element_size() for part in stored(tensor))


def _inner(tensor: Tensor) -> Iterable[Tensor] | None:
    flatten: Any = getattr(tensor, "__tensor_flatten__", None)
    if flatten is not None:
        return [getattr(tensor, name) for name in flatten()[0]]
    if tensor.layout is torch.sparse_coo:
        return parts_of_coo(tensor)
    if tensor.layout in _BY_ROWS:
        return tensor.crow_indices(), tensor.col_indices(), tensor.values()
    if tensor.layout in _BY_COLUMNS:
        return tensor.ccol_indices(), tensor.row_indices(), tensor.values()
    if tensor.is_nested:
        return (tensor.values(),)
    if type(tensor) in _PLAIN or tensor.device.type == "meta" or memory(tensor) is not None:
        return None
    held = {id(value): value for value in vars(tensor).values() if isinstance(value, Tensor)}
    return held.values() or None
