"""The largest batch that fits, of traces whose bytes are written down by hand."""

import pytest

from cnninspect.profile.batches import Affine, Largest, Trace, closed_form, largest, lines
from cnninspect.profile.lives import Life, Operation, Timeline

MOST = 10_000


def affine(batch: int) -> Trace:
    """1,000 bytes held and 10 an image; one operator leaves 40 an image, the next 500 whatever the batch."""
    timeline = Timeline(
        (Operation("a", None), Operation("b", None)), (Life(40 * batch, None, 0, 1), Life(500, None, 1, None)), {}
    )
    return Trace(1000 + 10 * batch, timeline, range(2))


def quadratic(batch: int) -> Trace:
    """As a matrix of every image with every other one."""
    return Trace(0, Timeline((Operation("a", None),), (Life(batch * batch, None, 0, None),), {}), range(1))


def test_two_traces_are_lines() -> None:
    found = lines(affine(2), affine(3))
    assert found is not None
    assert set(found) == {Affine(1000, 50), Affine(1500, 10)}


@pytest.mark.parametrize(
    ("room", "batch"),
    [
        (1000 + 50 * 20, 20),  # the first operator sets it, for 1000 + 50·n is above 1500 + 10·n from 13 on
        (1000 + 50 * 20 - 1, 19),
        (1500 + 10 * 5, 5),  # the second
        (1510, 1),
        (1509, 0),
        (0, 0),
    ],
)
def test_the_largest_batch_by_hand(room: int, batch: int) -> None:
    assert largest(affine, room, MOST) == Largest(batch, is_affine=True)
    assert batch == 0 or affine(batch).needed <= room < affine(batch + 1).needed


def test_what_is_not_affine_is_searched_for() -> None:
    assert largest(quadratic, 10_000, MOST) == Largest(100, is_affine=False)
    assert largest(quadratic, 10_200, MOST) == Largest(100, is_affine=False)
    assert largest(quadratic, 10_201, MOST) == Largest(101, is_affine=False)


def test_other_operators_from_some_batch_on_are_searched_for() -> None:
    def trace(batch: int) -> Trace:
        held, timeline, among = affine(batch)
        extra = Life(1000 if batch >= 16 else 0, None, 0, None)
        return Trace(held, timeline._replace(lives=(*timeline.lives, extra)), among)

    assert largest(trace, 1000 + 50 * 20, MOST) == Largest(15, is_affine=False)


def test_what_no_batch_changes_always_fits() -> None:
    def trace(_batch: int) -> Trace:
        return Trace(8, Timeline((Operation("a", None),), (Life(8, None, 0, None),), {}), range(1))

    assert largest(trace, 16, MOST) == Largest(None, is_affine=True)
    assert largest(trace, 15, MOST) == Largest(0, is_affine=True)


def test_no_lines_no_limit() -> None:
    assert closed_form([], 100) is None
