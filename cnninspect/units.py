"""Figures written for people: three digits with an SI or a binary suffix."""

_SI = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_BINARY = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


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
