"""How often something is timed, and what the times come to. No time is asserted."""

import pytest
import torch

from cnninspect.profile import timing
from cnninspect.profile.timing import Timed, is_enough, timed

CPU = torch.device("cpu")


def nothing() -> None:
    pass


def test_median_quartiles_and_rates_by_hand() -> None:
    found = Timed([0.4, 0.1, 0.2, 0.3, 0.5], 2).time(8, 600)
    assert (found.median, found.p25, found.p75, found.min) == (0.3, 0.2, 0.4, 0.1)
    assert (found.runs, found.warmup) == (5, 2)
    assert found.per_second == pytest.approx(8 / 0.3)
    assert found.macs_per_second == pytest.approx(2000)


def test_one_run_is_its_own_quartiles() -> None:
    found = Timed([0.25], 1).time(None, None)
    assert (found.p25, found.median, found.p75, found.per_second, found.macs_per_second) == (
        0.25,
        0.25,
        0.25,
        4.0,
        None,
    )


@pytest.mark.parametrize(
    ("seconds", "runs", "enough"),
    [
        ([0.1] * 9, None, False),  # too few
        ([0.1] * 10, None, True),  # steady
        ([0.1, 0.2] * 5, None, False),  # the quartiles are far apart
        ([2.0, 1.0, 3.0], None, True),  # it has taken long enough
        ([2.0, 4.0], None, False),
        ([0.1, 0.2] * 500, None, True),  # it never settles
        ([0.1] * 10, 11, False),
        ([0.1] * 11, 11, True),
    ],
)
def test_when_it_is_enough(seconds: list[float], runs: int | None, enough: bool) -> None:
    assert is_enough(seconds, runs) is enough


def test_so_many_runs_as_asked_for_and_some_before() -> None:
    said: list[str] = []
    count = 0

    def run() -> None:
        nonlocal count
        count += 1

    found = timed(run, CPU, 7, said.append)
    assert (len(found.seconds), count) == (7, 7 + found.warmup)
    assert said[-1] == "timing pass 7 of 7"


def test_what_is_interrupted_gives_nothing() -> None:
    def run() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        timed(run, CPU, None, lambda _: None)


def test_an_accelerators_own_clock_is_not_asked_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "Event", None)
    assert timing.once(nothing, CPU) >= 0
