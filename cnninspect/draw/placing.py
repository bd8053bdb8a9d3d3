"""Where the rows of a graph stand in a picture: boxes below each other, in the frames of their modules.

Branches of a group stand side by side: the first below the rows before it, each other one in a column of its own that
is as wide as its words. Between them and the rows above and below is room for the line that joins them.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnninspect.draw.branches import BranchGroup
from cnninspect.draw.rows import GraphRow, GraphRows, frames_of

BOX, GAP, LEVEL, LANE, EDGE = 22, 10, 14, 9, 16  # pixels
_BELOW = 6  # what is left below the last row of a frame, and beside its rows


class PlacedBox(NamedTuple):
    """A row's box: its left edge, upper edge, width and height, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Placing(NamedTuple):
    """The picture.

    Attributes:
        boxes: One for each row; of a frame all that is in it, with its name on top.
        rails: The left edge of the rails' room.
    """

    width: int
    height: int
    boxes: tuple[PlacedBox, ...]
    rails: int


class _RowColumn(NamedTuple):
    """Rows below each other: where those of its lowest level begin, and where all end; its lowest and deepest level."""

    left: int
    right: int
    level: int
    deepest: int

    def begin(self, level: int) -> int:
        """The left edge of a box."""
        return self.left + LEVEL * (level - self.level)

    def end(self, level: int) -> int:
        """The right edge of a frame: those of each level end alike."""
        return self.right + _BELOW * (self.deepest - level + 1)


def placed(found: GraphRows, lanes: int, widths: Sequence[int], groups: Sequence[BranchGroup] = ()) -> Placing:
    """Every row below the one before, but for branches.

    Args:
        found: The rows.
        lanes: How many lanes stand on the left.
        widths: Pixels that the words of each row take.
        groups: Branches that stand side by side.
    """
    below, bottom = _below(found.rows, groups)
    beside = _beside(found.rows, EDGE + LANE * (lanes + 1), widths, groups)
    boxes = tuple(
        PlacedBox(x, y, end - x, height) for (x, end), (y, height) in zip(beside, below, strict=True)
    )  # fmt: skip
    right = max((box.x + box.width for box in boxes), default=EDGE)
    return Placing(right + EDGE, bottom + EDGE, boxes, EDGE)


def _below(rows: Sequence[GraphRow], groups: Sequence[BranchGroup]) -> tuple[list[tuple[int, int]], int]:
    """The upper edge and the height of each row, and the lowest edge of all."""
    tops = {branch.top: group.branches[0].top for group in groups for branch in group.branches}
    meetings = {group.meeting for group in groups}
    found, opened = list[tuple[int, int]](), list[int]()
    y = start = lowest = EDGE
    for place, row in enumerate(rows):
        while opened and rows[opened[-1]].level >= row.level:
            y = _closed(found, opened.pop(), y)
        if tops.get(place) == place:
            y = start = lowest = y + GAP
        elif place in tops:
            y, lowest = start, max(lowest, y)
        elif place in meetings:
            y = max(lowest, y) + GAP
        found.append((y, BOX))
        if row.is_frame:
            opened.append(place)
        y += BOX if row.is_frame else BOX + GAP
    while opened:
        y = _closed(found, opened.pop(), y)
    return found, y - GAP


def _closed(found: list[tuple[int, int]], place: int, y: int) -> int:
    """Give a frame its height; where the row below it begins."""
    end, top = y - GAP + _BELOW, found[place][0]
    found[place] = (top, end - top)
    return end + GAP


def _beside(
    rows: Sequence[GraphRow], left: int, widths: Sequence[int], groups: Sequence[BranchGroup]
) -> list[tuple[int, int]]:
    """The left and the right edge of each row."""
    later = {place for group in groups for branch in group.branches[1:] for place in range(branch.top, branch.last + 1)}
    main = _column(rows, left, widths, [place for place in range(len(rows)) if place not in later], 0)
    columns = {place: column for group in groups for place, column in _columns(rows, main, widths, group)}
    found = []
    for place, row in enumerate(rows):
        column = columns.get(place, main)
        x = column.begin(row.level)
        found.append((x - _BELOW, column.end(row.level)) if row.is_frame else (x, column.right))
    frames = frames_of(rows) if groups else []
    for group in groups:
        around, end = frames[group.meeting], columns[group.branches[-1].last].end(rows[group.meeting].level)
        while around >= 0:  # it goes round the branches, too
            end += _BELOW
            found[around] = (found[around][0], max(found[around][1], end))
            around = frames[around]
    return found


def _columns(
    rows: Sequence[GraphRow], main: _RowColumn, widths: Sequence[int], group: BranchGroup
) -> Iterator[tuple[int, _RowColumn]]:
    """The column of each row of the branches beside the first, which stands in the main column as what is above it."""
    level, before = rows[group.meeting].level, main
    for branch in group.branches[1:]:
        places = range(branch.top, branch.last + 1)
        before = _column(rows, before.end(level) + 2 * _BELOW + GAP, widths, places, level)
        yield from ((place, before) for place in places)


def _column(
    rows: Sequence[GraphRow], left: int, widths: Sequence[int], places: Sequence[int], level: int
) -> _RowColumn:
    """As wide as the words of its rows."""
    right = max((left + LEVEL * (rows[place].level - level) + widths[place] for place in places), default=left)
    return _RowColumn(left, right, level, max((rows[place].level for place in places), default=level))
