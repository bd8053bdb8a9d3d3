"""A tensor in the words of a report: its shape and its dtype."""

from functools import cache
from typing import Any

from torch import Tensor

from cnninspect.report import TensorSpec


def describe(tensor: Tensor, name: str) -> TensorSpec:
    """The tensor's shape and dtype, as the report has them."""
    return TensorSpec(name, _shape(tensor), dtype_name(tensor.dtype))


def _shape(tensor: Tensor) -> tuple[int, ...]:
    """Its sides; of a nested tensor those that hold every part of it."""
    if not tensor.is_nested:
        return tuple(tensor.shape)
    parts = [part.shape for part in tensor.unbind()]
    return (len(parts), *(max(sides) for sides in zip(*parts, strict=True)))


@cache
def dtype_name(dtype: Any) -> str:
    """``float32`` for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")
