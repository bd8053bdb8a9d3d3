"""A small picture of the input with what one unit sees of it, for a terminal."""

from itertools import pairwise
from typing import Final

from cnninspect.explain.units import Seen, Span
from cnninspect.formats import document as doc
from cnninspect.formats.document import Verbatim

_WIDEST, _HIGHEST = 48, 24  # characters; one is about twice as high as wide
_SEEN, _INPUT, _PADDING, _OUTSIDE = "█", "░", "▒", " "
_PLAIN: Final = str.maketrans({_SEEN: "#", _INPUT: ".", _PADDING: "+"})
LEGEND: Final = f"{_SEEN} seen  {_INPUT} input  {_PADDING} padding"


def drawn(seen: Seen, *, is_ascii: bool = False) -> Verbatim:
    """The input, and around it the padding that the unit reaches over; several pixels may share a character."""
    spell = _PLAIN if is_ascii else {}
    rows, columns = (_cells(reach, side, most) for reach, side, most in _axes(seen))
    lines = ["".join(_mark(row, column) for column in columns) for row in rows]
    return Verbatim(tuple(doc.words(line.translate(spell)) for line in (*lines, LEGEND)))


def _axes(seen: Seen) -> list[tuple[Span, int, int]]:
    """For each dimension what the unit reaches over, the side of the input, and the most characters."""
    return list(zip(seen.reach, seen.sides, (_HIGHEST, _WIDEST), strict=True))


def _cells(reach: Span, side: int, most: int) -> list[tuple[bool, bool]]:
    """For each character along one dimension: does it hold a pixel that is seen, and one of the input?

    Each stands for the same number of pixels. A field that is smaller than one still shows.
    """
    first, last = min(reach[0], 0), max(reach[1], side - 1)
    pixels = last - first + 1
    count = min(pixels, most)
    edges = [first + pixels * index // count for index in range(count + 1)]
    return [(begin <= reach[1] and end > reach[0], begin < side and end > 0) for begin, end in pairwise(edges)]


def _mark(row: tuple[bool, bool], column: tuple[bool, bool]) -> str:
    is_seen, is_input = row[0] and column[0], row[1] and column[1]
    if is_input:
        return _SEEN if is_seen else _INPUT
    return _PADDING if is_seen else _OUTSIDE
