"""A report against an earlier one, the baseline: totals within a tolerance, and the layers.

The baseline says what the network is, so a figure that moved in either direction is a violation: a network that
shrank by accident is as wrong as one that grew, and one that did so on purpose gets a new baseline. Without any
tolerance the layers have to be the same as well. With one they may change as far as the totals allow it, unless
``layers`` has a tolerance of its own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from cnninspect.budgets import tolerances
from cnninspect.budgets.tolerances import COMPARED, LAYERS, Tolerances
from cnninspect.budgets.verdicts import BudgetVerdict, Check
from cnninspect.compare.alignment import Aligned, Status, align
from cnninspect.errors import RequestError
from cnninspect.report import Report, TensorSpec
from cnninspect.totals import SIGNS, Figure, Total

_STATUS: Final[dict[Status, str]] = {
    Status.changed: "changed",
    Status.only_first: "only in the baseline",
    Status.only_second: "new",
}


def compare(
    report: Report, baseline: Report, allowances: Tolerances
) -> tuple[list[BudgetVerdict], tuple[Aligned, ...]]:
    """A verdict on each total and on the layers, and the layers beside each other, the baseline's first.

    Raises:
        RequestError: One of the two is of a file of weights and the other is not: there is nothing to compare.
    """
    if report.is_of_pass != baseline.is_of_pass:
        raise RequestError(
            f"the baseline is of {_kind(baseline)}, {report.model.spec!r} is {_kind(report)}",
            hint="make the baseline again with --update",
        )
    before = {name: total.figure(baseline) for name, total in COMPARED.items()}
    known = {name: figure.value for name, figure in before.items() if figure.value is not None}
    verdicts = []
    for name, total in COMPARED.items():
        room = tolerances.allowed(name, known, allowances) if name in known else 0
        verdicts.append(_judge(total, before[name], total.figure(report), room, report.model.spec))
    alignment = align(baseline, report)
    return [*verdicts, _judge_layers(alignment, allowances, report.model.spec)], alignment


def remarks(report: Report, baseline: Report) -> Iterator[str]:
    """What the baseline was taken with that this report was not, in words."""
    pairs = {
        "input": (_shapes(baseline.run.inputs), _shapes(report.run.inputs)),
        "dtype": (baseline.run.dtype, report.run.dtype),
        "mode": (baseline.run.mode, report.run.mode),
    }
    for name, (before, now) in pairs.items():
        if before != now:
            yield f"the baseline was taken with {name} {before}, this with {now}"


def _judge(total: Total, before: Figure, now: Figure, room: int, model: str) -> BudgetVerdict:
    budget, unit = f"baseline {total.name}", total.unit.name
    if before.value is None or now.value is None:
        is_same = before.value is now.value
        reason = f"unknown{' in the baseline as well' * is_same}: {now.why or before.why}"
        return BudgetVerdict(
            Check(model, budget, before.value, now.value, None, passed=is_same), unit=unit, doubt=reason
        )
    moved = now.value - before.value
    is_comparable = (before.bound, before.why) == (now.bound, now.why)  # bounds that leave out the same can be
    limit, margin = before.value + (room if moved >= 0 else -room), room - abs(moved)
    check = Check(model, budget, limit, now.value, margin, passed=margin >= 0 and is_comparable)
    doubts = [now.why] if is_comparable else [now.why, f"in the baseline {before.why or 'it is exact'}"]
    sign = ("≤" if moved >= 0 else "≥") if room else "="
    was = f"was {before.value:,}" if room and moved else ""
    return BudgetVerdict(check, sign, unit, SIGNS.get(now.bound, ""), was, "; ".join(filter(None, doubts)))


def _judge_layers(alignment: Sequence[Aligned], allowances: Tolerances, model: str) -> BudgetVerdict:
    counts: Counter[Status] = Counter(pair.status for pair in alignment if pair.status is not Status.same)
    number = counts.total()
    told = ", ".join(f"{counts[status]} {words}" for status, words in _STATUS.items() if counts[status])
    if allowances and LAYERS not in allowances:
        left = f"{told}; not judged without a tolerance for layers" if number else ""
        return BudgetVerdict(Check(model, f"baseline {LAYERS}", None, number, None, passed=True), context=left)
    before = sum(pair.first is not None for pair in alignment)
    room = tolerances.allowed(LAYERS, {LAYERS: before}, allowances)
    check = Check(model, f"baseline {LAYERS}", room, number, room - number, passed=number <= room)
    return BudgetVerdict(check, "≤", context=told)


def _kind(report: Report) -> str:
    return "a network" if report.is_of_pass else "a file of weights"


def _shapes(specs: Sequence[TensorSpec]) -> str:
    return ", ".join(f"{'x'.join(map(str, each.shape))}:{each.dtype}" for each in specs) or "none"
