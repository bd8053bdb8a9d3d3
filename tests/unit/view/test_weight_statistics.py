"""Figures of weights by hand."""

import math

import pytest
import torch

from cnninspect.view import weight_statistics
from cnninspect.view.weight_statistics import BINS, statistics_of


def test_figures() -> None:
    """1, 2, 3, 4: 10/4; √((2.25 + 0.25 + 0.25 + 2.25)/4); √30."""
    found, note = statistics_of("w", torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert note is None
    assert (found.mean, found.least, found.largest, found.zeros) == (2.5, 1, 4, 0)
    assert found.deviation == pytest.approx(math.sqrt(1.25))
    assert found.norm == pytest.approx(math.sqrt(30))
    assert sum(found.histogram) == 4
    assert (found.histogram[0], found.histogram[-1]) == (1, 1)


def test_a_weight_is_looked_at_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = torch.arange(-50.0, 50.0).reshape(10, 10)
    whole = statistics_of("w", weight)
    monkeypatch.setattr(weight_statistics, "_PART", 7)
    parts = statistics_of("w", weight)
    assert parts[0].histogram == whole[0].histogram
    assert parts[0].mean == pytest.approx(-0.5)  # of −50 to 49
    assert parts[0].deviation == pytest.approx(math.sqrt((100**2 - 1) / 12))  # of evenly spaced numbers


def test_squares_do_not_overflow() -> None:
    """√2·10³⁰⁰, whose square no double holds."""
    found, _ = statistics_of("w", torch.tensor([1e300, -1e300], dtype=torch.float64))
    assert found.norm == pytest.approx(math.sqrt(2) * 1e300)
    assert found.deviation == pytest.approx(1e300)


@pytest.mark.filterwarnings("ignore:Sparse CS[RC] tensor support")
def test_what_a_sparse_weight_leaves_out_is_zero() -> None:
    """4 and 4 among eight numbers: a mean of 1, √(2·16/8 − 1)."""
    dense = torch.zeros(2, 4)
    dense[0, 0] = dense[1, 3] = 4.0
    for sparse in (dense.to_sparse(), dense.to_sparse_csr(), dense.to_sparse_csc()):
        found, _ = statistics_of("w", sparse)
        assert (found.mean, found.least, found.largest, found.zeros) == (1, 0, 4, 0.75)
        assert found.deviation == pytest.approx(math.sqrt(3))
        assert (found.histogram[0], found.histogram[-1]) == (6, 2)


def test_one_value_is_in_the_middle_of_its_histogram() -> None:
    assert statistics_of("w", torch.full((3,), 2.0))[0].histogram == (0,) * (BINS // 2) + (3,) + (0,) * (BINS // 2 - 1)


def test_only_what_is_no_number() -> None:
    found, _ = statistics_of("w", torch.tensor([torch.nan, -torch.inf]))
    assert (found.not_numbers, found.infinite, found.mean, found.zeros, found.histogram) == (1, 1, None, 0, ())


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.bfloat16, torch.uint8, torch.int64, torch.bool])
def test_other_dtypes(dtype: torch.dtype) -> None:
    found, note = statistics_of("w", torch.tensor([0.0, 1.0]).to(dtype))
    assert (found.mean, note) == (0.5, None)


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_a_quantized_weight_has_the_values_that_it_stands_for() -> None:
    """2 and −1 in steps of a half."""
    weight = torch.quantize_per_tensor(torch.tensor([2.0, -1.0]), 0.5, 0, torch.qint8)
    found, _ = statistics_of("w", weight)
    assert (found.mean, found.least, found.largest) == (0.5, -1, 2)


def test_without_values() -> None:
    found, note = statistics_of("w", torch.empty(2, 2, device="meta"))
    assert (found.elements, found.mean, found.not_numbers) == (4, None, None)
    assert note == "the figures of `w` are unknown: it is on the meta device, where there are no values"
