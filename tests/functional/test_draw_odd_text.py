"""A drawing says what a report says, and nothing of it acts: in no language that a drawing is written in."""

import re
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from cnninspect.formats import Format
from cnninspect.report import Graph, NodeKind, TensorSpec
from tests.conftest import Cli
from tests.functional.test_text_from_outside import TEXTS, acting
from tests.unit.draw.graphs import node
from tests.unit.formats.hostile import report_of_nothing_else
from tests.unit.formats.test_words import PLAIN, form_of

FORMS: Final = (Format.table, Format.svg, Format.html, Format.dot, Format.mermaid, Format.tikz)
#: Besides, what ends a text in quotes, or would if a backslash were not escaped.
QUOTES: Final = ('a"b', "a\\", 'a\\"; x -> y; "b')
#: What ends words, or begins an instruction, where it is not escaped.
SIGNS: Final = {
    Format.dot: re.compile(r'(?<!\\)(?:\\\\)*"'),
    Format.mermaid: re.compile(r'["`<\\]|#(?!(?:\d+|quot|lt|gt|amp);)'),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def drawn(cli: Cli, odd: str, form: Format) -> str:
    """A report in which every text is odd: an input, two layers, an operator that takes both, an output."""
    report, shape = report_of_nothing_else(odd), (1, 4, 8, 8)
    kinds = (NodeKind.input, NodeKind.layer, NodeKind.layer, NodeKind.op, NodeKind.output)
    taken = ((), (0,), (1,), (1, 2), (3,))
    nodes = [
        replace(node(number, kind, odd, inputs, shape), outputs=(TensorSpec(odd, shape, odd),), op=odd, path="")
        for number, (kind, inputs) in enumerate(zip(kinds, taken, strict=True))
    ]
    nodes[1:3] = [replace(nodes[1], path=odd), replace(nodes[2], path=f"{odd}1")]
    layers = tuple(replace(each, call=1) if each.path != f"{odd}2" else each for each in report.layers)
    Path("G.json").write_text(replace(report, layers=layers, graph=Graph(tuple(nodes))).to_json(), encoding="utf-8")
    result = cli("draw", "G.json", "-f", form, "--depth", "all")
    assert result.code == 0, (odd, result.err)
    assert acting(result.out + result.err) == set(), odd
    return result.out


@pytest.mark.parametrize("form", FORMS)
def test_text_acts_nowhere(cli: Cli, form: Format) -> None:
    plain = drawn(cli, PLAIN, form)
    assert PLAIN in plain
    for odd in (*TEXTS, *QUOTES):
        text = drawn(cli, odd, form)
        assert not any(line.lstrip().startswith("::") for line in text.splitlines()), odd
        assert parts(text, form) == parts(plain, form), odd


def parts(text: str, form: Format) -> object:
    """What it consists of beside words, which make boxes as wide as they are."""
    match form:
        case Format.table:
            return len(text.splitlines())
        case Format.dot | Format.mermaid:
            return len(text.splitlines()), [each[-1] for each in SIGNS[form].findall(text)]
        case Format.html:
            return re.findall(r"<[!/]?[a-z]+", text)
        case _:
            return form_of(text, Format.latex if form is Format.tikz else form)
