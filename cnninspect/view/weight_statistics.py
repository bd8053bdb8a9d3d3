"""Figures of a weight, whatever it is stored as; elements are looked at part by part, so that no copy is taken of all.

What a tensor repeats (a dimension without a stride) is looked at once; what a sparse one leaves out are zeros.
"""

import math
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.torch_internals import parts_of_coo
from cnninspect.view.viewed import WeightStatistics

#: Parts of a histogram.
BINS: Final = 16
_PART: Final = 2**22  # elements at a time


class _Stored(NamedTuple):
    """The elements of a tensor: what is stored of them, how often each stands for itself, and zeros beside."""

    values: Tensor
    copies: int
    zeros: int


class StatisticsUnknown(Exception):  # noqa: N818 - it is a reason
    """Why nothing can be told."""


def statistics_of(name: str, tensor: Tensor) -> tuple[WeightStatistics, str | None]:
    """The figures of a tensor, and what is to be said of it.

    Args:
        name: Its key.
        tensor: Of whatever kind.
    """
    shape, dtype = tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")
    bare = WeightStatistics(name=name, shape=shape, dtype=dtype, elements=math.prod(shape))
    try:
        return _figures(bare, _stored(tensor.detach())), _odd(tensor)
    except StatisticsUnknown as reason:
        return bare, f"the figures of `{name}` are unknown: {reason}"
    except (RuntimeError, TypeError) as error:  # a dtype that torch computes nothing in
        said = str(error).strip().partition("\n")[0]
        return bare, f"the figures of `{name}` are unknown: torch says: {said}"


def _odd(tensor: Tensor) -> str | None:
    return "figures of complex numbers are of their magnitudes" if tensor.is_complex() else None


def _stored(tensor: Tensor) -> _Stored:
    """What is stored, as one dimension where that needs no copy.

    Raises:
        StatisticsUnknown: There are no values, or they overlap.
    """
    if tensor.is_meta:
        raise StatisticsUnknown("it is on the meta device, where there are no values")
    if tensor.is_nested:
        raise StatisticsUnknown("it is a nested tensor")
    elements = tensor.numel()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.layout is torch.sparse_coo:
        _, values = parts_of_coo(tensor.coalesce())
        return _Stored(values, 1, elements - values.numel())
    if tensor.layout is not torch.strided:
        return _Stored(tensor.values(), 1, elements - tensor.values().numel())
    for dimension, (side, stride) in enumerate(zip(tensor.shape, tensor.stride(), strict=True)):
        if side > 1 and not stride:
            tensor = tensor.narrow(dimension, 0, 1)
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise StatisticsUnknown("its elements overlap in memory")
    return _Stored(tensor, elements // max(tensor.numel(), 1), 0)


def _parts(values: Tensor) -> Iterator[Tensor]:
    """The elements as doubles, some at a time."""
    flat = values.reshape(-1)
    for start in range(0, flat.numel(), _PART):
        part = flat[start : start + _PART]
        yield (part.abs() if part.is_complex() else part).to(torch.float64)


def _figures(bare: WeightStatistics, stored: _Stored) -> WeightStatistics:
    def total(function: Callable[[Tensor], Tensor]) -> float:
        return math.fsum(function(part[part.isfinite()]).sum().item() for part in _parts(stored.values))

    seen = [_first_look(part) for part in _parts(stored.values)]
    copies, zeros = stored.copies, stored.zeros
    odd, infinite = sum(each.not_numbers for each in seen), sum(each.infinite for each in seen)
    number = stored.values.numel() - odd - infinite
    ends = [end for each in seen for end in each.ends] + [0.0] * bool(zeros)
    empty = sum(each.zeros for each in seen) * copies + zeros
    counted = {"not_numbers": odd * copies, "infinite": infinite * copies}
    share = empty / bare.elements if bare.elements else None
    if not ends:
        return _with(bare, zeros=share, **counted)
    least, largest, count = min(ends), max(ends), number * copies + zeros
    scale = max(abs(least), abs(largest)) or 1.0  # so that no square is too large for a double
    mean = total(lambda part: part / scale) * scale * copies / count
    squares = total(lambda part: ((part - mean) / scale) ** 2) * copies + zeros * (mean / scale) ** 2
    return _with(
        bare, mean=mean, deviation=math.sqrt(squares / count) * scale, least=least, largest=largest, zeros=share,
        norm=math.sqrt(total(lambda part: (part / scale) ** 2) * copies) * scale,
        histogram=_histogram(stored, least, largest), **counted,
    )  # fmt: skip


class _FirstLook(NamedTuple):
    """At a part: how many are NaN, infinite, zero; the least and the largest of the others."""

    not_numbers: int
    infinite: int
    zeros: int
    ends: tuple[float, ...]


def _first_look(part: Tensor) -> _FirstLook:
    least, largest = (each.item() for each in part.aminmax())
    zeros = part.numel() - int(part.count_nonzero())
    if math.isfinite(least) and math.isfinite(largest):
        return _FirstLook(0, 0, zeros, (least, largest))
    finite = part[part.isfinite()]
    ends = tuple(each.item() for each in finite.aminmax()) if finite.numel() else ()
    return _FirstLook(int(part.isnan().sum()), int(part.isinf().sum()), zeros, ends)


def _histogram(stored: _Stored, least: float, largest: float) -> tuple[int, ...]:
    counts = [0] * BINS
    if least == largest:
        finite = sum(int(part.isfinite().sum()) for part in _parts(stored.values))
        counts[BINS // 2] = finite * stored.copies + stored.zeros
        return tuple(counts)
    half = 0.5 if math.isinf(largest - least) else 1.0  # exact, and then no range is too large for a double
    for part in _parts(stored.values):
        found = torch.histc(part[part.isfinite()] * half, BINS, least * half, largest * half).tolist()
        counts = [before + int(now) * stored.copies for before, now in zip(counts, found, strict=True)]
    if stored.zeros:
        share = -least * half / (largest * half - least * half)
        counts[min(int(share * BINS), BINS - 1)] += stored.zeros
    return tuple(counts)


def _with(bare: WeightStatistics, **figures: object) -> WeightStatistics:
    import msgspec

    return msgspec.structs.replace(bare, **figures)
