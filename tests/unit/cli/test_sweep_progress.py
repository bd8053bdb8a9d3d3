"""How far a sweep is: a bar on a terminal, a line now and then elsewhere, nothing where nothing is to be said."""

import time

import pytest

from cnninspect.cli import sweep_progress
from cnninspect.sweep.tally import Tally
from tests.unit.cli.test_progress import a_terminal


def tally() -> Tally:
    """Twenty in ten seconds, twenty to come."""
    return Tally(total=100, before=60, failed=3, now=20, started=time.monotonic() - 10)


def test_a_bar_with_counts_rate_estimate_failures_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "150")
    terminal = a_terminal(monkeypatch)
    with sweep_progress.shown(is_quiet=False) as watch:
        watch(tally(), ["alexnet", "a\x1b[5mb"])
    assert " 80/100" in terminal.getvalue()
    assert "3 failed, 2 a second, 10 s left; at alexnet, a" in terminal.getvalue()
    assert "\x1b[5m" not in terminal.getvalue()


@pytest.mark.parametrize("width", ["80", "40"])
def test_where_there_is_little_room_names_are_cut_and_figures_are_not(
    monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    terminal = a_terminal(monkeypatch)
    with sweep_progress.shown(is_quiet=False) as watch:
        assert terminal.getvalue() == ""  # until there is something to be told, notes may come
        watch(tally(), ["timm:convnext_xxlarge.clip_laion2b_soup_ft_in12k", "b"])
    assert " 80/100 3 failed, 2 a" in terminal.getvalue()


def test_a_line_every_half_minute(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with sweep_progress.shown(is_quiet=False) as watch:
        watch(tally(), ["alexnet"])
        assert capsys.readouterr().err == ""
        now = time.monotonic()
        monkeypatch.setattr("time.monotonic", lambda: now + 31)
        watch(Tally(total=1000, before=2), ["alexnet", "b", "c", "d"])
        watch(Tally(total=1000, before=3), [])
    assert capsys.readouterr().err == "note: 2 of 1,000, 0 failed; at alexnet, b, c, …\n"


def test_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with sweep_progress.shown(is_quiet=True) as watch:
        watch(tally(), ["alexnet"])
    assert terminal.getvalue() == ""
