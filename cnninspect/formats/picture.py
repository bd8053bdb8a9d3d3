"""A small picture of the input with what one unit sees of it, for a terminal."""

from itertools import pairwise
from typing import Final, NamedTuple

from cnninspect.explain.neurons import InputRegion, Span
from cnninspect.formats import document as doc
from cnninspect.formats.document import Verbatim

_WIDEST, _HIGHEST = 48, 24  # characters; one is about twice as high as wide
_SEEN, _INPUT, _PADDING, _OUTSIDE = "█", "░", "▒", " "
LEGEND: Final = f"{_SEEN} seen  {_INPUT} input  {_PADDING} padding"


def drawn(seen: InputRegion) -> Verbatim:
    """The input, and around it the padding that the unit reaches over; several pixels may share a character."""
    rows, columns = (_cells(*each) for each in _axes(seen))
    lines = ["".join(_mark(row, column) for column in columns) for row in rows]
    return Verbatim(tuple(doc.words(line) for line in (*lines, LEGEND)))


class _Cell(NamedTuple):
    """Does a character along one dimension hold a pixel that is seen, one of the input, one that is reached over?"""

    is_seen: bool
    is_input: bool
    is_reached: bool


def _axes(seen: InputRegion) -> list[tuple[Span | None, Span, int, int]]:
    """For each dimension what the unit sees, what it reaches over, the side of the input, and the most characters."""
    reach = [seen.rows or (0, 0), seen.columns or (0, 0)] if seen.repeats else seen.reach
    return list(zip((seen.rows, seen.columns), reach, seen.sides, (_HIGHEST, _WIDEST), strict=True))


def _cells(span: Span | None, reach: Span, side: int, most: int) -> list[_Cell]:
    """The characters along one dimension.

    Each stands for the same number of pixels. A field that is smaller than one still shows.
    """
    first, last = min(reach[0], 0), max(reach[1], side - 1)
    pixels = last - first + 1
    count = min(pixels, most)
    edges = [first + pixels * index // count for index in range(count + 1)]
    return [
        _Cell(
            span is not None and begin <= span[1] and end > span[0],
            begin < side and end > 0,
            begin <= reach[1] and end > reach[0],
        )
        for begin, end in pairwise(edges)
    ]


def _mark(row: _Cell, column: _Cell) -> str:
    if row.is_input and column.is_input:
        return _SEEN if row.is_seen and column.is_seen else _INPUT
    return _PADDING if row.is_reached and column.is_reached else _OUTSIDE
