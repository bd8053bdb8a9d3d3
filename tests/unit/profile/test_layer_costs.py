"""Rows put together from what is written down by hand."""

from msgspec.structs import replace

from cnninspect.profile.layer_costs import bound, layer_costs
from cnninspect.profile.profiled import Roofline
from cnninspect.profile.stopwatch import CallTime, LayerTimes
from tests.canned import REPORT

CORNERS = Roofline(100.0, 10.0)


def test_a_row_a_call_and_none_for_what_never_ran() -> None:
    ran = [layer for layer in REPORT.layers if layer.call]
    found = layer_costs(REPORT.layers, None, None, None, in_training=False)
    assert [(each.path, each.call) for each in found] == [(layer.path, layer.call) for layer in ran]
    assert all(each.macs == layer.own_macs for each, layer in zip(found, ran, strict=True))
    assert all(each.seconds is None and each.saved is None and each.bound is None for each in found)


def test_shares_are_of_all_own_times() -> None:
    layer = replace(REPORT.layers[2], path="a", call=1)
    times = LayerTimes({("a", 1): CallTime(3.0, 1.0), ("b", 1): CallTime(3.0, 3.0)}, 4.1, 4.0)
    (found,) = layer_costs([layer], None, times, CORNERS, in_training=False)
    assert (found.seconds, found.self_seconds, found.share) == (3.0, 1.0, 0.25)


def test_the_ridge_is_bound_by_arithmetic() -> None:
    assert [bound(each, CORNERS) for each in (9.9, 10.0, None)] == ["memory", "arithmetic", None]
