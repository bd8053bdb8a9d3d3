"""Where the rows of a graph stand in a picture: boxes below each other, in the frames of their modules.

Branches of a group stand side by side: the first below the rows before it, each other one in a column of its own
(``row_columns.py``). Between them and the rows above and below is room for the line that joins them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cnninspect.draw.branches import BranchGroup
from cnninspect.draw.row_columns import BELOW, GAP, columns_of
from cnninspect.draw.rows import GraphRow, GraphRows

BOX, LANE, EDGE = 22, 9, 16  # pixels


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


def placed(found: GraphRows, lanes: int, widths: Sequence[int], groups: Sequence[BranchGroup] = ()) -> Placing:
    """Every row below the one before, but for branches.

    Args:
        found: The rows.
        lanes: How many lanes stand on the left.
        widths: Pixels that the words of each row take.
        groups: Branches that stand side by side.
    """
    below, bottom = _below(found.rows, groups)
    beside = columns_of(found.rows, EDGE + LANE * (lanes + 1), widths, groups)
    boxes = tuple(PlacedBox(x, y, end - x, height) for (x, end), (y, height) in zip(beside, below, strict=True))
    right = max((box.x + box.width for box in boxes), default=EDGE)
    return Placing(right + EDGE, bottom + EDGE, boxes, EDGE)


def _below(rows: Sequence[GraphRow], groups: Sequence[BranchGroup]) -> tuple[list[tuple[int, int]], int]:
    """The upper edge and the height of each row, and the lowest edge of all."""
    firsts = {group.branches[0].top for group in groups}
    tops = {branch.top for group in groups for branch in group.branches[1:]}
    meetings = {group.meeting for group in groups}
    found, opened = list[tuple[int, int]](), list[int]()
    forks = list[tuple[int, int]]()  # where the branches begin that are under way, and where the lowest so far ends
    y = EDGE
    for place, row in enumerate(rows):
        while opened and rows[opened[-1]].level >= row.level:
            y = _closed(found, opened.pop(), y)
        if place in firsts:
            y += GAP
            forks.append((y, y))
        elif place in tops:
            start, lowest = forks.pop()
            forks.append((start, max(lowest, y)))
            y = start
        elif place in meetings:
            y = max(forks.pop()[1], y) + GAP
        found.append((y, BOX))
        if row.is_frame:
            opened.append(place)
        y += BOX if row.is_frame else BOX + GAP
    while opened:
        y = _closed(found, opened.pop(), y)
    return found, y - GAP


def _closed(found: list[tuple[int, int]], place: int, y: int) -> int:
    """Give a frame its height; where the row below it begins."""
    end, top = y - GAP + BELOW, found[place][0]
    found[place] = (top, end - top)
    return end + GAP
