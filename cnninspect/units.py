"""Figures written for people, with a suffix or in as few digits as will do; and what people write, read exactly."""

import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from cnninspect.errors import RequestError

if TYPE_CHECKING:
    from fractions import Fraction

_SI = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_BINARY = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
#: Grouped in threes by commas, or by underscores as in Python; so "0,8G" is refused and not 8 G.
_NUMBER: Final = r"((?:\d{1,3}(?:,\d{3}){1,9}|\d{1,30}(?:_\d{1,30}){0,9})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?)"
_WRITTEN_OUT: Final = 15  # digits of a whole number that a float holds
_COUNT_UNITS: Final = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
_SIZE_UNITS: Final = {
    "": 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip


_TIME_UNITS: Final = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9}


def _three_digits(value: int, units: tuple[tuple[int, str], ...], plain: str) -> str:
    for size, suffix in units:
        if value >= 0.9995 * size:  # so that 999,999 is 1.00 M and not 1000 k
            return f"{f'{value / size:#.3g}'.rstrip('.')} {suffix}"
    return f"{value}{plain}"


def si(count: int) -> str:
    """A count of elements, MACs or FLOPs.

    >>> si(61_100_840), si(714_188_480), si(999), si(999_999)
    ('61.1 M', '714 M', '999', '1.00 M')
    """
    return _three_digits(count, _SI, "")


def binary(size: int) -> str:
    """A size in bytes; 1 MiB is 2**20 bytes.

    >>> binary(244_403_360), binary(12)
    ('233 MiB', '12 B')
    """
    return _three_digits(size, _BINARY, " B")


def figure(value: float, digits: int = 5) -> str:
    """An element of a matrix as a student writes it: whole numbers whole, others to ``digits`` significant ones.

    >>> figure(6.0), figure(1 / 3), figure(-0.0), figure(float("-inf")), figure(123456.7), figure(1e-9)
    ('6', '0.33333', '0', '-∞', '123457', '1e-09')
    """
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "∞" if value > 0 else "-∞"
    if abs(value) >= 10**digits and abs(value) < 10**_WRITTEN_OUT:
        return str(round(value))
    return str(int(value)) if value == int(value) and abs(value) < 10**_WRITTEN_OUT else f"{value:.{digits}g}"


def parse_count(text: str) -> "Fraction":
    """A count as people write it, exactly: digits, a decimal point, an exponent and an SI suffix.

    >>> parse_count("62M"), parse_count("62_000_000"), parse_count("62,000,000"), parse_count("0.8G")
    (Fraction(62000000, 1), Fraction(62000000, 1), Fraction(62000000, 1), Fraction(800000000, 1))

    Args:
        text: ``B`` (a billion, as in "7B parameters") is ``G``.

    Raises:
        RequestError: It is not spelled as a count.
    """
    return _parsed(text, "count", _COUNT_UNITS, "write 62000000, 62_000_000, 62M, 0.8G or 1e9")


def parse_size(text: str) -> "Fraction":
    """A size in bytes as people write it, exactly; 1 MiB is 2**20 bytes and 1 MB is 10**6.

    >>> parse_size("250MiB"), parse_size("0.5KiB"), parse_size("250MB")
    (Fraction(262144000, 1), Fraction(512, 1), Fraction(250000000, 1))

    Raises:
        RequestError: It is not spelled as a size. ``250M`` isn't: some mean 10**6 bytes by it, some 2**20.
    """
    return _parsed(text, "size", _SIZE_UNITS, "write 262144000 (bytes), 250MiB (2**20 bytes each) or 262MB (10**6)")


def parse_duration(text: str) -> "Fraction":
    """A time as people write it, exactly, in nanoseconds.

    >>> parse_duration("20ms"), parse_duration("1.5s")
    (Fraction(20000000, 1), Fraction(1500000000, 1))

    Raises:
        RequestError: It is not spelled as a time.
    """
    return _parsed(text, "time", _TIME_UNITS, "write 20ms, 1.5s or 300us")


def _parsed(text: str, kind: str, units: Mapping[str, int], hint: str) -> "Fraction":
    from fractions import Fraction

    match = re.fullmatch(rf"{_NUMBER} ?([A-Za-zµ]*)", text.strip(), re.ASCII)
    if not match or match[2] not in units:
        raise RequestError(f"{text!r} is not a {kind}", hint=hint)
    return Fraction(match[1].replace(",", "").replace("_", "")) * units[match[2]]


class Unit(NamedTuple):
    """What a figure is in.

    Attributes:
        name: In words, where it isn't a plain count.
        metavar: What stands for a limit in it, in a help text.
        parse: Reads such a limit.
    """

    name: str
    metavar: str
    parse: "Callable[[str], Fraction]"


COUNT: Final = Unit("", "COUNT", parse_count)
BYTES: Final = Unit("bytes", "SIZE", parse_size)
NANOSECONDS: Final = Unit("nanoseconds", "TIME", parse_duration)
PIXELS: Final = Unit("pixels", "PIXELS", parse_count)
