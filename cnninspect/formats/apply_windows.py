"""A window drawn on its matrix: the elements that it sees in brackets and in colour, the padding around."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from cnninspect.apply.applied import Step, Window
from cnninspect.formats.document import Line, Span, Tone
from cnninspect.units import figure

_NOTHING: Final = "·"
_BETWEEN: Final = "  |  "
_ROWS: Final = 12  # of a matrix that are drawn
_CHANNELS: Final = 4  # that are drawn beside each other

#: Channel, row and column.
Place = tuple[int, int, int]


class Bounds(NamedTuple):
    """The rows and columns of the input, with the padding that some window reaches."""

    rows: range
    columns: range


def bounds(step: Step) -> Bounds:
    """Those of all windows of a layer."""
    rows = {row for window in step.windows for row in window.rows}
    columns = {column for window in step.windows for column in window.columns}
    height, width = len(step.input[0]), len(step.input[0][0])
    return Bounds(
        range(min(rows | {0}), max(rows | {height - 1}) + 1),
        range(min(columns | {0}), max(columns | {width - 1}) + 1),
    )


def drawing(step: Step, window: Window, around: Bounds, width: int) -> list[Line]:
    """The matrix with the window on it, the channels that it sees beside each other.

    Args:
        step: The layer.
        window: One of its windows.
        around: What is drawn, as far as it fits.
        width: Characters that there are; the window itself is drawn whole.
    """
    seen = {(each.channel, each.row, each.column): each.value for each in window.operands}
    channels = list(dict.fromkeys(each.channel for each in window.operands))
    shown = channels[:_CHANNELS]
    wide = _widest(step, window)
    room = (width - len(_BETWEEN) * (len(shown) - 1)) // (max(len(shown), 1) * (wide + 2))
    columns = _part(around.columns, window.columns, room)
    lines: list[Line] = []
    for row in _part(around.rows, window.rows, _ROWS):
        spans: list[Span] = []
        for channel in shown:
            if spans:
                spans.append(Span(_BETWEEN, Tone.dim))
            spans += [_marked(step, (channel, row, column), seen, wide) for column in columns]
        spans[-1:] = [msgspec.structs.replace(span, text=span.text.rstrip()) for span in spans[-1:]]
        lines.append(tuple(spans))
    if left := len(channels) - len(shown):
        lines.append((Span(f"… and {left} more channels", Tone.dim),))
    return lines


def is_whole(step: Step, window: Window, around: Bounds, width: int) -> bool:
    """Does all of it fit?"""
    channels = len({each.channel for each in window.operands})
    needed = channels * len(around.columns) * (_widest(step, window) + 2) + (channels - 1) * len(_BETWEEN)
    return channels <= _CHANNELS and len(around.rows) <= _ROWS and needed <= width


def _part(whole: range, seen: Sequence[int], most: int) -> range:
    """As much of an axis as fits, with what the window sees in the middle of it."""
    if len(whole) <= most or not seen:
        return whole[: max(most, 1)]
    first, last = min(seen), max(seen) + 1
    most = max(most, last - first)
    start = max(min(first - (most - (last - first)) // 2, whole.stop - most), whole.start)
    return range(start, min(start + most, whole.stop))


def _widest(step: Step, window: Window) -> int:
    """Characters of the longest figure in the channels that a window sees."""
    channels = {each.channel for each in window.operands}
    return max((len(figure(value)) for channel in channels for row in step.input[channel] for value in row), default=1)


def _marked(step: Step, place: Place, seen: dict[Place, float | None], wide: int) -> Span:
    channel, row, column = place
    matrix = step.input[channel]
    is_inside = 0 <= row < len(matrix) and 0 <= column < len(matrix[0])
    value = seen[place] if place in seen else matrix[row][column] if is_inside else None
    text = f"{_NOTHING if value is None else figure(value):>{wide}}"
    return Span(f"[{text}]", Tone.good) if place in seen else Span(f" {text} ")


def spelled(indices: Sequence[int]) -> str:
    """Rows or columns: ``0 to 2``, ``0, 2, 4``, ``3``.

    >>> spelled((0, 1, 2)), spelled((0, 2, 4)), spelled((3,)), spelled((-1, 0))
    ('0 to 2', '0, 2, 4', '3', '-1 to 0')
    """
    if len(indices) > 1 and list(indices) == list(range(indices[0], indices[-1] + 1)):
        return f"{indices[0]} to {indices[-1]}"
    return ", ".join(map(str, indices)) or "none"
