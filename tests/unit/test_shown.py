"""Results show themselves in Python: the table of their command, and not their structure."""

import pytest
import torch
from torch import nn

import cnninspect
from cnninspect import Report, compare_reports, inspect_model
from cnninspect.errors import RequestError
from cnninspect.formats import Format, Terminal
from cnninspect.formats.presentation import written
from cnninspect.formats.summary import presentation
from tests.canned import REPORT


def test_a_report_prints_as_its_table() -> None:
    assert f"{REPORT!s}\n" == written(presentation(REPORT), Format.table, Terminal())
    assert f"{REPORT}".startswith("Net (python), input 1×3×8×8 float32, on cpu\n")
    assert repr(REPORT).startswith("Report(")


def test_a_comparison_prints_as_its_table() -> None:
    shown = str(compare_reports(REPORT, REPORT))
    assert "identical" in shown
    assert "Comparison(" not in shown
    assert "<table" in compare_reports(REPORT, REPORT)._repr_html_()


def test_an_error_says_what_to_do() -> None:
    with pytest.raises(RequestError) as caught:
        inspect_model("alexnt")
    assert str(caught.value) == "unknown model 'alexnt'\n  hint: did you mean alexnet?"
    assert caught.value.message == "unknown model 'alexnt'"


def test_what_there_is() -> None:
    assert dir(cnninspect) == sorted(cnninspect.__all__)
    assert {"inspect_model", "compare_reports", "Report", "CnnInspectError"} <= set(dir(cnninspect))


@pytest.mark.parametrize(
    "inputs",
    [
        "1x3x8x8", (1, 3, 8, 8), [1, 3, 8, 8], [(1, 3, 8, 8)], ["1x3x8x8"], torch.zeros(1, 3, 8, 8),
        [torch.zeros(1, 3, 8, 8)], torch.Size([1, 3, 8, 8]),
    ],
)  # fmt: skip
def test_inputs_as_people_write_them(inputs: object) -> None:
    report = inspect_model(nn.Conv2d(3, 4, 3), inputs=inputs)
    assert [each.shape for each in report.run.inputs] == [(1, 3, 8, 8)]
    assert isinstance(report, Report)


class Sum(nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x + y


@pytest.mark.parametrize("inputs", [(torch.zeros(2), torch.zeros(2)), [(2,), "2"], ("2", torch.zeros(2))])
def test_a_tuple_is_one_an_argument(inputs: object) -> None:
    assert [each.shape for each in inspect_model(Sum(), inputs=inputs).run.inputs] == [(2,), (2,)]
