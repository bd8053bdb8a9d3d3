"""Boxes below each other, each in its frame; no two overlap."""

from itertools import combinations

import pytest

from cnninspect.draw.placing import PlacedBox, placed
from cnninspect.draw.rows import GraphRow, rows_of
from cnninspect.report import Report
from tests.unit.draw.graphs import BLOCKS, RESIDUAL


def is_within(inner: PlacedBox, outer: PlacedBox) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def overlaps(one: PlacedBox, other: PlacedBox) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def check_geometry(rows: tuple[GraphRow, ...], boxes: tuple[PlacedBox, ...]) -> None:
    """Boxes are apart; frames are apart, or one is in the other."""
    for (row, box), (other, its) in combinations(zip(rows, boxes, strict=True), 2):
        if overlaps(box, its):
            assert row.is_frame
            assert is_within(its, box), (row.path, other.path)


@pytest.mark.parametrize("report", [RESIDUAL, BLOCKS])
@pytest.mark.parametrize("is_folded", [True, False])
def test_no_two_overlap(report: Report, is_folded: bool) -> None:
    found = rows_of(report, 9, is_folded=is_folded)
    placing = placed(found, 3, [100 + 10 * place for place in range(len(found.rows))])
    check_geometry(found.rows, placing.boxes)
    assert all(is_within(box, PlacedBox(0, 0, placing.width, placing.height)) for box in placing.boxes)
    assert all(
        box.width >= 100 + 10 * place
        for place, (row, box) in enumerate(zip(found.rows, placing.boxes, strict=True))
        if not row.is_frame
    )
