"""A window drawn on its matrix: the elements that it sees in brackets and in colour, the padding around."""

from collections.abc import Sequence

from cnninspect.apply.result import Step, Window
from cnninspect.formats.document import Line, Span, Tone
from cnninspect.units import figure

_NOTHING = "·"
_BETWEEN = "  |  "


def drawing(step: Step, window: Window) -> list[Line]:
    """The matrix with the window on it, the channels that it sees beside each other."""
    seen = {(each.channel, each.row, each.column): each.value for each in window.operands}
    channels = list(dict.fromkeys(each.channel for each in window.operands))
    rows, columns = extent(step)
    cells = {
        (channel, row, column): _cell(step, (channel, row, column), seen)
        for channel in channels for row in rows for column in columns
    }  # fmt: skip
    wide = max(map(len, cells.values()), default=1)
    lines: list[Line] = []
    for row in rows:
        spans: list[Span] = []
        for channel in channels:
            if spans:
                spans.append(Span(_BETWEEN, Tone.dim))
            places = [(channel, row, column) for column in columns]
            spans += [_marked(cells[place], wide, is_seen=place in seen) for place in places]
        lines.append(tuple(spans))
    return lines


def extent(step: Step) -> tuple[range, range]:
    """The rows and columns of the input, with the padding that some window reaches."""
    rows = {row for window in step.windows for row in window.rows}
    columns = {column for window in step.windows for column in window.columns}
    height, width = len(step.input[0]), len(step.input[0][0])
    return (
        range(min(rows | {0}), max(rows | {height - 1}) + 1),
        range(min(columns | {0}), max(columns | {width - 1}) + 1),
    )


def width_of(step: Step, window: Window) -> int:
    """Characters that the drawing of a window takes."""
    return max((sum(len(span.text) for span in line) for line in drawing(step, window)), default=0)


def _cell(step: Step, place: tuple[int, int, int], seen: dict[tuple[int, int, int], float | None]) -> str:
    channel, row, column = place
    if place in seen:
        value = seen[place]
        return _NOTHING if value is None else figure(value)
    matrix = step.input[channel]
    is_inside = 0 <= row < len(matrix) and 0 <= column < len(matrix[0])
    return figure(matrix[row][column]) if is_inside else _NOTHING


def _marked(text: str, wide: int, *, is_seen: bool) -> Span:
    return Span(f"[{text:>{wide}}]", Tone.good) if is_seen else Span(f" {text:>{wide}} ")


def spelled(indices: Sequence[int]) -> str:
    """Rows or columns: ``0 to 2``, ``0, 2, 4``, ``3``.

    >>> spelled((0, 1, 2)), spelled((0, 2, 4)), spelled((3,)), spelled((-1, 0))
    ('0 to 2', '0, 2, 4', '3', '-1 to 0')
    """
    if len(indices) > 1 and list(indices) == list(range(indices[0], indices[-1] + 1)):
        return f"{indices[0]} to {indices[-1]}"
    return ", ".join(map(str, indices)) or "none"
