"""A graph in a page of its own, drawn at each depth: modules open and close from one drawing to another."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from cnninspect.draw.depths import DrawnDepth, depths_of
from cnninspect.draw.draw_view import DrawView
from cnninspect.draw.rows import GraphRow
from cnninspect.formats import graph_style, graph_svg, words
from cnninspect.formats.graph_svg import BoxMark
from cnninspect.formats.html import drawing_page
from cnninspect.formats.html.drawing_page import DrawnPicture
from cnninspect.report import Report

_MOST: Final = 1_000_000  # characters of all drawings but the one that was asked for


def rendered(report: Report, view: DrawView) -> str:
    """The page.

    Args:
        report: With its graph.
        view: What is shown at first.

    Raises:
        RequestError: A pattern matches nothing.
        ModelError: The report has no graph.
    """
    pictures = list(_as_many_as_fit(depths_of(report, view)))
    style = graph_style.of_page("main", has_shades=view.color is not None)
    return drawing_page.rendered(pictures, words.safe(report.model.name), style)


def _as_many_as_fit(depths: Iterable[DrawnDepth]) -> Iterator[DrawnPicture]:
    """Those that open little come first."""
    room = _MOST
    for each in depths:
        svg = graph_svg.embedded(each.drawing, partial(_mark, each.drawing.found.rows))
        room -= 0 if each.is_asked else len(svg)
        if room >= 0 or each.is_asked:
            yield DrawnPicture(_name(each), svg, is_first=each.is_asked)


def _name(each: DrawnDepth) -> str:
    levels = f"{each.depth} level{'s' * (each.depth != 1)}"
    return levels if each.is_folded else f"{levels}, no block folded"


def _mark(rows: Sequence[GraphRow], place: int) -> BoxMark:
    """By the number it is found again in another drawing; what opens is 0, what closes is 1."""
    row = rows[place]
    if not row.places:
        return BoxMark()
    opens = f' data-open="{int(row.is_frame)}"' if row.is_frame or row.is_closed else ""
    return BoxMark(f' data-n="{row.places[0]}"{opens}')
