"""A network to be drawn as its graph: its rows, what leads from one to another, and what is to stand out."""

from bisect import bisect_right
from typing import Final, NamedTuple

import msgspec

from cnninspect.draw.branches import BranchGroup, branches_of
from cnninspect.draw.draw_view import DrawView
from cnninspect.draw.placing import placed
from cnninspect.draw.rails import Rails, rails_of
from cnninspect.draw.rows import GraphRows, check_pattern, is_like, only, rows_of
from cnninspect.report import SCHEMA_VERSION, GraphNode, Report

_PAGE: Final = 1600  # pixels


class GraphDrawing(NamedTuple):
    """What is drawn, in whichever format.

    Attributes:
        title: What it is of.
        found: The rows.
        rails: What leads past others, where all stand below each other.
        groups: What can stand side by side.
        measure: What colours tell, one of ``measures.MEASURES``.
        highlit: The rows that stand out.
    """

    title: str
    found: GraphRows
    rails: Rails
    groups: tuple[BranchGroup, ...]
    measure: str | None
    highlit: frozenset[int]


class DrawnGraph(msgspec.Struct, frozen=True, kw_only=True):
    """The graph as the JSON of ``draw`` has it: all nodes, whatever is drawn of them.

    Attributes:
        nodes: In execution order.
    """

    schema_version: int = SCHEMA_VERSION
    nodes: tuple[GraphNode, ...]


def drawing_of(report: Report, view: DrawView) -> GraphDrawing:
    """The graph of a network, ready to be drawn.

    Args:
        report: With its graph.
        view: What of it is drawn.

    Raises:
        RequestError: A pattern matches nothing.
        ModelError: The report has no graph.
    """
    is_folded = view.fold
    found = (
        _at_a_glance(report, is_folded=is_folded)
        if view.depth is None
        else rows_of(report, view.depth, is_folded=is_folded)
    )
    if view.only:
        found = only(found, view.only)
    for pattern in view.highlight:
        check_pattern("--highlight", pattern, found)
    return of_rows(report, view, found)


def of_rows(report: Report, view: DrawView, found: GraphRows) -> GraphDrawing:
    """Likewise, of rows that are chosen.

    Args:
        report: That they are of.
        view: What stands out, and what colours tell.
        found: The rows; what is to stand out may be in none of them.
    """
    rows = enumerate(found.rows)
    highlit = frozenset(place for place, row in rows if any(is_like(row, pattern) for pattern in view.highlight))
    return GraphDrawing(report.model.name, found, rails_of(found), branches_of(found), view.color, highlit)


def _at_a_glance(report: Report, *, is_folded: bool) -> GraphRows:
    """As deep as the page takes, at least one level: what is opened is higher than it was, so that few are tried."""
    deepest = max((layer.depth for layer in report.layers), default=1)

    def height(depth: int) -> int:
        found = rows_of(report, depth, is_folded=is_folded)
        return placed(found, 0, [0] * len(found.rows), branches_of(found)).height

    return rows_of(report, 1 + bisect_right(range(2, deepest + 1), _PAGE, key=height), is_folded=is_folded)
