"""How far apart two sequences of tensors are."""

import math
from collections.abc import Iterable
from typing import Final

import torch
from torch import Tensor

from cnninspect.verify.evidence import Difference

#: Torch has arithmetic in these; in others (float8) it hardly has any.
_FLOATS: Final = frozenset((torch.float16, torch.bfloat16, torch.float32, torch.float64))


def computable(tensor: Tensor) -> Tensor:
    """The same numbers in a dtype that torch can work with."""
    if tensor.is_floating_point() and tensor.dtype not in _FLOATS:
        return tensor.to(torch.float32)
    return tensor


def gap(first: Tensor, second: Tensor) -> float:
    """The largest absolute difference of two tensors of one shape; NaN if only one of them has a number somewhere.

    Equal infinities and NaNs in the same places are no difference.

    >>> gap(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.5]))
    0.5
    """
    if torch.equal(first, second):
        return 0.0
    first, second = _comparable(first), _comparable(second)
    is_same = (first == second) | (first.isnan() & second.isnan())
    apart = torch.where(is_same, torch.zeros_like(first), first - second)
    largest = float(torch.linalg.vector_norm(apart, math.inf))
    return largest if math.isfinite(largest) else math.nan


def magnitude(tensor: Tensor) -> float:
    """The largest absolute value among its finite elements; 0 if it has none."""
    if tensor.numel() == 0:
        return 0.0
    values = _comparable(tensor)
    largest = float(torch.linalg.vector_norm(values, math.inf))
    if not math.isfinite(largest):
        largest = float(torch.linalg.vector_norm(torch.nan_to_num(values, 0.0, 0.0, 0.0), math.inf))
    return largest


def has_numbers(tensor: Tensor) -> bool:
    """Does it hold any finite element?"""
    return tensor.numel() > 0 and bool(torch.isfinite(tensor).any())


def _comparable(tensor: Tensor) -> Tensor:
    """In a dtype that differences can be taken in."""
    if tensor.dtype in {torch.float32, torch.float64, torch.complex64, torch.complex128}:
        return tensor
    return tensor.to(torch.float32 if tensor.is_floating_point() else torch.float64)


def difference(gaps: Iterable[float], largest: float) -> Difference:
    """The largest of ``gaps``, absolute and relative to ``largest``, the largest magnitude of what was compared."""
    worst = 0.0
    for each in gaps:
        if math.isnan(each):
            return Difference(None, None)
        worst = max(worst, each)
    return Difference(worst, worst / largest if worst else 0.0)


def worst(differences: Iterable[Difference]) -> Difference | None:
    """The largest of several; ``None`` of none."""
    found = list(differences)
    if not found:
        return None
    if any(each.max_abs is None or each.max_rel is None for each in found):
        return Difference(None, None)
    return Difference(max(each.max_abs or 0.0 for each in found), max(each.max_rel or 0.0 for each in found))
