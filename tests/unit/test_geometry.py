"""The closed forms of windows and fields, against windows that are laid out one by one."""

import itertools

import pytest

from cnninspect.geometry import PIXEL, Extent, KernelWindow, Spread, meet, per_dimension, windows

WINDOWS = [
    KernelWindow(kernel, stride, padding, dilation, behind)
    for kernel, stride, padding, dilation, behind in itertools.product((1, 2, 3), (1, 2, 3), (0, 1), (1, 2), (0, 1))
]


def laid_out(window: KernelWindow, side: int) -> int:
    """How many windows lie on the map and its padding."""
    at = 0
    while window.places(at)[-1] < side + (window.behind or 0):
        at += 1
    return at


@pytest.mark.parametrize("window", WINDOWS)
def test_windows_that_fit(window: KernelWindow) -> None:
    extent = PIXEL.through(window)
    counts = {side: laid_out(window, side) for side in range(8, 30)}
    assert {side: extent.elements(side) for side in counts} == counts
    fewest, most = extent.pixels(3)
    assert [side for side in range(30) if side >= 1 and laid_out(window, side) == 3] == list(range(fewest, most + 1))


@pytest.mark.parametrize(("first", "second"), list(itertools.product(WINDOWS[::5], WINDOWS[::7])))
def test_a_field_is_what_its_windows_see(first: KernelWindow, second: KernelWindow) -> None:
    """An element at y sees y·S − P to y·S − P + r − 1."""
    extent = PIXEL.through(first).through(second)
    for at in range(3):
        seen = [pixel for place in second.places(at) for pixel in first.places(place)]
        begin = at * extent.stride - extent.padding
        assert (min(seen), max(seen)) == (begin, begin + extent.size - 1)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(WINDOWS[::5], WINDOWS[::7])))
def test_where_paths_meet_both_are_seen(first: KernelWindow, second: KernelWindow) -> None:
    """From the first pixel that one of them sees to the last; and as many elements as both have, if both tell."""
    met = meet([PIXEL.through(first), PIXEL.through(second)])
    if first.stride != second.stride:
        assert met is None
        return
    assert met
    for at in range(3):
        seen = [*first.places(at), *second.places(at)]
        begin = at * met.stride - met.padding
        assert (min(seen), max(seen)) == (begin, begin + met.size - 1)
    counts = {side: (laid_out(first, side), laid_out(second, side)) for side in range(8, 30)}
    if all(one == other for one, other in counts.values()):
        assert {side: met.elements(side) for side in counts} == {side: one for side, (one, _) in counts.items()}
    elif met.behind is not None:
        pytest.fail("sides that fit by chance tell nothing of others")


def test_neighbours_that_meet_leave_one_element_out() -> None:
    """Of 10 pixels all but the first, and all but the last."""
    without_first, without_last = KernelWindow(1, 1, -1, 1, 0), KernelWindow(1, 1, 0, 1, -1)
    met = meet([PIXEL.through(without_first), PIXEL.through(without_last)])
    assert met == Extent(2, 1, 0, behind=0)
    assert met.elements(10) == 9


@pytest.mark.parametrize("parts", [2, 3])
@pytest.mark.parametrize("window", [window for window in WINDOWS if window.stride == 3])
def test_elements_that_are_laid_out_in_parts(window: KernelWindow, parts: int) -> None:
    """At half or a third of the stride, a window that holds what every part sees."""
    spread = PIXEL.through(window).through(Spread(parts))
    if window.stride % parts:
        assert spread is None
        return
    assert spread
    offsets = [
        pixel - at * spread.stride for at in range(6, 12) for place in Spread(parts).places(at)
        for pixel in window.places(place)
    ]  # fmt: skip
    assert (-min(offsets), max(offsets) - min(offsets) + 1) == (spread.padding, spread.size)


def test_where_the_other_end_is_not_fixed_no_side_is_told() -> None:
    (pool,) = windows(1, 3, 2, ceil_mode=True)
    extent = PIXEL.through(pool)
    assert (extent.behind, extent.elements(10), extent.through(KernelWindow(1, 1, 0, 1, 0)).behind) == (
        None,
        None,
        None,
    )


def test_paths_of_different_strides_do_not_meet() -> None:
    assert meet([Extent(3, 1, 1, behind=1), Extent(3, 2, 1, behind=1)]) is None
    assert meet([Extent(3, 1, 1, behind=1), None]) is None


def test_a_stride_that_is_left_out_is_the_kernel() -> None:
    """torch's pooling operators say it by ``[]``, its layers by ``None``."""
    assert windows(2, [2, 3], []) == windows(2, (2, 3), None) == windows(2, (2, 3), (2, 3))


def test_settings_that_are_of_another_number_of_dimensions() -> None:
    assert per_dimension("same", 2) == ("same", "same")
    with pytest.raises(ValueError, match="zip"):
        windows(2, (3, 3, 3))
