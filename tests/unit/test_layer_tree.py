"""Neighbours that are equal are one node, and no others: the layers are written by hand."""

import pytest
from msgspec.structs import replace

from cnninspect.layer_tree import Node, folded, tree, walked
from cnninspect.report import Layer, ReceptiveField, TensorSpec

MAP = TensorSpec("", (1, 4, 8, 8), "float32")
WHOLE = Layer(
    path="", name="", type="Net", depth=0, call=1, inputs=(MAP,), outputs=(MAP,), params=0, own_params=0,
    trainable_params=0, param_bytes=0, macs=0, own_macs=0, activations=0, output_bytes=1024, settings={},
    receptive_field=None,
)  # fmt: skip
HELD = {"params": 16, "own_params": 16, "trainable_params": 16, "param_bytes": 64}


def layer(path: str, kind: str, **fields: object) -> Layer:
    place = {"path": path, "name": path.rpartition(".")[2], "type": kind, "depth": path.count(".") + 1}
    return replace(WHOLE, **place, **fields)


def block(path: str, **fields: object) -> tuple[Layer, ...]:
    """A convolution and what follows it, in a block; ``fields`` are the convolution's."""
    held = {**HELD, **{name: fields[name] for name in HELD if name in fields}}
    around = layer(path, "Block", **held | {"own_params": 0})
    return around, layer(f"{path}.conv", "Conv2d", **HELD | fields), layer(f"{path}.relu", "ReLU")


def rows(*layers: Layer, is_training: bool = False) -> list[str]:
    """What stands in a table: paths, with the last neighbour of those that are folded."""
    nodes = walked(folded(tree((WHOLE, *layers)), is_training=is_training))
    return [" … ".join(dict.fromkeys((node.layer.path, node.neighbours[-1].path))) for node in nodes]


def test_equal_blocks_are_one_and_their_inside_is_told_once() -> None:
    found = rows(*block("a.0"), *block("a.1"), *block("a.2"))
    assert found == ["", "a.0 … a.2", "a.0.conv", "a.0.relu"]


def test_a_node_stands_for_all_its_copies_also_inside() -> None:
    seen = [ReceptiveField((size, size), (1, 1), (0, 0)) for size in (3, 5)]
    layers = [WHOLE, *block("0", receptive_field=seen[0]), *block("1", receptive_field=seen[1])]
    _, around, convolution, _ = walked(folded(tree(layers)))
    assert [each.path for each in around.layers] == ["0", "1"]
    assert [each.path for each in convolution.layers] == ["0.conv", "1.conv"]
    assert convolution.copies == 1  # one in each block
    assert convolution.layers[-1].receptive_field == seen[1]


@pytest.mark.parametrize(
    "other",
    [
        {"settings": {"stride": [2, 2]}},
        {"inputs": (TensorSpec("", (1, 4, 9, 9), "float32"),)},
        {"outputs": (TensorSpec("", (1, 4, 8, 8), "float16"),)},
        {"macs": 1},
        {"own_macs": 1},
        {"activations": 1},
        {"trainable_params": 0},
        {"param_bytes": 32},
        {"params": 32, "own_params": 32},
        {"params": None, "own_params": None},
        {"call": 0},
        {"type": "Linear"},
    ],
    ids=str,
)
def test_what_is_not_equal_stands_on_its_own(other: dict[str, object]) -> None:
    convolution = replace(layer("1", "Conv2d", **HELD), **other)
    assert rows(layer("0", "Conv2d", **HELD), convolution) == ["", "0", "1"]
    assert rows(layer("0", "Conv2d", **HELD), layer("1", "Conv2d", **HELD)) == ["", "0 … 1"]


def test_only_neighbours_are_folded() -> None:
    assert rows(*block("0"), *block("1"), layer("2", "ReLU"), *block("3"))[1::3] == ["0 … 1", "2", "3.relu"]


def test_names_may_differ_and_so_may_names_of_what_is_inside() -> None:
    other = tuple(replace(each, path=f"b{each.path[1:].replace('conv', 'c')}") for each in block("a"))
    assert rows(*block("a"), *other) == ["", "a … b", "a.conv", "a.relu"]


def test_inner_structure_counts() -> None:
    assert rows(*block("0"), *block("1")[:2], *block("2")[:2]) == [
        *("", "0", "0.conv", "0.relu", "1 … 2", "1.conv"),
    ]


def test_blocks_that_share_parameters_do_not_count() -> None:
    """Of three blocks with one weight the parameters are first met in the first: 0 in the others, which are equal."""
    shared = {"own_params": 0}
    found = rows(*block("0"), *block("1", **shared), *block("2", **shared))
    assert [path for path in found if path.count(".") == 0] == ["", "0", "1", "2"]


def test_calls_of_one_block_do_not_count_either() -> None:
    again = [replace(each, call=call, own_params=0) for call in (2, 3) for each in block("0")]
    assert len(rows(*block("0"), *again)) == 1 + 3 * 3


def test_how_much_is_dropped_counts_in_training_alone() -> None:
    drops = [layer(str(place), "StochasticDepth", settings={"p": place / 10, "mode": "row"}) for place in range(3)]
    assert rows(*drops) == ["", "0 … 2"]
    assert rows(*drops, is_training=True) == ["", "0", "1", "2"]
    pools = [replace(each, outputs=(TensorSpec("", (1, 4, 1, 1), "float32"),)) for each in drops]
    assert rows(*pools) == ["", "0", "1", "2"]  # which do something with it


def test_folds_inside_folds() -> None:
    """Two stages of three blocks: the inside of one is told once."""
    inner = [each for stage in "ab" for place in range(3) for each in block(f"{stage}.{place}")]
    around = {stage: layer(stage, "Stage", params=48, trainable_params=48, param_bytes=192) for stage in "ab"}
    found = rows(around["a"], *inner[:9], around["b"], *inner[9:])
    assert found == ["", "a … b", "a.0 … a.2", "a.0.conv", "a.0.relu"]
    nodes: list[Node] = list(walked(folded(tree((WHOLE, around["a"], *inner[:9], around["b"], *inner[9:])))))
    assert [(node.copies, len(node.layers)) for node in nodes] == [(1, 1), (2, 2), (3, 6), (1, 6), (1, 6)]


def test_every_layer_stands_in_one_node() -> None:
    layers = (WHOLE, *block("0"), *block("1"), layer("2", "ReLU"), layer("2", "ReLU", call=2))
    nodes = walked(folded(tree(layers)))
    assert sorted(id(each) for node in nodes for each in node.layers) == sorted(map(id, layers))


def test_twenty_thousand_layers_a_thousand_levels_deep() -> None:
    """Deeper than Python calls its functions."""
    chain = [layer(".".join("m" * level), "Block") for level in range(1, 1001)]
    wide = [each for place in range(6_334) for each in block(f"{chain[9].path}.{place}", own_params=16)]
    around = [replace(each, params=6_334 * 16, trainable_params=6_334 * 16) for each in chain[:10]]
    found = rows(*around, *chain[10:], *wide)
    assert len(found) == 1 + 1000 + 3
