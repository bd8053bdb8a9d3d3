"""Boxes below each other, each in its frame; no two overlap."""

from itertools import combinations, pairwise

import pytest

from cnninspect.draw.branches import branches_of
from cnninspect.draw.placing import BOX, PlacedBox, placed
from cnninspect.draw.row_columns import GAP
from cnninspect.draw.rows import GraphRow, rows_of
from cnninspect.report import Report
from tests.unit.draw.drawn import is_within, overlaps
from tests.unit.draw.graphs import BLOCKS, BRANCHES, NESTED, RESIDUAL


def check_geometry(rows: tuple[GraphRow, ...], boxes: tuple[PlacedBox, ...]) -> None:
    """Boxes are apart; frames are apart, or one is in the other."""
    for (row, box), (other, its) in combinations(zip(rows, boxes, strict=True), 2):
        if overlaps(box, its):
            assert row.is_frame
            assert is_within(its, box), (row.path, other.path)


@pytest.mark.parametrize("report", [RESIDUAL, BLOCKS, BRANCHES, NESTED])
@pytest.mark.parametrize("is_folded", [True, False])
def test_no_two_overlap(report: Report, is_folded: bool) -> None:
    found = rows_of(report, 9, is_folded=is_folded)
    placing = placed(found, 3, [100 + 10 * place for place in range(len(found.rows))], branches_of(found))
    check_geometry(found.rows, placing.boxes)
    assert all(is_within(box, PlacedBox(0, 0, placing.width, placing.height)) for box in placing.boxes)
    assert all(
        box.width >= 100 + 10 * place
        for place, (row, box) in enumerate(zip(found.rows, placing.boxes, strict=True))
        if not row.is_frame
    )


def test_branches_stand_side_by_side() -> None:
    """In ``BRANCHES`` two rows, one, and one take from the stem and meet: the last two begin beside the first."""
    found = rows_of(BRANCHES, 9, is_folded=False)
    boxes = placed(found, 0, [100] * len(found.rows), branches_of(found)).boxes
    at = {row.name: box for row, box in zip(found.rows, boxes, strict=True)}
    assert at["left1"].y == at["middle"].y == at["right"].y == at["stem"].y + BOX + 2 * GAP
    assert at["left1"].x == at["left2"].x == at["stem"].x
    assert at["left2"].y == at["left1"].y + BOX + GAP
    assert at["stem"].x + 100 < at["middle"].x < at["middle"].x + 100 < at["right"].x
    assert at["cat"].y == at["left2"].y + BOX + 2 * GAP
    below = placed(found, 0, [100] * len(found.rows))
    assert len({box.y for box in below.boxes}) == len(found.rows)


def test_branches_of_a_branch_stand_before_the_next_branch() -> None:
    found = rows_of(NESTED, 9, is_folded=False)
    boxes = placed(found, 0, [100] * len(found.rows), branches_of(found)).boxes
    at = {row.name: box for row, box in zip(found.rows, boxes, strict=True)}
    assert at["first"].y == at["second"].y == at["third"].y
    assert at["left"].y == at["right1"].y == at["second"].y + BOX + 2 * GAP
    assert at["inner"].y == at["right2"].y + BOX + 2 * GAP
    assert at["outer"].y == at["after"].y + BOX + 2 * GAP
    assert at["second"].x == at["left"].x == at["inner"].x == at["after"].x
    columns = [at[name] for name in ("first", "second", "right1", "third")]
    assert all(one.x + one.width < other.x for one, other in pairwise(columns))
