"""A graph in the languages of other programs: DOT (Graphviz), Mermaid, TikZ."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cnninspect.draw.drawing import GraphDrawing
from cnninspect.draw.rows import GraphRow
from cnninspect.formats import latex, words
from cnninspect.formats.graph_words import figure_of, name_of, shape_of, type_of

_MERMAID: Final = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"}
_APART: Final = 0.95  # centimetres from a row to the next


def dot(drawing: GraphDrawing) -> str:
    """For Graphviz, with a cluster for each frame."""
    lines = ["digraph {", '  rankdir=TB; node [shape=box, fontname="sans-serif"]; edge [arrowsize=0.7];']
    lines += _nested(
        drawing.found.rows,
        lambda place, row: f"subgraph cluster_{place} {{ label={_quoted(_label(row))};",
        lambda place, row: f"n{place} [label={_quoted(_label(row))}];",
        "}",
    )
    lines += [f"  n{source} -> n{target};" for source, target in _edges(drawing)]
    return "\n".join([*lines, "}", ""])


def mermaid(drawing: GraphDrawing) -> str:
    """For Mermaid, as in Markdown of GitHub, with a subgraph for each frame."""
    lines = ["flowchart TB"]
    lines += _nested(
        drawing.found.rows,
        lambda place, row: f'subgraph f{place}["{_in_mermaid(_label(row))}"]',
        lambda place, row: f'n{place}["{_in_mermaid(_label(row))}"]',
        "end",
    )
    lines += [f"  n{source} --> n{target}" for source, target in _edges(drawing)]
    return "\n".join([*lines, ""])


def tikz(drawing: GraphDrawing) -> str:
    r"""A ``tikzpicture``, to be ``\\input`` where the package ``tikz`` is loaded: rows, and rails on their left."""
    rows, rails = drawing.found.rows, drawing.rails
    style = (
        r"row/.style={draw, anchor=west, minimum height=6mm, inner sep=1.5mm}, rail/.style={->, rounded corners=1mm}"
    )
    lines = [rf"\begin{{tikzpicture}}[font=\sffamily\footnotesize, {style}]"]
    for place, row in enumerate(rows):
        style = "anchor=west, font=\\sffamily\\footnotesize\\bfseries" if row.is_frame else "row"
        at = f"({0.35 * row.level:.2f}, {-_APART * place:.2f})"
        lines.append(f"  \\node[{style}] (n{place}) at {at} {{{latex.escaped(_label(row))}}};")
    for source, target in rails.straight:
        lines.append(f"  \\draw[->] ([xshift=4mm]n{source}.south west) -- ([xshift=4mm]n{target}.north west);")
    for rail in rails.rails:
        x = -0.35 * (rail.lane + 1)
        for target in rail.targets:
            y, end = -_APART * rail.source - 0.12, -_APART * target + 0.12
            lines.append(
                f"  \\draw[rail] ({0.35 * rows[rail.source].level:.2f}, {y:.2f}) -- ({x:.2f}, {y:.2f}) -- "
                f"({x:.2f}, {end:.2f}) -- ({0.35 * rows[target].level:.2f}, {end:.2f});"
            )
    return "\n".join([*lines, r"\end{tikzpicture}", ""])


def _nested(
    rows: Sequence[GraphRow], opening: Callable[[int, GraphRow], str], single: Callable[[int, GraphRow], str], end: str
) -> Iterator[str]:
    opened: list[int] = []
    for place, row in enumerate(rows):
        while opened and rows[opened[-1]].level >= row.level:
            opened.pop()
            yield f"{'  ' * (len(opened) + 1)}{end}"
        yield "  " * (len(opened) + 1) + (opening if row.is_frame else single)(place, row)
        if row.is_frame:
            opened.append(place)
    while opened:
        opened.pop()
        yield f"{'  ' * (len(opened) + 1)}{end}"


def _edges(drawing: GraphDrawing) -> Iterator[tuple[int, int]]:
    for place, taken in enumerate(drawing.found.taken):
        yield from ((source, place) for source in taken)


def _label(row: GraphRow) -> str:
    named = " ".join(filter(None, (name_of(row), type_of(row))))
    return words.harmless(" · ".join(filter(None, (named, shape_of(row), figure_of(row, None)))))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _in_mermaid(text: str) -> str:
    return "".join(_MERMAID.get(sign, sign) for sign in text)
