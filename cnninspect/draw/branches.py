"""Parallel branches, which a picture has side by side: chains of rows from one source that meet in one row.

1. A source with several users begins a group where the next row is the first of them.
2. From each user a chain of rows follows, each of which alone takes what the one before gives, and nothing else. The
   next chain begins in the row below, and all lead to the row below the last of them, where they meet.
3. A chain may branch itself, if all that its rows give and take stays in it: it goes on where its branches meet.
4. A chain has whole modules, all in the module in which they meet: no frame is cut.

What the outermost source leads to further below, a skip past the branches, is a rail as ever. The later a source, the
earlier its group is known, and a chain passes what branches in it in one step: all of it takes time in proportion to
rows and edges.
"""

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Final, NamedTuple

from cnninspect.draw.rows import GraphRows, frames_of

#: Columns that a page is wide enough for.
_MOST: Final = 6


class Branch(NamedTuple):
    """A chain of rows.

    Attributes:
        top: Its first row, which may be the frame of a module.
        first: The first row that takes something.
        last: The row that leads to where all meet.
    """

    top: int
    first: int
    last: int


class BranchGroup(NamedTuple):
    """Branches that stand side by side.

    Attributes:
        source: The row that all take from.
        branches: In execution order.
        meeting: The row that takes from all.
        columns: How many stand side by side, with those that the branches have themselves.
    """

    source: int
    branches: tuple[Branch, ...]
    meeting: int
    columns: int

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """What leads to the branches and from them, each as its source and target."""
        ends = (((self.source, each.first), (each.last, self.meeting)) for each in self.branches)
        return tuple(chain.from_iterable(ends))


def branches_of(found: GraphRows) -> tuple[BranchGroup, ...]:
    """The groups of branches, by their sources.

    Args:
        found: The rows, and what each takes.
    """
    users: list[list[int]] = [[] for _ in found.rows]
    for place, taken in enumerate(found.taken):
        for source in taken:
            users[source].append(place)
    leaves = [place for place, row in enumerate(found.rows) if not row.is_frame]
    chains = _Chains(users, found.taken, dict(pairwise(leaves)), {})
    frames = frames_of(found.rows)
    for source in reversed(leaves):
        if len(users[source]) > 1 and (group := chains.group(source)) and (whole := _whole(group, frames)):
            chains.groups[source] = whole
    return tuple(chains.groups[source] for source in sorted(chains.groups))


class _Chains(NamedTuple):
    """What takes from each row, what each takes, and the row below each, but for frames; and the groups so far."""

    users: Sequence[Sequence[int]]
    taken: Sequence[Sequence[int]]
    following: dict[int, int]
    groups: dict[int, BranchGroup]

    def group(self, source: int) -> BranchGroup | None:
        """The branches that begin below a row; ``None``: it has none, or too many."""
        branches, below, meeting, columns = list[Branch](), self.following.get(source), -1, 0
        while below != meeting:
            if below is None or self.taken[below] != (source,):
                return None
            last, wide = self._last(below)
            ends, columns = self.users[last], columns + wide
            if len(ends) != 1 or meeting not in {-1, ends[0]} or columns > _MOST:
                return None
            branches.append(Branch(below, below, last))
            meeting, below = ends[0], self.following.get(last)
        return BranchGroup(source, tuple(branches), meeting, columns) if len(branches) > 1 else None

    def _last(self, first: int) -> tuple[int, int]:
        """Where the chain from a row ends, and how many columns it has."""
        last, columns = first, 1
        while True:
            below, inside = self.following.get(last), self.groups.get(last)
            if below and self.users[last] == [below] and self.taken[below] == (last,):
                last = below
            elif inside and self._is_closed(inside):
                last, columns = inside.meeting, max(columns, inside.columns)
            else:
                return last, columns

    def _is_closed(self, group: BranchGroup) -> bool:
        """Does nothing lead past it?"""
        given, taken = [each.first for each in group.branches], [each.last for each in group.branches]
        return list(self.users[group.source]) == given and sorted(self.taken[group.meeting]) == taken


def _whole(group: BranchGroup, frames: Sequence[int]) -> BranchGroup | None:
    """The same with whole modules; ``None``: a module has rows of two branches, or of what stands outside them."""
    around, before = frames[group.meeting], group.source
    branches = list[Branch]()
    for branch in group.branches:
        top, end = (_child(place, around, frames) for place in (branch.first, branch.last))
        if top is None or end is None or top <= before:
            return None
        branches.append(branch._replace(top=top))
        before = branch.last
    return group._replace(branches=tuple(branches))


def _child(place: int, around: int, frames: Sequence[int]) -> int | None:
    """The row that a row is, or is in, directly in a frame; ``None``: it stands outside."""
    while frames[place] != around:
        place = frames[place]
        if place < 0:
            return None
    return place
