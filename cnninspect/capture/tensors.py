"""The tensors inside what a module takes and gives: lists, tuples, dicts and dataclasses of them."""

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from torch import Tensor

from cnninspect.report import TensorSpec


def named_tensors(value: Any, name: str = "") -> list[tuple[str, Tensor]]:
    """Every tensor in ``value`` with its place: ``"out"``, ``"0.boxes"``; ``""`` for ``value`` itself.

    >>> import torch
    >>> [place for place, _ in named_tensors({"out": torch.ones(1), "aux": [torch.ones(1)]})]
    ['out', 'aux.0']
    """
    if isinstance(value, Tensor):
        return [(name, value)]
    return [
        found for key, item in _items(value) for found in named_tensors(item, f"{name}.{key}" if name else str(key))
    ]


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from zip(value._fields, value, strict=True)
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield field.name, getattr(value, field.name)


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
