"""Which channels are shown."""

import pytest

from cnninspect.errors import RequestError
from cnninspect.view.looking import OF_LAYER, ON_TOUR, LookedAt, parse_look, picked


def test_the_strongest_come_first_and_what_is_no_number_last() -> None:
    assert picked([1.0, float("nan"), 3.0, 2.0], LookedAt("conv"), "conv") == [2, 3, 0, 1]


def test_as_many_as_are_asked_for() -> None:
    strengths = [float(place) for place in range(100)]
    assert picked(strengths, LookedAt("conv"), "conv") == list(range(99, 99 - OF_LAYER, -1))
    assert len(picked(strengths, LookedAt(), "conv")) == ON_TOUR
    assert len(picked(strengths, LookedAt(is_all=True), "conv")) == 100
    assert picked(strengths, LookedAt("conv", channels=(7, 3)), "conv") == [7, 3]


@pytest.mark.parametrize(("given", "expected"), [("0,5,9", (0, 5, 9)), (" 1, 1", (1,)), ([4, 2], (4, 2))])
def test_channels_as_they_are_typed_and_given(given: str | list[int], expected: tuple[int, ...]) -> None:
    look = parse_look(layer="conv", image="a.png", kernels=False, channels=given, is_all=False, device="cpu")
    assert look.channels == expected


@pytest.mark.parametrize("given", ["", "a", "-1", "1,,2", "1;2", "9" * 20, [-1]])
def test_what_are_no_channels(given: str | list[int]) -> None:
    with pytest.raises(RequestError, match="are no channels"):
        parse_look(layer="conv", image="a.png", kernels=False, channels=given, is_all=False, device="cpu")


def test_a_channel_that_is_not_there() -> None:
    with pytest.raises(RequestError, match=r"there is no channel 2: conv has 2"):
        picked([1.0, 2.0], LookedAt("conv", channels=(2,)), "conv")
