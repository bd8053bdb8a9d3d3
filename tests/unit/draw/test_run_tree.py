"""What stands below what, where a network goes back and forth between its modules."""

from msgspec.structs import replace

from cnninspect.draw.rows import rows_of
from cnninspect.draw.run_tree import run_tree
from cnninspect.layer_tree import Node
from cnninspect.report import Layer
from tests.unit.draw.drawn import lost
from tests.unit.draw.graphs import BLOCKS, THERE_AND_BACK
from tests.unit.test_layer_tree import layer


def told(*layers: Layer) -> list[str]:
    """The tree, with the names that are other ones."""
    roots, names = run_tree(layers)

    def lines(nodes: list[Node], level: int) -> list[str]:
        return [
            line
            for node in nodes
            for line in ["  " * level + names.get(id(node.layer), node.layer.name), *lines(node.children, level + 1)]
        ]

    return lines(roots, 0)


def holder(path: str) -> Layer:
    """A module that is no call: nothing is known to come out."""
    return replace(layer(path, "ModuleList"), outputs=())


def test_a_list_that_runs_in_one_stretch_is_a_frame() -> None:
    layers = [layer("a", "ReLU"), holder("list"), layer("list.0", "ReLU"), layer("list.1", "ReLU"), layer("b", "ReLU")]
    assert told(*layers) == ["a", "list", "  0", "  1", "b"]


def test_a_list_that_others_run_between_is_none() -> None:
    layers = [holder("list"), layer("list.0", "ReLU"), layer("pool", "ReLU"), layer("list.1", "ReLU")]
    assert told(*layers) == ["list.0", "pool", "list.1"]


def test_a_list_in_a_list() -> None:
    """Of the two inner lists the first runs at once, the second not, and so the outer one neither."""
    layers = [
        holder("up"), holder("up.0"), layer("up.0.a", "ReLU"), layer("up.0.b", "ReLU"), layer("cat", "operator"),
        holder("up.1"), layer("up.1.a", "ReLU"), layer("cat", "operator"), layer("up.1.b", "ReLU"),
    ]  # fmt: skip
    assert told(*layers) == ["up.0", "  a", "  b", "cat", "up.1.a", "cat", "up.1.b"]


def test_a_part_that_is_called_when_its_module_is_over() -> None:
    layers = [layer("block", "Block"), layer("block.conv", "ReLU"), layer("head", "Head"), layer("block.conv", "ReLU")]
    assert told(*layers) == ["block", "  conv", "head", "block.conv"]


def test_what_never_ran_stands_in_what_holds_it_and_ends_nothing() -> None:
    """Parameters that it holds are those of what holds it, too."""
    unused = [replace(layer(path, "ReLU"), call=0) for path in ("unused", "block.unused")]
    layers = [layer("block", "Block"), unused[0], layer("block.conv", "ReLU"), unused[1], layer("head", "ReLU")]
    assert told(*layers) == ["block", "  conv", "  unused", "unused", "head"]


def test_every_edge_leads_downwards() -> None:
    assert THERE_AND_BACK.graph is not None
    for depth in (1, 9):
        found = rows_of(THERE_AND_BACK, depth, is_folded=True)
        assert [row.name for row in found.rows] == ["x", "list.0", "pool", "list.1", "output"]
        assert lost(found, THERE_AND_BACK.graph) == []


def test_what_has_no_line_is_seen() -> None:
    """The check itself: between two copies nothing is lost, between two rows it is."""
    assert BLOCKS.graph is not None
    found = rows_of(BLOCKS, 9, is_folded=True)
    assert lost(found, BLOCKS.graph) == []
    cut = found._replace(taken=((), (), (), (2,), (3,)))
    assert lost(cut, BLOCKS.graph) == ["row 2 takes from row 0"]
