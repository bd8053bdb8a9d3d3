"""The last sentence of ``compare``, from figures written by hand."""

import pytest
from msgspec.structs import replace

from cnninspect.compare.comparison import compare_reports
from cnninspect.formats.compare_verdict import sentence
from cnninspect.report import Report
from tests.canned import REPORT

EXACT = replace(REPORT, uncounted_ops=())


def net(name: str, params: int, macs: int, report: Report = EXACT) -> Report:
    return replace(
        report,
        model=replace(report.model, spec=name),
        totals=replace(report.totals, params=params, macs=macs, flops=2 * macs),
        layers=report.layers[: 3 + len(name)],
    )


def test_two_networks() -> None:
    # 250/100 and 3000/2000; the convolution twice and one ReLU of both, an Identity of b and c alone
    found = sentence(compare_reports(net("a", 100, 2000), net("bb", 250, 3000)))
    assert found == "bb has 2.50 × the parameters and 1.50 × the MACs of a; 2 layers alike, 1 only in bb"


def test_the_other_way_round() -> None:
    found = sentence(compare_reports(net("a", 100, 2000), net("bb", 250, 2000), baseline=1))
    assert found == "a has 0.400 × the parameters and exactly the MACs of bb; 2 layers alike, 1 only in bb"


def test_of_a_lower_bound_there_is_no_ratio() -> None:
    found = sentence(compare_reports(net("a", 100, 2000, REPORT), net("bb", 250, 3000)))
    assert found == "bb has 2.50 × the parameters of a; 2 layers alike, 1 only in bb"


def test_only_the_totals_differ() -> None:
    found = sentence(compare_reports(net("a", 100, 2000), net("b", 100, 3000)))
    assert found == ("b has exactly the parameters and 1.50 × the MACs of a; 2 layers alike, but the totals differ")


def test_identical() -> None:
    same = net("a", 100, 2000), net("b", 100, 2000)
    assert sentence(compare_reports(*same)) == "identical: 2 layers, same shapes, same parameters"
    assert sentence(compare_reports(*same, same[0])) == "all are identical"


@pytest.mark.parametrize("baseline", [0, 1])
def test_more_than_two(baseline: int) -> None:
    nets = [net("a", 100, 2000), net("bb", 50, 4000), net("ccc", 5000, 1000)]
    found = sentence(compare_reports(nets[baseline], *(each for each in nets if each is not nets[baseline])))
    assert (
        found
        == (
            "against a: parameters from 0.500 × (bb) to 50.0 × (ccc), MACs from 0.500 × (ccc) to 2.00 × (bb)",
            "against bb: parameters from 2.00 × (a) to 100 × (ccc), MACs from 0.250 × (ccc) to 0.500 × (a)",
        )[baseline]
    )
