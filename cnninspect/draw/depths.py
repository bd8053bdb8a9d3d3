"""The same network drawn at each depth, from the outermost modules to all that is in them: what a page opens."""

from collections.abc import Iterator
from typing import NamedTuple

from cnninspect.draw.draw_view import DrawView
from cnninspect.draw.drawing import GraphDrawing, drawing_of, of_rows
from cnninspect.draw.rows import GraphRows, rows_of
from cnninspect.report import Report


class DrawnDepth(NamedTuple):
    """One of the drawings.

    Attributes:
        depth: Levels of modules that are opened.
        is_folded: Equal neighbours are one block.
        is_asked: It is the one that was asked for.
    """

    depth: int
    is_folded: bool
    is_asked: bool
    drawing: GraphDrawing


def depths_of(report: Report, view: DrawView) -> Iterator[DrawnDepth]:
    """The drawings, each with more rows than the one before; the last has every one of equal blocks.

    Args:
        report: With its graph.
        view: What is asked for; some rows alone have no depth, and are one drawing.

    Raises:
        RequestError: A pattern matches nothing.
        ModelError: The report has no graph.
    """
    asked = drawing_of(report, view)
    if view.only:
        yield DrawnDepth(0, view.fold, is_asked=True, drawing=asked)
        return
    deepest = max((layer.depth for layer in report.layers), default=1)
    tried = [(depth, view.fold) for depth in range(0 if view.depth == 0 else 1, deepest + 1)]
    before = None
    for depth, is_folded in [*tried, (deepest, False)]:
        found = rows_of(report, depth, is_folded=is_folded)
        opened = _opened(found)
        if opened != before:
            before, is_asked = opened, opened == _opened(asked.found)
            yield DrawnDepth(depth, is_folded, is_asked, asked if is_asked else of_rows(report, view, found))


def _opened(found: GraphRows) -> list[tuple[tuple[int, ...], bool]]:
    """What is a row, of which copies, and what of it is open."""
    return [(row.places, row.is_frame) for row in found.rows]
