"""Rows that open and close, of layers made by hand."""

import sys

import pytest
from msgspec.structs import replace

from cnninspect.formats import html, layer_outline
from cnninspect.formats.columns import COLUMNS
from cnninspect.formats.document import text_of
from cnninspect.formats.outline import Outline, OutlineRow, Page, RowKind
from cnninspect.report import Layer
from tests.canned import REPORT
from tests.unit.test_layer_tree import HELD, WHOLE, block, layer

SHOWN = [COLUMNS[key] for key in ("output", "params", "share")]


def of(*layers: Layer, depth: int = sys.maxsize, is_folded: bool = True) -> Outline:
    return layer_outline.of_tree(replace(REPORT, layers=layers), SHOWN, depth, is_folded=is_folded)


def drawn(outline: Outline) -> list[str]:
    """The rows as a tree, those that are open with a +."""
    return [f"{'  ' * row.level}{text_of(row.cells[0])}{' +' if row.is_open else ''}" for row in outline.rows]


def test_a_group_opens_to_show_each_of_its_blocks() -> None:
    outline = of(WHOLE, *block("0"), *block("1"), layer("2", "ReLU"))
    assert drawn(outline) == [
        "Net +",
        "  0 … 1: 2 × Block",
        "    0: Block", "      conv: Conv2d", "      relu: ReLU",
        "    1: Block", "      conv: Conv2d", "      relu: ReLU",
        "  2: ReLU",
    ]  # fmt: skip
    kinds = [row.kind for row in outline.rows]
    inner = [RowKind.branch, RowKind.leaf, RowKind.leaf]
    assert kinds == [RowKind.branch, RowKind.group, *inner, *inner, RowKind.leaf]


def test_groups_stand_in_groups_with_the_paths_of_each() -> None:
    pairs = [
        (layer(name, "Stage", **HELD | {"params": 32, "own_params": 0}), *block(f"{name}.0"), *block(f"{name}.1"))
        for name in "ab"
    ]
    outline = of(WHOLE, *pairs[0], *pairs[1])
    groups = [row for row in outline.rows if row.kind is RowKind.group]
    assert [(text_of(row.cells[0]), row.before, row.level) for row in groups] == [
        ("a … b: 2 × Stage", "", 1), ("0 … 1: 2 × Block", "a.", 3), ("0 … 1: 2 × Block", "b.", 3)
    ]  # fmt: skip
    convolutions = [row.before for row in outline.rows if text_of(row.cells[0]) == "conv: Conv2d"]
    assert convolutions == ["a.0.", "a.1.", "b.0.", "b.1."]


def test_without_folding_there_are_no_groups() -> None:
    outline = of(WHOLE, *block("0"), *block("1"), is_folded=False)
    assert drawn(outline) == [
        "Net +",
        "  0: Block +", "    conv: Conv2d", "    relu: ReLU",
        "  1: Block +", "    conv: Conv2d", "    relu: ReLU",
    ]  # fmt: skip


@pytest.mark.parametrize(("number", "are_open"), [(13, True), (14, False)])
def test_as_many_levels_are_open_as_fill_a_screen(number: int, are_open: bool) -> None:
    """One row of the network and three of each block are 40, and 43."""
    blocks = [each for place in range(number) for each in block(str(place))]
    outline = of(WHOLE, *blocks, is_folded=False)
    assert {row.is_open for row in outline.rows if row.level == 1} == {are_open}
    assert outline.rows[0].is_open


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_what_is_deeper_than_was_asked_is_closed(depth: int) -> None:
    outline = of(WHOLE, *block("0"), depth=depth)
    assert len(outline.rows) == 4
    assert [row.is_open for row in outline.rows] == [depth > 0, depth > 1, False, False]


def test_what_a_call_holds_beside_its_layers_is_a_row_for_a_sorted_list() -> None:
    around = layer("0", "Block", **HELD | {"params": 21, "own_params": 5})
    outline = of(replace(WHOLE, params=21), around, *block("0")[1:])
    (rest,) = (row for row in outline.rows if row.kind is RowKind.rest)
    assert (text_of(rest.cells[0]), rest.level, rest.values[1]) == ("0: Block (itself)", 2, "5")
    # each parameter is in one row of those that are sorted: 5 of the block, 16 of its convolution
    assert sum(int(row.values[1]) for row in outline.rows if row.values) == 21


def test_values_are_whole_and_only_where_there_is_something_to_sort() -> None:
    count = 2**60 + 1
    outline = of(WHOLE, layer("0", "Linear", params=count, own_params=count), layer("1", "Lazy", params=None))
    assert outline.sortable == (False, True, True)
    assert [row.values[1:2] for row in outline.rows] == [(), (str(count),), ("",)]


def told(row: OutlineRow) -> dict[str, str]:
    return {fact.name: fact.exact for fact in row.facts}


def test_a_layer_tells_its_settings_and_formulas_once() -> None:
    convolutions = (replace(each, settings=each.settings | {"dilation": [1, 1], "groups": 1}) for each in REPORT.layers)
    outline = of(*convolutions)
    first, second = (row for row in outline.rows if text_of(row.cells[0]).startswith("0: Conv2d"))
    assert told(first)["settings"].startswith("in_channels 3, out_channels 4, kernel_size 3×3, stride 1×1")
    assert told(first)["input"] == "1×3×8×8"
    assert told(first)["parameters"] == "4·3·3·3 + 4 = 112"
    assert first.remarks[0].startswith("called 2 times")
    assert (second.facts, second.remarks) == ((), ())


def test_a_long_setting_is_cut() -> None:
    outline = of(WHOLE, layer("0", "Odd", settings={"table": list(range(1000))}))
    assert len(told(outline.rows[1])["settings"]) == len("table ") + 60 + 1


def test_a_file_of_weights_has_no_formulas() -> None:
    stored = replace(REPORT, run=replace(REPORT.run, device="none"))
    outline = layer_outline.of_tree(stored, [COLUMNS["params"]], 3, is_folded=True)
    assert not any(row.facts or row.remarks for row in outline.rows)


def test_modules_may_be_nested_deeper_than_python_calls() -> None:
    paths = [".".join("a" * level) for level in range(1, 1001)]
    outline = of(WHOLE, *(layer(path, "Box") for path in paths))
    assert [row.level for row in outline.rows] == list(range(1001))
    text = html.render(Page("", (outline,), ""))
    assert text.count("<details") == text.count("</details>") == 1001
