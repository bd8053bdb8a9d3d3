"""A tensor in the words of a report: its shape and its dtype."""

import math
from functools import cache, lru_cache
from typing import Any, NamedTuple

from torch import Tensor

from cnninspect.report import TensorSpec


class Glance(NamedTuple):
    """What is taken down of a tensor while a pass is going on: it may be another afterwards, or be gone."""

    name: str
    shape: tuple[int, ...]
    dtype: Any
    elements: int | None = None  # where the shape doesn't tell

    @classmethod
    def at(cls, tensor: Tensor, name: str) -> "Glance":
        """The name is that of its place."""
        if tensor.is_nested:
            return cls(name, _shape(tensor), tensor.dtype, tensor.numel())
        return cls(name, tensor.shape, tensor.dtype)

    def spec(self) -> TensorSpec:
        """In the report's words."""
        return _spec(self.name, self.shape, self.dtype)

    def size(self) -> int:
        """Bytes of its elements."""
        elements = math.prod(self.shape) if self.elements is None else self.elements
        return elements * int(self.dtype.itemsize)


@lru_cache(maxsize=4096)  # a network's tensors have few shapes
def _spec(name: str, shape: tuple[int, ...], dtype: Any) -> TensorSpec:
    return TensorSpec(name, tuple(shape), dtype_name(dtype))


def _shape(tensor: Tensor) -> tuple[int, ...]:
    """The sides that hold every part of a nested tensor."""
    parts = [part.shape for part in tensor.unbind()]
    return (len(parts), *(max(sides) for sides in zip(*parts, strict=True)))


@cache
def dtype_name(dtype: Any) -> str:
    """``float32`` for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")
