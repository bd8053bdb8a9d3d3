"""The graph as SVG, and for a terminal and other programs."""

import re
from xml.etree import ElementTree as ET

import msgspec
import pytest

from cnninspect.draw.draw_view import DrawView
from cnninspect.draw.drawing import drawing_of
from cnninspect.errors import RequestError
from cnninspect.formats import Terminal, graph_languages, graph_svg, graph_text
from cnninspect.report import NodeKind, Report
from tests.unit.draw import graphs
from tests.unit.draw.drawn import faults
from tests.unit.draw.graphs import BLOCKS, BRANCHES, NESTED, RESIDUAL

SVG = "{http://www.w3.org/2000/svg}"
WIDE = graphs.report(
    [
        graphs.node(0, NodeKind.input, "x", [], (1, 3, 8, 8)),
        *(graphs.node(each, NodeKind.layer, f"convolution{each}", [0], (1, 4, 8, 8)) for each in range(1, 31)),
        graphs.node(31, NodeKind.op, "cat", range(1, 31), (1, 120, 8, 8)),
        graphs.node(32, NodeKind.output, "", [31], (1, 120, 8, 8)),
    ],
    {f"convolution{each}": "Conv2d" for each in range(1, 31)},
    {},
)  # fmt: skip
NAMED = msgspec.structs.replace(RESIDUAL, model=msgspec.structs.replace(RESIDUAL.model, name="Net"))


def test_a_rail_and_figures_in_a_terminal() -> None:
    assert graph_text.render(drawing_of(NAMED, DrawView(depth=9)), Terminal()).splitlines() == [
        "Net",
        "",
        "  ● x                3×8×8",
        "╭─● stem: Conv2d     4×8×8  112",
        "│ ● conv: Conv2d     4×8×8  112",
        "│ ● relu: ReLU       4×8×8  112",
        "╰─● add              4×8×8",
        "  ● pool: MaxPool2d  4×4×4  112",
        "  ● flatten             64",
        "  ● head: Linear        10  112",
        "  ● output              10",
    ]


def test_in_ascii_and_within_the_width() -> None:
    text = graph_text.render(drawing_of(RESIDUAL, DrawView(depth=9)), Terminal(width=40, ascii=True))
    assert text.isascii()
    assert all(len(line) <= 40 for line in text.splitlines())


def test_rails_without_room_are_numbers() -> None:
    """30 layers that all take the input and all lead to one sum: 31 lanes are 62 cells."""
    lines = graph_text.render(drawing_of(WIDE, DrawView(depth=9)), Terminal(width=60)).splitlines()
    assert max(map(len, lines)) <= 60
    begun = [int(line.rpartition("→")[2].split()[0]) for line in lines[2:-1] if "→" in line]
    assert begun == list(range(1, len(begun) + 1))
    assert sum("╭" in line for line in lines) + len(begun) == 30  # a source has the one or the other
    (taking,) = (line for line in lines[2:-1] if "←" in line)
    assert f"cat ←1…{len(begun)} " in taking
    assert lines[-1] == "→1 leads to each ←1"
    whole = graph_text.render(drawing_of(WIDE, DrawView(depth=9)), Terminal())
    assert "→" not in whole


@pytest.mark.parametrize("width", [20, 30, 40, 100])
def test_figures_and_shapes_give_way(width: int) -> None:
    lines = graph_text.render(drawing_of(WIDE, DrawView(depth=9)), Terminal(width=width)).splitlines()
    assert max(map(len, lines)) <= width
    assert any("4×8×8" in line for line in lines) == (width >= 40)


def test_every_row_has_a_box_and_its_words() -> None:
    root = ET.fromstring(graph_svg.render(drawing_of(BLOCKS, DrawView(depth=9))))  # noqa: S314 - our own
    words = ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert words == ["x", "4×8×8", "0 … 1: 2 × Block", "conv Conv2d", "4×8×8", "relu ReLU", "4×8×8", "output", "4×8×8"]
    assert len(list(root.iter(f"{SVG}rect"))) == 6  # with that of the page


def test_colours_are_written_too() -> None:
    text = graph_svg.render(drawing_of(RESIDUAL, DrawView(depth=9, color="macs")))
    assert "4×8×8 · 9.22 k" in text
    assert "MACs of a row, up to 9.22 k" in text


def test_what_stands_out() -> None:
    drawing = drawing_of(RESIDUAL, DrawView(depth=9, highlight=("Conv2d",)))
    assert drawing.highlit == {1, 2}
    assert graph_svg.render(drawing).count('class="b h"') == 2
    assert "> conv: Conv2d" in graph_text.render(drawing, Terminal())
    with pytest.raises(RequestError, match="no row has such a path or type"):
        drawing_of(RESIDUAL, DrawView(depth=9, highlight=("LSTM",)))


def test_other_languages_have_every_edge() -> None:
    drawing = drawing_of(RESIDUAL, DrawView(depth=9))
    assert graph_languages.dot(drawing).count(" -> ") == 9
    assert graph_languages.mermaid(drawing).count(" --> ") == 9
    assert graph_languages.tikz(drawing).count(r"\draw") == 9
    nested = drawing_of(BLOCKS, DrawView(depth=9))
    assert graph_languages.dot(nested).count("{") == graph_languages.dot(nested).count("}")
    assert graph_languages.mermaid(nested).count("subgraph") == graph_languages.mermaid(nested).count("end\n") == 1


@pytest.mark.parametrize("report", [RESIDUAL, BLOCKS, BRANCHES, NESTED, WIDE])
@pytest.mark.parametrize("measure", [None, "macs"])
def test_lines_lead_where_they_should(report: Report, measure: str | None) -> None:
    for is_folded in (True, False):
        drawing = drawing_of(report, DrawView(depth=9, fold=is_folded, color=measure))
        text = graph_svg.render(drawing)
        assert faults(drawing, text) == []
        assert graph_svg.render(drawing) == text


@pytest.mark.parametrize(
    ("pattern", "other", "says"),
    [
        (r'(class="b" x="\d+" y=")\d+', r"\g<1>20", "overlap"),
        (r'(class="l" d="M\d+,\d+V)\d+', r"\g<1>400", "leads through"),
        (r'(class="r" d="M\d+,\d+H\d+V)\d+', r"\g<1>70", "no line leads from"),
        (r'(class="r" d="M\d+,)\d+', r"\g<1>30", "a line leads from row 0 to row 7"),
        (r'(<svg[^>]* width=")\d+', r"\g<1>100", "is not on the page"),
    ],
)
def test_what_is_wrong_is_seen(pattern: str, other: str, says: str) -> None:
    """The check itself, on drawings that are spoilt."""
    drawing = drawing_of(BRANCHES, DrawView(depth=9))
    text = re.sub(pattern, other, graph_svg.render(drawing))
    assert any(says in each for each in faults(drawing, text)), faults(drawing, text)


def test_the_legend_is_on_the_page() -> None:
    """A row as narrow as ``x`` alone is narrower than what is said below it."""
    drawing = drawing_of(only_input(), DrawView(depth=9, color="receptive_field"))
    root = ET.fromstring(graph_svg.render(drawing))  # noqa: S314 - our own
    (said,) = (each for each in root.iter(f"{SVG}text") if (each.text or "").startswith("receptive field"))
    # 12 px of a sans-serif are 5 px and more for each letter, on the average
    assert int(root.get("width", "0")) > int(said.get("x", "0")) + 5 * len(said.text or "")


def only_input() -> Report:
    return graphs.report([graphs.node(0, NodeKind.input, "x", [], (1, 4))], {}, {})
