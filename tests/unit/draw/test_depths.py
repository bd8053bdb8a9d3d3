"""One drawing for each depth, of two equal blocks of two layers each."""

import pytest

from cnninspect.draw.depths import depths_of
from cnninspect.draw.draw_view import DrawView
from cnninspect.errors import RequestError
from tests.unit.draw.graphs import BLOCKS, RESIDUAL

BESIDE = 2  # rows: the input and the output


def test_each_opens_more_and_the_last_has_every_block() -> None:
    found = list(depths_of(BLOCKS, DrawView()))
    assert [(each.depth, each.is_folded) for each in found] == [(1, True), (2, True), (2, False)]
    assert [len(each.drawing.found.rows) - BESIDE for each in found] == [1, 1 + 2, 2 * (1 + 2)]
    assert [each.is_asked for each in found] == [False, True, False]  # all of it is read at a glance


@pytest.mark.parametrize(
    ("view", "asked"),
    [
        (DrawView(depth=1), [True, False, False]),
        (DrawView(depth=99), [False, True, False]),
        (DrawView(fold=False, depth=1), [True, False]),  # both blocks, and what is in them
        (DrawView(depth=0), [True, False, False, False]),  # the network as one box
        (DrawView(only=("Conv2d",)), [True]),
    ],
)
def test_one_is_what_was_asked_for(view: DrawView, asked: list[bool]) -> None:
    assert [each.is_asked for each in depths_of(BLOCKS, view)] == asked


def test_nothing_to_open_is_one_drawing() -> None:
    assert [each.depth for each in depths_of(RESIDUAL, DrawView())] == [1]


def test_what_stands_out_may_be_closed() -> None:
    found = depths_of(BLOCKS, DrawView(highlight=("Conv2d",)))
    assert [len(each.drawing.highlit) for each in found] == [0, 1, 2]
    with pytest.raises(RequestError, match="no row has such a path or type"):
        list(depths_of(BLOCKS, DrawView(highlight=("LSTM",))))
