"""Which lane of rails leads from a row to those that take from it, as ``git log --graph`` draws branches.

What the next row takes leads straight to it. For all others a source has one rail beside the rows, whatever their
number; a lane is free again behind the last row that a rail leads to. Both take time in proportion to rows and edges.
"""

import heapq
from collections.abc import Collection
from itertools import pairwise
from typing import NamedTuple

from cnninspect.draw.rows import GraphRows


class Rail(NamedTuple):
    """A rail beside the rows.

    Attributes:
        source: The row that it begins at.
        targets: The rows that it leads to, in their order.
        lane: How far from the rows it is, from 0.
    """

    source: int
    targets: tuple[int, ...]
    lane: int


class Rails(NamedTuple):
    """What connects rows: a straight line to the next one, or a rail.

    Attributes:
        straight: The rows that the next one, but for frames, takes from, each with that.
        rails: By their sources.
        lanes: How many there are.
    """

    straight: tuple[tuple[int, int], ...]
    rails: tuple[Rail, ...]
    lanes: int


def rails_of(found: GraphRows, drawn: Collection[tuple[int, int]] = ()) -> Rails:
    """The rails of rows.

    Args:
        found: The rows, and what each takes.
        drawn: Sources with targets that are connected otherwise, and need neither line nor rail.
    """
    nodes = [place for place, row in enumerate(found.rows) if not row.is_frame]
    following = dict(pairwise(nodes))
    straight, targets = list[tuple[int, int]](), dict[int, list[int]]()
    for place, taken in enumerate(found.taken):
        for source in taken:
            if (source, place) in drawn:
                continue
            if following.get(source) == place:
                straight.append((source, place))
            else:
                targets.setdefault(source, []).append(place)
    rails, free, ending, lanes = list[Rail](), list[int](), list[tuple[int, int]](), 0
    for source in sorted(targets):
        while ending and ending[0][0] < source:
            heapq.heappush(free, heapq.heappop(ending)[1])
        lane = heapq.heappop(free) if free else lanes
        lanes = max(lanes, lane + 1)
        rails.append(Rail(source, tuple(targets[source]), lane))
        heapq.heappush(ending, (targets[source][-1], lane))
    return Rails(tuple(straight), tuple(rails), lanes)
