"""Colours of numbers: ends, middle and what is none, by hand from the scale that the module's text tells."""

import pytest

from cnninspect.formats.raster import Raster, coloured, heat, resized

BLUE, WHITE, RED, MAGENTA = "2166ac", "f7f7f7", "b2182b", "ff00ff"
NAN, INFINITY = float("nan"), float("inf")


def test_from_black_to_white_where_nothing_is_negative() -> None:
    assert heat([[0.0, 2.0], [1.0, 2.0]]).pixels.hex(" ", 3) == "000000 ffffff 808080 ffffff"


def test_zero_is_in_the_middle_where_something_is() -> None:
    """Half way to blue: (33 + 247)/2 = 140, (102 + 247)/2 = 174.5, (172 + 247)/2 = 209.5, within a step of 1/127."""
    raster = heat([[-2.0, 0.0, 2.0, -1.0]])
    assert raster.pixels.hex(" ", 3).split()[:3] == [BLUE, WHITE, RED]
    assert list(raster.pixels[9:]) == pytest.approx([140, 174.5, 209.5], abs=1)
    assert list(raster.shades) == pytest.approx([0, 127, 255, 64], abs=1)


def test_what_is_no_number_has_a_colour_of_its_own_and_infinities_those_of_the_ends() -> None:
    assert heat([[NAN, -INFINITY, INFINITY, 1.0]]).pixels.hex(" ", 3).split() == [MAGENTA, BLUE, RED, RED]
    assert heat([[NAN]]).pixels.hex() == MAGENTA
    assert heat([[INFINITY, 0.0]]).pixels.hex(" ", 3) == "ffffff 000000"


def test_what_is_zero_everywhere_is_black() -> None:
    assert heat([[0.0, 0.0]]).pixels == bytes(6)


def test_a_scale_that_is_given_wins() -> None:
    assert heat([[1.0]], 2.0, is_signed=False).pixels.hex() == "808080"
    assert heat([[0.0]], 2.0, is_signed=True).pixels.hex() == WHITE


def test_three_channels_with_grey_for_zero() -> None:
    """127.5·(1 + v) + ½, cut: 0 is 128, 1 is 255, −1 is 0."""
    assert coloured(([[0.0, 1.0]], [[0.0, -1.0]], [[0.0, NAN]]), 1.0).pixels.hex(" ", 3) == f"808080 {MAGENTA}"
    assert coloured(([[1.0]], [[-1.0]], [[0.0]]), 1.0).pixels.hex() == "ff0080"
    assert coloured(([[0.0]], [[0.0]], [[0.0]]), 0.0).pixels.hex() == "808080"


def test_of_several_pixels_the_mean_and_of_one_itself_again() -> None:
    four = Raster(2, 2, bytes((0, 0, 0, 100, 100, 100, 200, 200, 200, 100, 100, 100)), bytes((0, 100, 200, 100)))
    assert resized(four, 1, 1).shades == bytes((100,))
    assert resized(four, 4, 2).shades == bytes((0, 0, 100, 100, 200, 200, 100, 100))
    assert resized(four, 2, 2) is four
