"""Numbers as small pictures: a pixel a number, zero always of one colour.

What is nowhere negative goes from black, which is zero, to white, the largest. What is negative somewhere goes from
blue over a white zero to red, as far to either side. Three channels are red, green and blue, with zero in the middle.
What is not a number is magenta; infinities have the colours of the ends.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

import msgspec

#: Rows of numbers, ``(H, W)``.
Matrix = Sequence[Sequence[float]]

#: What ``heat`` means, in colours and in shades.
HEAT: Final = (
    "each on its own scale: black is 0, white most; where something is negative, white is 0, blue less, red more",
    "each on its own scale: blank is 0, full most; where something is negative, half is 0, blank less, full more",
)
_NOT_A_NUMBER: Final = bytes((255, 0, 255))
_BLUE, _ZERO, _RED = (33, 102, 172), (247, 247, 247), (178, 24, 43)  # ColorBrewer's RdBu, which the colour-blind tell
_HALF: Final = 127  # levels on either side of zero
_LUMA: Final = (0.299, 0.587, 0.114)  # ITU-R BT.601


class Raster(msgspec.Struct, frozen=True):
    """A picture, row by row.

    Attributes:
        pixels: Red, green and blue of each pixel, a byte each.
        shades: How light each is where there is no colour, a byte each.
    """

    width: int
    height: int
    pixels: bytes
    shades: bytes


def _mixed(first: Sequence[int], second: Sequence[int], part: float) -> bytes:
    return bytes(int(a + (b - a) * part + 0.5) for a, b in zip(first, second, strict=True))


_GREYS: Final = [bytes((level,) * 3) for level in range(256)] + [_NOT_A_NUMBER]
_SIGNED: Final = [
    *(_mixed(_BLUE, _ZERO, level / _HALF) for level in range(_HALF)),
    *(_mixed(_ZERO, _RED, level / _HALF) for level in range(_HALF + 1)),
    _NOT_A_NUMBER,
]


def largest_of(values: Iterable[float]) -> float:
    """The largest magnitude of what is finite; 0 if nothing is.

    >>> largest_of([1.0, -3.0, float("inf"), float("nan")])
    3.0
    """
    return max((abs(value) for value in values if math.isfinite(value)), default=0.0)


def heat(matrix: Matrix, largest: float | None = None, *, is_signed: bool | None = None) -> Raster:
    """A matrix as a picture.

    >>> heat([[0.0, 1.0, 2.0]]).shades.hex(" ")
    '00 80 ff'

    Args:
        matrix: ``(H, W)``.
        largest: What the ends of the scale stand for; ``None``: the largest magnitude in it.
        is_signed: Zero is in the middle of the scale; ``None``: if something is negative.
    """
    values = list(chain.from_iterable(matrix))
    largest = largest_of(values) if largest is None else largest
    is_signed = any(value < 0 for value in values) if is_signed is None else is_signed
    levels = [_level(value, largest, is_signed=is_signed) for value in values]
    palette = _SIGNED if is_signed else _GREYS
    lightest = len(palette) - 2
    shades = bytes(0 if level < 0 else level * 255 // lightest for level in levels)
    return Raster(len(matrix[0]), len(matrix), b"".join([palette[level] for level in levels]), shades)


def _level(value: float, largest: float, *, is_signed: bool) -> int:
    """A place in a palette; -1, the last: it is not a number."""
    if math.isnan(value):
        return -1
    part = math.copysign(1.0, value) if math.isinf(value) else value / largest if largest else 0.0
    part = min(max(part, -1.0), 1.0)
    return int(_HALF * (1 + part) + 0.5) if is_signed else int(255 * max(part, 0.0) + 0.5)


def coloured(channels: Sequence[Matrix], largest: float) -> Raster:
    """Three matrices as red, green and blue, zero in the middle of each.

    Args:
        channels: ``(3, H, W)``.
        largest: The magnitude that the ends of the scale stand for.
    """
    planes = [[_byte(value, largest) for row in matrix for value in row] for matrix in channels]
    dots = list(zip(*planes, strict=True))
    pixels = b"".join([_NOT_A_NUMBER if min(dot) < 0 else bytes(dot) for dot in dots])
    shades = bytes(int(sum(part * max(each, 0) for part, each in zip(_LUMA, dot, strict=True)) + 0.5) for dot in dots)
    return Raster(len(channels[0][0]), len(channels[0]), pixels, shades)


def _byte(value: float, largest: float) -> int:
    if math.isnan(value):
        return -1
    part = math.copysign(1.0, value) if math.isinf(value) else value / largest if largest else 0.0
    return int(127.5 * (1 + min(max(part, -1.0), 1.0)) + 0.5)


def resized(raster: Raster, width: int, height: int) -> Raster:
    """The picture with so many pixels: each is the mean of those that it stands for, or one of them again.

    Args:
        raster: Of any size.
        width: Pixels of a row.
        height: Rows.
    """
    if (width, height) == (raster.width, raster.height):
        return raster
    rows, columns = _parts(raster.height, height), _parts(raster.width, width)
    planes = [raster.pixels[band::3] for band in range(3)] + [raster.shades]
    red, green, blue, shades = (_averaged(plane, raster.width, rows, columns) for plane in planes)
    pixels = bytes(chain.from_iterable(zip(red, green, blue, strict=True)))
    return Raster(width, height, pixels, shades)


def _parts(side: int, count: int) -> list[range]:
    """What each of so many pixels stands for."""
    return [range(place * side // count, max((place + 1) * side // count, place * side // count + 1))
            for place in range(count)]  # fmt: skip


def _averaged(plane: bytes, width: int, rows: Sequence[range], columns: Sequence[range]) -> bytes:
    found = bytearray()
    for part in rows:
        lines = [plane[row * width : (row + 1) * width] for row in part]
        for column in columns:
            total = sum(sum(line[column.start : column.stop]) for line in lines)
            found.append(total // (len(part) * len(column)))
    return bytes(found)
