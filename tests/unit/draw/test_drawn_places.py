"""What of a table stands where in a drawing, and the other way round, on graphs made by hand."""

import pytest

from cnninspect.draw.drawn_places import DrawnPlaces, places_of
from cnninspect.draw.rows import rows_of
from cnninspect.report import Report
from tests.unit.draw.graphs import BLOCKS, RESIDUAL


def stands(report: Report, depth: int, *, is_folded: bool = False, with_ops: bool = False) -> DrawnPlaces:
    assert report.graph is not None
    return places_of(rows_of(report, depth, is_folded=is_folded), report.layers, report.graph, with_ops=with_ops)


def test_a_layer_that_is_not_drawn_stands_in_the_box_around_it() -> None:
    """The layers are the network, a block, its two, another block, its two; the rows x, both blocks, the output."""
    assert stands(BLOCKS, 1) == DrawnPlaces((-1, 1, 1, 1, 2, 2, 2), (-1, 1, 4, -1))


def test_a_folded_box_is_that_of_every_copy_and_leads_to_the_first() -> None:
    assert stands(BLOCKS, 9, is_folded=True) == DrawnPlaces((-1, 1, 2, 3, 1, 2, 3), (-1, 1, 2, 3, -1))


@pytest.mark.parametrize(
    ("with_ops", "layers", "rows"),
    [
        # the network, stem, conv, relu, pool, head: the sum and the flattening are the network's
        (False, (-1, 1, 2, 3, 0, 4, 0, 5, -1), (-1, 1, 2, 3, 5, 7)),
        (True, (-1, 1, 2, 3, 4, 5, 6, 7, -1), (-1, 1, 2, 3, 4, 5, 6, 7)),
    ],
)
def test_an_operator_leads_to_its_row_or_to_the_call_that_runs_it(
    with_ops: bool, layers: tuple[int, ...], rows: tuple[int, ...]
) -> None:
    assert stands(RESIDUAL, 9, with_ops=with_ops) == DrawnPlaces(rows, layers)
