"""The table of a page with the drawing of its network beside it, each leading to the other."""

from collections.abc import Callable
from typing import Final

from cnninspect.draw.draw_view import DrawView
from cnninspect.draw.drawing import drawing_of
from cnninspect.draw.drawn_places import DrawnPlaces, places_of
from cnninspect.formats import graph_svg
from cnninspect.formats.graph_svg import BoxMark
from cnninspect.formats.outline import Drawing, DrawnOutline, Outline
from cnninspect.report import Report

_ABOUT: Final = "What takes what from whom: a box leads to its row, ▣ to its box"


def with_drawing(
    report: Report, outline: Callable[[DrawnPlaces | None], Outline], *, is_folded: bool, with_ops: bool
) -> Outline | DrawnOutline:
    """Both, or the table alone of a report that has no graph.

    Args:
        report: As recorded.
        outline: The table, made for what stands for its layers.
        is_folded: Equal neighbours are one block.
        with_ops: The table has operators outside of layers, too.
    """
    if report.graph is None:
        return outline(None)
    drawing = drawing_of(report, DrawView(fold=is_folded))
    stands = places_of(drawing.found, report.layers, report.graph, with_ops=with_ops)
    table = outline(stands)
    there, told = {row.place for row in table.rows}, {row.box for row in table.rows}

    def mark(place: int) -> BoxMark:
        layer = stands.layers[place]
        link = f"#r{layer}" if layer >= 0 and layer in there else ""
        return BoxMark(f' id="d{place}"' if place in told else "", link)

    return DrawnOutline(Drawing(graph_svg.embedded(drawing, mark), _ABOUT), table)
