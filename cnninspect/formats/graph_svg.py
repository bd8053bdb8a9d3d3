"""A graph as SVG: rows in the frames of their modules, rails beside them. Text stays text, light or dark."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

from cnninspect.draw.branches import BranchGroup
from cnninspect.draw.drawing import GraphDrawing
from cnninspect.draw.measures import SHADES, shades
from cnninspect.draw.placing import BOX, EDGE, LANE, PlacedBox, Placing, placed
from cnninspect.draw.rails import Rails, rails_of
from cnninspect.draw.row_columns import GAP
from cnninspect.draw.rows import GraphRow
from cnninspect.formats import graph_style, words
from cnninspect.formats.fitting import width_of
from cnninspect.formats.graph_words import about, figure_of, name_of, shape_of, type_of

_LETTER: Final = 7.4  # pixels of a letter
_SHADE: Final = 16  # pixels of a shade in the legend
_LEGEND: Final = EDGE + _SHADE * (SHADES + 1) + 8  # where its words begin
_OUT, _IN = 5, -4  # where a rail leaves a box and enters another, from its middle


class BoxMark(NamedTuple):
    """What a box has in a page beyond its picture.

    Attributes:
        attributes: Of its group, each with a space before it; nothing from outside.
        link: Where it leads to; empty: nowhere.
    """

    attributes: str = ""
    link: str = ""


class _Body(NamedTuple):
    """All that is drawn, and how large it is."""

    width: int
    height: int
    lines: str

    @property
    def size(self) -> str:
        """As attributes."""
        return f'width="{self.width}" height="{self.height}" viewBox="0 0 {self.width} {self.height}"'


def render(drawing: GraphDrawing) -> str:
    """The picture as a whole document.

    Args:
        drawing: What is drawn.
    """
    body = _body(drawing, lambda _: BoxMark())
    name = escape(words.harmless(words.safe(drawing.title)))
    style = graph_style.of_file(has_shades=drawing.measure is not None)
    return words.in_xml(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="n" {body.size}>\n<title id="n">{name}'
        f'</title>\n<style>{style}</style>\n<rect class="page" width="100%" height="100%"/>\n{body.lines}\n</svg>\n'
    )


def embedded(drawing: GraphDrawing, mark: Callable[[int], BoxMark]) -> str:
    """The picture as a part of a page that has the style of ``graph_style.of_page``.

    Args:
        drawing: What is drawn.
        mark: What the box of a row has beyond its picture.
    """
    body = _body(drawing, mark)
    return words.in_xml(f'<svg role="group" aria-label="Graph of the layers" {body.size}>\n{body.lines}\n</svg>')


def _body(drawing: GraphDrawing, mark: Callable[[int], BoxMark]) -> _Body:
    rows = drawing.found.rows
    rails = rails_of(drawing.found, {edge for group in drawing.groups for edge in group.edges})
    said = [_said(row, drawing.measure) for row in rows]
    widths = [_width(row, right) for row, right in zip(rows, said, strict=True)]
    placing = placed(drawing.found, rails.lanes, widths, drawing.groups)
    tones = shades(rows, drawing.measure) if drawing.measure else [0] * len(rows)
    parts = [
        _marked(mark(place), row, _box(row, box, right, is_highlit=place in drawing.highlit), tone)
        for place, (row, box, tone, right) in enumerate(zip(rows, placing.boxes, tones, said, strict=True))
    ]
    width, height = placing.width, placing.height
    if drawing.measure:
        legend = _legend(drawing, drawing.measure)
        parts += _legend_parts(legend, height)
        width, height = max(width, _legend_width(legend)), height + BOX + GAP
    return _Body(width, height, "\n".join([*_lines(drawing.groups, rails, placing), *parts]))


def _said(row: GraphRow, measure: str | None) -> str:
    """What stands at the right of a box."""
    return " · ".join(filter(None, (shape_of(row), figure_of(row, measure))))


def _width(row: GraphRow, right: str) -> int:
    left = f"{name_of(row)} {type_of(row)}"
    return int((width_of(left) + width_of(right)) * _LETTER) + 3 * GAP


def _marked(mark: BoxMark, row: GraphRow, box: str, tone: int) -> str:
    """A box with its title, as a group."""
    shade = f' class="k{tone}"' if tone else ""
    told = f"<title>{_text(about(row))}</title>" if row.layer is not None else ""
    group = f"<g{shade}{mark.attributes}>{told}{box}</g>"
    return f'<a href="{mark.link}">{group}</a>' if mark.link else group


def _box(row: GraphRow, box: PlacedBox, right: str, *, is_highlit: bool) -> str:
    kinds = ["f" if row.is_frame else "b", *(["h"] if is_highlit else [])]
    rounded = ' rx="4"' if row.is_frame else ""
    size = f'x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"{rounded}'
    low = box.y + 15
    kind = f' <tspan class="t">{_text(type_of(row))}</tspan>' if type_of(row) else ""
    bold = ' class="m"' if row.is_frame else ""
    end = f'<text class="e" x="{box.x + box.width - 6}" y="{low}">{_text(right)}</text>' if right else ""
    return (
        f'<rect class="{" ".join(kinds)}" {size}/><text{bold} x="{box.x + 6}" y="{low}">{_text(name_of(row))}{kind}'
        f"</text>{end}"
    )


def _text(text: str) -> str:
    return escape(words.harmless(text), quote=False)


def _lines(groups: Sequence[BranchGroup], rails: Rails, placing: Placing) -> Iterator[str]:
    """All straight lines, all rails, and the heads of all arrows: a path each."""
    boxes, heads = placing.boxes, list[str]()
    straight = []
    for source, target in rails.straight:
        x, start, end = _line(boxes[target]), boxes[source].y + BOX, boxes[target].y
        straight.append(f"M{x},{start}V{end}")
        heads.append(_down(x, end))
    for group in groups:
        lines, ends = _fork(group, boxes)
        straight.append(lines)
        heads += ends
    beside = []
    for rail in rails.rails:
        x = placing.rails + LANE * (rails.lanes - rail.lane)
        first, last = boxes[rail.source], boxes[rail.targets[-1]]
        beside.append(f"M{first.x},{first.y + BOX // 2 + _OUT}H{x}V{last.y + BOX // 2 + _IN}")
        for target in rail.targets:
            y, edge = boxes[target].y + BOX // 2 + _IN, boxes[target].x
            beside.append(f"M{x},{y}H{edge}")
            heads.append(f"M{edge},{y}l-5,-3v6z")
    yield f'<path class="l" d="{"".join(straight)}"/>'
    yield f'<path class="r" d="{"".join(beside)}"/>'
    yield f'<path class="a" d="{"".join(heads)}"/>'


def _fork(group: BranchGroup, boxes: Sequence[PlacedBox]) -> tuple[str, list[str]]:
    """From a source to its branches and from these to where they meet, and the heads of the arrows."""
    source, meeting = boxes[group.source], boxes[group.meeting]
    above, below = boxes[group.branches[0].top].y - GAP, meeting.y - GAP
    columns = [(_line(boxes[each.first]), boxes[each.first].y, boxes[each.last].y + BOX) for each in group.branches]
    start, end = _line(source), _line(meeting)
    xs = [x for x, _, _ in columns]
    lines = [
        f"M{start},{source.y + BOX}V{above}M{min(start, *xs)},{above}H{max(start, *xs)}",
        *(f"M{x},{above}V{first}M{x},{last}V{below}" for x, first, last in columns),
        f"M{min(end, *xs)},{below}H{max(end, *xs)}M{end},{below}V{meeting.y}",
    ]
    return "".join(lines), [*(_down(x, first) for x, first, _ in columns), _down(end, meeting.y)]


def _line(box: PlacedBox) -> int:
    """Where lines lead downwards from a box and into it."""
    return box.x + box.width - 20


def _down(x: int, y: int) -> str:
    return f"M{x},{y}l-3,-5h6z"


def _legend(drawing: GraphDrawing, measure: str) -> str:
    """What is said beside the shades: of what they tell, and how much the darkest is."""
    rows = [row for row in drawing.found.rows if not row.is_frame]
    tones = shades(rows, measure)
    largest = next((figure_of(row, measure) for row, tone in zip(rows, tones, strict=True) if tone == SHADES), "")
    named = measure.replace("_", " ").replace("macs", "MACs")
    return f"{named} of a row, up to {largest}" if largest else f"{named}: none"


def _legend_parts(said: str, y: int) -> Iterator[str]:
    """The shades from nothing to the largest."""
    for tone in range(SHADES + 1):
        yield f'<rect class="b k{tone}" x="{EDGE + _SHADE * tone}" y="{y}" width="{_SHADE}" height="12"/>'
    yield f'<text class="t" x="{_LEGEND}" y="{y + 11}">{_text(said)}</text>'


def _legend_width(said: str) -> int:
    return _LEGEND + int(width_of(said) * _LETTER) + EDGE
