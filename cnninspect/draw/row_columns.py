"""How far to the left and right the rows of a graph reach: as wide as the words of all that stand below each other.

Branches stand in columns: the first in that of what is above it, each other one in one of its own. What branches in a
branch has its columns at the right of that, before the next branch.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnninspect.draw.branches import Branch, BranchGroup
from cnninspect.draw.rows import GraphRow, frames_of

GAP, LEVEL = 10, 14  # pixels between boxes, and from a level to the next
BELOW = 6  # what is left below the last row of a frame, and beside its rows


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
        return self.right + BELOW * (self.deepest - level + 1)


def columns_of(
    rows: Sequence[GraphRow], left: int, widths: Sequence[int], groups: Sequence[BranchGroup]
) -> list[tuple[int, int]]:
    """The left and the right edge of each row, in pixels.

    Args:
        rows: From top to bottom.
        left: Where those of the lowest level begin.
        widths: Pixels that the words of each row take.
        groups: Branches that stand side by side, by their sources; some may be in branches of others.
    """
    columns = _Columns(rows, widths, groups, {}, {})
    if rows:
        columns.fill(range(len(rows)), left, 0)
    found = [_edges(row, columns.homes[place]) for place, row in enumerate(rows)]
    frames = frames_of(rows) if groups else []
    for group in groups:
        around, end = frames[group.meeting], columns.ends[group.source]
        while around >= 0:  # it goes round the branches, too
            end += BELOW
            found[around] = (found[around][0], max(found[around][1], end))
            around = frames[around]
    return found


def _edges(row: GraphRow, column: _RowColumn) -> tuple[int, int]:
    x = column.begin(row.level)
    return (x - BELOW, column.end(row.level)) if row.is_frame else (x, column.right)


class _Columns(NamedTuple):
    """What is known so far: the column of each row, and where the branches of each group end, by its source.

    What branches in a branch has fewer columns than that, so that nothing here goes deeper than a page is wide.
    """

    rows: Sequence[GraphRow]
    widths: Sequence[int]
    groups: Sequence[BranchGroup]
    homes: dict[int, _RowColumn]
    ends: dict[int, int]

    def fill(self, places: range, left: int, level: int) -> int:
        """Give rows a column, and what branches in them those at its right; where all of these end on a level."""
        inside = self._inside(places)
        beside = {place for group in inside for each in group.branches[1:] for place in _places_of(each)}
        own = [place for place in places if place not in beside]
        column = self._column(own, left, level)
        self.homes.update(dict.fromkeys(own, column))
        return max([column.end(level), *(self._spread(each, column, level) for each in _outermost(inside))])

    def _spread(self, group: BranchGroup, column: _RowColumn, level: int) -> int:
        """Give the branches columns, but for the first, which has one; where all of these end on a level."""
        own = self.rows[group.meeting].level
        first = _outermost(self._inside(_places_of(group.branches[0])))
        end = max([column.end(own), *(self._spread(each, column, own) for each in first)])
        for branch in group.branches[1:]:
            end = self.fill(_places_of(branch), end + 2 * BELOW + GAP, own)
        self.ends[group.source] = end
        return end + BELOW * (own - level)

    def _inside(self, places: range) -> Sequence[BranchGroup]:
        start, end = (
            bisect_left(self.groups, each, key=lambda group: group.source) for each in (places[0], places[-1])
        )
        return self.groups[start:end]

    def _column(self, places: Sequence[int], left: int, level: int) -> _RowColumn:
        """As wide as the words of its rows."""
        levels = [self.rows[place].level for place in places]
        ends = (left + LEVEL * (deep - level) + self.widths[place] for place, deep in zip(places, levels, strict=True))
        return _RowColumn(left, max(ends, default=left), level, max(levels, default=level))


def _places_of(branch: Branch) -> range:
    return range(branch.top, branch.last + 1)


def _outermost(groups: Sequence[BranchGroup]) -> Iterator[BranchGroup]:
    """Those that are in no branch of another of them."""
    end = -1
    for group in groups:
        if group.source >= end:
            end = group.meeting
            yield group
