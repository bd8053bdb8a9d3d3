"""Figures written for people: three digits with an SI or a binary suffix, or as few as will do."""

import math

_SI = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_BINARY = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
_WRITTEN_OUT = 15  # digits of a whole number that a float holds


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
