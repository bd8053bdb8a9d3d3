"""A graph as SVG: rows in the frames of their modules, rails beside them. Text stays text, light or dark."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from cnninspect.draw.branches import BranchGroup
from cnninspect.draw.drawing import GraphDrawing
from cnninspect.draw.measures import SHADES, shades
from cnninspect.draw.placing import BOX, EDGE, GAP, LANE, PlacedBox, Placing, placed
from cnninspect.draw.rails import Rails, rails_of
from cnninspect.draw.rows import GraphRow
from cnninspect.formats import words
from cnninspect.formats.fitting import width_of
from cnninspect.formats.graph_words import about, figure_of, name_of, shape_of, type_of

_LETTER: Final = 7.4  # pixels of a letter
_SHADE: Final = 16  # pixels of a shade in the legend
_LEGEND: Final = EDGE + _SHADE * (SHADES + 1) + 8  # where its words begin
_OUT, _IN = 5, -4  # where a rail leaves a box and enters another, from its middle
_DARK: Final = "@media (prefers-color-scheme: dark)"
_STYLE: Final = f"""
svg {{ color-scheme: light dark; }}
.page {{ fill: #fff; }} text {{ font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }}
.b {{ fill: #f6f8fa; stroke: #8c959f; }} .f {{ fill: none; stroke: #d0d7de; }} .t {{ fill: #59636e; }}
.e {{ text-anchor: end; fill: #59636e; }} .l {{ fill: none; stroke: #57606a; }} .r {{ fill: none; stroke: #0969da; }}
.a {{ fill: #57606a; }} .h {{ stroke: #cf222e; stroke-width: 2.5; }} .m {{ font-weight: bold; }}
{_DARK} {{
.page {{ fill: #0d1117; }} text {{ fill: #e6edf3; }} .b {{ fill: #161b22; stroke: #656d76; }}
.f {{ stroke: #30363d; }} .t, .e {{ fill: #9198a1; }} .l {{ stroke: #9198a1; }} .r {{ stroke: #4493f8; }}
.a {{ fill: #9198a1; }} .h {{ stroke: #f85149; }}
}}
"""
#: From nothing to the largest, on light and on dark.
_LIGHT_SHADES: Final = ("f6f8fa", "fff6df", "ffefc7", "ffe7ad", "ffdf92", "ffd777", "ffce5c", "ffc440", "ffba24")
_DARK_SHADES: Final = ("161b22", "251f14", "302713", "3b2f12", "463711", "514010", "5c480f", "67500e", "72590d")


def render(drawing: GraphDrawing) -> str:
    """The picture as a whole document.

    Args:
        drawing: What is drawn.
    """
    rows = drawing.found.rows
    rails = rails_of(drawing.found, {edge for group in drawing.groups for edge in group.edges})
    said = [_said(row, drawing.measure) for row in rows]
    widths = [_width(row, right) for row, right in zip(rows, said, strict=True)]
    placing = placed(drawing.found, rails.lanes, widths, drawing.groups)
    tones = shades(rows, drawing.measure) if drawing.measure else [0] * len(rows)
    parts = [
        _box(row, box, tone, right, is_highlit=place in drawing.highlit)
        for place, (row, box, tone, right) in enumerate(zip(rows, placing.boxes, tones, said, strict=True))
    ]
    width, height = placing.width, placing.height
    if drawing.measure:
        legend = _legend(drawing, drawing.measure)
        parts += _legend_parts(legend, height)
        width, height = max(width, _legend_width(legend)), height + BOX + GAP
    style = _STYLE + (_shades() if drawing.measure else "")
    name = escape(words.harmless(words.safe(drawing.title)))
    return words.in_xml(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="n" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}">\n<title id="n">{name}</title>\n'
        f'<style>{style}</style>\n<rect class="page" width="100%" height="100%"/>\n'
        + "\n".join([*_lines(drawing.groups, rails, placing), *parts])
        + "\n</svg>\n"
    )


def _said(row: GraphRow, measure: str | None) -> str:
    """What stands at the right of a box."""
    return " · ".join(filter(None, (shape_of(row), figure_of(row, measure))))


def _width(row: GraphRow, right: str) -> int:
    left = f"{name_of(row)} {type_of(row)}"
    return int((width_of(left) + width_of(right)) * _LETTER) + 3 * GAP


def _box(row: GraphRow, box: PlacedBox, tone: int, right: str, *, is_highlit: bool) -> str:
    kinds = ["f" if row.is_frame else "b", *(["h"] if is_highlit else [])]
    shade = f' class="k{tone}"' if tone else ""
    rounded = ' rx="4"' if row.is_frame else ""
    size = f'x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"{rounded}'
    low = box.y + 15
    kind = f' <tspan class="t">{_text(type_of(row))}</tspan>' if type_of(row) else ""
    bold = ' class="m"' if row.is_frame else ""
    end = f'<text class="e" x="{box.x + box.width - 6}" y="{low}">{_text(right)}</text>' if right else ""
    told = f"<title>{_text(about(row))}</title>" if row.layer is not None else ""
    return (
        f'<g{shade}>{told}<rect class="{" ".join(kinds)}" {size}/>'
        f'<text{bold} x="{box.x + 6}" y="{low}">{_text(name_of(row))}{kind}</text>{end}</g>'
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


def _shades() -> str:
    light = " ".join(f".k{tone} rect, .k{tone}.b {{ fill: #{color}; }}" for tone, color in enumerate(_LIGHT_SHADES))
    dark = " ".join(f".k{tone} rect, .k{tone}.b {{ fill: #{color}; }}" for tone, color in enumerate(_DARK_SHADES))
    words = "g[class] .t, g[class] .e"
    return f"{light}\n{words} {{ fill: #1f2328; }}\n{_DARK} {{ {dark} {words} {{ fill: #e6edf3; }} }}\n"


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
