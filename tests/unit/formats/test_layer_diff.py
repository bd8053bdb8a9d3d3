"""Equal neighbours of a diff are one row: networks of blocks, written by hand."""

from collections.abc import Sequence

from msgspec.structs import replace

from cnninspect.compare.alignment import align
from cnninspect.formats import layer_diff
from cnninspect.formats.document import text_of
from cnninspect.report import Layer, Report
from tests.canned import REPORT
from tests.unit.test_layer_tree import WHOLE, block, layer

EXACT = replace(REPORT, uncounted_ops=())


def net(name: str, *layers: Layer) -> Report:
    return replace(EXACT, model=replace(REPORT.model, spec=name), layers=(WHOLE, *layers))


def rows(first: Sequence[Layer], second: Sequence[Layer], **how: bool) -> list[str]:
    one, other = net("a", *first), net("b", *second)
    table = layer_diff.table(align(one, other), one, other, **how)
    return [row.guide + " | ".join(text_of(cell) for cell in row.cells) for row in table.rows]


STEM, HEAD = layer("stem", "Identity"), layer("head", "Flatten")


def blocks(number: int, **fields: object) -> list[Layer]:
    return [each for place in range(number) for each in block(f"body.{place}", **fields)]


def test_blocks_of_one_network_are_one_row() -> None:
    found = rows((STEM, *blocks(2), HEAD), (STEM, *blocks(5), HEAD))
    assert found == [
        "  5 layers | stem … body.1.relu | the same",  # two blocks of two, and the stem
        "+ 3 × Block | body.2 … 4 | 1×4×8×8, 16 parameters each",
        "  Flatten | head | 1×4×8×8",
    ]
    assert rows((STEM, *blocks(5), HEAD), (STEM, *blocks(2), HEAD))[1].startswith("- 3 × Block | body.2 … 4 | ")


def test_blocks_that_changed_alike_show_their_inside_once() -> None:
    wider = {"params": 32, "own_params": 32, "trainable_params": 32}
    found = rows((STEM, *blocks(3)), (STEM, *blocks(3, **wider)))
    assert found == [
        "  Identity | stem | 1×4×8×8",
        "~ 3 × Block | body.0 … 2 | in each 1 of 2 layers differs",
        "├─ ~ Conv2d | body.0.conv | params 16 → 32",
        "└─   ReLU | body.0.relu | 1×4×8×8",
    ]


def test_what_changed_otherwise_stands_on_its_own() -> None:
    wider = {"params": 32, "own_params": 32, "trainable_params": 32}
    second = [*blocks(1, **wider), *block("body.1", macs=1, **wider), *block("body.2", **wider)]
    found = rows(blocks(3), second)
    assert [line for line in found if "×" in line.partition("|")[0]] == []
    assert [line[:8] for line in found].count("~ Conv2d") == 3


def test_layers_that_changed_alike_are_one_row() -> None:
    first = [layer(f"fc{place}", "Linear", settings={"bias": True}) for place in range(3)]
    second = [replace(each, settings={"bias": False}) for each in first]
    assert rows(first, second) == ["~ 3 × Linear | fc0 … 2 | bias True → False"]


def test_all_shows_what_is_alike_and_folds_it() -> None:
    found = rows((STEM, *blocks(3)), (STEM, *blocks(3), HEAD), is_whole=True)
    assert found == [
        "  Identity | stem | 1×4×8×8",
        "  3 × Block | body.0 … 2 | 2 layers each, the same",
        "├─   Conv2d | body.0.conv | 1×4×8×8, 16 parameters",
        "└─   ReLU | body.0.relu | 1×4×8×8",
        "+ Flatten | head | 1×4×8×8",
    ]


def test_no_fold_shows_every_block() -> None:
    found = rows((STEM, *blocks(2)), (STEM, *blocks(5)), is_folded=False)
    assert [line[:8] for line in found].count("+ Conv2d") == 3
    assert len(rows((STEM, *blocks(3)), (STEM, *blocks(3), HEAD), is_whole=True, is_folded=False)) == 8


def test_blocks_that_share_parameters_are_not_one() -> None:
    """Of their weight the parameters are first met before."""
    shared = [each for place in range(2, 4) for each in block(f"body.{place}", own_params=0)]
    found = rows((STEM, *blocks(2)), (STEM, *blocks(2), *shared))
    assert [line[:8] for line in found].count("+ Conv2d") == 2


def test_blocks_elsewhere_are_told_by_both_paths() -> None:
    wider = {"params": 32, "own_params": 32, "trainable_params": 32}
    inner = [replace(each, path=f"net.{each.path}", depth=each.depth + 1) for each in blocks(2, **wider)]
    inner = [layer("net", "Net"), layer("net.body", "Sequential"), *inner]
    assert (
        rows([layer("body", "Sequential"), *blocks(2)], inner)[0]
        == "~ 2 × Block | body.0 … 1 → net.body.0 … 1 | in each 1 of 2 layers differs"
    )


def test_a_thousand_levels() -> None:
    chain = [layer(".".join("m" * level), "Block") for level in range(1, 999)]
    inside = [layer("body", "Sequential"), *blocks(3)]
    deep = [*chain, *(replace(each, path=f"{chain[-1].path}.{each.path}") for each in inside)]
    found = rows((STEM,), (STEM, *deep))
    assert len(found) == 2
    assert found[1].startswith("+ 3 × Block | m.m.")
