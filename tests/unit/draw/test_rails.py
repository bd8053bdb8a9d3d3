"""One rail a source, on the nearest lane that is free."""

from cnninspect.draw.rails import Rail, rails_of
from cnninspect.draw.rows import GraphRow, GraphRows, rows_of
from tests.unit.draw.graphs import RESIDUAL

ROW = GraphRow("", "", "", 0, is_frame=False, copies=1, last_name="", layer=None, shape=(), nodes=())


def rows(*taken: tuple[int, ...], frames: tuple[int, ...] = ()) -> GraphRows:
    found = tuple(ROW._replace(is_frame=place in frames) for place in range(len(taken)))
    return GraphRows(found, taken)


def test_what_the_next_row_takes_has_no_rail() -> None:
    found = rails_of(rows_of(RESIDUAL, 9, is_folded=False))
    assert found.straight == tuple((place, place + 1) for place in range(8))
    assert (found.rails, found.lanes) == ((Rail(1, (4,), 0),), 1)


def test_one_rail_a_source() -> None:
    found = rails_of(rows((), (0,), (0, 1), (0, 2), (0, 3)))
    assert found.rails == (Rail(0, (2, 3, 4), 0),)


def test_lanes_are_used_again() -> None:
    """From 0 to 2, from 1 to 3 beside it, and from 3 to 5 where the first one was."""
    found = rails_of(rows((), (), (0,), (1,), (), (3,)))
    assert [(each.source, each.targets, each.lane) for each in found.rails] == [
        (0, (2,), 0),
        (1, (3,), 1),
        (3, (5,), 0),
    ]
    assert found.lanes == 2


def test_frames_are_no_rows_between() -> None:
    assert rails_of(rows((), (), (0,), frames=(1,))).straight == ((0, 2),)
