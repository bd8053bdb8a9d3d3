"""What people write, read exactly: the expected numbers are arithmetic by hand."""

from fractions import Fraction

import pytest

from cnninspect.errors import RequestError
from cnninspect.units import parse_count, parse_size


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("62000001", 62_000_001),
        ("62M", 62_000_000),
        ("62 M", 62_000_000),
        ("0.8G", 800_000_000),
        ("1e9", 10**9),
        ("1.5E3", 1500),
        ("62_000_000", 62_000_000),
        ("62,000,000", 62_000_000),
        ("1,500.25k", 1_500_250),
        ("7B", 7 * 10**9),
        ("2T", 2 * 10**12),
        ("3K", 3000),
        ("62.000001M", 62_000_001),  # as a float it is 62000000.99999999
        ("0.3", Fraction(3, 10)),
        ("1e-1", Fraction(1, 10)),
        ("9007199254740993", 2**53 + 1),  # no float is that number
        (" 5 ", 5),
    ],
)
def test_counts(text: str, number: Fraction) -> None:
    assert parse_count(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "", "M", "-1", "+1", "1.", ".5", "0,8G", "1,5M", "62,00,000", "1_", "_1", "1__0", "62m", "62MiB", "62MB",
        "1e999", "nan", "inf", "0x10", "١", "1 2", "62 M B", "1e9e9", "9" * 40,
    ],
)  # fmt: skip
def test_no_counts(text: str) -> None:
    with pytest.raises(RequestError, match="is not a count"):
        parse_count(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("12", 12),
        ("12B", 12),
        ("1KiB", 1024),
        ("250MiB", 262_144_000),
        ("0.5GiB", 536_870_912),
        ("1TiB", 2**40),
        ("250MB", 250_000_000),
        ("1.5kB", 1500),
        ("1.5KB", 1500),
        ("2GB", 2 * 10**9),
        ("1e6", 10**6),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["250M", "250G", "1k", "250mib", "250Mib", "250 MiBs", "B"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(RequestError, match="is not a size"):
        parse_size(text)
