"""The graph as SVG, and for a terminal and other programs."""

from xml.etree import ElementTree as ET

import msgspec
import pytest

from cnninspect.draw.drawing import drawing_of
from cnninspect.errors import RequestError
from cnninspect.formats import Terminal, graph_languages, graph_svg, graph_text
from tests.unit.draw.graphs import BLOCKS, RESIDUAL

SVG = "{http://www.w3.org/2000/svg}"
NAMED = msgspec.structs.replace(RESIDUAL, model=msgspec.structs.replace(RESIDUAL.model, name="Net"))


def test_a_rail_and_figures_in_a_terminal() -> None:
    assert graph_text.render(drawing_of(NAMED, depth=9), Terminal()).splitlines() == [
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
    text = graph_text.render(drawing_of(RESIDUAL, depth=9), Terminal(width=40, ascii=True))
    assert text.isascii()
    assert all(len(line) <= 40 for line in text.splitlines())


def test_every_row_has_a_box_and_its_words() -> None:
    root = ET.fromstring(graph_svg.render(drawing_of(BLOCKS, depth=9)))  # noqa: S314 - our own
    words = ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert words == ["x", "4×8×8", "0 … 1: 2 × Block", "conv Conv2d", "4×8×8", "relu ReLU", "4×8×8", "output", "4×8×8"]
    assert len(list(root.iter(f"{SVG}rect"))) == 6  # with that of the page


def test_colours_are_written_too() -> None:
    text = graph_svg.render(drawing_of(RESIDUAL, depth=9, measure="macs"))
    assert "4×8×8 · 9.22 k" in text
    assert "MACs of a row, up to 9.22 k" in text


def test_what_stands_out() -> None:
    drawing = drawing_of(RESIDUAL, depth=9, highlight=["Conv2d"])
    assert drawing.highlit == {1, 2}
    assert graph_svg.render(drawing).count('class="b h"') == 2
    assert "> conv: Conv2d" in graph_text.render(drawing, Terminal())
    with pytest.raises(RequestError, match="no row has such a path or type"):
        drawing_of(RESIDUAL, depth=9, highlight=["LSTM"])


def test_other_languages_have_every_edge() -> None:
    drawing = drawing_of(RESIDUAL, depth=9)
    assert graph_languages.dot(drawing).count(" -> ") == 9
    assert graph_languages.mermaid(drawing).count(" --> ") == 9
    assert graph_languages.tikz(drawing).count(r"\draw") == 9
    nested = drawing_of(BLOCKS, depth=9)
    assert graph_languages.dot(nested).count("{") == graph_languages.dot(nested).count("}")
    assert graph_languages.mermaid(nested).count("subgraph") == graph_languages.mermaid(nested).count("end\n") == 1
