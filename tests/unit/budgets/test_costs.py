"""Budgets on costs: equal passes, unknown fails."""

import pytest

from cnninspect.budgets import costs
from cnninspect.budgets.costs import CostBudget, CostFigure
from cnninspect.budgets.entry import Entry
from cnninspect.errors import RequestError

BUDGET = CostBudget("max-inference-memory", 512)


@pytest.mark.parametrize(("value", "margin", "passed"), [(511, 1, True), (512, 0, True), (513, -1, False)])
def test_at_the_edge(value: int, margin: int, passed: bool) -> None:
    check = costs.judge(BUDGET, "net", {BUDGET.name: CostFigure(value)}).check
    assert (check.limit, check.actual, check.margin, check.passed) == (512, value, margin, passed)


def test_what_is_unknown_fails_and_says_why() -> None:
    verdict = costs.judge(BUDGET, "net", {BUDGET.name: CostFigure(None, "no one knows")})
    assert (verdict.check.actual, verdict.check.passed, verdict.doubt) == (None, False, "no one knows")


def test_bytes_and_nanoseconds() -> None:
    entry = Entry(model="net", max_inference_memory="0.5KiB", max_training_memory=7, max_latency="1.5ms")
    assert list(costs.of(entry)) == [
        CostBudget("max-inference-memory", 512), CostBudget("max-training-memory", 7),
        CostBudget("max-latency", 1_500_000),
    ]  # fmt: skip
    with pytest.raises(RequestError, match="max-latency: '20' is not a time"):
        list(costs.of(Entry(model="net", max_latency="20")))
