"""Rate and estimate are of this run alone."""

import time

import pytest

from cnninspect.sweep.tally import Tally


def test_what_was_there_before_does_not_count_for_the_rate() -> None:
    tally = Tally(total=100, before=60, now=20, started=time.monotonic() - 10)
    assert tally.reached == 80
    assert tally.rate == pytest.approx(2, rel=0.1)  # 20 in 10 s
    assert tally.seconds_left == pytest.approx(10, rel=0.1)  # 20 more
    assert Tally(total=100, before=60).seconds_left is None
