"""What ``check`` shows, of outcomes built by hand; names from somebody's code break no format."""

from xml.etree import ElementTree as ET

import pytest

from cnninspect.budgets.verdicts import BudgetVerdict, Check, Outcome, RunFailure
from cnninspect.formats import SHARED, Format, Terminal
from cnninspect.formats.check import presentation
from cnninspect.formats.presentation import written

ODD = "a\x1b[31m\ufffe\n::error::|<b>&,%\u05e9"
OUTCOMES = (
    Outcome(
        "net.py:Net",
        (
            BudgetVerdict(Check("net.py:Net", "max-params", 62_000_000, 62_000_001, -1, passed=False), "≤"),
            BudgetVerdict(Check("net.py:Net", "min-macs", 5, 7, 2, passed=True), "≥", bound="≥", doubt="a lower bound"),
            BudgetVerdict(
                Check("net.py:Net", "max-size", 8, None, None, passed=False), "≤", "bytes", doubt="a lazy layer"
            ),
        ),
    ),
    Outcome(ODD, (BudgetVerdict(Check(ODD, f"forbid {ODD}", 0, 1, -1, passed=False), "≤", doubt=ODD),)),
    Outcome("broken", failure=RunFailure(f"first line\nsecond {ODD}", "mend it", 3)),
)


def render(form: Format, terminal: Terminal | None = None) -> str:
    return written(presentation(OUTCOMES), form, terminal or Terminal())


def test_table() -> None:
    lines = [" ".join(line.split()) for line in render(Format.table, Terminal(width=80)).splitlines()]
    assert lines[0] == "3 of 4 checks failed, 1 of 3 models could not be checked"
    assert "Budget Limit Actual Margin Verdict" in lines
    assert "max-params ≤ 62,000,000 62,000,001 −1 FAILED" in lines
    assert "min-macs ≥ 5 ≥ 7 +2 passed" in lines
    assert "max-size in bytes ≤ 8 unknown FAILED" in lines
    assert "min-macs: a lower bound" in lines
    assert "max-size: a lazy layer" in lines
    assert "broken could not be checked: first line" in lines


@pytest.mark.parametrize("form", [*SHARED, Format.junit, Format.github])
def test_odd_names_are_spelled_out(form: Format) -> None:
    text = render(form)
    assert "\x1b" not in text
    if form in {"table", "github"}:
        assert not any(line.startswith("::error::") for line in text.splitlines())


def test_junit_is_xml() -> None:
    root = ET.fromstring(render(Format.junit))  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "3", "1")
    assert [suite.get("failures") for suite in root] == ["2", "1", "0"]
    (error,) = root[2].iter("error")
    assert error.get("message") == "first line"
    assert (error.text or "").startswith("first line\nsecond a\\x1b[31m")


def test_github_lines() -> None:
    lines = render(Format.github).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning", "::error", "::error", "::error"]
    assert lines[0] == (
        "::error title=cnninspect check net.py%3ANet::max-params: 62,000,001, wanted ≤ 62,000,000 (margin −1)"
    )
    assert lines[2].endswith("::max-size: unknown, wanted ≤ 8; a lazy layer")
