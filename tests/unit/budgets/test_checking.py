"""A report held against budgets in Python: the options of ``check`` as keywords, and the same verdicts."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cnninspect import check_report
from cnninspect.budgets.checking import Budgets
from cnninspect.budgets.costs import COSTS
from cnninspect.budgets.entry import Entry, RunEntry
from cnninspect.errors import RequestError
from tests.canned import REPORT

PARAMS, MACS = REPORT.totals.params, REPORT.totals.macs
_ELSEWHERE = {"baseline", "tolerance", "batch", "optimizer", "runs", *(name.replace("-", "_") for name in COSTS)}


def test_every_budget_on_a_report_is_a_keyword() -> None:
    own = {name for name in Entry.__struct_fields__ if name not in RunEntry.__struct_fields__}
    assert set(Budgets.__annotations__) == own - _ELSEWHERE


def test_exact_integers_are_compared_and_equal_passes() -> None:
    assert PARAMS is not None
    assert check_report(REPORT, max_params=PARAMS, min_params=PARAMS).passed
    outcome = check_report(REPORT, max_params=PARAMS - 1)
    assert not outcome.passed
    assert [(each.limit, each.actual, each.margin, each.passed) for each in outcome.checks] == [
        (PARAMS - 1, PARAMS, -1, False)
    ]


@pytest.mark.parametrize("layers", ["Conv2d=0", ["Conv2d=0"], ("Conv2d=0",), {"Conv2d": 0}])
def test_one_a_type_however_it_is_written(layers: Any) -> None:
    """There is a convolution among the canned layers."""
    assert any(layer.type == "Conv2d" for layer in REPORT.layers)
    outcome = check_report(REPORT, max_layers=layers)
    assert [(each.budget, each.passed) for each in outcome.checks] == [("max-layers Conv2d", False)]


def test_output_shape_as_a_shape_or_as_text() -> None:
    shapes = ["x".join(map(str, each.shape)) for each in REPORT.run.outputs]
    assert check_report(REPORT, output_shape=shapes).passed
    assert not check_report(REPORT, output_shape=shapes[0]).passed  # there are two
    single = msgspec.structs.replace(REPORT, run=msgspec.structs.replace(REPORT.run, outputs=REPORT.run.outputs[:1]))
    assert check_report(single, output_shape=REPORT.run.outputs[0].shape).passed
    assert check_report(single, output_shape=shapes[0]).passed
    assert not check_report(single, output_shape=(2, 2)).passed


def test_a_baseline_is_a_report_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(REPORT.to_json())
    assert check_report(REPORT, baseline=REPORT).passed
    assert check_report(REPORT, baseline=file).passed
    assert check_report(REPORT, baseline=str(file)).passed


def test_tolerance() -> None:
    assert MACS is not None
    totals = msgspec.structs.replace(REPORT.totals, macs=MACS + 1)
    grown = msgspec.structs.replace(REPORT, totals=totals)
    assert not check_report(grown, baseline=REPORT).passed
    assert check_report(grown, baseline=REPORT, tolerance={"macs": 1}).passed
    assert check_report(grown, baseline=REPORT, tolerance="macs=1").passed


def test_it_shows_itself() -> None:
    outcome = check_report(REPORT, max_params="1G")
    assert "1 check passed" in str(outcome)
    assert "<table" in outcome._repr_html_()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "nothing to hold the report against"),
        ({"tolerance": "1%"}, "a tolerance needs a baseline"),
        ({"max_parms": 3}, "unknown budget 'max_parms'"),
        ({"max_latency": "20ms"}, "profile_model measures"),
        ({"max_params": "many"}, "'many'"),
        ({"max_params": [3]}, r"max_params=\[3\]: expected"),
        ({"max_params": 1.5}, "max_params=1.5: expected"),
        ({"forbid": "Conv 2d"}, "'Conv 2d' is not the type of a layer"),
        ({"output_shape": "1y2"}, "malformed shape '1y2'"),
        ({"baseline": "none.json"}, "there is no baseline 'none.json'"),
        ({"baseline": REPORT, "tolerance": "parms=1"}, "unknown total in the tolerance 'parms'"),
    ],
)
def test_what_can_not_be_checked(given: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        check_report(REPORT, **given)
