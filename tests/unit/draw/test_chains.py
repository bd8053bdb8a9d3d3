"""What takes nothing from its neighbour, on graphs made by hand."""

from cnninspect import operator_rows
from cnninspect.draw.chains import unchained
from cnninspect.draw.rows import rows_of
from cnninspect.layer_tree import tree, walked
from cnninspect.report import Report
from tests.unit.draw.graphs import BLOCKS, BRANCHES, PARALLEL, RESIDUAL


def beginning(report: Report) -> list[str]:
    assert report.graph is not None
    placed = operator_rows.placed(report.layers, report.graph)
    roots = tree(placed.layers)
    found = unchained(roots, report.graph.nodes, placed.nodes)
    return [node.layer.path for node in walked(roots) if id(node.layer) in found]


def test_a_chain_has_no_beginning_but_the_first() -> None:
    assert beginning(RESIDUAL) == []
    assert beginning(BLOCKS) == []


def test_each_branch_begins() -> None:
    assert beginning(BRANCHES) == ["middle", "right"]
    assert beginning(PARALLEL) == ["1"]


def test_equal_branches_are_not_one_block_and_equal_neighbours_in_them_are() -> None:
    """Two equal blocks take the input, and a sum takes what both give."""
    found = rows_of(PARALLEL, 1, is_folded=True)
    assert [(row.name, row.copies) for row in found.rows] == [("x", 1), ("0", 1), ("1", 1), ("add", 1), ("output", 1)]
    assert found.taken == ((), (0,), (0,), (1, 2), (3,))
    assert [row.copies for row in rows_of(BLOCKS, 1, is_folded=True).rows] == [1, 2, 1]
