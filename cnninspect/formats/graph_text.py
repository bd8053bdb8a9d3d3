"""A graph for a terminal: a row a line, its rails on the left as ``git log --graph`` has them, figures at the right.

``●`` takes from the row above it, ``○`` does not; ``╭`` begins a rail, ``├`` and ``╰`` lead from it into a row.
"""

from typing import Final

from cnninspect.draw.drawing import GraphDrawing
from cnninspect.draw.rows import GraphRow
from cnninspect.formats import Terminal, words
from cnninspect.formats.fitting import width_of
from cnninspect.formats.graph_words import figure_of, name_of, shape_of, type_of

_ASCII: Final = str.maketrans({
    "│": "|", "─": "-", "╭": ".", "├": "+", "╰": "`", "┼": "+", "●": "*", "○": "o", "┤": "+", "·": ".", "×": "x",
    "…": "~",
})  # fmt: skip
_LEAST: Final = 24  # cells of names, however many rails there are
_DIM, _BOLD, _BLUE, _MARKED, _END = "\x1b[2m", "\x1b[1m", "\x1b[34m", "\x1b[1;31m", "\x1b[0m"


def render(drawing: GraphDrawing, terminal: Terminal) -> str:
    """The lines.

    Args:
        drawing: What is drawn.
        terminal: What it is to fit.
    """
    rows = drawing.found.rows
    rails = _rails(drawing)
    said = [(shape_of(row), figure_of(row, drawing.measure)) for row in rows]
    shapes, figures = (max(map(width_of, column), default=0) for column in zip(*said, strict=True))
    names = [_name(row, is_highlit=place in drawing.highlit) for place, row in enumerate(rows)]
    widest = max(map(width_of, names), default=0)
    lanes = 2 * drawing.rails.lanes
    if terminal.width is not None:
        widest = min(widest, max(terminal.width - lanes - 2 - shapes - figures - 4, _LEAST))
    lines = []
    for place, (row, (shape, figure)) in enumerate(zip(rows, said, strict=True)):
        name = _cut(names[place], widest)
        padded = name + " " * (widest - width_of(name))
        right = f"{' ' * (shapes - width_of(shape))}{shape}  {' ' * (figures - width_of(figure))}{figure}".rstrip()
        tone = _MARKED if place in drawing.highlit else _BOLD if row.is_frame else ""
        if terminal.color:
            line = f"{_BLUE}{rails[place]}{_END}{tone}{padded}{_END if tone else ''}  {_DIM}{right}{_END}"
        else:
            line = f"{rails[place]}{padded}  {right}".rstrip()
        lines.append(line)
    title = words.harmless(words.safe(drawing.title))
    text = "\n".join([title, "", *lines]) + "\n"
    return text.translate(_ASCII) if terminal.ascii else text


def _name(row: GraphRow, *, is_highlit: bool) -> str:
    kind = type_of(row)
    mark = "> " if is_highlit else ""
    return words.harmless(f"{'  ' * row.level}{mark}{name_of(row)}{f': {kind}' if kind and row.copies == 1 else ''}"
                          f"{f' {kind}' if row.copies > 1 else ''}")  # fmt: skip


def _cut(text: str, width: int) -> str:
    while width_of(text) > width:
        text = f"{text[:-2]}…"
    return text


def _rails(drawing: GraphDrawing) -> list[str]:
    """What stands before each row: its lanes, the outermost first, and its mark."""
    lanes = drawing.rails.lanes
    grid = [[" "] * (2 * lanes) for _ in drawing.found.rows]
    for rail in drawing.rails.rails:
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
