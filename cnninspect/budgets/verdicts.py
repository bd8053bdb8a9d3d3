"""What a gate found: one verdict a budget, one outcome a model, and the JSON of them all."""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from cnninspect.compare.alignment import Aligned
from cnninspect.report import Report
from cnninspect.shown import Shown

SCHEMA_VERSION: Final = 1


class Check(msgspec.Struct, frozen=True):
    """One budget held against one model, as the JSON has it.

    Attributes:
        model: The spec, as typed.
        budget: ``max-params``, ``max-layers Conv2d``, ``output-shape``, ``baseline macs`` …
        limit: The largest or smallest integer that is within the budget, or the shape that is wanted. Of a baseline it
            is the edge of the tolerance on the side to which the figure moved; ``None``: shown, not judged.
        actual: The figure of the model; ``None`` if it can't be known.
        margin: How much room is left, in the unit of the figure; negative: by how much it is exceeded.
        passed: Is it within the budget for certain?
        reason: What its figure is of (the machine of a time, the earlier figure), and what casts a doubt on it.
    """

    model: str
    budget: str
    limit: int | str | None
    actual: int | str | None
    margin: int | None
    passed: bool
    reason: str | None = None


class CheckResult(msgspec.Struct, frozen=True):
    """Every budget of every model that was checked; ``passed`` if all hold and no model failed to run.

    Attributes:
        passed: Do all hold, and did every model run?
        checks: One for each budget of each model.
    """

    schema_version: int
    passed: bool
    checks: tuple[Check, ...]


class BudgetVerdict(msgspec.Struct, frozen=True):
    """A check, and what people are told beside it.

    Attributes:
        check: As the JSON has it.
        sign: Of the limit: ``≤``, ``≥`` or ``=``.
        unit: Of the limit and the figure, where it isn't a plain count.
        bound: The sign before the figure, where it is a bound.
        context: What the figure was, or consists of.
        doubt: Why the figure alone does not settle it: it is unknown or a bound, or a name may be misspelt.
    """

    check: Check
    sign: str = ""
    unit: str = ""
    bound: str = ""
    context: str = ""
    doubt: str = ""

    @property
    def reason(self) -> str:
        """What else is to be said of it."""
        return "; ".join(filter(None, (self.context, self.doubt)))


class BaselineComparison(msgspec.Struct, frozen=True):
    """A baseline and what it was compared with: the file, both reports, and their layers beside each other."""

    file: str
    baseline: Report
    report: Report
    alignment: tuple[Aligned, ...]


class RunFailure(msgspec.Struct, frozen=True):
    """Why a model could not be checked: the message, what to do next, and the exit code it stands for."""

    message: str
    hint: str | None
    code: int


class Outcome(Shown, frozen=True):
    """All that was found out about one model.

    Attributes:
        model: The spec, as typed.
        verdicts: In the order of the options; empty if the model could not be run.
        against: The baseline that it was compared with.
        remarks: What else is to be said.
        failure: Set if the model could not be run.
    """

    model: str
    verdicts: tuple[BudgetVerdict, ...] = ()
    against: BaselineComparison | None = None
    remarks: tuple[str, ...] = ()
    failure: RunFailure | None = None

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every budget with its limit, its figure and its margin, as the JSON has them."""
        return tuple(replace(verdict.check, reason=verdict.reason or None) for verdict in self.verdicts)

    @property
    def passed(self) -> bool:
        """Did every budget hold?"""
        return self.failure is None and all(verdict.check.passed for verdict in self.verdicts)


def result(outcomes: Sequence[Outcome]) -> CheckResult:
    """The outcomes as the JSON has them."""
    checks = tuple(check for outcome in outcomes for check in outcome.checks)
    return CheckResult(SCHEMA_VERSION, all(outcome.passed for outcome in outcomes), checks)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 if every budget held, 1 if one was exceeded; that of an error where there was one: it is never taken for 1."""
    errors = [outcome.failure.code for outcome in outcomes if outcome.failure]
    return max(errors, default=0 if all(outcome.passed for outcome in outcomes) else 1)
