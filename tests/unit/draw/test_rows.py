"""Rows and what leads from one to another, on a graph made by hand."""

import pytest

from cnninspect.draw.rows import only, rows_of
from cnninspect.errors import ModelError, RequestError
from tests.canned import REPORT
from tests.unit.draw.graphs import BLOCKS, RESIDUAL


def test_each_node_is_a_row_in_the_frame_of_its_module() -> None:
    found = rows_of(RESIDUAL, 9, is_folded=False)
    assert [(row.name, row.level, row.is_frame) for row in found.rows] == [
        ("x", 0, False), ("stem", 0, False), ("conv", 0, False), ("relu", 0, False), ("add", 0, False),
        ("pool", 0, False), ("flatten", 0, False), ("head", 0, False), ("output", 0, False),
    ]  # fmt: skip
    assert found.taken == ((), (0,), (1,), (2,), (3, 1), (4,), (5,), (6,), (7,))


def test_equal_neighbours_are_one_frame_that_leads_nowhere_upwards() -> None:
    """The second block takes what the first gives: that is told by its number."""
    found = rows_of(BLOCKS, 9, is_folded=True)
    assert [(row.name, row.copies, row.level, row.is_frame) for row in found.rows] == [
        ("x", 1, 0, False), ("0", 2, 0, True), ("conv", 1, 1, False), ("relu", 1, 1, False), ("output", 1, 0, False),
    ]  # fmt: skip
    assert found.taken == ((), (), (0,), (2,), (3,))
    assert len(rows_of(BLOCKS, 9, is_folded=False).rows) == 8


def test_deeper_modules_are_one_row() -> None:
    found = rows_of(BLOCKS, 1, is_folded=False)
    assert [row.name for row in found.rows] == ["x", "0", "1", "output"]
    assert found.taken == ((), (0,), (1,), (2,))


def test_only_some_rows_and_what_leads_past_the_others() -> None:
    found = only(rows_of(RESIDUAL, 9, is_folded=False), ["Conv2d", "MaxPool2d"])
    assert [row.name for row in found.rows] == ["x", "stem", "conv", "pool", "output"]
    assert found.taken == ((), (0,), (1,), (2, 1), (3,))
    with pytest.raises(RequestError, match="--only 'GRU'"):
        only(rows_of(RESIDUAL, 9, is_folded=False), ["GRU"])


def test_without_a_graph_there_is_nothing_to_draw() -> None:
    with pytest.raises(ModelError, match="nothing to draw: there is no graph"):
        rows_of(REPORT, 9, is_folded=True)
