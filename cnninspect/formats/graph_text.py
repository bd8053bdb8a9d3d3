"""A graph for a terminal: a row a line, its rails on the left as ``git log --graph`` has them, figures at the right.

``●`` takes from the row above it, ``○`` does not; ``╭`` begins a rail, ``├`` and ``╰`` lead from it into a row. Rails
that the width has no room for have numbers: ``→7`` leads to each ``←7``.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from cnninspect.draw.drawing import GraphDrawing
from cnninspect.draw.rows import GraphRow
from cnninspect.formats import Terminal, words
from cnninspect.formats.fitting import width_of
from cnninspect.formats.graph_words import figure_of, name_of, shape_of, type_of

_ASCII: Final = str.maketrans({
    "│": "|", "─": "-", "╭": ".", "├": "+", "╰": "`", "┼": "+", "●": "*", "○": "o", "┤": "+", "·": ".", "×": "x",
    "…": "~", "→": ">", "←": "<",
})  # fmt: skip
_LEAST: Final = 24  # cells of names, however many rails there are
_MARK, _APART = 2, 2  # cells of a row's mark, and between columns
_DIM, _BOLD, _BLUE, _MARKED, _END = "\x1b[2m", "\x1b[1m", "\x1b[34m", "\x1b[1;31m", "\x1b[0m"


def render(drawing: GraphDrawing, terminal: Terminal) -> str:
    """The lines.

    Args:
        drawing: What is drawn.
        terminal: What it is to fit; what there is no room for is left out: figures, then shapes, then lanes.
    """
    rows = drawing.found.rows
    room = _Room.of(drawing, terminal.width)
    rails, numbers = _rails(drawing, room.lanes), _numbers(drawing, room.lanes)
    lines = []
    for place, row in enumerate(rows):
        name = _name(row, is_highlit=place in drawing.highlit)
        number = numbers.get(place, "")
        name = _cut(_cut(name, max(room.names - width_of(number), 1)) + number, room.names)
        padded = name + " " * (room.names - width_of(name))
        right = room.said(row, drawing.measure)
        tone = _MARKED if place in drawing.highlit else _BOLD if row.is_frame else ""
        if terminal.color:
            line = f"{_BLUE}{rails[place]}{_END}{tone}{padded}{_END if tone else ''}{_DIM}{right}{_END}"
        else:
            line = f"{rails[place]}{padded}{right}".rstrip()
        lines.append(line)
    title = words.harmless(words.safe(drawing.title))
    more = ["", "→1 leads to each ←1"] if numbers else []
    text = "\n".join([title, "", *lines, *more]) + "\n"
    return text.translate(_ASCII) if terminal.ascii else text


class _Room(NamedTuple):
    """Cells of each part of a line, and the lanes that have a place in it; no cells: it is left out."""

    lanes: int
    names: int
    shapes: int
    figures: int

    @classmethod
    def of(cls, drawing: GraphDrawing, width: int | None) -> "_Room":
        rows, lanes = drawing.found.rows, drawing.rails.lanes
        shapes = max((width_of(shape_of(row)) for row in rows), default=0)
        figures = max((width_of(figure_of(row, drawing.measure)) for row in rows), default=0)
        names = [_name(row, is_highlit=place in drawing.highlit) for place, row in enumerate(rows)]
        widest = max(map(width_of, names), default=0)
        if width is None:
            return cls(lanes, widest, shapes, figures)
        least = min(widest, _LEAST)
        if _MARK + least + _APART + shapes + _APART + figures > width:
            figures = 0
        if _MARK + least + _APART + shapes > width:
            shapes = 0
        left = width - _MARK - sum(_APART + column for column in (shapes, figures) if column)
        if 2 * lanes + least > left:  # numbers stand beside names
            lanes, widest = max(left - _LEAST, 0) // 2, max(widest, _LEAST)
        return cls(lanes, max(min(widest, left - 2 * lanes), 1), shapes, figures)

    def said(self, row: GraphRow, measure: str | None) -> str:
        """What stands at the right of a name."""
        columns = ((shape_of(row), self.shapes), (figure_of(row, measure), self.figures))
        cells = (" " * (_APART + cells - width_of(text)) + text for text, cells in columns if cells)
        return "".join(cells).rstrip()


def _name(row: GraphRow, *, is_highlit: bool) -> str:
    kind = type_of(row)
    mark = "> " if is_highlit else ""
    return words.harmless(f"{'  ' * row.level}{mark}{name_of(row)}{f': {kind}' if kind and row.copies == 1 else ''}"
                          f"{f' {kind}' if row.copies > 1 else ''}")  # fmt: skip


def _cut(text: str, width: int) -> str:
    while width_of(text) > width:
        text = f"{text[:-2]}…"
    return text


def _numbers(drawing: GraphDrawing, lanes: int) -> dict[int, str]:
    """What is written beside the rows of rails that have no lane: ``→7`` at a source, ``←1…6,9`` at what takes it."""
    given, taken = dict[int, int](), dict[int, list[int]]()
    for number, rail in enumerate((each for each in drawing.rails.rails if each.lane >= lanes), start=1):
        given[rail.source] = number
        for target in rail.targets:
            taken.setdefault(target, []).append(number)
    texts = {place: f" ←{','.join(_runs(numbers))}" for place, numbers in taken.items()}
    return texts | {place: f"{texts.get(place, '')} →{number}" for place, number in given.items()}


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    """Ascending numbers, each run of neighbours as its first and last."""
    for _, run in groupby(enumerate(numbers), key=lambda each: each[1] - each[0]):
        members = [number for _, number in run]
        yield f"{members[0]}" if len(members) == 1 else f"{members[0]}…{members[-1]}"


def _rails(drawing: GraphDrawing, lanes: int) -> list[str]:
    """What stands before each row: its lanes, the outermost first, and its mark."""
    grid = [[" "] * (2 * lanes) for _ in drawing.found.rows]
    for rail in drawing.rails.rails:
        if rail.lane >= lanes:
            continue
        place = 2 * (lanes - 1 - rail.lane)
        last, targets = rail.targets[-1], set(rail.targets)
        for row in range(rail.source, last + 1):
            sign = "╭" if row == rail.source else "╰" if row == last else "├" if row in targets else "│"
            grid[row][place] = "┼" if grid[row][place] == "─" and sign == "│" else sign
            if sign != "│":
                for cell in range(place + 1, 2 * lanes):
                    grid[row][cell] = {" ": "─", "│": "┼"}.get(grid[row][cell], grid[row][cell])
    fed = {target for _, target in drawing.rails.straight}
    marks = [" " if row.is_frame else "●" if place in fed or not drawing.found.taken[place] else "○"
             for place, row in enumerate(drawing.found.rows)]  # fmt: skip
    return ["".join(cells) + f"{mark} " for cells, mark in zip(grid, marks, strict=True)]
