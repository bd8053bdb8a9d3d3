"""Shades by the square root of a figure."""

from cnninspect.draw.measures import SHADES, shades
from cnninspect.draw.rows import rows_of
from tests.unit.draw.graphs import RESIDUAL


def test_the_largest_is_darkest_and_nothing_is_lightest() -> None:
    """MACs 6912 and 640 of at most 9216: eight times the roots of 0.75 and 0.069, rounded up."""
    rows = rows_of(RESIDUAL, 9, is_folded=False).rows
    assert shades(rows, "macs") == [0, 7, SHADES, 0, 0, 0, 0, 3, 0]
