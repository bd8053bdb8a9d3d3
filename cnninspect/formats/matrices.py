"""Matrices as a student writes them: aligned columns in a terminal, ``bmatrix`` in LaTeX, an excerpt of a big one."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from cnninspect.formats import document as doc
from cnninspect.formats.document import Line, Span, Tone
from cnninspect.formats.raster import Matrix
from cnninspect.units import figure

#: In place of the rows, columns or matrices that are left out.
MORE: Final = "…"
_LEAST: Final = 3
_GAP: Final = "   "
_LATEX_COLUMNS: Final = 10  # that amsmath has for a matrix unless it is told otherwise
_LATEX: Final = {MORE: r"\cdots", "∞": r"\infty", "-∞": r"-\infty", "·": r"\cdot"}

Cells = list[list[str]]


class Panel(NamedTuple):
    """A matrix under its label."""

    label: str
    cells: Cells


def excerpt(matrix: Matrix, rows: int, columns: int) -> Cells:
    """The figures of a matrix; where it has more rows or columns, the first ones, ``…`` and the last.

    >>> excerpt([[1, 2, 3, 4], [5, 6, 7, 8]], 2, 3)
    [['1', '…', '4'], ['5', '…', '8']]
    """
    picked = [_picked([figure(value) for value in row], columns) for row in _picked(list(matrix), rows, None) if row]
    if len(matrix) > rows:
        picked.insert(rows - 2, [MORE] * len(picked[0]))
    return picked


def fitted(matrix: Matrix, rows: int, columns: int, width: int) -> Cells:
    """An excerpt that is no wider than ``width`` characters, if three columns are not."""
    cells = excerpt(matrix, rows, columns)
    while columns > _LEAST and _width(_drawn(Panel("", cells))) > width:
        columns -= 1
        cells = excerpt(matrix, rows, columns)
    return cells


def split(panel: Panel, width: int) -> list[Panel]:
    """A panel in parts side by side that are no wider than ``width`` characters, each with the columns that it has."""
    parts: list[tuple[int, int]] = []
    first = 0
    for column in range(1, len(panel.cells[0]) + 1):
        if column - first > 1 and _width(_drawn(_part(panel, first, column))) > width:
            parts.append((first, column - 1))
            first = column - 1
    parts.append((first, len(panel.cells[0])))
    return [panel] if len(parts) == 1 else [_part(panel, *each) for each in parts]


def _part(panel: Panel, first: int, end: int) -> Panel:
    label = f"{panel.label}, columns {first} to {end - 1}" if end - first > 1 else f"{panel.label}, column {first}"
    return Panel(label, [row[first:end] for row in panel.cells])


def _picked(items: list, most: int, more: object = MORE) -> list:  # type: ignore[type-arg]
    return items if len(items) <= most else [*items[: most - 2], more, items[-1]]


def flow(panels: Sequence[Panel], width: int) -> list[Line]:
    """Panels beside each other as far as they fit into ``width``, then below."""
    drawn = [_drawn(panel) for panel in panels]
    lines: list[Line] = []
    while drawn:
        fitting = 1
        while fitting < len(drawn) and sum(map(_width, drawn[: fitting + 1])) + len(_GAP) * fitting <= width:
            fitting += 1
        lines += [(), *_beside(drawn[:fitting])] if lines else _beside(drawn[:fitting])
        drawn = drawn[fitting:]
    return lines


def _drawn(panel: Panel) -> list[str]:
    wide = [max(map(len, column)) for column in zip(*panel.cells, strict=True)]
    rows = ["  ".join(cell.rjust(size) for cell, size in zip(row, wide, strict=True)) for row in panel.cells]
    return [panel.label, *rows]


def _width(lines: Sequence[str]) -> int:
    return max(map(len, lines))


def _beside(drawn: Sequence[Sequence[str]]) -> list[Line]:
    height = max(map(len, drawn))
    padded = [
        [line.ljust(_width(lines)) for line in lines] + [" " * _width(lines)] * (height - len(lines)) for lines in drawn
    ]
    lines = [_GAP.join(parts).rstrip() for parts in zip(*padded, strict=True)]
    return [doc.words(lines[0], Tone.dim), *((Span(line),) for line in lines[1:])]


def bmatrix(cells: Cells) -> str:
    r"""A matrix for LaTeX.

    >>> bmatrix([["1", "2"], ["3", "4"]])
    '\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}'
    """
    rows = r" \\ ".join(" & ".join(_LATEX.get(cell, cell) for cell in row) for row in cells)
    wider = rf"\setcounter{{MaxMatrixCols}}{{{len(cells[0])}}} " if len(cells[0]) > _LATEX_COLUMNS else ""
    return rf"{wider}\begin{{bmatrix}} {rows} \end{{bmatrix}}"


def typed(maps: Sequence[Matrix]) -> str:
    """As ``--values`` takes it.

    >>> typed([[[6, 8], [14, 16]]])
    '6 8; 14 16'
    """
    return " | ".join("; ".join(" ".join(map(figure, row)) for row in matrix) for matrix in maps)


def latex(number: str) -> str:
    """A figure for LaTeX."""
    return _LATEX.get(number, number)
