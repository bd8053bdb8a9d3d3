"""Budgets on what a network costs to run and to train. They are held against a profile, which somebody else makes."""

from collections.abc import Iterator, Mapping
from math import floor
from typing import Final, NamedTuple

import msgspec

from cnninspect.budgets.entry import Entry
from cnninspect.budgets.verdicts import BudgetVerdict, Check
from cnninspect.errors import naming
from cnninspect.units import BYTES, NANOSECONDS, Unit


class CostFigure(NamedTuple):
    """A figure of a profile: bytes, or nanoseconds; ``None`` where it is unknown, and why or on which machine."""

    value: int | None
    said: str = ""


class CostLimit(NamedTuple):
    """A budget that can be set on a cost: its field in an ``Entry``, and what it is in."""

    field: str
    unit: Unit

    @property
    def name(self) -> str:
        """As the option."""
        return self.field.replace("_", "-")


LATENCY: Final = "max-latency"
#: By their names, in the order in which they are judged.
COSTS: Final = {
    limit.name: limit
    for limit in (
        CostLimit("max_inference_memory", BYTES),
        CostLimit("max_training_memory", BYTES),
        CostLimit("max_latency", NANOSECONDS),
    )
}
Figures = Mapping[str, CostFigure]
NOTHING_RAN: Final = "of a saved report nothing is measured: name what can run"


class CostBudget(msgspec.Struct, frozen=True):
    """The most that a cost may be: bytes, or nanoseconds."""

    name: str
    limit: int


def of(entry: Entry) -> Iterator[CostBudget]:
    """The budgets of ``entry`` on costs.

    Raises:
        RequestError: One is malformed.
    """
    for limit in COSTS.values():
        text = getattr(entry, limit.field)
        if text is not None:
            with naming(limit.name):
                yield CostBudget(limit.name, floor(limit.unit.parse(str(text))))


def judge(budget: CostBudget, model: str, figures: Figures) -> BudgetVerdict:
    """Is what was measured within ``budget``? What is unknown fails.

    Args:
        budget: One of them.
        model: As it is called.
        figures: By the names of the budgets.
    """
    found, unit = figures[budget.name], COSTS[budget.name].unit.name
    if found.value is None:
        check = Check(model, budget.name, budget.limit, None, None, passed=False)
        return BudgetVerdict(check, "≤", unit, doubt=found.said)
    margin = budget.limit - found.value
    check = Check(model, budget.name, budget.limit, found.value, margin, passed=margin >= 0)
    return BudgetVerdict(check, "≤", unit, context=found.said)
