"""Tensors as planes of plain numbers, with what is told of each."""

from typing import NamedTuple

import torch
from torch import Tensor

from cnninspect.view.viewed import Plane


class PlaneFigures(NamedTuple):
    """Of each of several planes: of what is finite the mean absolute value and the ends, and how much is not.

    NaN stands where nothing is.
    """

    strengths: list[float]
    least: list[float]
    largest: list[float]
    odd: list[int]


def dense(tensor: Tensor) -> Tensor:
    """A tensor of whatever kind as a plain one of doubles on the CPU; of complex numbers their magnitudes.

    Raises:
        Exception: It has no values, or is of a kind that torch turns into no other.
    """
    tensor = tensor.detach()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    if tensor.is_complex():
        tensor = tensor.abs()
    return tensor.to("cpu", torch.float64)


def figures_of(planes: Tensor) -> PlaneFigures:
    """What is told of planes.

    Args:
        planes: ``(N, …)``, in doubles.
    """
    flat = planes.flatten(1)
    is_finite = flat.isfinite()
    counts = is_finite.sum(1)
    total = torch.where(is_finite, flat.abs(), 0.0).sum(1)
    nothing = torch.full_like(total, torch.nan)
    least = torch.where(is_finite, flat, torch.inf).amin(1)
    largest = torch.where(is_finite, flat, -torch.inf).amax(1)
    return PlaneFigures(
        torch.where(counts > 0, total / counts, nothing).tolist(),
        torch.where(counts > 0, least, nothing).tolist(),
        torch.where(counts > 0, largest, nothing).tolist(),
        (flat.shape[1] - counts).tolist(),
    )


def known(value: float) -> float | None:
    """A figure, unless it is NaN."""
    return None if value != value else value


def plane_of(matrix: Tensor) -> Plane:
    """Rows of numbers.

    Args:
        matrix: ``(H, W)``.
    """
    return tuple(map(tuple, matrix.tolist()))
